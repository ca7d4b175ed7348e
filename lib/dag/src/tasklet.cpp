// SPDX-License-Identifier: Apache-2.0
#include "tasklet.hpp"

#include <algorithm>

namespace topgun::dag {
namespace {
// A processor that neither takes nor sends although it could is broken; give it some chances.
constexpr unsigned kMostStalls = 1000;
// Batches read from the queues at a time.
constexpr std::size_t kInboxBatches = 4;
}  // namespace

void RunQueue::push(Tasklet& tasklet) {
    {
        const std::lock_guard lock(mutex_);
        ready_.push_back(&tasklet);
    }
    changed_.notify_one();
}

Tasklet* RunQueue::pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopped_ || !ready_.empty(); });
    if (stopped_) return nullptr;
    auto* const tasklet = ready_.front();
    ready_.pop_front();
    return tasklet;
}

void RunQueue::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    changed_.notify_all();
}

Tasklet::Tasklet(const Vertex& vertex, std::size_t index, RunQueue& home, Activity& activity)
    : vertex_(vertex), index_(index), home_(&home), activity_(activity), outbox_(index) {}

void Tasklet::add_input(const Edge& edge, std::vector<Queue*> queues) {
    Input input;
    input.ordinal = edge.to_ordinal;
    input.priority = edge.priority;
    input.queues = std::move(queues);
    inputs_.push_back(std::move(input));
    std::sort(inputs_.begin(), inputs_.end(), [](const Input& a, const Input& b) {
        return a.priority != b.priority ? a.priority < b.priority : a.ordinal < b.ordinal;
    });
}

void Tasklet::wake() {
    auto state = state_.load();
    for (;;) {
        if (state == State::idle) {
            if (!state_.compare_exchange_weak(state, State::queued)) continue;
            activity_.begin();
            home_->push(*this);
            return;
        }
        if (state != State::running) return;
        if (state_.compare_exchange_weak(state, State::running_woken)) return;
    }
}

void Tasklet::begin_running() {
    state_.store(State::running);
}

bool Tasklet::end_running(Step last) {
    if (last == Step::done) {
        state_.store(State::done);
        return activity_.end();
    }
    auto expected = State::running;
    if (last == Step::idle && state_.compare_exchange_strong(expected, State::idle)) {
        return activity_.end();
    }
    state_.store(State::queued);
    home_->push(*this);
    return false;
}

bool Tasklet::refill(Input& input) {
    bool any = false;
    Batch batch;
    for (std::size_t taken = 0, tried = 0; taken < kInboxBatches && tried < input.queues.size();) {
        auto* const queue = input.queues[input.next];
        input.next = (input.next + 1) % input.queues.size();
        if (!queue->take(batch)) {
            ++tried;
            continue;
        }
        rows_in_ += batch.rows;
        input.inbox.put(std::move(batch));
        any = true;
        ++taken;
        tried = 0;
    }
    return any;
}

bool Tasklet::drained(const Input& input) const {
    return input.inbox.empty() && std::all_of(input.queues.begin(), input.queues.end(),
                                              [](const Queue* q) { return q->is_drained(); });
}

Tasklet::Step Tasklet::finish() {
    for (auto& input : inputs_) {
        for (auto* queue : input.queues) queue->close();
    }
    outbox_.end();
    return Step::done;
}

Result<Tasklet::Step> Tasklet::read(Input& input) {
    if (input.inbox.empty() && !refill(input)) {
        if (!drained(input)) return Step::idle;
        auto completed = processor_->complete_edge(input.ordinal, outbox_);
        if (!completed) return std::move(completed).error();
        input.done = *completed;
        return Step::progress;
    }
    const auto sent = outbox_.batches();
    const auto* const first = &input.inbox.front();
    TOPGUN_TRY(processor_->process(input.ordinal, input.inbox, outbox_));
    const bool took = input.inbox.empty() || &input.inbox.front() != first;
    if (took || outbox_.batches() != sent || outbox_.blocked()) {
        stalls_ = 0;
    } else if (++stalls_ == kMostStalls) {
        return Error(Errc::usage,
                     "the processor takes nothing, sends nothing and waits for nothing");
    }
    return Step::progress;
}

// Inputs of the lowest priority value that is open, in turn.
Result<Tasklet::Step> Tasklet::read_inputs(bool& all_done) {
    const auto open = std::find_if(inputs_.begin(), inputs_.end(),
                                   [](const Input& input) { return !input.done; });
    all_done = open == inputs_.end();
    if (all_done) return Step::progress;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
        auto& input = inputs_[(turn_ + i) % inputs_.size()];
        if (input.done || input.priority != open->priority) continue;
        auto step = read(input);
        if (!step || *step == Step::progress) {
            turn_ = (turn_ + i + 1) % inputs_.size();
            return step;
        }
    }
    return Step::idle;
}

Result<Tasklet::Step> Tasklet::step() {
    if (outbox_.blocked()) {
        const bool moved = outbox_.deliver();
        if (outbox_.blocked()) return moved ? Step::progress : Step::idle;
    }
    if (outbox_.unwanted() || processor_->is_satisfied()) return finish();
    bool all_done = false;
    auto step = read_inputs(all_done);
    if (!step) return std::move(step).error().within("vertex '" + vertex_.name + "'");
    if (!all_done) return step;
    // What complete() offered last may have had to wait for room.
    if (completed_) return finish();
    auto completed = processor_->complete(outbox_);
    if (!completed) return std::move(completed).error().within("vertex '" + vertex_.name + "'");
    completed_ = *completed;
    return Step::progress;
}

}  // namespace topgun::dag
