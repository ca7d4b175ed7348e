// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "common/text.hpp"
#include "topgun/base/file.hpp"
#include "topgun/base/hash.hpp"
#include "topgun/clock/hlc.hpp"
#include "topgun/net/token_key.hpp"
#include "topgun/source/remote.hpp"
#include "topgun/sync/token_file.hpp"

namespace topgun::cli {
namespace {

constexpr const char* kNetwork = "Network";
constexpr const char* kPeers = "Peers";
constexpr const char* kSecurity = "Security";
constexpr const char* kLimits = "Limits";

// Where writes wait for a database when no --data says.
constexpr const char* kDataBesideDatabase = "topgun-data";

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : value;
}

// Leaves `into` as it is when the variable says nothing.
Status read_number(const char* name, std::uint64_t& into) {
    const auto text = variable(name);
    if (text.empty()) return {};
    auto parsed = parse_count(text);
    if (!parsed) return std::move(parsed).error().within(name);
    into = *parsed;
    return {};
}

bool switched_on(const char* name) {
    const auto value = variable(name);
    return value == "1" || value == "true";
}

bool switched_off(const char* name) {
    const auto value = variable(name);
    return value == "0" || value == "false";
}

std::vector<std::string> split_list(const std::string& text) {
    std::vector<std::string> out;
    for (std::size_t from = 0; from <= text.size();) {
        auto to = text.find(',', from);
        if (to == std::string::npos) to = text.size();
        const auto begin = text.find_first_not_of(" \t", from);
        if (begin < to) {
            const auto end = text.find_last_not_of(" \t", to - 1);
            out.push_back(text.substr(begin, end - begin + 1));
        }
        from = to + 1;
    }
    return out;
}

Result<std::uint16_t> parse_port(const std::string& text, const std::string& where) {
    std::uint16_t port = 0;
    const auto* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, port);
    if (error != std::errc() || at != end || text.empty()) {
        return Error(Errc::usage, where + ": '" + text + "' is no port (0 to 65535)");
    }
    return port;
}

bool is_address(const std::string& text) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

bool is_loopback(const std::string& address) {
    return address.starts_with("127.") || address == "::1";
}

// What browsers send as Origin: a scheme and a host, without a path; or all of them.
bool is_origin(std::string_view text) {
    if (text == "*" || text == "null") return true;
    const auto mark = text.find("://");
    if (mark == std::string_view::npos || mark == 0) return false;
    const auto host = text.substr(mark + 3);
    return !host.empty() && host.find_first_of("/?#@ ") == std::string_view::npos;
}

// The same for one folder on one machine, so that restarts add no node to a map's history.
std::string node_of(const std::string& place) {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    std::error_code ignored;
    const auto path = std::filesystem::absolute(place, ignored).lexically_normal().string();
    return "serve-" + hex(xxh3_128(std::string(host.data()) + '\n' + path)).substr(0, 10);
}

}  // namespace

void ServeOptions::add_to(CLI::App& app) {
    app.add_option("--data", data, "Data directory; created when there is none")->type_name("DIR");
    app.add_option("--storage", storage,
                   "A database that gets the data, too (postgres://...); or memory, instead")
        ->type_name("WHERE");
    add_choice_option<SyncPolicy>(
        app, "--fsync", fsync,
        {{"batch", SyncPolicy::batch}, {"op", SyncPolicy::always}, {"never", SyncPolicy::never}},
        "When writes are forced to the disk");
    add_count_option(app, "--checkpoint-bytes", checkpoint_bytes,
                     "Write a snapshot when logs have grown by so much (0: only at the end)");
    app.add_option("--node-id", node_id, "The endpoint's name in time stamps")->type_name("NODE");

    app.add_option("--listen", listen, "Address and port, 127.0.0.1:8080 by default")
        ->type_name("ADDRESS:PORT")
        ->group(kNetwork);
    app.add_option("--port", port, "The port alone; 0 for any free one")
        ->type_name("PORT")
        ->group(kNetwork);
    add_file_option(app, "--tls-cert", tls_certificate, "Certificate with its chain, PEM")
        ->group(kNetwork);
    add_file_option(app, "--tls-key", tls_key, "Its private key, PEM")->group(kNetwork);
    add_file_option(app, "--tls-client-ca", tls_authorities,
                    "Ask peers for a certificate that one of these authorities signed")
        ->group(kNetwork);
    app.add_flag("--compress", compress, "Compress messages when the peer offers it")
        ->group(kNetwork);
    add_repeatable_option(app, "--cors", cors,
                          "Let web pages of this origin use this endpoint (* for all)", "ORIGIN")
        ->group(kNetwork);
    add_count_option(app, "--threads", threads, "Threads for the network (0: one for each core)")
        ->group(kNetwork);
    add_duration_option(app, "--drain", drain_ms, "How long connections may take to end at a stop")
        ->group(kNetwork);

    add_repeatable_option(app, "--peer", peers, "Keep this endpoint and that one equal", "URL")
        ->group(kPeers);
    add_file_option(app, "--peer-token-file", peer_token_file,
                    "File with the token for peers (else TOPGUN_PEER_TOKEN)")
        ->group(kPeers);
    add_file_option(app, "--peer-ca", peer_authorities,
                    "Authorities that may have signed the certificates of peers, PEM")
        ->group(kPeers);
    add_duration_option(app, "--peer-interval", peer_interval_ms,
                        "Time between two comparisons with a peer")
        ->group(kPeers);

    app.add_flag("--no-auth", no_auth, "Serve everybody; on the loopback address only")
        ->group(kSecurity);
    add_file_option(app, "--jwt-secret-file", secret_file,
                    "Secret, or public key, that tokens are checked with (else JWT_SECRET)")
        ->group(kSecurity);
    app.add_option("--jwt-issuer", issuer, "Accept only tokens with this iss")
        ->type_name("TEXT")
        ->group(kSecurity);
    app.add_option("--jwt-audience", audience, "Accept only tokens with this aud")
        ->type_name("TEXT")
        ->group(kSecurity);
    add_repeatable_option(app, "--admin", admins,
                          "Subject of tokens to which no permission policy applies", "SUBJECT")
        ->group(kSecurity);
    add_duration_option(app, "--max-drift", max_drift_ms,
                        "How far ahead of this machine's clock a write may be stamped")
        ->group(kSecurity);
    auto* refuse = app.add_flag("--refuse-drift", refuse_drift,
                                "Refuse writes stamped further ahead instead of stamping them anew")
                       ->group(kSecurity);
    app.add_flag("--restamp", restamp,
                 "Stamp every write in order of arrival, as TopGun's server does")
        ->group(kSecurity)
        ->excludes(refuse);
    app.add_flag("--stand-in", stand_in,
                 "Answer as TopGun's server does where this endpoint is stricter or knows more")
        ->group(kSecurity);

    add_count_option(app, "--max-connections", max_connections, "Connections at a time")
        ->group(kLimits);
    add_count_option(app, "--max-per-address", max_per_address,
                     "The same for one address (0: no limit)")
        ->group(kLimits);
    add_count_option(app, "--max-message", max_message, "Bytes of one message")->group(kLimits);
    add_count_option(app, "--max-queue", max_queue,
                     "Bytes that wait for one peer before it is closed as too slow")
        ->group(kLimits);
    add_count_option(app, "--rate", rate, "Messages a second from one peer")->group(kLimits);
    add_duration_option(app, "--idle-timeout", idle_ms, "Close peers silent for so long (0: never)")
        ->group(kLimits);
    add_duration_option(app, "--handshake-timeout", handshake_ms, "How long logging in may take")
        ->group(kLimits);
    app.add_flag("--json-logs", json_logs, "Log one JSON object a line");
}

Status ServeOptions::read_port() {
    if (port) return {};
    const auto from_environment = variable("PORT");
    if (listen.empty() && !from_environment.empty()) {
        const auto parsed = parse_port(from_environment, "PORT");
        if (!parsed) return parsed.error().clone();
        port = *parsed;
    }
    return {};
}

Status ServeOptions::read_storage() {
    const auto backend = variable("STORAGE_BACKEND");
    if (storage.empty() && data.empty() && backend == "null") storage = "memory";
    if (storage.empty() && backend == "postgres") {
        storage = variable("DATABASE_URL");
        if (storage.empty()) {
            return Error(Errc::usage, "STORAGE_BACKEND is postgres, but DATABASE_URL says nothing");
        }
    }
    if (data.empty() && is_database(storage)) data = kDataBesideDatabase;
    if (data.empty() && storage.empty()) {
        return Error(Errc::usage,
                     "where are the data to be kept? Say --data DIR, --storage postgres://..., or "
                     "--storage memory");
    }
    return read_write_behind();
}

Status ServeOptions::read_write_behind() {
    TOPGUN_TRY(read_number("TOPGUN_WRITEBEHIND_FLUSH_INTERVAL_MS", behind.flush_interval_ms));
    TOPGUN_TRY(read_number("TOPGUN_WRITEBEHIND_SHUTDOWN_TIMEOUT_MS", close_ms));
    return read_number("TOPGUN_WRITEBEHIND_BATCH_SIZE", behind_batch);
}

Status ServeOptions::read_features() {
    const auto enabled = variable("TOPGUN_JOURNAL_ENABLED");
    if (enabled == "false" || enabled == "0" || enabled == "no" || enabled == "off") journal = 0;
    if (journal != 0) TOPGUN_TRY(read_number("TOPGUN_JOURNAL_CAPACITY", journal));
    embedding = variable("TOPGUN_EMBEDDING_PROVIDER");
    vector_maps = variable("TOPGUN_VECTOR_MAPS");
    std::uint64_t dimension = embedding_dimension;
    TOPGUN_TRY(read_number("TOPGUN_EMBEDDING_DIMENSION", dimension));
    if (dimension == 0 || dimension > 65'536) {
        return Error(Errc::usage, "TOPGUN_EMBEDDING_DIMENSION: 1 to 65536 is expected");
    }
    embedding_dimension = static_cast<std::uint32_t>(dimension);
    return {};
}

Status ServeOptions::read_environment() {
    TOPGUN_TRY(read_port());
    TOPGUN_TRY(read_storage());
    if (switched_on("TOPGUN_NO_AUTH")) no_auth = true;
    public_no_auth = switched_on("TOPGUN_ALLOW_NO_AUTH_PUBLIC_BIND");
    secret = variable("JWT_SECRET");
    const bool promised = std::getenv("JWT_SECRET") != nullptr || switched_off("TOPGUN_NO_AUTH");
    if (promised && secret.empty() && secret_file.empty() && !no_auth) {
        return Error(Errc::usage,
                     "JWT_SECRET is empty: give it a secret, or say --no-auth to serve everybody");
    }
    if (!secret_file.empty()) {
        auto read = read_file(secret_file, std::uint64_t{1} << 20);
        if (!read) return std::move(read).error().within("--jwt-secret-file");
        secret = std::move(*read);
        while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) {
            secret.pop_back();
        }
        if (secret.empty()) return Error(Errc::usage, "--jwt-secret-file: the file is empty");
    }
    if (issuer.empty()) issuer = variable("TOPGUN_JWT_ISSUER");
    if (audience.empty()) audience = variable("TOPGUN_JWT_AUDIENCE");
    if (admins.empty()) admins = split_list(variable("TOPGUN_ADMIN_SUBJECTS"));
    if (cors.empty()) cors = split_list(variable("TOPGUN_CORS_ORIGINS"));
    if (variable("TOPGUN_LOG_FORMAT") == "json") json_logs = true;
    TOPGUN_TRY(read_features());
    const auto policy = variable("TOPGUN_WAL_FSYNC_POLICY");
    if (policy == "per_op") fsync = SyncPolicy::always;
    if (policy == "none") fsync = SyncPolicy::never;
    return {};
}

Status ServeOptions::check_limits() const {
    constexpr std::uint64_t kAny = ~std::uint64_t{0}, kMostThreads = 1024, kFastest = 1'000'000'000;
    struct Limit {
        const char* option;
        std::uint64_t value, least, most;
    };
    for (const auto& limit :
         {Limit{"--threads", threads, 0, kMostThreads}, Limit{"--rate", rate, 1, kFastest},
          Limit{"--max-message", max_message, 1, kAny}, Limit{"--max-queue", max_queue, 1, kAny},
          Limit{"--max-connections", max_connections, 1, kAny}}) {
        if (limit.value < limit.least) {
            return Error(Errc::usage, std::string(limit.option) + ": 0 would serve nobody");
        }
        if (limit.value > limit.most) {
            return Error(Errc::usage, std::string(limit.option) + ": " +
                                          std::to_string(limit.most) + " at most");
        }
    }
    if (max_drift_ms > Hlc::kMostLeadMs) return Error(Errc::usage, "--max-drift: 366d at most");
    return {};
}

Result<net::ServerOptions> ServeOptions::server() const {
    TOPGUN_TRY(check_limits());
    net::ServerOptions out;
    const auto bind = variable("TOPGUN_BIND_ADDR");
    if (!bind.empty()) out.address = bind;
    if (!listen.empty()) {
        // An address of version 6 has colons of its own, so brackets go around it.
        const auto colon = listen.rfind(':');
        const auto bracket = listen.rfind(']');
        const bool has_port = !is_address(listen) && colon != std::string::npos &&
                              (bracket == std::string::npos || colon > bracket);
        auto address = listen.substr(0, has_port ? colon : std::string::npos);
        if (address.starts_with('[') && address.ends_with(']')) {
            address = address.substr(1, address.size() - 2);
        }
        if (!address.empty()) out.address = address == "localhost" ? "127.0.0.1" : address;
        if (has_port) {
            const auto parsed = parse_port(listen.substr(colon + 1), "--listen");
            if (!parsed) return parsed.error().clone();
            out.port = *parsed;
        }
    }
    if (port) out.port = *port;
    if (!is_address(out.address)) {
        return Error(Errc::usage, "--listen: '" + printable(listen.empty() ? out.address : listen) +
                                      "' is no IP address with a port, such as 127.0.0.1:8080 or "
                                      "[::1]:8080");
    }
    const bool open = no_auth || secret.empty();
    if (open && !is_loopback(out.address) && !public_no_auth) {
        return Error(Errc::usage, "without a secret only the loopback address is served, not " +
                                      out.address + ": set JWT_SECRET or --jwt-secret-file");
    }
    if (tls_certificate.empty() != tls_key.empty()) {
        return Error(Errc::usage, "--tls-cert and --tls-key need each other");
    }
    if (!tls_authorities.empty() && tls_certificate.empty()) {
        return Error(Errc::usage, "--tls-client-ca needs --tls-cert and --tls-key");
    }
    if (!tls_certificate.empty()) out.tls = {tls_certificate, tls_key, tls_authorities};
    out.threads = threads;
    out.connections = max_connections;
    out.connections_per_address = max_per_address;
    out.compress = compress;
    out.header_ms = handshake_ms;
    out.body_bytes = max_message;
    out.drain_ms = drain_ms;
    for (const auto& origin : cors) {
        if (is_origin(origin)) continue;
        return Error(Errc::usage, "--cors: '" + printable(origin) +
                                      "' is neither an origin, such as https://app.example "
                                      "without a path, nor *");
    }
    out.page_origins = cors;
    return out;
}

Result<sync::HubOptions> ServeOptions::hub() const {
    sync::HubOptions out;
    out.node_id = node_id.empty() ? node_of(data.empty() ? "memory" : data) : node_id;
    const bool open = no_auth || secret.empty();
    out.auth = open ? sync::AuthMode::none : sync::AuthMode::token;
    if (sync::is_pem(secret)) {
        auto check = net::rs256_check(secret);
        if (!check) {
            return std::move(check).error().within(secret_file.empty() ? "JWT_SECRET"
                                                                       : "--jwt-secret-file");
        }
        out.jwt.rs256 = std::move(*check);
    } else {
        out.jwt.secret = secret;
    }
    if (!issuer.empty()) out.jwt.issuer = issuer;
    if (!audience.empty()) out.jwt.audience = audience;
    out.max_drift_ms = max_drift_ms;
    out.restamp = restamp;
    if (restamp && !peers.empty()) {
        return Error(Errc::usage,
                     "--restamp and --peer exclude each other: endpoints that stamp "
                     "each other's writes anew never agree");
    }
    if (refuse_drift) out.on_drift = sync::DriftAction::refuse;
    out.acknowledges = storage == "memory" || fsync == SyncPolicy::never
                           ? wire::WriteConcern::applied
                           : wire::WriteConcern::persisted;
    out.admin_subjects.insert(admins.begin(), admins.end());
    out.journal_capacity = journal;
    out.search.embedding_provider = embedding == "noop" ? "" : embedding;
    out.search.embedding_dimension = embedding_dimension;
    if (!vector_maps.empty()) {
        auto parsed = sync::parse_vector_maps(vector_maps);
        if (!parsed) return std::move(parsed).error().within("TOPGUN_VECTOR_MAPS");
        out.search.vector_maps = std::move(*parsed);
    }
    if (stand_in) {
        out.reject_style = sync::RejectStyle::error;
        out.anonymous_http = true;
        out.batch_events = false;
        out.acknowledges = wire::WriteConcern::applied;
    }
    out.limits.message_bytes = max_message;
    out.limits.queue_bytes = max_queue;
    out.limits.answer_bytes =
        std::min<std::size_t>(out.limits.answer_bytes, std::max<std::size_t>(max_queue / 4, 1));
    out.limits.handshake_ms = handshake_ms;
    out.limits.idle_ms = idle_ms;
    out.limits.frames_per_s = rate;
    out.limits.burst_frames = rate * 2;
    return out;
}

Result<PeersOptions> ServeOptions::peering() const {
    PeersOptions out;
    for (const auto& name : peers) {
        auto url = net::parse_url(name);
        if (!url) return std::move(url).error().within("--peer");
        out.targets.push_back({name, std::move(*url)});
    }
    out.token = variable("TOPGUN_PEER_TOKEN");
    if (!peer_token_file.empty()) {
        auto read = sync::read_token_file(peer_token_file);
        if (!read) return std::move(read).error().within("--peer-token-file");
        out.token = std::move(*read);
    }
    out.tls_authorities = peer_authorities;
    out.resync_ms = peer_interval_ms;
    return out;
}

}  // namespace topgun::cli
