// SPDX-License-Identifier: Apache-2.0
// The endpoint's HTTP interface: health, metrics, maps and records as JSON, SQL, snapshots.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topgun/sync/http.hpp"

namespace topgun::sync {

class JsonObject;

/// A number for /metrics that the host knows and the hub does not.
struct Gauge {
    std::string_view name;  ///< "topgun_connections".
    std::string_view help;
    double value = 0;
    bool counter = false;  ///< It only rises.
};

struct HttpApiOptions {
    std::string version;
    /// Origins that browsers may call from; "*" for all; empty for none.
    std::vector<std::string> cors_origins{};
    std::function<bool()> draining{};
    std::function<std::vector<Gauge>()> gauges{};
    /// JSON about a database behind the storage, or "" when there is none. @param details  for
    /// administrators.
    std::function<std::string(bool details)> database{};
    /// Runs `work` elsewhere, and then `done` on the hub's thread. Empty: at once, here.
    std::function<void(std::function<void()> work, std::function<void()> done)> apart{};
    std::string scratch_directory{};  ///< For snapshots that are sent; empty: TMPDIR, or /tmp.
    std::string_view status_page{};   ///< HTML for "/"; outlives the interface.
};

/// Answers every request; unknown ones with 404. JSON has an envelope, {"meta", "data", "error"};
/// under the paths of TopGun's own server it has that server's form.
/// Permissions: with tokens, all but health and readiness needs one; /metrics, snapshots and
/// /api/admin need an administrator. Maps are those that the guard lets the asker read or write.
/// Threads: the hub's.
class TOPGUN_API HttpApi {
public:
    explicit HttpApi(HttpApiOptions options);
    ~HttpApi();

    /// @param respond  called once, on the hub's thread, now or later.
    void handle(Hub& hub, const HttpRequest& request, HttpRespond respond);

private:
    struct Call;
    void route(Call& call);
    bool route_health(Call& call);
    bool route_v1(Call& call);
    bool route_admin(Call& call);
    void list_maps(Call& call);
    void show_map(Call& call, std::string map, const std::string& key);
    void write_record(Call& call, std::string map, std::string key);
    void run_sql(Call& call);
    void send_snapshot(Call& call);
    void show_status(Call& call);
    std::string metrics(Hub& hub) const;
    void add_database(JsonObject& out, bool details) const;
    std::vector<std::pair<std::string, std::string>> cors(const std::string& origin) const;
    void change_policies(Call& call, std::string_view path);

    HttpApiOptions options_;
    std::uint64_t uptime_s() const;
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace topgun::sync
