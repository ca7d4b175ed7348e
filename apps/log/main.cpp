// SPDX-License-Identifier: Apache-2.0
// topgun-cli log: the history that a source holds, write by write.
#include "common/command.hpp"
#include "common/history.hpp"
#include "common/text.hpp"
#include "topgun/replica/replica.hpp"

namespace topgun::cli {
namespace {

class Log final : public Command {
public:
    const char* name() const noexcept override { return "log"; }
    const char* summary() const noexcept override {
        return "Show the history of writes: who, when, and which of them stand";
    }
    const char* examples() const noexcept override {
        return "topgun-cli log phone.msgpack\n"
               "topgun-cli log ./data user-17 --map users\n"
               "topgun-cli log phone.tgl --ndjson | jq 'select(.stands == false)'";
    }
    void add_options(CLI::App& app) override {
        add_source_argument(app, "source", path_, "The source to read");
        app.add_option("key", key_, "Only writes to this key")->type_name("KEY");
        add_reading_options(app, reading_);
        add_moment_option(app, "--until", until_,
                          "Only what was stamped up to this moment, inclusive");
        app.add_option("--node", node_, "Only writes of this node")->type_name("NODE");
        add_json_option(app, json_);
        add_ndjson_option(app, ndjson_, "one object per write");
    }

    // Two passes: the first merges everything, so that the second knows which writes stand.
    Result<ExitCode> run(Streams io) override {
        if (json_ && ndjson_) return Error(Errc::usage, "--json and --ndjson exclude each other");
        auto options = read_options(reading_);
        if (!options) return std::move(options).error();
        options->until = until_;
        auto input = ReadableTwice::make(path_);
        if (!input) return std::move(input).error();
        Replica replica;
        auto first = read_ops(input->path(), *options, [&](const Op& op) -> Status {
            auto merged = replica.apply(op);
            return merged ? Status() : Status(std::move(merged).error());
        });
        if (!first) return input->about(std::move(first).error());
        JsonWriter json(io.out, ndjson_ ? JsonWriter::Layout::compact : JsonWriter::Layout::pretty);
        if (json_) json.begin_report().field("source", path_).key("writes").begin_array();
        auto second = read_ops(input->path(), *options, [&](const Op& op) -> Status {
            if (!wanted(op)) return {};
            const bool stand = stands(replica, op);
            if (json_ || ndjson_)
                print_json(json, op, stand);
            else
                print_text(io.out, op, stand);
            return io.out.failed() ? Status(Error(Errc::io, "standard output: cannot write"))
                                   : Status();
        });
        if (!second) return input->about(std::move(second).error());
        first->path = path_;
        const auto worst = tell_damage(*first, io);
        if (json_) json.end_array().end_report(first->complete());
        if (!json_ && !ndjson_ && shown_ > 0) {
            io.err.note(counted(shown_, "write", "writes") + ", of which " +
                        human_count(standing_) + (standing_ == 1 ? " stands" : " stand"));
        }
        const bool narrowed = key_ || !node_.empty() || !reading_.source.maps.empty();
        if (shown_ == 0 && narrowed) {
            io.err.error((path_ == "-" ? "standard input" : printable(path_)) + ": " + nothing());
            return worse_of(worst, ExitCode::differences);
        }
        return worst;
    }

private:
    // Names what was looked for in vain.
    std::string nothing() const {
        std::string text = "no write";
        if (key_) text += " to key '" + printable(*key_) + "'";
        if (!node_.empty()) text += " of node '" + printable(node_) + "'";
        const auto& maps = reading_.source.maps;
        for (std::size_t i = 0; i < maps.size(); ++i) {
            text += (i == 0 ? " on map '" : "' or '") + printable(maps[i]);
        }
        return maps.empty() ? text : text + "'";
    }

    bool wanted(const Op& op) const {
        if (key_ && op.key != *key_) return false;
        if (node_.empty()) return true;
        if (op.kind == OpKind::counter) return op.key == node_;
        return op.stamp.node == node_;
    }

    static bool stands(const Replica& replica, const Op& op) {
        const auto* map = replica.find({std::string(op.map), map_kind_of(op.kind)});
        if (map == nullptr) return false;
        switch (op.kind) {
            case OpKind::put:
            case OpKind::remove: {
                const auto record = std::get<LwwMap>(map->crdt).find(op.key);
                return record && record->stamp == op.stamp && record->value == op.value;
            }
            case OpKind::or_add: return !std::get<OrMap>(map->crdt).is_removed(op.tag);
            case OpKind::or_remove: return true;
            case OpKind::counter: {
                const auto& entries = std::get<PnCounter>(map->crdt).entries();
                const auto found = entries.find(op.key);
                double p = 0, n = 0;
                decode_counter_entry(op.value, p, n);
                return found != entries.end() && found->second.positive == p &&
                       found->second.negative == n;
            }
        }
        return false;
    }

    void count(bool stand) {
        ++shown_;
        standing_ += stand ? 1 : 0;
    }

    void print_text(Output& out, const Op& op, bool stand) {
        count(stand);
        const bool stamped = !(op.stamp == Stamp{});
        constexpr std::size_t kTimeColumns = 24, kVerdictColumns = 7, kKindColumns = 9;
        const auto padded = [&out](std::string_view text, std::size_t columns) {
            for (auto i = text.size(); i < columns + 2; ++i) out << ' ';
        };
        const auto time = stamped ? format_utc(op.stamp.millis) : std::string("-");
        const std::string_view verdict = stand                       ? "stands"
                                         : op.kind == OpKind::or_add ? "removed"
                                                                     : "lost";
        out << time;
        padded(time, kTimeColumns);
        out << out.styled(stand ? Style::good : Style::dim, verdict);
        padded(verdict, kVerdictColumns);
        out << op_kind_name(op.kind);
        padded(op_kind_name(op.kind), kKindColumns);
        out << printable(op.map) << '/' << printable(op.key);
        if (!op.tag.empty()) out << " #" << printable(op.tag);
        if (!op.value.empty()) out << "  " << value_text(op.value, 80);
        if (stamped) out << "  by " << printable(stamp_text(op.stamp));
        out << '\n';
    }

    void print_json(JsonWriter& json, const Op& op, bool stand) {
        count(stand);
        json.begin_object()
            .field("map", op.map)
            .field("op", op_kind_name(op.kind))
            .field("key", op.key);
        if (!op.id.empty()) json.field("id", op.id);
        if (!op.tag.empty()) json.field("tag", op.tag);
        if (!op.value.empty()) json.key("value").canonical(op.value);
        if (!(op.stamp == Stamp{})) {
            json.field("ts", stamp_text(op.stamp)).field("time", format_utc(op.stamp.millis));
            json.field("node", op.stamp.node);
        }
        if (op.ttl_ms != kNoTtl) json.field("ttlMs", op.ttl_ms);
        json.field("stands", stand).end_object();
    }

    std::string path_, node_;
    std::optional<std::string> key_;
    ReadingOptions reading_;
    std::optional<Timestamp> until_;
    bool json_ = false, ndjson_ = false;
    std::uint64_t shown_ = 0, standing_ = 0;
};

}  // namespace
}  // namespace topgun::cli

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::Log>(argc, argv);
}
