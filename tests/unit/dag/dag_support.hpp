// SPDX-License-Identifier: Apache-2.0
// Small processors whose behaviour a test can count on.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "topgun/dag/executor.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {

inline Batch numbers(const std::vector<std::int64_t>& values) {
    Column column(TypeId::bigint);
    for (const auto value : values) column.add_integer(value);
    Batch batch;
    batch.rows = values.size();
    batch.columns.push_back(std::make_shared<const Column>(std::move(column)));
    return batch;
}

/// Sends first, first + step, ... below `end`, in batches of `per_batch`.
class Numbers : public dag::Processor {
public:
    Numbers(std::int64_t first, std::int64_t end, std::int64_t step, std::size_t per_batch)
        : at_(first), end_(end), step_(step), per_batch_(per_batch) {}

    Result<bool> complete(dag::Outbox& outbox) override {
        if (waiting_.rows == 0 && at_ < end_) {
            std::vector<std::int64_t> values;
            for (; values.size() < per_batch_ && at_ < end_; at_ += step_) values.push_back(at_);
            waiting_ = numbers(values);
        }
        if (waiting_.rows > 0) {
            if (!outbox.offer(waiting_)) return false;
            waiting_ = {};
        }
        return at_ >= end_;
    }

private:
    std::int64_t at_, end_, step_;
    std::size_t per_batch_;
    Batch waiting_;
};

/// All numbers below `end`, shared out between the processors of the vertex.
inline dag::ProcessorSupplier numbers_below(std::int64_t end, std::size_t per_batch = 7) {
    return [=](std::size_t index, std::size_t parallelism) {
        return Result<std::unique_ptr<dag::Processor>>(
            std::make_unique<Numbers>(static_cast<std::int64_t>(index), end,
                                      static_cast<std::int64_t>(parallelism), per_batch));
    };
}

/// What sinks have received, by processor and input. Threads: any.
struct Received {
    std::mutex mutex;
    std::map<std::pair<std::size_t, std::size_t>, std::vector<std::int64_t>> values;

    std::vector<std::int64_t> sorted() const {
        std::vector<std::int64_t> all;
        for (const auto& [from, some] : values) all.insert(all.end(), some.begin(), some.end());
        std::sort(all.begin(), all.end());
        return all;
    }
};

class Sink : public dag::Processor {
public:
    Sink(Received& received, std::size_t index) : received_(received), index_(index) {}
    Status process(std::size_t ordinal, dag::Inbox& inbox, dag::Outbox&) override {
        const auto batch = inbox.take();
        const std::lock_guard lock(received_.mutex);
        auto& mine = received_.values[{index_, ordinal}];
        for (std::size_t row = 0; row < batch.rows; ++row) {
            mine.push_back(batch.columns[0]->integer(row));
        }
        return {};
    }

private:
    Received& received_;
    std::size_t index_;
};

inline dag::ProcessorSupplier into(Received& received) {
    return [&received](std::size_t index, std::size_t) {
        return Result<std::unique_ptr<dag::Processor>>(std::make_unique<Sink>(received, index));
    };
}

template <typename P, typename... Args>
dag::ProcessorSupplier making(Args... args) {
    return [=](std::size_t, std::size_t) {
        return Result<std::unique_ptr<dag::Processor>>(std::make_unique<P>(args...));
    };
}

inline std::vector<std::int64_t> first_numbers(std::int64_t end) {
    std::vector<std::int64_t> all;
    for (std::int64_t i = 0; i < end; ++i) all.push_back(i);
    return all;
}

}  // namespace topgun::test
