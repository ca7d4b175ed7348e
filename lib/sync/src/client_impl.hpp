// SPDX-License-Identifier: Apache-2.0
// The client's inside: connection, passes of the job, and whom each message is for.
#pragma once

#include <map>
#include <memory>
#include <variant>
#include <vector>

#include "client_counter.hpp"
#include "client_lww_walk.hpp"
#include "client_ops.hpp"
#include "client_or_walk.hpp"
#include "client_reconcile.hpp"
#include "client_session.hpp"

namespace topgun::sync {

struct Client::Impl {
    using Task = std::variant<std::unique_ptr<client::LwwWalk>, std::unique_ptr<client::OrWalk>,
                              std::unique_ptr<client::CounterSync>>;
    enum class Phase : std::uint8_t { offline, auth, device, ready };

    Impl(ClientOptions options, LocalReplica& local)
        : s(std::move(options), local),
          sender(s),
          reconcile(s, [this](const MapId& id) -> MapReport& { return report_of(id); }) {}

    // Connection: client.cpp.
    void connected(std::uint64_t now_ms);
    void disconnected();
    void receive(BytesView frame);
    void handle(BytesView frame, bool in_batch);
    void tick(std::uint64_t now_ms);
    void say_hello();
    void admitted(ServerKind kind);
    void greeted(std::optional<std::uint32_t> version, const std::optional<std::string>& token);
    ClientState state() const;
    bool over() const { return s.failed() || state() == ClientState::finished; }

    // Passes: client_pass.cpp.
    void begin_pass();
    void plan();
    std::vector<MapId> maps_here() const;
    void choose_patience();
    void add_task(const MapId& id);
    MapReport& report_of(const MapId& id);
    void pump();
    void tick_tasks();
    void end_pass();
    bool pass_done() const;
    bool quiet() const;
    bool syncs(const MapId& id) const;
    void start_follow();
    template <typename Walk>
    Walk* task_of(std::string_view map, MapKind kind);
    void merge_event(const wire::ServerEvent& event);

    void on(const wire::AuthRequired& message);
    void on(const wire::AuthAck& message);
    void on(const wire::AuthFail& message);
    void on(const wire::DeviceAck& message);
    void on(const wire::Pong& message);
    void on(const wire::ErrorMessage& message);
    void on(const wire::OpAck& message);
    void on(const wire::OpRejected& message);
    void on(const wire::ServerEvent& message);
    void on(const wire::ServerBatchEvent& message);
    void on(const wire::SyncRespRoot& message);
    void on(const wire::SyncRespBuckets& message);
    void on(const wire::SyncRespLeaf& message);
    void on(const wire::SyncResetRequired& message);
    void on(const wire::OrMapSyncRespRoot& message);
    void on(const wire::OrMapSyncRespBuckets& message);
    void on(const wire::OrMapSyncRespLeaf& message);
    void on(const wire::OrMapDiffResponse& message);
    void on(const wire::CounterResponse& message);
    void on(const wire::CounterUpdate& message);
    void on(const wire::ReconcileMaps& message) { reconcile.hear(message); }
    void on(const wire::ReconcileSymbols& message) { reconcile.hear(message); }
    void on(const wire::ReconcileRows& message) { reconcile.hear(message); }

    client::Session s;
    client::OpSender sender;
    client::Reconcile reconcile;
    client::OpOrigin ops_origin;  // of Client::send()
    Phase phase = Phase::offline;
    bool auth_required = false;
    std::uint64_t greeted_ms = 0;        // when the present phase began
    std::uint64_t foreign_after_ms = 0;  // without an answer to DEVICE_HELLO
    std::uint64_t connected_ms = 0;
    std::uint64_t pinged_ms = 0;
    std::uint64_t heard_ms = 0;  // of the last PONG
    unsigned attempts = 0;

    bool has_job = false;
    bool running = false;  // a pass is under way
    std::optional<std::uint64_t> next_pass_ms;
    bool hurry = false;  // the next pass is wanted at once
    std::map<MapId, std::unique_ptr<MapReport>> reports;
    std::map<MapId, Task> tasks;
    std::vector<MapId> order;     // of the tasks
    std::size_t started = 0;      // tasks of `order` that have begun
    std::size_t frame_bytes = 0;  // of the message at hand
};

}  // namespace topgun::sync
