// SPDX-License-Identifier: Apache-2.0
// topgun-cli serve: the sync endpoint, for clients that know nothing of us.
#include <chrono>
#include <memory>
#include <thread>

#include "common/command.hpp"
#include "common/options.hpp"
#include "common/signals.hpp"
#include "common/text.hpp"
#include "logger.hpp"
#include "options.hpp"
#include "sql_worker.hpp"
#include "topgun/net/server.hpp"
#include "topgun/storage/data_directory_storage.hpp"
#include "topgun/storage/memory_storage.hpp"

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
               "topgun-cli serve --storage memory --listen 127.0.0.1:0";
    }
    void add_options(CLI::App& app) override { options_.add_to(app); }

    Result<ExitCode> run(Streams io) override {
        TOPGUN_TRY(options_.read_environment());
        auto server_options = options_.server();
        if (!server_options) return std::move(server_options).error();
        auto hub_options = options_.hub();
        if (!hub_options) return std::move(hub_options).error();
        Logger logger(io, options_.json_logs);
        server_options->log = [&logger](const net::LogEvent& event) { logger.log(event); };
        auto storage = open_storage(hub_options->node_id, logger);
        if (!storage) return std::move(storage).error();
        SqlWorker sql{SqlLimits{}};
        if (!options_.stand_in) hub_options->sql = &sql;
        const bool open = hub_options->auth == sync::AuthMode::none;
        const auto address = server_options->address;
        const CancelScope stoppable;
        auto server =
            net::Server::start(std::move(*server_options), std::move(*hub_options), **storage);
        if (!server) return std::move(server).error();
        sql.start([&server](auto task) { (*server)->post(std::move(task)); });
        announce(io, logger, address, (*server)->port(), open);
        auto served = serve_until_stopped(**storage, logger);
        logger.info("stopping");
        sql.stop();
        auto stopped = (*server)->stop();
        server->reset();
        if (served && stopped) stopped = close(**storage);
        if (!stopped) return std::move(stopped).error();
        if (!served) return std::move(served).error();
        return ExitCode::ok;
    }

private:
    Result<std::unique_ptr<ServerStorage>> open_storage(const std::string& node, Logger& logger) {
        if (options_.storage == "memory") {
            return std::unique_ptr<ServerStorage>(std::make_unique<MemoryStorage>());
        }
        if (!options_.storage.empty()) {
            return Error(Errc::usage, "--storage " + printable(options_.storage) +
                                          ": only 'memory' and a --data directory are known");
        }
        DataDirectoryOptions opening;
        opening.node = node;
        opening.sync = options_.fsync;
        auto directory = DataDirectory::open(options_.data, opening);
        if (!directory) return std::move(directory).error();
        const auto& recovery = (*directory)->recovery();
        for (const auto& damage : recovery.damage) logger.warning(damage);
        for (const auto& passed : recovery.passed_over) logger.warning(passed);
        if (recovery.rows + recovery.ops > 0) {
            logger.info("recovered", {{"rows", std::to_string(recovery.rows)},
                                      {"ops", std::to_string(recovery.ops)}});
        }
        return std::unique_ptr<ServerStorage>(
            std::make_unique<DataDirectoryStorage>(std::move(*directory)));
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
    Status serve_until_stopped(ServerStorage& storage, Logger& logger) const {
        while (!cancel_requested()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            const auto stats = storage.stats();
            if (stats.failed) {
                return Error(Errc::io, "nothing can be stored any more: " + stats.last_error);
            }
            if (options_.checkpoint_bytes == 0 || stats.log_bytes < options_.checkpoint_bytes) {
                continue;
            }
            const auto done = storage.checkpoint();
            if (!done) {
                logger.warning("checkpoint failed", {{"reason", done.error().text()}});
                // What it wanted to save is in the logs; the next attempt may find room.
                std::this_thread::sleep_for(std::chrono::seconds(5));
            }
        }
        return {};
    }

    static Status close(ServerStorage& storage) {
        constexpr std::uint64_t kCloseMs = 10'000;
        TOPGUN_TRY(storage.checkpoint());
        return storage.close(kCloseMs);
    }

    ServeOptions options_;
};

}  // namespace
}  // namespace topgun::cli

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::Serve>(argc, argv);
}
