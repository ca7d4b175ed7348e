// SPDX-License-Identifier: Apache-2.0
#include "topgun/dag/processor.hpp"

#include <utility>

namespace topgun::dag {

bool MemoryBudget::reserve(std::uint64_t bytes) noexcept {
    if (whole_ != nullptr && !whole_->reserve(bytes)) return false;
    auto used = used_.load(std::memory_order_relaxed);
    do {
        if (bytes > limit_ || used > limit_ - bytes) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    auto peak = peak_.load(std::memory_order_relaxed);
    while (peak < used + bytes &&
           !peak_.compare_exchange_weak(peak, used + bytes, std::memory_order_relaxed)) {
    }
    return true;
}

void MemoryBudget::release(std::uint64_t bytes) noexcept {
    used_.fetch_sub(bytes, std::memory_order_relaxed);
    if (whole_ != nullptr) whole_->release(bytes);
}

Error MemoryBudget::over_limit() const {
    return Error(Errc::limit, "more than the memory limit of " + std::to_string(limit_) +
                                  " bytes is needed; raise the limit");
}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
    if (this != &other) {
        clear();
        budget_ = other.budget_;
        bytes_ = std::exchange(other.bytes_, 0);
    }
    return *this;
}

bool Reservation::resize(std::uint64_t bytes) noexcept {
    if (budget_ == nullptr) return bytes == 0;
    if (bytes > bytes_ && !budget_->reserve(bytes - bytes_)) return false;
    if (bytes < bytes_) budget_->release(bytes_ - bytes);
    bytes_ = bytes;
    return true;
}

Batch Inbox::take() {
    TOPGUN_ASSERT(!batches_.empty(), "a processor takes only what is there");
    auto batch = std::move(batches_.front());
    batches_.pop_front();
    return batch;
}

Outbox::~Outbox() = default;
Processor::~Processor() = default;

Status Processor::init(const ProcessorContext& /*context*/) {
    return {};
}
Status Processor::process(std::size_t /*ordinal*/, Inbox& inbox, Outbox& outbox) {
    // Passing on is what a processor without a will of its own does.
    while (!inbox.empty() && outbox.offer(0, inbox.front())) (void)inbox.take();
    return {};
}
Result<bool> Processor::complete_edge(std::size_t /*ordinal*/, Outbox& /*outbox*/) {
    return true;
}
Result<bool> Processor::complete(Outbox& /*outbox*/) {
    return true;
}
Status Processor::close() {
    return {};
}
bool Processor::is_cooperative() const {
    return true;
}
bool Processor::is_satisfied() const {
    return false;
}

}  // namespace topgun::dag
