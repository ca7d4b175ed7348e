// SPDX-License-Identifier: Apache-2.0
// One processor with its queues, run step by step by whichever thread is free.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "routing.hpp"
#include "topgun/dag/processor.hpp"

namespace topgun::dag {

/// Tasklets that have something to do. Threads: any.
class RunQueue {
public:
    void push(Tasklet& tasklet);
    /// Waits for one. Null once stop() was called.
    Tasklet* pop();
    void stop();

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Tasklet*> ready_;
    bool stopped_ = false;
};

/// Counts tasklets that are queued or running, so that a plan that can never end is noticed.
class Activity {
public:
    void begin() noexcept { active_.fetch_add(1); }
    /// @return whether none is active any more.
    bool end() noexcept { return active_.fetch_sub(1) == 1; }

private:
    std::atomic<std::size_t> active_{0};
};

class Tasklet {
public:
    Tasklet(const Vertex& vertex, std::size_t index, RunQueue& home, Activity& activity);

    enum class Step { progress, idle, done };

    void add_input(const Edge& edge, std::vector<Queue*> queues);
    RoutingOutbox& outbox() noexcept { return outbox_; }
    const RoutingOutbox& outbox() const noexcept { return outbox_; }
    void set_processor(std::unique_ptr<Processor> processor) { processor_ = std::move(processor); }
    /// @pre it has not been woken yet.
    void set_home(RunQueue& home) noexcept { home_ = &home; }
    Processor* processor() const noexcept { return processor_.get(); }
    const Vertex& vertex() const noexcept { return vertex_; }
    std::size_t index() const noexcept { return index_; }

    /// Does some work. Errors are within the vertex's name.
    Result<Step> step();

    // States of scheduling. A tasklet is in a run queue, or with a thread, or waits to be woken.
    void wake();
    void begin_running();
    /// Returns to the run queue, or goes to sleep. @return whether nothing is active any more.
    bool end_running(Step last);

    std::uint64_t rows_in() const noexcept { return rows_in_; }
    std::chrono::nanoseconds busy() const noexcept { return busy_; }
    void add_busy(std::chrono::nanoseconds time) noexcept { busy_ += time; }

private:
    struct Input {
        std::size_t ordinal = 0;
        int priority = 0;
        std::vector<Queue*> queues;
        std::size_t next = 0;  // queues are read in turn
        Inbox inbox;
        bool done = false;
    };
    enum class State { idle, queued, running, running_woken, done };

    bool refill(Input& input);
    bool drained(const Input& input) const;
    Result<Step> read_inputs(bool& all_done);
    Result<Step> read(Input& input);
    Step finish();

    const Vertex& vertex_;
    std::size_t index_;
    RunQueue* home_;
    Activity& activity_;
    std::atomic<State> state_{State::idle};
    std::unique_ptr<Processor> processor_;
    std::vector<Input> inputs_;  // by priority, then ordinal
    std::size_t turn_ = 0;
    RoutingOutbox outbox_;
    std::uint64_t rows_in_ = 0;
    std::chrono::nanoseconds busy_{0};
    unsigned stalls_ = 0;
    bool completed_ = false;
};

}  // namespace topgun::dag
