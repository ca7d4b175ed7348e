// SPDX-License-Identifier: Apache-2.0
#include "serve_bench.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

#include "common/options.hpp"
#include "common/progress.hpp"
#include "common/signals.hpp"
#include "topgun/net/channel.hpp"

namespace topgun::cli {
namespace {

constexpr const char* kLoad = "Load";
constexpr const char* kServer = "Own server";
constexpr const char* kGate = "Gate";
// More would be no load but a lack of descriptors, here or there.
constexpr std::uint64_t kMostConnections = 20'000;
constexpr std::uint64_t kMostOps = 10'000;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 20;
// What an endpoint takes in one message.
constexpr std::uint64_t kMostMessage = std::uint64_t{2} << 20;
constexpr std::uint64_t kOpOverhead = 200;

// A thousand connections need as many descriptors, and the server that we start inherits the bound.
void allow_many_descriptors() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

double ServeBench::Used::cores(const ProcessUse& before, const ProcessUse& after) const noexcept {
    if (end_ns <= begin_ns) return 0;
    return (after.cpu_seconds - before.cpu_seconds) /
           (static_cast<double>(end_ns - begin_ns) / 1e9);
}

void ServeBench::add_options(CLI::App& app) {
    auto& load = load_;
    auto* url = app.add_option("url", url_, "Endpoint, ws:// or wss://; one of our own without it")
                    ->type_name("URL");
    const auto count = [&app](const char* name, std::uint64_t& into, const char* what) {
        return add_count_option(app, name, into, what)->group(kLoad);
    };
    count("--connections", load.connections, "Connections that write (8)");
    count("--batch", load.batch, "Ops of one OP_BATCH (100)");
    count("--in-flight", load.in_flight,
          "Batches of one connection that wait for acknowledgement (1)");
    count("--rate", load.rate, "Ops a second of all connections (0: as fast as they are taken)");
    duration_ =
        add_duration_option(app, "--duration", load.duration_ms, "How long it is measured (5s)")
            ->group(kLoad);
    count("--ops", load.ops, "Stop after so many ops (0: when the time is over)");
    add_duration_option(app, "--warmup", load.warmup_ms, "Load before it is measured (1s)")
        ->group(kLoad);
    app.add_option("--mix", mix_, "Shares, as lww=90,remove=2,or=5,query=3 (lww=100)")
        ->type_name("MIX")
        ->group(kLoad);
    count("--keys", load.workload.keys, "Keys of one connection (10k)");
    count("--value-bytes", load.workload.value_bytes, "Text in each value (64)");
    count("--maps", load.workload.maps,
          "Maps that all connections write to (0: each to one of its own)");
    count("--idle", load.idle, "Further connections that only send PING");
    count("--never-read", load.never_read,
          "Further connections that follow every map and read nothing");
    count("--seed", load.workload.seed, "The same seed makes the same keys and values (1)");

    auto* data = app.add_option("--data", data_, "Where its data directory is made, and removed")
                     ->type_name("DIR")
                     ->group(kServer)
                     ->excludes(url);
    app.add_option("--fsync", fsync_, "When it forces writes to the disk (batch)")
        ->type_name("WORD")
        ->check(CLI::IsMember({"batch", "op", "never"}))
        ->group(kServer)
        ->excludes(url);
    app.add_option("--storage", storage_, "Where it keeps the data instead")
        ->type_name("WORD")
        ->check(CLI::IsMember({"memory"}))
        ->group(kServer)
        ->excludes(url)
        ->excludes(data);

    add_count_option(app, "--min-rate", min_rate_, "Fail below so many ops a second")->group(kGate);
    add_duration_option(app, "--max-p99", max_p99_ms_,
                        "Fail when one acknowledgement in a hundred takes longer")
        ->group(kGate);
    app.add_flag("--histogram", histogram_, "Also print how latencies are spread");
    connection_.add_to(app, false);
    add_json_option(app, json_);
}

Status ServeBench::check() const {
    const auto& workload = load_.workload;
    const auto within = [](const char* name, std::uint64_t value, std::uint64_t least,
                           std::uint64_t most) -> Status {
        if (value >= least && value <= most) return {};
        return Error(Errc::usage, std::string(name) + ": " + std::to_string(least) + " to " +
                                      std::to_string(most) + " is expected");
    };
    TOPGUN_TRY(within("--connections", load_.connections, 1, kMostConnections));
    TOPGUN_TRY(within("--idle", load_.idle, 0, kMostConnections));
    TOPGUN_TRY(within("--never-read", load_.never_read, 0, kMostConnections));
    TOPGUN_TRY(within("--batch", load_.batch, 1, kMostOps));
    TOPGUN_TRY(within("--in-flight", load_.in_flight, 1, kMostOps));
    TOPGUN_TRY(within("--keys", workload.keys, 1, std::uint64_t{1} << 40));
    TOPGUN_TRY(within("--value-bytes", workload.value_bytes, 0, kMostBytes));
    TOPGUN_TRY(within("--maps", workload.maps, 0, kMostConnections));
    TOPGUN_TRY(within("--rate", load_.rate, 0, 1'000'000'000));
    if (load_.duration_ms == 0) return Error(Errc::usage, "--duration: nothing would be measured");
    if (load_.batch * (workload.value_bytes + kOpOverhead) > kMostMessage) {
        return Error(Errc::usage,
                     "--batch and --value-bytes: a batch would be larger than the 2 MiB that an "
                     "endpoint takes in one message");
    }
    return {};
}

Result<net::Url> ServeBench::prepare(Streams io) {
    if (!url_.empty()) return net::parse_url(url_);
    std::vector<std::string> words;
    if (storage_.empty()) {
        auto scratch = ScratchFolder::create(data_);
        if (!scratch) return std::move(scratch).error();
        scratch_.emplace(std::move(*scratch));
        if (scratch_->in_memory() && fsync_ != "never") {
            io.err.warning(scratch_->path() +
                           " lies in memory, so that nothing is durable; see --data");
        }
        words = {"--data", scratch_->path() + "/data", "--fsync", fsync_};
    } else {
        words = {"--storage", storage_};
    }
    const auto connections = load_.connections + load_.idle + load_.never_read;
    words.insert(words.end(), {"--max-connections", std::to_string(connections + 100)});
    auto server = ServerProcess::start(std::move(words));
    if (!server) return std::move(server).error();
    server_.emplace(std::move(*server));
    return server_->url();
}

Result<ExitCode> ServeBench::run(Streams io) {
    TOPGUN_TRY(check());
    if (!mix_.empty()) {
        auto mix = parse_mix(mix_);
        if (!mix) return std::move(mix).error().within("--mix");
        load_.workload.mix = *mix;
    }
    // A number of ops is the bound that was asked for; the time is then only a last resort.
    if (load_.ops != 0 && duration_->count() == 0) load_.duration_ms = 600'000;
    auto token = connection_.read_token();
    if (!token) return std::move(token).error();
    allow_many_descriptors();
    const CancelScope stoppable;
    auto url = prepare(io);
    if (!url) return std::move(url).error();
    auto result = load(*url, std::move(*token), io);
    if (server_) (void)server_->end(SIGTERM);
    if (!result) return std::move(result).error();
    return tell(*result, io);
}

Result<LoadResult> ServeBench::load(const net::Url& url, std::string token, Streams io) {
    net::ChannelOptions files;
    files.tls_authorities = connection_.tls_authorities;
    files.tls_certificate = connection_.tls_certificate;
    files.tls_key = connection_.tls_key;
    files.connect_ms = connection_.timeout_ms;
    auto loop = net::ChannelLoop::create(files, url.tls);
    if (!loop) return std::move(loop).error();
    Progress progress(io, "loading", load_.ops, Progress::Unit::ops);
    Load::Hooks hooks;
    hooks.stop = [] { return cancel_requested(); };
    hooks.progress = [&progress](std::uint64_t done) { progress.set(done); };
    hooks.measured = [this] {
        used_.begin_ns = steady_ns();
        used_.own_before = use_of(::getpid());
        if (server_) used_.server_before = use_of(server_->pid());
    };
    hooks.finished = [this] {
        used_.end_ns = steady_ns();
        used_.own_after = use_of(::getpid());
        if (server_) used_.server_after = use_of(server_->pid());
    };
    Load load(**loop, url, std::move(token), load_, std::move(hooks));
    TOPGUN_TRY(load.run());
    if (cancel_requested() && load.result().ops == 0) return Error(Errc::cancelled, "interrupted");
    return load.result();
}

}  // namespace topgun::cli
