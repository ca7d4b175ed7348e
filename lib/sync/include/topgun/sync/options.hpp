// SPDX-License-Identifier: Apache-2.0
// What an endpoint can be told, and what it counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/search/words.hpp"
#include "topgun/storage/map_provider.hpp"
#include "topgun/sync/jwt.hpp"
#include "topgun/wire/enums.hpp"

namespace topgun::sync {

enum class AuthMode : std::uint8_t {
    token,  ///< Nothing is served before a valid token.
    none,   ///< Everybody is served; a token is acknowledged, whatever it says.
};

/// What becomes of an LWW write whose stamp is too far ahead of wall time.
enum class DriftAction : std::uint8_t {
    restamp,  ///< Takes the stamp of its arrival, so that neither the write nor the clock is lost.
    refuse,   ///< OP_REJECTED.
};

/// What a writer hears of ops that it has no permission for.
enum class RejectStyle : std::uint8_t {
    acknowledge,  ///< OP_REJECTED for each, and an OP_ACK that covers it, so that the queue moves
                  ///< on.
    /// As TopGun's server: ERROR without OP_ACK, and nothing of the batch is taken. The client
    /// sends the same again with its next write.
    error,
};

/// Bounds on what a peer can make the endpoint hold or do.
struct Limits {
    std::size_t message_bytes = std::size_t{2} << 20;  ///< Larger ones close with 1009.
    /// A connection whose waiting frames hold more is closed as a slow consumer.
    std::size_t queue_bytes = std::size_t{16} << 20;
    /// Batches of ops whose acknowledgement waits for the disk; beyond it wants_input() is false.
    std::size_t unsettled = 256;
    std::size_t queries = 1000;  ///< Live queries of one connection.
    /// Rows that one query may hold while it is run; more is an error, not a short answer.
    std::size_t query_bytes = std::size_t{256} << 20;
    /// Rows in one answer to a query, by their keys and values; a longer result is given in pages,
    /// with a cursor that leads on. Beside it the queue must have room for what others cause.
    std::size_t answer_bytes = std::size_t{4} << 20;
    /// Maps with so many records are read apart from the hub's thread; see Hub::run_apart_by().
    std::size_t apart_records = 20'000;
    std::size_t maps = 4096;                 ///< Maps whose changes one connection hears of.
    std::size_t topics = 1024;               ///< That one connection listens to.
    std::size_t locks = 1024;                ///< That one connection holds or waits for.
    std::size_t counters = 1024;             ///< That one connection hears of.
    std::size_t counter_nodes = 65'536;      ///< Entries of one counter.
    std::size_t journal_subscriptions = 16;  ///< Of one connection.
    std::size_t journal_bytes = std::size_t{64} << 20;  ///< Of all events that are kept.
    std::size_t process_keys = 10'000;                  ///< In one ENTRY_PROCESS_BATCH.
    std::size_t policies = 10'000;
    std::uint64_t handshake_ms = 10'000;  ///< To authenticate.
    std::uint64_t idle_ms = 60'000;       ///< Without a PING. 0 for no limit.
    std::uint64_t frames_per_s = 20'000;
    std::uint64_t burst_frames = 40'000;
    /// Bytes of one reply to a walk; a larger leaf is sent in several.
    std::size_t leaf_bytes = std::size_t{1} << 20;
    /// What is kept of maps to reconcile them, in all: 16 bytes a record. The least recently used
    /// goes first, and costs a reading of the map when it is asked for again.
    std::size_t index_bytes = std::size_t{512} << 20;
};

class SqlRunner;

/// Runs `work` somewhere else, and then `done` on the hub's thread. In the order of calls.
using Apart = std::function<void(std::function<void()> work, std::function<void()> done)>;

/// A map whose records are given vectors by the embedding provider.
struct VectorMap {
    std::vector<std::string> fields{};  ///< Whose strings are embedded, in this order.
    std::uint32_t dimension = 0;        ///< 0 for the provider's; it must be that one.
    bool operator==(const VectorMap&) const = default;
};

using VectorMaps = std::map<std::string, VectorMap, std::less<>>;

/// Reads {"products": {"fields": ["title"], "dimension": 64}}, the text that TopGun's server takes
/// from its environment. Errors: bad_input, with the map's name.
TOPGUN_API Result<VectorMaps> parse_vector_maps(std::string_view json);

/// How maps are searched, and what that may cost.
struct SearchSettings {
    search::WordOptions words{};  ///< TopGun's server neither stems nor drops words.
    /// Who makes vectors of texts: "deterministic", or empty for nobody.
    std::string embedding_provider{};
    std::uint32_t embedding_dimension = 256;
    VectorMaps vector_maps{};
    std::uint32_t results = 10'000;   ///< Most that one search may ask for.
    std::size_t subscriptions = 256;  ///< Searches that one connection may watch.
    /// Memory for indexes, by estimate. The longest unused is dropped beyond it, and made again
    /// when it is asked for; searches that would watch one index too many are refused.
    std::size_t index_bytes = std::size_t{512} << 20;
};

struct HubOptions {
    /// Of the endpoint's clock: not empty, without ':'. Lower-case [0-9a-z-] orders alike
    /// everywhere.
    std::string node_id;
    AuthMode auth = AuthMode::token;
    JwtRules jwt{};
    /// Key of device credentials. Empty: derived from the JWT secret, or drawn anew where there is
    /// none, and then devices get a new identity after a restart.
    std::string device_key{};
    std::uint64_t max_drift_ms = 60'000;
    DriftAction on_drift = DriftAction::restamp;
    /// Every write to an LWW-Map takes the stamp of its arrival, so that the last to arrive wins,
    /// as on TopGun's server. Without it the last to be made wins.
    bool restamp = false;
    /// What OP_ACK claims. `persisted` only where the storage survives a crash.
    wire::WriteConcern acknowledges = wire::WriteConcern::persisted;
    /// Sends the root of a map that a connection touches for the first time and that already holds
    /// something: TopGun's client syncs maps opened after it connected in no other way.
    bool announce_roots = true;
    /// Tells of several changes of a map in one SERVER_BATCH_EVENT, which clients merge as they do
    /// SERVER_EVENTs, and TopGun's server never sends.
    bool batch_events = true;
    /// Serves POST /sync without a token although auth is on, as TopGun's server does.
    bool anonymous_http = false;
    /// Offers reconciliation by sketches to clients of ours; see wire/messages_reconcile.hpp.
    bool reconcile = true;
    /// Asked before each access to a map; empty allows everything but reserved names. The policies
    /// of Hub::put_policy() are asked beside it; both must allow.
    MapGuard guard{};
    /// Answers SQL messages; borrowed, outlives the hub. Null: they are answered with
    /// FEATURE_DISABLED.
    SqlRunner* sql = nullptr;
    /// Subjects of tokens whom no policy binds. What roles a token claims has no part in this.
    std::set<std::string, std::less<>> admin_subjects{};
    RejectStyle reject_style = RejectStyle::acknowledge;
    /// Events that the journal keeps for readers; 0 turns it off.
    std::size_t journal_capacity = 10'000;
    /// What clients of a cluster are told to connect to, "ws://host:port"; may be empty. They keep
    /// a connection only when this is the very text that they were configured with.
    std::string advertised_url{};
    Limits limits{};
    SearchSettings search{};
};

/// Since the hub was made. Nothing that a peer sends is dropped without being counted in one.
struct Counters {
    std::uint64_t connections = 0;  ///< Ever made.
    std::uint64_t authenticated = 0;
    std::uint64_t auth_failures = 0;
    std::uint64_t frames_in = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t frames_out = 0;
    std::uint64_t bytes_out = 0;
    std::uint64_t unreadable = 0;  ///< Frames that are no message at all.
    std::uint64_t malformed = 0;   ///< Messages of a known type that lack or misuse a field.
    std::uint64_t unknown = 0;     ///< Of an unknown type.
    std::uint64_t ignored = 0;     ///< Before authentication, or not for a server.
    std::uint64_t unserved = 0;    ///< Of a type that this version answers with an error.
    std::uint64_t rate_limited = 0;
    std::uint64_t slow_consumers = 0;
    std::uint64_t timeouts = 0;
    std::uint64_t ops = 0;
    std::uint64_t ops_applied = 0;   ///< Changed the state.
    std::uint64_t ops_repeated = 0;  ///< Were there already.
    std::uint64_t ops_lost = 0;      ///< Something newer was there.
    std::uint64_t ops_rejected = 0;
    std::uint64_t drifted = 0;        ///< Stamps too far ahead.
    std::uint64_t events = 0;         ///< Server events sent.
    std::uint64_t sync_rounds = 0;    ///< Roots asked for.
    std::uint64_t walk_requests = 0;  ///< Buckets and leaves asked for.
    std::uint64_t reconciled = 0;     ///< Maps asked to be reconciled.
    std::uint64_t storage_failures = 0;
    std::uint64_t topic_messages = 0;  ///< Sent to listeners.
    std::uint64_t lock_grants = 0;
    std::uint64_t lock_timeouts = 0;   ///< Requests that waited in vain.
    std::uint64_t counter_merges = 0;  ///< States of counters that changed something.
    std::uint64_t journal_events = 0;  ///< Ever entered.
    std::uint64_t journal_missed = 0;  ///< Gone before a slow subscriber could get them.
    std::uint64_t entries_processed = 0;
    std::uint64_t denied = 0;      ///< Accesses that the guard or a policy refused.
    std::uint64_t taken_over = 0;  ///< Connections closed for a newer one of the same device.
};

}  // namespace topgun::sync
