// SPDX-License-Identifier: Apache-2.0
// The endpoint: what all connections share.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/base/time_source.hpp"
#include "topgun/clock/hlc.hpp"
#include "topgun/query/run.hpp"
#include "topgun/storage/map_provider.hpp"
#include "topgun/storage/owned_op.hpp"
#include "topgun/sync/connection.hpp"
#include "topgun/sync/entropy.hpp"
#include "topgun/sync/options.hpp"
#include "topgun/sync/policy.hpp"
#include "topgun/sync/sql.hpp"
#include "topgun/wire/client_ops.hpp"
#include "topgun/wire/http.hpp"
#include "topgun/wire/messages.hpp"

namespace topgun::sync {

class Gate;
class Service;
struct Services;

/// An op that was not taken, by its place among those that came.
struct Rejection {
    std::size_t index = 0;
    std::uint32_t code = 0;
    std::string reason;
};

/// Hears of what changed the state of an endpoint, once it is durable, in the order of changes.
class TOPGUN_API ChangeListener {
public:
    virtual ~ChangeListener();
    /// @param ops  borrowed for the call; with the stamps that they were stored with.
    /// @param writer  who wrote them: a connection, or a number of Hub::new_writer(); 0 for nobody.
    virtual void on_changes(const std::vector<OwnedOp>& ops, std::uint64_t writer) = 0;
};

/// State, clock, and the connections that hear of changes. Invariants, each with a test:
/// TG-SYN-001  A write is acknowledged, and told to others, only when it is durable.
/// TG-SYN-002  The clock never runs back, over a restart neither, and no peer pulls it ahead of
///             wall time by more than the allowed drift.
/// TG-SYN-003  The same op again changes nothing, and nobody hears of it.
/// TG-SYN-004  Replicas that are equal stop after one exchange of roots.
///
/// Threads: none of its own, and not synchronised: one thread, or strand, for the hub with all its
/// connections. Storages announce durability from threads of theirs: the host's DurabilityListener
/// posts settle() or storage_failed() to the hub's thread.
class TOPGUN_API Hub {
public:
    /// @param storage, time, entropy  outlive the hub. Errors: usage for options that contradict
    /// themselves; those of loading the state.
    static Result<std::unique_ptr<Hub>> create(HubOptions options, ServerStorage& storage,
                                               const TimeSource& time = system_time(),
                                               Entropy& entropy = system_entropy());
    ~Hub();
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;

    /// A new peer, with what it is greeted with in its queue.
    std::unique_ptr<Connection> connect();
    /// What happens with time: locks end, records expire. To be called some ten times a second.
    /// @param now_ms  of a clock that never steps back, the one that connections are ticked with.
    void tick(std::uint64_t now_ms);

    /// Connections that got something to send, or ended, since the last call; each once.
    std::vector<std::uint64_t> take_ready();
    bool has_ready() const noexcept { return !ready_.empty(); }

    /// Sends what waited for durability and has it now. Cheap when nothing has.
    void settle();
    /// A write to the disk failed. If for good (StorageStats::failed), what waits is never
    /// acknowledged or told, and its writers get ERROR 500; otherwise it goes on waiting.
    void storage_failed(const Error& error);

    /// The next stamp of the endpoint's clock.
    Timestamp now() { return clock_.now(); }
    /// A stamp that beats the one which a key of an LWW-Map has, wherever that came from.
    /// @param earlier  that of a write to this key which is not stored yet. Errors: limit when
    /// there is none left.
    Result<Timestamp> stamp_over(std::string_view map, std::string_view key,
                                 const Timestamp& earlier = {});
    const HubOptions& options() const noexcept { return options_; }
    const Counters& counters() const noexcept { return counters_; }
    std::size_t connections() const noexcept { return peers_.size(); }
    /// Acknowledgements and events that wait for durability.
    std::size_t unsettled() const noexcept { return releases_.size(); }
    StoredMaps& maps() noexcept { return *maps_; }

    /// What write() did; the sequence says when it is durable.
    struct Written {
        std::uint64_t sequence = 0;
        std::vector<Rejection> rejections;  ///< Ascending by index.
        std::vector<Bytes> echoes;          ///< Frames that the writer itself should get.
        /// Why nothing at all was taken, by RejectStyle::error; empty otherwise.
        std::string denied{};
    };
    /// Checks, stamps and stores ops, and queues the events for everybody but `writer`.
    /// @param writer  id of a connection, 0 for none. Errors: those of storing; nothing is taken.
    Result<Written> write(std::span<const wire::ClientOpView> ops, const RequestContext& context,
                          std::uint64_t writer, const OpFaults& faults = {});
    /// The same for ops that need neither checks nor stamps; the guard and policies may still
    /// refuse them. Views in `ops` must live for the call.
    Result<Written> apply(std::span<const Op> ops, const RequestContext& context,
                          std::uint64_t writer);
    /// Merges rows of another end of this project: as apply(), but stamps are checked as write()
    /// checks them. All of one map.
    Result<Written> merge(std::span<const Op> ops, const RequestContext& context,
                          std::uint64_t writer);
    /// Merges what a peer holds that the operator trusts: nobody is asked for permission. Stamps
    /// are kept, also those too far ahead, or the two states would never be equal; those are
    /// counted and do not pull the clock. From Hlc::kMostLeadMs on they are refused. Errors: as
    /// apply().
    Result<Written> absorb(std::span<const Op> ops, std::uint64_t writer);
    /// A number for somebody who writes and is no connection.
    std::uint64_t new_writer() noexcept { return next_id_++; }
    /// @param listener  hears of all changes from now on, but those under reserved names; until
    /// forget(), or as long as the hub lives.
    void listen(ChangeListener& listener) { listeners_.push_back(&listener); }
    void forget(ChangeListener& listener) { std::erase(listeners_, &listener); }
    /// Merges pushed entries of an OR-Map, tags and stamps as they are; stamps are checked.
    Result<Written> push(const wire::OrMapPushDiff& message, const RequestContext& context,
                         std::uint64_t writer);
    /// One page of a query. Errors: those of run_query(), and usage when the map may not be read.
    Result<query::QueryPage> query(const MapId& map, const query::Query& query,
                                   const RequestContext& context);
    /// The same, without keeping others waiting for a large map. @param done  called once, on the
    /// hub's thread, possibly within this call.
    void query(const MapId& map, const query::Query& query, const RequestContext& context,
               std::function<void(Result<query::QueryPage>)> done);
    /// Who runs what takes long. Until told, it runs at once, on the hub's thread.
    void run_apart_by(Apart apart) { apart_ = std::move(apart); }
    /// @param work  touches nothing that belongs to the hub's thread.
    void run_apart(std::function<void()> work, std::function<void()> done);
    /// Grows with each change of policies: what was read apart meanwhile may show too much.
    std::uint64_t policy_round() const noexcept;
    /// Whether a map is read apart.
    bool is_large(const MapId& map) const;
    /// What still runs apart need not be finished: nobody waits for it any more. Threads: any.
    void abandon_runs() noexcept { abandoned_ = true; }
    /// Threads: any.
    const std::atomic<bool>& abandoned() const noexcept { return abandoned_; }
    /// Runs SQL on behalf of somebody; see SqlRunner. @param done  called once, on this thread,
    /// with the storage's sequence at which the writes of the statement are durable.
    void sql(std::string text, const RequestContext& context,
             std::function<void(Result<SqlResult> result, std::uint64_t sequence)> done);

    /// How far clocks of nodes were seen ahead of ours.
    struct Skew {
        std::uint64_t ahead_ms = 0;  ///< The most, of the writes received.
        std::uint64_t writes = 0;    ///< That were stamped further ahead than is allowed.
    };
    /// Of the nodes that were ever too far ahead; at most kSkewsKept of them.
    const std::map<std::string, Skew, std::less<>>& clock_skews() const noexcept { return skews_; }
    static constexpr std::size_t kSkewsKept = 1000;
    std::uint64_t wall_ms() const { return time_.now_ms(); }
    /// A search of POST /sync. Errors: usage when the map may not be read; what is wrong with the
    /// search.
    Result<wire::HttpSearchResult> search(const wire::HttpSearch& asked,
                                          const RequestContext& context);
    /// When a map was last changed, by the endpoint's clock; its start when it has not been since.
    Timestamp changed_at(const MapId& map) const;
    /// Who the bearer of a token is. Parameters and errors: as verify_jwt().
    Result<Principal> verify(std::string_view token, std::uint64_t* good_until_ms = nullptr) const;

    /// Who may do what. Policies are kept by the storage, under the reserved map
    /// `__topgun_policies`, and loaded by create(), which fails when one of them cannot be read:
    /// nothing must be open because of damage.
    const PolicySet& policies() const noexcept;
    /// The maps of which somebody may read something, sorted, without the endpoint's own.
    std::vector<MapId> shown_maps(const RequestContext& context) const;
    /// Some of these as one state, in which, and in whose counts, there is what policies show him
    /// at this moment. maps() refuses maps that may be read in part only. Errors: usage when there
    /// is one of which he may read nothing.
    Result<std::unique_ptr<StateReader>> shown_state(std::vector<MapId> maps,
                                                     const RequestContext& context) const;
    /// What keeps a map from being read by those who ask shows() about each row: the guard, a
    /// policy.
    Status may_read_partly(const MapId& map, const RequestContext& context) const;
    /// Whether policies let somebody see a part of a map's rows only.
    bool hides_rows(std::string_view map, const RequestContext& context) const;
    /// Whether policies let a row of a map be seen that may be read. Cheap while there are none.
    /// @param value  canonical; empty for a removal, which is always seen.
    bool shows(std::string_view map, BytesView value, const RequestContext& context) const;
    /// Adds a policy, or replaces the one of its id; in force at once, for connections that exist
    /// too. @return the sequence that says when it is durable. Errors: as PolicySet::put(); limit;
    /// those of storing, and then nothing has changed.
    Result<std::uint64_t> put_policy(Policy policy);
    /// @return as put_policy(), also when there was none. The first policy ever keeps maps closed
    /// by default when it is gone itself.
    Result<std::uint64_t> remove_policy(std::string_view id);

private:
    friend class Connection;
    friend class Service;
    friend class Outbox;
    friend class RisingNumber;
    struct Plan;
    struct MapRun;
    struct Event {
        wire::ServerEvent event;
        Bytes value;  // for policies that ask for it; empty otherwise, and for removals
    };
    // To one connection, unless what it is for has ended by then.
    struct Directed {
        std::uint64_t peer = 0;
        std::weak_ptr<const void> subject;
        Bytes frame;
    };
    struct Release {
        std::uint64_t sequence = 0;
        std::uint64_t writer = 0;
        std::vector<Bytes> replies;
        std::vector<Event> events;
        std::vector<Directed> directed;
        std::vector<OwnedOp> changes;  // for listeners; empty when there are none
        bool counted = false;          // among the writer's unsettled batches
    };

    Hub(HubOptions options, std::unique_ptr<Gate> gate, std::unique_ptr<StoredMaps> maps, Hlc clock,
        const TimeSource& time, Entropy& entropy);
    void plan_op(const wire::ClientOpView& in, std::size_t index, Plan& plan);
    bool hear_stamp(const Stamp& stamp);
    bool settle_stamp(Op& op, Plan& plan);
    void note_skew(const Stamp& stamp);
    bool is_implausible(const Stamp& stamp) const;
    const Timestamp& arrival_stamp(const Op& op);
    Result<Written> carry_out(Plan& plan, std::size_t came, const RequestContext* asking,
                              std::uint64_t writer);
    Status store(Plan& plan, std::uint64_t writer);
    void drop_denied(Plan& plan, const RequestContext& context);
    Status may_change(const Op& op, const RequestContext& context) const;
    Status may_remove_tag(const MapId& map, std::string_view tag,
                          const RequestContext& context) const;
    MapRun run_of(const Op& op, std::uint64_t writer) const;
    void note_change(const Op& op, const MapRun& run, Release& release);
    void echo(const Plan& plan, std::size_t at, OpOutcome outcome, Written& out) const;
    bool removed_tag(std::string_view map, std::string_view tag) const;
    /// Keeps a record of the endpoint's own, under a reserved name. Nobody is asked, nobody hears.
    /// @return the sequence that says when it is durable.
    Result<std::uint64_t> keep(std::string_view map, std::string_view key, BytesView value);
    /// Adds what the writer gets once its batch is durable.
    void reply_when_durable(std::uint64_t sequence, std::uint64_t writer,
                            std::vector<Bytes> replies);
    void deliver(Release& release);
    void tell_followers(const Release& release);
    void disconnect(Connection& peer);
    /// The peer has proved to be a device; an older connection of the same one ends.
    void take_over(Connection& peer);
    std::string device_credential(std::string_view device, const RequestContext& context) const;

    HubOptions options_;
    Apart apart_;
    std::atomic<bool> abandoned_{false};
    std::unique_ptr<Gate> gate_;  // before the maps, which ask it
    std::unique_ptr<StoredMaps> maps_;
    std::unique_ptr<Services> services_;
    Hlc clock_;
    const TimeSource& time_;
    Entropy& entropy_;
    Timestamp start_;
    Counters counters_;
    std::uint64_t next_id_ = 1;
    std::map<std::uint64_t, Connection*> peers_;
    std::vector<std::uint64_t> ready_;
    std::unordered_map<std::string, std::set<std::uint64_t>> followers_;
    std::unordered_map<std::string, std::uint64_t> devices_;  // by who presents which
    std::vector<ChangeListener*> listeners_;
    std::deque<Release> releases_;  // ascending by sequence
    std::map<MapId, Timestamp> changed_;
    std::map<std::string, Skew, std::less<>> skews_;
    // Stamps given to writes from the future, so that one sent again is the same write again.
    std::unordered_map<std::string, Timestamp> arrivals_;
    std::deque<std::string> arrival_order_;
};

}  // namespace topgun::sync
