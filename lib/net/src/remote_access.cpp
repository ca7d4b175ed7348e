// SPDX-License-Identifier: Apache-2.0
// Live endpoints as sources and sinks, for libtopgun, which loads this when it meets a URL.
#include "topgun/source/remote.hpp"

#include <cstdlib>
#include <unordered_set>

#include "topgun/net/client.hpp"
#include "topgun/replica/visit.hpp"
#include "topgun/storage/owned_op.hpp"
#include "topgun/sync/local_replica.hpp"
#include "topgun/sync/token_file.hpp"

namespace topgun::net {
namespace {

// What goes over one connection before the next one is made, and what is kept of it meanwhile.
constexpr std::size_t kOpsAtATime = 50'000;

Result<std::string> token() {
    if (const char* text = std::getenv("TOPGUN_TOKEN")) return std::string(text);
    const char* path = std::getenv("TOPGUN_TOKEN_FILE");
    if (path == nullptr) return std::string();
    auto read = sync::read_token_file(path);
    if (!read) return std::move(read).error().within("TOPGUN_TOKEN_FILE");
    return read;
}

// Names a row, with its map, among all of a state.
std::string place_of(const MapId& map, const Row& row) {
    std::string out = map.name;
    for (const std::string_view part :
         {map_kind_name(map.kind), std::string_view(row.removed ? "removed" : ""), row.key,
          row.tag}) {
        out += '\0';
        out += part;
    }
    return out;
}

// Differences as they come: the endpoint's state is the other one with these in place.
struct Differences {
    std::unordered_set<std::string> places;
    std::vector<OwnedOp> remote;

    void add(const sync::DifferingRow& row) {
        if (row.local != nullptr) places.insert(place_of(row.map, *row.local));
        if (row.remote == nullptr) return;
        places.insert(place_of(row.map, *row.remote));
        remote.emplace_back(row_op(row.map, *row.remote));
    }
};

class Sockets final : public RemoteAccess {
public:
    Result<Source> open(const std::string& url, const ReadOptions& options) override {
        if (options.until) {
            return Error(Errc::usage, url + ": an endpoint has no past; --until needs a log");
        }
        return options.resembles == nullptr ? pull(url, options) : compare(url, options);
    }

    Result<WriteReport> write(const StateReader& state, const std::string& url) override {
        sync::MemoryReplica replica;
        TOPGUN_TRY(replica.shared().replica.apply(state));
        sync::SyncJob job;
        job.direction = sync::SyncDirection::push;
        auto report = run(url, replica, std::move(job), {});
        if (!report) return std::move(report).error();
        if (!report->rejections.empty()) return refused(url, report->rejections);
        WriteReport out;
        for (const auto& map : report->maps) out.rows += map.pushed;
        return out;
    }

    Result<std::unique_ptr<OpWriter>> writer(const std::string& url) override;

    static Error refused(const std::string& url, const std::vector<sync::RejectedOp>& rejections) {
        const auto& one = rejections.front();
        return Error(Errc::unreachable, "the endpoint refused " +
                                            std::to_string(rejections.size()) +
                                            " records; the first: " + one.map + ", key '" +
                                            one.key.substr(0, 100) + "': " + one.reason)
            .within(url);
    }

    static Result<sync::ClientReport> carried(const std::string& url, sync::Client& client) {
        const auto parsed = parse_url(url);
        if (!parsed) return parsed.error().clone();
        TOPGUN_TRY(carry(*parsed, client, {}));
        auto report = client.report();
        if (report.error) return Error(report.code, *report.error).within(url);
        return report;
    }

private:
    static Result<sync::ClientReport> run(const std::string& url, sync::LocalReplica& local,
                                          sync::SyncJob job,
                                          std::function<void(const sync::DifferingRow&)> hear) {
        auto given = token();
        if (!given) return std::move(given).error();
        sync::ClientOptions options;
        options.token = std::move(*given);
        options.on_difference = std::move(hear);
        sync::Client client(std::move(options), local);
        client.start(std::move(job));
        return carried(url, client);
    }

    static sync::SyncJob job_for(const ReadOptions& options, sync::SyncDirection direction) {
        sync::SyncJob out;
        out.direction = direction;
        for (const auto& map : options.maps) out.add_map(map);
        return out;
    }

    static Result<Source> finish(const std::string& url, const sync::ClientReport& report,
                                 std::unique_ptr<Replica> replica, const ReadOptions& options) {
        Source out;
        out.report.path = url;
        out.report.format = Format::endpoint;
        out.report.messages = report.traffic.messages_in;
        for (const auto& map : report.maps) {
            out.report.ops += map.received;
            const auto name = "map '" + map.map.name + "'";
            if (!map.error.empty()) out.report.damage.push_back(name + ": " + map.error);
            if (map.malformed > 0) {
                out.report.damage.push_back(name + ": " + std::to_string(map.malformed) +
                                            " records that cannot be stored");
            }
        }
        if (!out.report.damage.empty() && !options.keep_going) {
            return Error(Errc::unreachable, out.report.damage.front()).within(url);
        }
        out.state = own_replica(std::move(replica));
        return out;
    }

    static Result<Source> pull(const std::string& url, const ReadOptions& options) {
        sync::MemoryReplica local;
        auto report = run(url, local, job_for(options, sync::SyncDirection::pull), {});
        if (!report) return std::move(report).error();
        return finish(url, *report, std::make_unique<Replica>(std::move(local.shared().replica)),
                      options);
    }

    static Result<Source> compare(const std::string& url, const ReadOptions& options) {
        sync::MemoryReplica local;
        auto& known = local.shared().replica;
        TOPGUN_TRY(known.apply(*options.resembles));
        Differences differences;
        auto report = run(url, local, job_for(options, sync::SyncDirection::compare),
                          [&](const sync::DifferingRow& row) { differences.add(row); });
        if (!report) return std::move(report).error();
        auto replica = std::make_unique<Replica>();
        const auto take = [&](const Op& op) -> Status {
            auto merged = replica->apply(op);
            return merged ? Status() : Status(std::move(merged).error());
        };
        TOPGUN_TRY(visit_all_rows(*options.resembles, [&](const MapId& map, const Row& row) {
            return differences.places.contains(place_of(map, row)) ? Status()
                                                                   : take(row_op(map, row));
        }));
        for (const auto& op : differences.remote) TOPGUN_TRY(take(op.view()));
        return finish(url, *report, std::move(replica), options);
    }
};

class RemoteWriter final : public OpWriter {
public:
    RemoteWriter(std::string url, std::string bearer)
        : url_(std::move(url)), token_(std::move(bearer)) {}

    Status add(const Op& op) override {
        ops_.emplace_back(op);
        ++count_;
        return ops_.size() < kOpsAtATime ? Status() : send();
    }
    Status finish() override { return ops_.empty() ? Status() : send(); }
    std::uint64_t count() const override { return count_; }
    std::uint64_t bytes() const override { return bytes_; }

private:
    Status send() {
        sync::MemoryReplica nothing;
        sync::ClientOptions options;
        options.token = token_;
        sync::Client client(std::move(options), nothing);
        std::vector<Op> views;
        for (const auto& op : ops_) views.push_back(op.view());
        TOPGUN_TRY(client.send(views));
        auto report = Sockets::carried(url_, client);
        if (!report) return std::move(report).error();
        bytes_ += report->traffic.bytes_out;
        if (!report->rejections.empty()) return Sockets::refused(url_, report->rejections);
        if (report->ops_acknowledged < ops_.size()) {
            return Error(Errc::unreachable, "the endpoint did not acknowledge all").within(url_);
        }
        ops_.clear();
        return {};
    }

    std::string url_, token_;
    std::vector<OwnedOp> ops_;
    std::uint64_t count_ = 0, bytes_ = 0;
};

Result<std::unique_ptr<OpWriter>> Sockets::writer(const std::string& url) {
    auto given = token();
    if (!given) return std::move(given).error();
    const auto parsed = parse_url(url);
    if (!parsed) return parsed.error().clone();
    return std::unique_ptr<OpWriter>(std::make_unique<RemoteWriter>(url, std::move(*given)));
}

}  // namespace
}  // namespace topgun::net

/// Found by name when libtopgun meets its first URL. The object lives as long as the process.
extern "C" TOPGUN_API topgun::RemoteAccess* topgun_net_remote_access() {
    static topgun::net::Sockets sockets;
    return &sockets;
}
