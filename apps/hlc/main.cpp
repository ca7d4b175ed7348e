// SPDX-License-Identifier: Apache-2.0
// topgun-cli hlc: reads, compares and makes hybrid logical timestamps.
#include <algorithm>
#include <functional>

#include "common/command.hpp"
#include "common/options.hpp"
#include "common/text.hpp"
#include "local_time.hpp"
#include "stamps.hpp"
#include "topgun/clock/hlc.hpp"

namespace topgun::cli {
namespace {

constexpr const char* kDefaultNode = "topgun-cli";

enum class Order { less, equal, greater };

const std::vector<std::pair<std::string, Order>> kOrders = {
    {"less", Order::less}, {"equal", Order::equal}, {"greater", Order::greater}};

std::string_view order_name(Order order) {
    return kOrders[static_cast<std::size_t>(order)].first;
}

Order order_of(const Stamp& left, const Stamp& right) {
    return left < right ? Order::less : right < left ? Order::greater : Order::equal;
}

class HlcCommand final : public Command {
public:
    const char* name() const noexcept override { return "hlc"; }
    const char* summary() const noexcept override {
        return "Read, compare and convert hybrid logical timestamps";
    }
    const char* examples() const noexcept override {
        return "topgun-cli hlc parse 1700000000000:3:phone-1\n"
               "topgun-cli hlc compare 1700000000000:3:phone-1 1700000000000:5:tablet\n"
               "topgun-cli hlc to 1700000000000:3:phone-1 --local\n"
               "topgun-cli hlc from 2023-11-14T22:13:20Z --node phone-1\n"
               "topgun-cli hlc now --node phone-1";
    }

    void add_options(CLI::App& app) override {
        add_json_option(app, json_);
        app.require_subcommand(1);
        add_reading_options(app);
        add_making_options(app);
    }

    Result<ExitCode> run(Streams io) override { return action_(io); }

private:
    using Action = Result<ExitCode> (HlcCommand::*)(Streams);

    CLI::App* add_action(CLI::App& app, const char* name, const char* summary, Action action) {
        auto* sub = app.add_subcommand(name, summary);
        sub->callback([this, action] {
            action_ = [this, action](Streams io) { return (this->*action)(io); };
        });
        return sub;
    }

    void add_reading_options(CLI::App& app) {
        constexpr const char* kStamps =
            "Timestamps as millis:counter:node; - reads lines from standard input";
        auto* parse = add_action(app, "parse", "Show the fields of timestamps and when they were",
                                 &HlcCommand::parse);
        parse->add_option("timestamp", words_, kStamps)->required();
        auto* compare =
            add_action(app, "compare", "Say which of two timestamps wins a merge, and why",
                       &HlcCommand::compare);
        compare->add_option("left", left_, "A timestamp; - takes a line of standard input")
            ->required();
        compare->add_option("right", right_, "Another one")->required();
        add_choice_option<std::optional<Order>>(
            *compare, "--check", check_,
            {{"less", Order::less}, {"equal", Order::equal}, {"greater", Order::greater}},
            "Exit with 1 unless LEFT is this, seen from RIGHT");
        auto* to = add_action(app, "to", "Convert timestamps to times", &HlcCommand::to_time);
        to->add_option("timestamp", words_, kStamps)->required();
        to->add_flag("--local", local_, "Print local time with its offset instead of UTC");
    }

    void add_making_options(CLI::App& app) {
        auto* from = add_action(app, "from", "Convert times to timestamps", &HlcCommand::from_time);
        from->add_option("time", words_,
                         "Times such as 2023-11-14T22:13:20.000Z, UTC unless they have an offset; "
                         "- reads lines from standard input")
            ->required();
        from->add_flag("--local", local_, "Take times without an offset as local time");
        from->add_option("--counter", counter_, "Counter of the timestamps")->type_name("NUMBER");
        add_node_option(*from);
        auto* now =
            add_action(app, "now", "Make a timestamp from the system clock", &HlcCommand::now);
        add_node_option(*now);
    }

    void add_node_option(CLI::App& app) {
        app.add_option("--node", node_,
                       std::string("Node id of the timestamp (") + kDefaultNode + ")")
            ->type_name("NODE");
    }

    // Reads each word, hands it to `use`; a bad one is reported, and the rest still done.
    template <typename Use>
    Result<ExitCode> for_each_word(Streams io, JsonWriter& json, Use use) {
        if (json_) json.begin_report().key("timestamps").begin_array();
        Inputs inputs(words_);
        std::size_t good = 0;
        std::size_t bad = 0;
        for (;;) {
            auto input = inputs.next();
            if (!input) return std::move(input).error();
            if (!*input) break;
            Status done = use(**input);
            ++(done ? good : bad);
            if (!done) io.err.error(done.error().text());
        }
        if (json_) json.end_array().end_report(bad == 0 && good > 0);
        if (bad > 0) return ExitCode::damaged;
        if (good > 0) return ExitCode::ok;
        io.err.error("standard input holds nothing to read");
        return ExitCode::incomplete;
    }

    Result<ExitCode> parse(Streams io) {
        JsonWriter json(io.out);
        return for_each_word(io, json, [&](const Input& input) -> Status {
            auto stamp = parse_input(input);
            if (!stamp) return std::move(stamp).error();
            print(io, json, *stamp);
            return {};
        });
    }

    void print(Streams io, JsonWriter& json, const Timestamp& stamp) {
        if (!json_) return print_stamp(io.out, stamp.view());
        json.begin_object();
        write_stamp(json, stamp.view());
        json.end_object();
    }

    Result<ExitCode> to_time(Streams io) {
        JsonWriter json(io.out);
        return for_each_word(io, json, [&](const Input& input) -> Status {
            auto stamp = parse_input(input);
            if (!stamp) return std::move(stamp).error();
            if (json_) {
                print(io, json, *stamp);
            } else {
                io.out << (local_ ? format_local(stamp->millis) : format_utc(stamp->millis))
                       << '\n';
            }
            return {};
        });
    }

    Result<ExitCode> from_time(Streams io) {
        TOPGUN_TRY(check_node());
        JsonWriter json(io.out);
        return for_each_word(io, json, [&](const Input& input) -> Status {
            auto millis = local_ ? parse_local(input.text) : parse_utc(input.text);
            if (!millis) return std::move(millis).error().within(input.where);
            const Timestamp stamp(*millis, counter_, node_);
            if (json_) {
                print(io, json, stamp);
            } else {
                io.out << format_stamp(stamp.view()) << '\n';
            }
            return {};
        });
    }

    Status check_node() const {
        auto clock = Hlc::create(node_);
        if (!clock) return std::move(clock).error().within("--node");
        return {};
    }

    Result<ExitCode> now(Streams io) {
        auto clock = Hlc::create(node_);
        if (!clock) return std::move(clock).error().within("--node");
        const auto stamp = clock->now();
        JsonWriter json(io.out);
        if (json_) {
            json.begin_report();
            write_stamp(json, stamp.view());
            json.end_report(true);
        } else {
            io.out << format_stamp(stamp.view()) << '\n';
        }
        return ExitCode::ok;
    }

    Result<Timestamp> next_stamp(Inputs& inputs) {
        auto input = inputs.next();
        if (!input) return std::move(input).error();
        if (!*input)
            return Error(Errc::bad_input, "standard input: expected a timestamp, found the end");
        return parse_input(**input);
    }

    Result<ExitCode> compare(Streams io) {
        const std::vector<std::string> words = {left_, right_};
        Inputs inputs(words);
        auto left = next_stamp(inputs);
        if (!left) return std::move(left).error();
        auto right = next_stamp(inputs);
        if (!right) return std::move(right).error();
        const auto order = order_of(left->view(), right->view());
        if (json_) {
            write_comparison(io, left->view(), right->view(), order);
        } else {
            print_comparison(io, left->view(), right->view(), order);
        }
        return check_ && *check_ != order ? ExitCode::differences : ExitCode::ok;
    }

    static void print_comparison(Streams io, const Stamp& left, const Stamp& right, Order order) {
        const auto sign = order == Order::less ? " < " : order == Order::greater ? " > " : " = ";
        io.out << printable(format_stamp(left)) << sign << printable(format_stamp(right)) << '\n';
        io.out << verdict(left, right, order) << '\n';
        if (order_depends_on_locale(left, right)) {
            io.err.warning(
                "the TypeScript core compares these node ids by locale, "
                "and may choose the other one");
        }
    }

    static bool order_depends_on_locale(const Stamp& left, const Stamp& right) {
        return deciding_field(left, right) == StampField::node &&
               !(node_id_is_portable(left.node) && node_id_is_portable(right.node));
    }

    static std::string verdict(const Stamp& left, const Stamp& right, Order order) {
        if (order == Order::equal) return "equal: the same write, or two that cannot be told apart";
        const auto& winner = order == Order::less ? right : left;
        const auto& loser = order == Order::less ? left : right;
        std::string text = order == Order::less ? "right wins: " : "left wins: ";
        switch (deciding_field(left, right)) {
            case StampField::millis:
                return text + "time decides, " + human_duration(winner.millis - loser.millis) +
                       " later";
            case StampField::counter:
                return text + "counter decides, " + std::to_string(winner.counter) + " > " +
                       std::to_string(loser.counter);
            default:
                return text + "node decides, '" + printable(winner.node) + "' > '" +
                       printable(loser.node) + "'";
        }
    }

    static void write_comparison(Streams io, const Stamp& left, const Stamp& right, Order order) {
        JsonWriter json(io.out);
        json.begin_report().key("left").begin_object();
        write_stamp(json, left);
        json.end_object().key("right").begin_object();
        write_stamp(json, right);
        json.end_object();
        json.field("order", order_name(order));
        json.field("winner", order == Order::less      ? "right"
                             : order == Order::greater ? "left"
                                                       : "none");
        json.field("decided_by", stamp_field_name(deciding_field(left, right)));
        json.field("locale_dependent", order_depends_on_locale(left, right));
        json.end_report(true);
    }

    bool json_ = false;
    bool local_ = false;
    std::vector<std::string> words_;
    std::string left_, right_;
    std::string node_ = kDefaultNode;
    std::uint32_t counter_ = 0;
    std::optional<Order> check_;
    std::function<Result<ExitCode>(Streams)> action_;
};

}  // namespace
}  // namespace topgun::cli

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::HlcCommand>(argc, argv);
}
