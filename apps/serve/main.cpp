// SPDX-License-Identifier: Apache-2.0
// topgun-cli serve: the sync endpoint, for clients that know nothing of us.
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "common/command.hpp"
#include "common/options.hpp"
#include "common/signals.hpp"
#include "logger.hpp"
#include "options.hpp"
#include "peers.hpp"
#include "sql_worker.hpp"
#include "status_page.hpp"
#include "storage.hpp"
#include "topgun/net/server.hpp"
#include "topgun/sync/device_key.hpp"
#include "topgun/sync/http_api.hpp"

namespace topgun::cli {
namespace {

class Serve final : public Command {
public:
    const char* name() const noexcept override { return "serve"; }
    const char* summary() const noexcept override {
        return "Serve maps to TopGun clients and other nodes";
    }
    const char* examples() const noexcept override {
        return "topgun-cli serve --data ./data\n"
               "JWT_SECRET=... topgun-cli serve --data ./data --listen 0.0.0.0:8080\n"
               "topgun-cli serve --data ./data --peer ws://127.0.0.1:8081\n"
               "topgun-cli serve --data ./data --storage postgres://app@localhost/app\n"
               "topgun-cli serve --storage memory --listen 127.0.0.1:0";
    }
    void add_options(CLI::App& app) override { options_.add_to(app); }

    Result<ExitCode> run(Streams io) override {
        TOPGUN_TRY(options_.read_environment());
        auto server_options = options_.server();
        if (!server_options) return std::move(server_options).error();
        auto hub_options = options_.hub();
        if (!hub_options) return std::move(hub_options).error();
        auto peering = options_.peering();
        if (!peering) return std::move(peering).error();
        Logger logger(io, options_.json_logs);
        server_options->log = [&logger](const net::LogEvent& event) { logger.log(event); };
        auto storage = EndpointStorage::open(options_, hub_options->node_id, logger);
        if (!storage) return std::move(storage).error();
        TOPGUN_TRY(keep_device_key(*hub_options));
        SqlWorker sql{SqlLimits{}};
        // A request may come before start() has returned.
        std::atomic<net::Server*> running{nullptr};
        Peers peers(std::move(*peering), logger);
        sync::HttpApi api(http_options(running, sql, peers, *storage));
        server_options->http = [&api](sync::Hub& hub, const sync::HttpRequest& request,
                                      sync::HttpRespond respond) {
            api.handle(hub, request, std::move(respond));
        };
        if (!options_.stand_in) hub_options->sql = &sql;
        const bool open = hub_options->auth == sync::AuthMode::none;
        const auto address = server_options->address;
        const CancelScope stoppable;
        auto started =
            net::Server::start(std::move(*server_options), std::move(*hub_options), **storage);
        if (!started) return std::move(started).error();
        const auto server = std::move(*started);
        running = server.get();
        sql.start([&server](auto task) { server->post(std::move(task)); });
        announce(io, logger, address, server->port(), open);
        peers.start(*server);
        auto served = serve_until_stopped(*storage, peers, logger);
        logger.info("stopping");
        peers.stop();
        sql.stop();
        auto stopped = server->stop();
        // That nothing can be stored is the cause of what cannot be flushed.
        if (!served) return std::move(served).error();
        if (!stopped) return std::move(stopped).error();
        return storage->close(options_.close_ms);
    }

private:
    sync::HttpApiOptions http_options(const std::atomic<net::Server*>& running, SqlWorker& worker,
                                      const Peers& peers, const EndpointStorage& storage) const {
        sync::HttpApiOptions out;
        out.version = TOPGUN_VERSION;
        if (options_.storage != "memory") out.scratch_directory = options_.data;
        out.cors_origins = options_.cors;
        out.status_page = status_page();
        out.draining = [&running] {
            const auto* server = running.load();
            return server != nullptr && server->draining();
        };
        out.database = [&storage](bool details) { return storage.database(details); };
        out.gauges = [&running, &peers, &storage] {
            auto gauges = storage.gauges();
            const auto* server = running.load();
            if (server == nullptr) return gauges;
            for (const auto& one : gauges_of(server->transport())) gauges.push_back(one);
            gauges.push_back({"topgun_peers", "Endpoints that this one is kept equal to",
                              static_cast<double>(peers.size()), false});
            gauges.push_back({"topgun_peers_connected", "Of these, in touch at the moment",
                              static_cast<double>(peers.connected()), false});
            return gauges;
        };
        out.apart = [&worker](auto work, auto done) {
            worker.run_apart(std::move(work), std::move(done));
        };
        return out;
    }

    static std::vector<sync::Gauge> gauges_of(const net::TransportCounters& counts) {
        const auto gauge = [](const char* name, const char* help, std::uint64_t value,
                              bool counter) {
            return sync::Gauge{name, help, static_cast<double>(value), counter};
        };
        return {
            gauge("topgun_sockets", "Sockets at the moment", counts.open, false),
            gauge("topgun_sockets_accepted_total", "Sockets ever taken", counts.accepted, true),
            gauge("topgun_sockets_refused_total", "Sockets beyond the limits", counts.refused,
                  true),
            gauge("topgun_tls_failures_total", "TLS handshakes that failed", counts.tls_failures,
                  true),
            gauge("topgun_http_requests_total", "Requests answered", counts.http_requests, true),
            gauge("topgun_text_frames_total", "Text frames, which are ignored", counts.text_frames,
                  true)};
    }

    // A secret makes a key of itself. Otherwise devices would be strangers after each restart.
    // @pre the data directory is open, which keeps other endpoints out of it.
    Status keep_device_key(sync::HubOptions& hub) const {
        if (options_.storage == "memory" || !hub.jwt.secret.empty()) return {};
        auto key = sync::keep_device_key(options_.data + "/.device-key");
        if (!key) return std::move(key).error();
        hub.device_key = std::move(*key);
        return {};
    }

    void announce(Streams io, Logger& logger, const std::string& address, std::uint16_t port,
                  bool open) const {
        const bool tls = !options_.tls_certificate.empty();
        const auto host = address.find(':') == std::string::npos ? address : '[' + address + ']';
        const auto place = host + ':' + std::to_string(port);
        logger.info("serving", {{"url", (tls ? "wss://" : "ws://") + place},
                                {"status page", (tls ? "https://" : "http://") + place + '/'},
                                {"auth", open ? "none" : "token"}});
        if (!options_.json_logs && io.err.verbosity() != Verbosity::quiet) {
            io.err.note("connect with: new TopGunClient({ serverUrl: '" +
                        std::string(tls ? "wss://" : "ws://") + place + "/ws', ... })");
        }
        // The one line of standard output: for whoever started this with port 0.
        io.out << "PORT=" << std::to_string(port) << '\n';
        io.out.flush();
    }

    // Until a signal comes. Meanwhile snapshots take over what logs have grown to.
    Status serve_until_stopped(EndpointStorage& storage, Peers& peers, Logger& logger) const {
        using std::chrono::steady_clock;
        steady_clock::time_point rest_until;
        while (!cancel_requested()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            peers.tick();
            storage.tick();
            const auto stats = storage->stats();
            if (stats.failed) {
                return Error(Errc::io, "nothing can be stored any more: " + stats.last_error);
            }
            if (options_.checkpoint_bytes == 0 || stats.log_bytes < options_.checkpoint_bytes ||
                steady_clock::now() < rest_until) {
                continue;
            }
            const auto done = storage->checkpoint();
            if (!done) {
                logger.warning("checkpoint failed", {{"reason", done.error().text()}});
                // What it wanted to save is in the logs; the next attempt may find room.
                rest_until = steady_clock::now() + std::chrono::seconds(30);
            }
        }
        return {};
    }

    ServeOptions options_;
};

}  // namespace
}  // namespace topgun::cli

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::Serve>(argc, argv);
}
