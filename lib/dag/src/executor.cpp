// SPDX-License-Identifier: Apache-2.0
#include "topgun/dag/executor.hpp"

#include <algorithm>
#include <exception>
#include <thread>

#include "tasklet.hpp"
#include "topgun/dag/stop.hpp"

namespace topgun::dag {
namespace {

using Clock = std::chrono::steady_clock;

// A tasklet gives its thread up after this long, so that none starves.
constexpr auto kTimeSlice = std::chrono::milliseconds(1);

class Run {
public:
    Run(const Dag& dag, const ExecutorOptions& options)
        : dag_(dag),
          options_(options),
          memory_(options.memory_limit),
          cancel_(options.cancel != nullptr ? *options.cancel : never_) {}

    Result<ExecutionReport> execute() {
        TOPGUN_TRY(dag_.check());
        const auto start = Clock::now();
        if (options_.timeout) deadline_ = start + *options_.timeout;
        build();
        auto prepared = prepare();
        if (prepared) work();
        close_all();
        if (bug_) std::rethrow_exception(bug_);
        if (!prepared) return std::move(prepared).error();
        if (error_) return std::move(*error_);
        return report(Clock::now() - start);
    }

private:
    // Tasklets and queues; processors come later, since making one may fail.
    void build() {
        for (const auto& vertex : dag_.vertices()) {
            vertex_memory_.emplace_back(memory_);
            auto& mine = tasklets_.emplace_back();
            for (std::size_t i = 0; i < vertex.parallelism; ++i) {
                mine.push_back(std::make_unique<Tasklet>(vertex, i, pool_, activity_));
            }
        }
        for (const auto& edge : dag_.edges()) join(edge);
    }

    void join(const Edge& edge) {
        auto& producers = tasklets_[edge.from];
        auto& consumers = tasklets_[edge.to];
        std::vector<std::vector<Queue*>> of_consumer(consumers.size());
        for (auto& producer : producers) {
            std::vector<Queue*> targets;
            for (std::size_t c = 0; c < consumers.size(); ++c) {
                auto& queue = queues_.emplace_back(
                    std::make_unique<Queue>(edge.capacity, *producer, *consumers[c]));
                targets.push_back(queue.get());
                of_consumer[c].push_back(queue.get());
            }
            producer->outbox().add(edge, std::move(targets));
        }
        for (std::size_t c = 0; c < consumers.size(); ++c) {
            consumers[c]->add_input(edge, std::move(of_consumer[c]));
        }
    }

    Status prepare() {
        for (const auto v : dag_.order()) {
            const auto& vertex = dag_.vertices()[v];
            for (auto& tasklet : tasklets_[v]) {
                auto made =
                    guarded([&] { return vertex.supplier(tasklet->index(), vertex.parallelism); });
                if (!made) return std::move(made).error().within("vertex '" + vertex.name + "'");
                TOPGUN_ASSERT(*made != nullptr, "a supplier makes a processor or an error");
                tasklet->set_processor(std::move(*made));
                opened_.push_back(tasklet.get());
                const ProcessorContext context{vertex.name, tasklet->index(), vertex.parallelism,
                                               vertex_memory_[v], stop_};
                auto ready = guarded([&] { return tasklet->processor()->init(context); });
                if (!ready) return std::move(ready).error().within("vertex '" + vertex.name + "'");
            }
        }
        return {};
    }

    void work() {
        std::vector<std::thread> threads;
        remaining_ = opened_.size();
        for (auto* tasklet : opened_) {
            if (!tasklet->processor()->is_cooperative()) {
                tasklet->set_home(own_queues_.emplace_back());
            }
        }
        for (auto* tasklet : opened_) tasklet->wake();
        for (auto& queue : own_queues_) {
            threads.emplace_back([this, &queue] { serve(queue); });
        }
        const auto cores = std::max(1u, std::thread::hardware_concurrency());
        const auto wanted = options_.threads == 0 ? cores : options_.threads;
        for (std::size_t i = 1; i < wanted; ++i) {
            threads.emplace_back([this] { serve(pool_); });
        }
        std::thread watch;
        if (options_.cancel != nullptr || options_.timeout)
            watch = std::thread([this] { guard(); });
        serve(pool_);
        for (auto& thread : threads) thread.join();
        if (watch.joinable()) watch.join();
    }

    // Tasklets that wait for nothing but each other are woken by nobody: somebody has to look.
    void guard() {
        std::unique_lock lock(mutex_);
        constexpr auto kLook = std::chrono::milliseconds(20);
        while (!over_.wait_for(lock, kLook, [this] { return stopped_; })) {
            if (cancel_.cancelled()) {
                stop(lock, Error(Errc::cancelled, "cancelled"));
            } else if (deadline_ && Clock::now() > *deadline_) {
                stop(lock,
                     Error(Errc::limit,
                           "not done within " + std::to_string(options_.timeout->count()) + " ms"));
            }
        }
    }

    void serve(RunQueue& queue) {
        const StopScope scope(stop_);
        while (auto* tasklet = queue.pop()) {
            tasklet->begin_running();
            const auto start = Clock::now();
            auto now = start;
            auto last = Tasklet::Step::progress;
            while (last == Tasklet::Step::progress && !stop_.cancelled()) {
                auto step = guarded([&] { return tasklet->step(); });
                if (!step) {
                    fail(std::move(step).error());
                    return;
                }
                last = *step;
                now = Clock::now();
                if (now - start > kTimeSlice) break;
            }
            tasklet->add_busy(now - start);
            if (last == Tasklet::Step::done && --remaining_ == 0) {
                std::unique_lock lock(mutex_);
                stop(lock, std::nullopt);
                return;
            }
            if (tasklet->end_running(last) && remaining_ != 0) {
                fail(Error(Errc::usage,
                           "dag: every processor waits for another one; an edge that feeds two "
                           "inputs of different priority needs room for all of its batches"));
            }
        }
    }

    // Lets nothing but errors out of a processor.
    template <typename Call>
    auto guarded(Call&& call) -> decltype(call()) {
        try {
            return call();
        } catch (const Bug&) {
            const std::lock_guard lock(mutex_);
            if (!bug_) bug_ = std::current_exception();
            return Error(Errc::usage, "bug");
        } catch (const std::bad_alloc&) {
            return Error(Errc::limit, "out of memory");
        } catch (const std::exception& error) {
            return Error(Errc::io, error.what());
        }
    }

    void fail(Error error) {
        std::unique_lock lock(mutex_);
        stop(lock, std::move(error));
    }

    // The first to stop the run decides how it ended.
    void stop(std::unique_lock<std::mutex>&, std::optional<Error> error) {
        if (stopped_) return;
        stopped_ = true;
        error_ = std::move(error);
        stop_.cancel();
        pool_.stop();
        for (auto& queue : own_queues_) queue.stop();
        over_.notify_all();
    }

    void close_all() {
        for (auto* tasklet : opened_) {
            auto closed = guarded([&] { return tasklet->processor()->close(); });
            if (closed || error_ || stop_.cancelled() == false) continue;
            error_ = std::move(closed).error().within("vertex '" + tasklet->vertex().name + "'");
        }
    }

    ExecutionReport report(std::chrono::nanoseconds elapsed) const {
        ExecutionReport out;
        out.elapsed = elapsed;
        out.peak_memory = memory_.peak();
        for (std::size_t v = 0; v < dag_.vertices().size(); ++v) {
            VertexReport vertex;
            vertex.name = dag_.vertices()[v].name;
            vertex.peak_memory = vertex_memory_[v].peak();
            for (const auto& tasklet : tasklets_[v]) {
                vertex.rows_in += tasklet->rows_in();
                vertex.rows_out += tasklet->outbox().rows();
                vertex.batches_out += tasklet->outbox().batches();
                vertex.busy += tasklet->busy();
            }
            out.vertices.push_back(std::move(vertex));
        }
        return out;
    }

    const Dag& dag_;
    const ExecutorOptions& options_;
    MemoryBudget memory_;
    std::deque<MemoryBudget> vertex_memory_;  // which processors hold references to
    const CancelToken never_;
    const CancelToken& cancel_;  // the caller's
    CancelToken stop_;           // what processors look at: set however the run ends
    std::optional<Clock::time_point> deadline_;
    RunQueue pool_;
    std::deque<RunQueue> own_queues_;  // of processors that may block
    Activity activity_;
    std::vector<std::vector<std::unique_ptr<Tasklet>>> tasklets_;  // by vertex
    std::vector<std::unique_ptr<Queue>> queues_;
    std::vector<Tasklet*> opened_;
    std::atomic<std::size_t> remaining_{0};
    std::mutex mutex_;
    std::condition_variable over_;
    bool stopped_ = false;
    std::optional<Error> error_;
    std::exception_ptr bug_;
};

}  // namespace

Result<ExecutionReport> run(const Dag& dag, const ExecutorOptions& options) {
    return Run(dag, options).execute();
}

}  // namespace topgun::dag
