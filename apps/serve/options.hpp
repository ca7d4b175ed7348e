// SPDX-License-Identifier: Apache-2.0
// What `serve` can be told, by options and by the environment variables of TopGun's own server.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/options.hpp"
#include "peers.hpp"
#include "topgun/net/server.hpp"
#include "topgun/storage/backed_storage.hpp"
#include "topgun/sync/options.hpp"

namespace topgun::cli {

struct ServeOptions {
    std::string data;     ///< Data directory; empty: in memory, or what `storage` says.
    std::string storage;  ///< "memory", or the URL of a database behind `data`; empty: `data`.
    std::string listen;   ///< ADDRESS:PORT, :PORT or ADDRESS.
    std::optional<std::uint16_t> port{};
    std::string node_id;
    bool no_auth = false;
    std::string secret_file;
    std::string issuer, audience;
    std::vector<std::string> admins;
    std::uint64_t max_drift_ms = 60'000;
    bool restamp = false, refuse_drift = false;
    SyncPolicy fsync = SyncPolicy::batch;
    std::uint64_t checkpoint_bytes = std::uint64_t{256} << 20;
    std::uint64_t max_connections = 10'000, max_per_address = 0;
    std::uint64_t max_message = std::uint64_t{2} << 20, max_queue = std::uint64_t{16} << 20;
    std::uint64_t rate = 20'000;
    std::uint64_t idle_ms = 60'000, handshake_ms = 10'000, drain_ms = 5'000;
    std::uint64_t threads = 0;
    std::string tls_certificate, tls_key, tls_authorities;
    bool compress = false;
    std::vector<std::string> cors;
    bool stand_in = false;
    std::vector<std::string> peers;
    std::string peer_token_file, peer_authorities;
    std::uint64_t peer_interval_ms = 5'000;
    bool json_logs = false;

    void add_to(CLI::App& app);
    /// Fills what no option said from the environment. Errors: usage, naming the variable.
    Status read_environment();
    /// Errors: usage for options that contradict each other.
    Result<net::ServerOptions> server() const;
    Result<sync::HubOptions> hub() const;
    /// Errors: usage for what is no URL; those of reading the token.
    Result<PeersOptions> peering() const;

    // Read by read_environment(); there are no options for secrets, which other users could see.
    std::string secret;
    bool public_no_auth = false;
    std::uint64_t journal = 10'000;
    BackedOptions behind;
    std::size_t behind_batch = BackingOptions().batch_keys;
    std::uint64_t close_ms = 30'000;  ///< For what the storage has left to do at the end.
    std::string embedding, vector_maps;
    std::uint32_t embedding_dimension = 256;

private:
    Status read_storage();
    Status read_write_behind();
    Status read_port();
    Status read_features();
    Status check_limits() const;
};

}  // namespace topgun::cli
