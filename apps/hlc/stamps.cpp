// SPDX-License-Identifier: Apache-2.0
// Input and output of single timestamps.
#include "stamps.hpp"

#include "common/text.hpp"
#include "local_time.hpp"

namespace topgun::cli {

Result<std::optional<Input>> Inputs::next() {
    while (at_ < words_.size()) {
        if (words_[at_] != "-") {
            ++at_;
            return std::optional(Input{words_[at_ - 1], "argument " + std::to_string(at_)});
        }
        std::string line;
        auto more = lines_.next(line);
        if (!more) return std::move(more).error();
        if (!*more) {
            ++at_;
        } else if (!line.empty()) {
            return std::optional(Input{
                std::move(line), "standard input, line " + std::to_string(lines_.line_number())});
        }
    }
    return std::optional<Input>();
}

std::size_t bad_column(std::string_view text) {
    std::size_t at = 0;
    for (int field = 0; field < 2; ++field) {
        const auto end = text.find_first_not_of("0123456789", at);
        if (end == std::string_view::npos) return text.size() + 1;
        if (text[end] != ':' || end == at) return end + 1;
        // Digits without a fault of form: the fault is the number's, unless a later field fails.
        const auto number =
            std::string(field == 0 ? "" : "0:") + std::string(text.substr(at, end - at));
        if (!parse_stamp(number + (field == 0 ? ":0:n" : ":n"))) return at + 1;
        at = end + 1;
    }
    const auto colon = text.find(':', at);
    return (colon == std::string_view::npos ? text.size() : colon) + 1;
}

Result<Timestamp> parse_input(const Input& input) {
    auto stamp = parse_timestamp(input.text);
    if (stamp) return stamp;
    const auto column = bad_column(input.text);
    return std::move(stamp).error().within(input.where + ", column " + std::to_string(column));
}

void print_stamp(Output& out, const Stamp& stamp) {
    out << out.styled(Style::bold, printable(format_stamp(stamp))) << '\n';
    out << "  time     " << format_utc(stamp.millis) << '\n';
    out << "  local    " << format_local(stamp.millis) << ' ' << zone_name(stamp.millis) << '\n';
    out << "  counter  " << stamp.counter << '\n';
    out << "  node     " << printable(stamp.node) << '\n';
    if (!node_id_is_portable(stamp.node)) {
        out << "  note     the TypeScript core may order this node id differently\n";
    }
}

void write_stamp(JsonWriter& json, const Stamp& stamp) {
    json.field("text", format_stamp(stamp))
        .field("millis", stamp.millis)
        .field("counter", stamp.counter)
        .field("node", stamp.node)
        .field("utc", format_utc(stamp.millis))
        .field("local", format_local(stamp.millis))
        .field("zone", zone_name(stamp.millis))
        .field("portable_node", node_id_is_portable(stamp.node));
}

}  // namespace topgun::cli
