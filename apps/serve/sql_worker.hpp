// SPDX-License-Identifier: Apache-2.0
// SQL for the endpoint: a thread of its own, so that a long statement keeps nobody waiting.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "topgun/sql/session.hpp"
#include "topgun/sync/hub.hpp"
#include "topgun/sync/sql.hpp"

namespace topgun::cli {

struct SqlLimits {
    std::uint64_t memory = std::uint64_t{256} << 20;
    std::chrono::milliseconds timeout{25'000};  ///< TopGun's client gives up after 30 s.
    std::size_t waiting = 64;                   ///< Statements that wait for their turn.
    std::uint64_t result_bytes = std::uint64_t{64} << 20;
};

/// Threads: run() on the hub's; start() and stop() by the owner.
class SqlWorker final : public sync::SqlRunner {
public:
    /// Runs a task on the hub's thread.
    using Post = std::function<void(std::function<void(sync::Hub&)>)>;

    explicit SqlWorker(SqlLimits limits) : limits_(limits) {}
    ~SqlWorker() override { stop(); }
    void start(Post post);
    /// Ends the running statement; those that wait are dropped.
    void stop();

    void run(std::string sql, std::unique_ptr<StateReader> state, const RequestContext& context,
             std::function<void(Result<sync::SqlResult>)> done) override;
    /// Runs other work that takes time in the same queue, then `done` on the hub's thread.
    void run_apart(std::function<void()> work, std::function<void()> done);

private:
    struct Job {
        std::string sql;
        std::unique_ptr<StateReader> state;
        std::function<void(Result<sync::SqlResult>)> done;
        std::function<void()> work;  // instead of a statement
        std::function<void()> worked;
    };
    void loop();
    void serve(Job& job);
    Result<sync::SqlResult> execute(Job& job);

    SqlLimits limits_;
    Post post_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> jobs_;
    sql::Session* running_ = nullptr;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace topgun::cli
