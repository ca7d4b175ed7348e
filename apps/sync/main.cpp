// SPDX-License-Identifier: Apache-2.0
// topgun-cli sync: a local state and a live endpoint become one.
#include <algorithm>
#include <filesystem>

#include "common/command.hpp"
#include "common/connect_options.hpp"
#include "common/json_writer.hpp"
#include "common/options.hpp"
#include "common/progress.hpp"
#include "common/signals.hpp"
#include "common/size_option.hpp"
#include "common/table.hpp"
#include "common/text.hpp"
#include "topgun/net/client.hpp"
#include "topgun/source/source.hpp"
#include "topgun/storage/data_directory.hpp"
#include "topgun/sync/local_replica.hpp"

namespace topgun::cli {
namespace {

std::string state_word(const sync::MapReport& map, bool estimate) {
    if (!map.error.empty()) return "failed: " + map.error;
    if (!map.done) return "not done";
    if (map.equal) return "equal";
    return estimate ? "estimated" : "synced";
}

// Names a state; a snapshot has it at hand.
Result<Hash128> content_of(const StateReader& state) {
    std::vector<const MapFacts*> all;
    for (const auto& id : state.maps()) {
        auto facts = state.facts(id);
        if (!facts) return std::move(facts).error();
        all.push_back(*facts);
    }
    return state_hash(all);
}

class Sync final : public Command {
public:
    const char* name() const noexcept override { return "sync"; }
    const char* summary() const noexcept override {
        return "Converge a local state with a live endpoint";
    }
    const char* examples() const noexcept override {
        return "topgun-cli sync ./mine ws://127.0.0.1:8080\n"
               "topgun-cli sync --pull backup.tgs wss://node.example/ws --token-file token\n"
               "topgun-cli sync --estimate ./mine ws://127.0.0.1:8080";
    }
    void add_options(CLI::App& app) override {
        add_source_argument(app, "local", local_, "Data directory or snapshot; made when missing");
        app.add_option("url", url_, "Endpoint, ws:// or wss://")->required()->type_name("URL");
        auto* pull = app.add_flag("--pull", pull_, "Only take what the endpoint has");
        app.add_flag("--push", push_, "Only send what is here")->excludes(pull);
        auto* follow = app.add_flag("--follow", follow_, "Stay, and go on syncing");
        add_repeatable_option(app, "-m,--map", maps_, "Only this map", "MAP");
        app.add_flag("--estimate", estimate_, "Say how much there is to move, and move nothing")
            ->excludes(follow);
        add_size_option(app, "--budget", budget_,
                        "Stop after so many bytes; run it again to go on");
        add_size_option(app, "--rate", rate_, "At most so many bytes a second");
        app.add_flag("--walk", walk_, "Use TopGun's Merkle walk, also with an endpoint of ours");
        app.add_option("--node", node_, "Node id for a new log, and for removals seen")
            ->type_name("NODE");
        connection_.add_to(app);
        add_json_option(app, json_);
    }

    Result<ExitCode> run(Streams io) override {
        const auto url = net::parse_url(url_);
        if (!url) return url.error().clone();
        auto token = connection_.read_token();
        if (!token) return std::move(token).error();
        TOPGUN_TRY(open_local(io));
        auto clock = Hlc::create(node_);
        if (!clock) return std::move(clock).error();
        if (directory_) clock->resume(directory_->largest_stamp().view());

        sync::ClientOptions options;
        options.token = std::move(*token);
        options.clock = &*clock;
        options.rate_bytes = rate_;
        options.memory = read_memory();
        sync::Client client(std::move(options), *replica_);
        client.start(job());
        const CancelScope cancellable;
        auto carried = carry_on(*url, client, io);
        auto report = client.report();
        // What came before an interruption is kept: syncing again goes on from there.
        TOPGUN_TRY(keep(client));
        if (!carried) return std::move(carried).error();
        if (report.error) return Error(report.code, *report.error).within(url_);
        return tell(without_absent(std::move(report)), io);
    }

private:
    Status open_local(Streams io) {
        std::error_code ignored;
        const bool there = std::filesystem::exists(local_, ignored);
        const bool is_folder =
            there ? std::filesystem::is_directory(local_, ignored) : !local_.ends_with(".tgs");
        // An estimate changes nothing: a folder that is not there is as good as an empty one.
        if (is_folder && (there || !estimate_)) {
            DataDirectoryOptions opening;
            opening.node = node_;
            opening.read_only = estimate_;
            auto opened = DataDirectory::open(local_, opening);
            if (!opened) return std::move(opened).error();
            directory_ = std::move(*opened);
            for (const auto& damage : directory_->recovery().damage) io.err.warning(damage);
            replica_ = std::make_unique<sync::DirectoryReplica>(*directory_);
            return {};
        }
        if (follow_) return Error(Errc::usage, "--follow needs a data directory, not a snapshot");
        auto memory = std::make_unique<sync::MemoryReplica>();
        if (there && !is_folder) {
            auto source = open_source(local_);
            if (!source) return std::move(source).error();
            if (source->report.format != Format::snapshot) {
                return Error(Errc::usage, local_ + " is neither a snapshot nor a data directory");
            }
            auto content = content_of(*source->state);
            if (!content) return std::move(content).error();
            opened_ = *content;
            TOPGUN_TRY(memory->shared().replica.apply(*source->state));
        }
        replica_ = std::move(memory);
        return {};
    }

    sync::SyncJob job() const {
        sync::SyncJob out;
        out.direction = pull_   ? sync::SyncDirection::pull
                        : push_ ? sync::SyncDirection::push
                                : sync::SyncDirection::both;
        if (walk_) out.method = sync::SyncMethod::walk;
        for (const auto& map : maps_) out.add_map(map);
        out.estimate = estimate_;
        out.budget_bytes = budget_;
        out.follow = follow_;
        return out;
    }

    Status carry_on(const net::Url& url, sync::Client& client, Streams io) {
        Progress progress(io, "syncing", budget_, Progress::Unit::bytes);
        net::CarryOptions carrying;
        carrying.attempts = connection_.attempts;
        carrying.connect_ms = connection_.timeout_ms;
        carrying.tls_authorities = connection_.tls_authorities;
        carrying.tls_certificate = connection_.tls_certificate;
        carrying.tls_key = connection_.tls_key;
        carrying.stop = [] { return cancel_requested(); };
        carrying.log = [&io](const net::LogEvent& event) {
            std::string line(event.message);
            for (const auto& [name, value] : event.fields) line += ", " + value;
            io.err.detail(line);
        };
        carrying.progress = [&progress](const sync::Client& one) {
            const auto traffic = one.report().traffic;
            progress.set(traffic.bytes_in + traffic.bytes_out);
        };
        auto carried = net::carry(url, client, carrying);
        // To stop following is no failure.
        if (!carried && carried.error().code() == Errc::cancelled && follow_) return {};
        return carried;
    }

    Status keep(const sync::Client& client) {
        if (estimate_) return {};
        if (directory_) {
            TOPGUN_TRY(directory_->flush());
            Bytes bytes;
            client.memory().serialize(bytes);
            auto file = AtomicFile::create(memory_path());
            if (!file) return std::move(file).error();
            TOPGUN_TRY(file->write(bytes));
            return file->commit();
        }
        return push_ ? Status() : keep_snapshot();
    }

    // Another process may have put something into the file since it was read: it is merged, too.
    Status keep_snapshot() {
        auto lock = FileLock::wait_for_folder_of(local_);
        if (!lock) return std::move(lock).error();
        auto& replica = replica_->shared().replica;
        const bool there = std::filesystem::exists(local_);
        if (there) {
            auto source = open_source(local_);
            if (!source) return std::move(source).error();
            const auto now = content_of(*source->state);
            if (!now) return now.error().clone();
            if (*now != opened_) TOPGUN_TRY(replica.apply(*source->state));
        }
        const auto state = read_replica(replica);
        if (state->maps().empty() && !there) return {};
        auto written = write_state(*state, local_, Format::snapshot);
        return written ? Status() : Status(std::move(written).error());
    }

    // What the server was seen to hold, beside the data. Damaged, it is as if there were none.
    sync::PeerMemory read_memory() const {
        if (!directory_) return {};
        const auto bytes = read_file(memory_path(), std::uint64_t{1} << 30);
        if (!bytes) return {};
        auto parsed = sync::PeerMemory::parse(*bytes);
        return parsed ? std::move(*parsed) : sync::PeerMemory();
    }
    std::string memory_path() const {
        return local_ + "/peer-" + hex(xxh3_128(url_)).substr(0, 16) + ".memory";
    }

    // A map is named without its kind, so all three were asked for. Those that neither side has are
    // no news.
    sync::ClientReport without_absent(sync::ClientReport report) const {
        const auto here = read_live(replica_->shared());
        std::erase_if(report.maps, [&](const sync::MapReport& map) {
            return !maps_.empty() && map.equal && !here->has(map.map);
        });
        return report;
    }

    Result<ExitCode> tell(const sync::ClientReport& report, Streams io) const {
        bool complete = report.rejections.empty() && report.state != sync::ClientState::paused;
        for (const auto& map : report.maps) {
            complete = complete && map.done && map.error.empty() && map.unanswered == 0 &&
                       map.withheld == 0 && map.malformed == 0;
        }
        if (json_)
            write_json(report, complete, io);
        else
            write_text(report, io);
        if (report.maps.empty() && !follow_) {
            io.err.error(maps_.empty()
                             ? "nothing was synced: neither side has a map (name one with --map)"
                             : "nothing was synced: neither side has a map of that name");
            return ExitCode::incomplete;
        }
        for (const auto& rejection : report.rejections) {
            io.err.warning("refused: " + rejection.map + ", key " + printable(rejection.key) +
                           ": " + rejection.reason);
        }
        if (report.state == sync::ClientState::paused) {
            io.err.warning("stopped at the budget; run it again to go on");
        }
        return complete ? ExitCode::ok : ExitCode::incomplete;
    }

    // How long it takes depends on the line, which an estimate has hardly used: a slow and a fast
    // one, or the rate that was asked for.
    std::vector<std::uint64_t> forecast_rates() const {
        if (rate_ != 0) return {rate_};
        return {std::uint64_t{1} << 20, std::uint64_t{10} << 20};
    }
    static std::uint64_t seconds_at(const sync::Forecast& forecast, std::uint64_t rate) {
        return (forecast.bytes_in + forecast.bytes_out + rate - 1) / rate;
    }

    void write_text(const sync::ClientReport& report, Streams io) const {
        const auto& traffic = report.traffic;
        if (estimate_) {
            const auto& forecast = report.forecast;
            io.out << "to come  " << counted(forecast.records_in, "record", "records") << ", about "
                   << human_bytes(forecast.bytes_in) << '\n'
                   << "to go    " << counted(forecast.records_out, "record", "records")
                   << ", about " << human_bytes(forecast.bytes_out) << '\n';
            const char* before = "time     about ";
            for (const auto rate : forecast_rates()) {
                io.out << std::exchange(before, ", ")
                       << human_duration(1000 * seconds_at(forecast, rate)) << " at "
                       << human_bytes(rate) << "/s";
            }
            io.out << '\n';
        } else {
            Table table({{"Map"},
                         {"Kind"},
                         {"State"},
                         {"Received", Table::Align::right},
                         {"Sent", Table::Align::right},
                         {"Removed", Table::Align::right}});
            for (const auto& map : report.maps) {
                table.add_row({printable(map.map.name), std::string(map_kind_name(map.map.kind)),
                               printable(state_word(map, estimate_)), human_count(map.merged),
                               human_count(map.pushed), human_count(map.vanished)});
            }
            table.print(io.out);
        }
        io.err.note(human_bytes(traffic.bytes_in) + " in, " + human_bytes(traffic.bytes_out) +
                    " out, " +
                    counted(traffic.messages_in + traffic.messages_out, "message", "messages") +
                    ", " + counted(traffic.round_trips, "round trip", "round trips"));
    }

    void write_json(const sync::ClientReport& report, bool complete, Streams io) const {
        const auto& traffic = report.traffic;
        JsonWriter json(io.out);
        json.begin_report().field("local", local_).field("url", url_);
        json.field("server", report.server == sync::ServerKind::own ? "topgun-cli" : "other");
        json.key("maps").begin_array();
        for (const auto& map : report.maps) {
            json.begin_object().field("map", map.map.name);
            json.field("kind", map_kind_name(map.map.kind))
                .field("state", state_word(map, estimate_));
            json.field("bySketch", map.by_sketch).field("differing", map.differing);
            json.field("received", map.received).field("merged", map.merged);
            json.field("pushed", map.pushed).field("rejected", map.rejected);
            json.field("vanished", map.vanished).field("withheld", map.withheld);
            json.field("malformed", map.malformed).field("unanswered", map.unanswered);
            json.end_object();
        }
        json.end_array().key("traffic").begin_object();
        json.field("bytesIn", traffic.bytes_in).field("bytesOut", traffic.bytes_out);
        json.field("messagesIn", traffic.messages_in).field("messagesOut", traffic.messages_out);
        json.field("roundTrips", traffic.round_trips).field("connects", traffic.connects);
        json.end_object();
        if (estimate_) {
            const auto& forecast = report.forecast;
            json.key("forecast").begin_object().field("recordsIn", forecast.records_in);
            json.field("recordsOut", forecast.records_out).field("bytesIn", forecast.bytes_in);
            json.field("bytesOut", forecast.bytes_out).key("times").begin_array();
            for (const auto rate : forecast_rates()) {
                json.begin_object().field("bytesPerSecond", rate);
                json.field("seconds", seconds_at(forecast, rate)).end_object();
            }
            json.end_array().end_object();
        }
        json.end_report(complete);
    }

    std::string local_, url_, node_ = "topgun-cli";
    std::vector<std::string> maps_;
    bool pull_ = false, push_ = false, follow_ = false, estimate_ = false, walk_ = false;
    bool json_ = false;
    std::uint64_t budget_ = 0, rate_ = 0;
    ConnectOptions connection_;
    std::optional<Hash128> opened_;  // what the snapshot held
    std::unique_ptr<DataDirectory> directory_;
    std::unique_ptr<sync::LocalReplica> replica_;
};

}  // namespace
}  // namespace topgun::cli

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::Sync>(argc, argv);
}
