// SPDX-License-Identifier: Apache-2.0
// What `bench serve` says: a table or one JSON object, and the verdict.
#include <cmath>

#include "common/json_writer.hpp"
#include "common/signals.hpp"
#include "common/table.hpp"
#include "common/text.hpp"
#include "serve_bench.hpp"

namespace topgun::cli {
namespace {

constexpr double kNsPerMs = 1e6;
constexpr std::array<std::pair<const char*, double>, 4> kShares{
    {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}}};

std::string fixed(double number, int digits) {
    char text[64];
    const int length = std::snprintf(text, sizeof text, "%.*f", digits, number);
    return std::string(text, static_cast<std::size_t>(length));
}

std::string millis(std::uint64_t nanoseconds) {
    const auto ms = static_cast<double>(nanoseconds) / kNsPerMs;
    return fixed(ms, ms < 10 ? 3 : ms < 100 ? 2 : 1) + " ms";
}

std::uint64_t whole(double number) {
    return static_cast<std::uint64_t>(std::llround(number));
}

void write_latency(JsonWriter& json, const Histogram& histogram, bool buckets) {
    const auto ms = [](std::uint64_t value) { return static_cast<double>(value) / kNsPerMs; };
    json.begin_object().field("count", histogram.count()).field("min", ms(histogram.min()));
    for (const auto& [name, share] : kShares) json.field(name, ms(histogram.at(share)));
    json.field("max", ms(histogram.max()));
    if (buckets) {
        json.key("buckets").begin_array();
        for (const auto& bucket : histogram.buckets()) {
            json.begin_object().field("upTo", ms(bucket.last)).field("count", bucket.count);
            json.end_object();
        }
        json.end_array();
    }
    json.end_object();
}

}  // namespace

// Why the figures are not the whole truth; empty when they are.
std::vector<std::string> ServeBench::faults(const LoadResult& result) const {
    std::vector<std::string> out;
    const auto add = [&out](std::uint64_t count, const char* one, const char* many) {
        if (count > 0) out.push_back(counted(count, one, many));
    };
    add(result.lost, "connection was lost", "connections were lost");
    add(result.counts.errors, "error came from the endpoint", "errors came from the endpoint");
    add(result.unacknowledged, "op was never acknowledged", "ops were never acknowledged");
    add(result.not_sent, "op was due and could not be sent",
        "ops were due and could not be sent: the rate was not reached");
    const bool told = result.lost + result.counts.errors > 0 && !result.last_error.empty();
    if (told) out.back() += " (the last one: " + result.last_error + ")";
    if (result.ops == 0) out.emplace_back("nothing was acknowledged, so nothing was measured");
    if (cancel_requested()) out.emplace_back("interrupted");
    return out;
}

// Which bounds of the gate do not hold.
std::vector<std::string> ServeBench::missed(const LoadResult& result) const {
    std::vector<std::string> out;
    const auto rate = result.ops_per_second();
    if (min_rate_ != 0 && rate < static_cast<double>(min_rate_)) {
        out.push_back(human_count(whole(rate)) + " ops/s, less than the " + human_count(min_rate_) +
                      " of --min-rate");
    }
    const auto p99 = result.acknowledged.at(0.99);
    if (max_p99_ms_ != 0 && p99 > max_p99_ms_ * 1'000'000) {
        out.push_back("p99 " + millis(p99) + ", more than the " + human_duration(max_p99_ms_) +
                      " of --max-p99");
    }
    return out;
}

Result<ExitCode> ServeBench::tell(const LoadResult& result, Streams io) const {
    const auto wrong = faults(result);
    const auto misses = missed(result);
    if (json_)
        write_json(result, wrong.empty(), io);
    else
        write_text(result, io);
    auto code = wrong.empty() ? ExitCode::ok : ExitCode::incomplete;
    for (const auto& fault : wrong) io.err.error(fault);
    for (const auto& miss : misses) io.err.error(miss);
    if (!misses.empty() && code == ExitCode::ok) code = ExitCode::differences;
    if (result.counts.rejected > 0) {
        io.err.error(counted(result.counts.rejected, "op was rejected", "ops were rejected"));
        if (code == ExitCode::ok) code = ExitCode::differences;
    }
    return code;
}

// An in-memory figure must not pass for a durable one.
std::string ServeBench::durability(const LoadResult& result) const {
    std::string out;
    for (std::size_t level = 0; level < kAckLevels; ++level) {
        if (result.levels[level] == 0) continue;
        if (!out.empty()) out += ", ";
        out += (level == kAckLevels - 1 ? "not said" : level_word(level)) + ' ' +
               human_count(result.levels[level]);
    }
    return out.empty() ? "none" : out;
}

void ServeBench::write_text(const LoadResult& result, Streams io) const {
    Table table({{"Ops"}, {human_count(result.ops), Table::Align::right}});
    const auto row = [&table](const char* name, const std::string& value) {
        table.add_row({name, value});
    };
    row("Seconds", fixed(result.seconds, 2));
    row("Ops/s", human_count(whole(result.ops_per_second())));
    row("Batches", human_count(result.batches));
    row("Acknowledged as", durability(result));
    row("Rejected", human_count(result.counts.rejected));
    row("Errors", human_count(result.counts.errors));
    const auto spread = [&row](const std::string& what, const Histogram& histogram) {
        if (histogram.empty()) return;
        row((what + " min").c_str(), millis(histogram.min()));
        for (const auto& [name, share] : kShares) {
            row((what + ' ' + name).c_str(), millis(histogram.at(share)));
        }
        row((what + " max").c_str(), millis(histogram.max()));
    };
    spread("OP_ACK", result.acknowledged);
    spread("Query", result.answered);
    if (result.counts.events > 0) row("Events received", human_count(result.counts.events));
    row("CPU here", fixed(used_.cores(used_.own_before, used_.own_after), 2) + " cores");
    if (server_) {
        const auto cores = used_.cores(used_.server_before, used_.server_after);
        row("CPU server", fixed(cores, 2) + " cores");
        row("Memory server", human_bytes(used_.server_after.resident_bytes));
    }
    table.print(io.out);
    if (histogram_) write_histogram(result, io);
}

void ServeBench::write_histogram(const LoadResult& result, Streams io) const {
    Table table({{"OP_ACK up to", Table::Align::right},
                 {"Batches", Table::Align::right},
                 {"Share", Table::Align::right}});
    std::uint64_t seen = 0;
    for (const auto& bucket : result.acknowledged.buckets()) {
        seen += bucket.count;
        const auto share =
            static_cast<double>(seen) / static_cast<double>(result.acknowledged.count());
        table.add_row(
            {millis(bucket.last), human_count(bucket.count), fixed(share * 100, 3) + " %"});
    }
    io.out << '\n';
    table.print(io.out);
}

void ServeBench::write_json(const LoadResult& result, bool complete, Streams io) const {
    JsonWriter json(io.out);
    json.begin_report();
    if (url_.empty()) {
        json.field("server", "own").field("storage", storage_.empty() ? "disk" : "memory");
        if (storage_.empty()) json.field("fsync", fsync_);
    } else {
        json.field("server", url_);
    }
    json.key("load").begin_object().field("connections", load_.connections);
    json.field("batch", load_.batch).field("inFlight", load_.in_flight);
    json.field("rate", load_.rate).field("keys", load_.workload.keys);
    json.field("valueBytes", load_.workload.value_bytes).field("maps", load_.workload.maps);
    json.field("idle", load_.idle).field("neverRead", load_.never_read);
    json.field("seed", load_.workload.seed).end_object();
    json.field("connected", result.connected).field("ops", result.ops);
    json.field("seconds", result.seconds).field("opsPerSecond", result.ops_per_second());
    json.field("batches", result.batches).key("acknowledgedAs").begin_object();
    for (std::size_t level = 0; level < kAckLevels; ++level) {
        json.field(level_word(level), result.levels[level]);
    }
    json.end_object().field("acknowledgedWithWarmup", result.all_ops);
    json.field("rejected", result.counts.rejected).field("errors", result.counts.errors);
    json.field("unacknowledged", result.unacknowledged).field("notSent", result.not_sent);
    json.field("lostConnections", result.lost).field("events", result.counts.events);
    json.field("bytesIn", result.counts.bytes_in).field("bytesOut", result.counts.bytes_out);
    json.key("latencyMs");
    write_latency(json, result.acknowledged, histogram_);
    json.key("queryMs");
    write_latency(json, result.answered, histogram_);
    json.field("ownCores", used_.cores(used_.own_before, used_.own_after));
    if (server_) {
        json.field("serverCores", used_.cores(used_.server_before, used_.server_after));
        json.field("serverResidentBytes", used_.server_after.resident_bytes);
        json.field("serverPeakResidentBytes", used_.server_after.peak_resident_bytes);
    }
    json.key("missed").begin_array();
    for (const auto& miss : missed(result)) json.value(miss);
    json.end_array().end_report(complete);
}

}  // namespace topgun::cli
