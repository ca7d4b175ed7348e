// SPDX-License-Identifier: Apache-2.0
// What a program implements to take part in a DAG: batches in, batches out, never a lost row.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "topgun/base/error.hpp"
#include "topgun/column/column.hpp"

namespace topgun::dag {

/// Ends a run early, from any thread, also from a signal handler.
class TOPGUN_API CancelToken {
public:
    void cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }
    bool cancelled() const noexcept { return cancelled_.load(std::memory_order_relaxed); }

private:
    std::atomic<bool> cancelled_{false};
};

/// Bytes that all processors of a run may hold together. Threads: any.
class TOPGUN_API MemoryBudget {
public:
    explicit MemoryBudget(std::uint64_t limit) noexcept : limit_(limit) {}
    /// A part of `whole`, which has the limit; used() and peak() count the part's alone.
    /// @param whole  outlives this.
    explicit MemoryBudget(MemoryBudget& whole) noexcept : limit_(whole.limit_), whole_(&whole) {}

    /// False when the limit would be passed: then spill, or fail with over_limit().
    bool reserve(std::uint64_t bytes) noexcept;
    void release(std::uint64_t bytes) noexcept;
    std::uint64_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
    std::uint64_t peak() const noexcept { return peak_.load(std::memory_order_relaxed); }
    std::uint64_t limit() const noexcept { return limit_; }
    /// Errc::limit, naming the limit and what to do.
    Error over_limit() const;

private:
    std::uint64_t limit_;
    MemoryBudget* whole_ = nullptr;
    std::atomic<std::uint64_t> used_{0}, peak_{0};
};

/// Memory of one holder, given back when it goes.
class TOPGUN_API Reservation {
public:
    Reservation() = default;
    explicit Reservation(MemoryBudget& budget) noexcept : budget_(&budget) {}
    Reservation(Reservation&& other) noexcept
        : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
    Reservation& operator=(Reservation&& other) noexcept;
    ~Reservation() { clear(); }

    /// Grows or shrinks to `bytes`. False, and nothing changed, when the limit would be passed.
    bool resize(std::uint64_t bytes) noexcept;
    bool grow(std::uint64_t bytes) noexcept { return resize(bytes_ + bytes); }
    void clear() noexcept { (void)resize(0); }
    std::uint64_t bytes() const noexcept { return bytes_; }

private:
    MemoryBudget* budget_ = nullptr;
    std::uint64_t bytes_ = 0;
};

/// Where a processor runs. References stay valid until close() has returned.
struct ProcessorContext {
    const std::string& vertex;
    std::size_t index = 0;        ///< Among the vertex's processors.
    std::size_t parallelism = 1;  ///< How many the vertex has.
    MemoryBudget& memory;         ///< The vertex's part of what the run may take.
    const CancelToken& cancel;
};

/// Batches that wait at one input.
class TOPGUN_API Inbox {
public:
    bool empty() const noexcept { return batches_.empty(); }
    const Batch& front() const { return batches_.front(); }
    Batch take();
    void put(Batch batch) { batches_.push_back(std::move(batch)); }

private:
    std::deque<Batch> batches_;
};

/// Takes what a processor sends on. Threads: the processor's.
class TOPGUN_API Outbox {
public:
    virtual ~Outbox();
    /// Sends a batch along all edges of an output. False when there is no room: return soon then,
    /// and offer the same batch again when called next. Batches without rows are taken and dropped.
    virtual bool offer(std::size_t ordinal, const Batch& batch) = 0;
    bool offer(const Batch& batch) { return offer(0, batch); }
};

/// One worker of a vertex. All calls come from one thread at a time, init() first, close() last.
///
/// A cooperative processor never blocks and returns within about a millisecond, for many share few
/// threads. When offer() has returned false it must return and go on from there when called again.
/// Errors end the whole run; they are told with the vertex's name.
class TOPGUN_API Processor {
public:
    virtual ~Processor();
    virtual Status init(const ProcessorContext& context);
    /// Takes batches of input `ordinal`. What it leaves in the inbox is there again next time.
    virtual Status process(std::size_t ordinal, Inbox& inbox, Outbox& outbox);
    /// Input `ordinal` has ended. Called until it returns true.
    virtual Result<bool> complete_edge(std::size_t ordinal, Outbox& outbox);
    /// All inputs have ended, or there are none: sources produce here. Called until it returns
    /// true.
    virtual Result<bool> complete(Outbox& outbox);
    /// Called once for each processor whose init() was called, however the run ended.
    virtual Status close();
    /// False gives the processor a thread of its own, in which it may block.
    virtual bool is_cooperative() const;
    /// True when nothing it could still take would change what it sends: its inputs may stop.
    virtual bool is_satisfied() const;
};

}  // namespace topgun::dag
