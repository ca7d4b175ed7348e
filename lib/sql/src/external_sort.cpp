// SPDX-License-Identifier: Apache-2.0
#include "external_sort.hpp"

#include <algorithm>
#include <limits>

namespace topgun::sql {

namespace {

// What sorting takes beside the rows: the slots side by side, row numbers, and keys twice.
std::size_t working_memory(const Batch& batch) {
    constexpr std::size_t kSlot = 16, kKeys = 36;
    return batch.rows * (kKeys + kSlot * batch.columns.size());
}

}  // namespace

Status ExternalSort::add(Batch batch) {
    if (batch.rows == 0) return {};
    const auto bytes = batch.memory() + working_memory(batch);
    // Positions of rows have 32 bits.
    const bool full = rows_ + batch.rows > std::numeric_limits<std::uint32_t>::max();
    if (full || !held_.grow(bytes)) {
        TOPGUN_TRY(spill_memory());
        if (!held_.grow(bytes)) {
            // Others hold all that there is, and may wait for this sort: it goes on, batch by
            // batch.
            rows_ = batch.rows;
            batches_.push_back(std::move(batch));
            return spill_memory();
        }
    }
    rows_ += batch.rows;
    batches_.push_back(std::move(batch));
    drop_beyond_limit();
    return {};
}

// Keeps a few times as many rows as are wanted, so that sorting pays.
void ExternalSort::drop_beyond_limit() {
    constexpr std::size_t kLeast = 16 * kBatchRows;
    if (!limit_ || *limit_ > std::numeric_limits<std::uint32_t>::max() / 4) return;
    if (rows_ < std::max<std::size_t>(kLeast, *limit_ * 2)) return;
    const auto all = concat(batches_, types_);
    auto rows = sorted_rows(all, order_);
    rows.resize(std::min<std::size_t>(rows.size(), *limit_));
    auto kept = all.gather(rows);
    batches_.clear();
    rows_ = kept.rows;
    (void)held_.resize(kept.memory() + working_memory(kept));
    batches_.push_back(std::move(kept));
}

Status ExternalSort::sort_memory() {
    sorted_ = concat(batches_, types_);
    batches_.clear();
    order_of_rows_ = sorted_rows(sorted_, order_);
    if (limit_ && *limit_ < order_of_rows_.size()) order_of_rows_.resize(*limit_);
    at_ = 0;
    return {};
}

Status ExternalSort::spill_memory() {
    if (rows_ == 0) return {};
    TOPGUN_TRY(sort_memory());
    auto file = SpillFile::create(run_.spill_directory, types_);
    if (!file) return std::move(file).error();
    for (; at_ < order_of_rows_.size();) {
        const auto count = std::min(kBatchRows, order_of_rows_.size() - at_);
        TOPGUN_TRY(file->write(sorted_.gather(std::span(order_of_rows_).subspan(at_, count))));
        at_ += count;
    }
    run_.spilled += file->bytes();
    runs_.push_back({std::move(*file), {}, 0, false, 0});
    sorted_ = {};
    order_of_rows_.clear();
    at_ = 0;
    rows_ = 0;
    held_.clear();
    return merge_runs();
}

// Puts the last runs together when there are enough of about one size, so that the number of files
// stays small. Neighbours become one in their place: equal rows stay in order.
Status ExternalSort::merge_runs() {
    constexpr std::size_t kTogether = 16;
    while (runs_.size() >= kTogether &&
           runs_[runs_.size() - kTogether].level == runs_.back().level) {
        const auto level = runs_.back().level + 1;
        TOPGUN_TRY(begin_merge(runs_.size() - kTogether));
        auto file = SpillFile::create(run_.spill_directory, types_);
        if (!file) return std::move(file).error();
        for (;;) {
            TOPGUN_TRY(check_stop());
            auto batch = merge();
            if (!batch) return std::move(batch).error();
            if (batch->rows == 0) break;
            TOPGUN_TRY(file->write(*batch));
        }
        at_ = 0;
        run_.spilled += file->bytes();
        for (std::size_t i = 0; i < kTogether; ++i) runs_.pop_back();
        runs_.push_back({std::move(*file), {}, 0, false, level});
    }
    return {};
}

Status ExternalSort::begin_merge(std::size_t first) {
    heap_.clear();
    for (auto i = first; i < runs_.size(); ++i) {
        TOPGUN_TRY(runs_[i].file.rewind());
        TOPGUN_TRY(load(runs_[i]));
        if (!runs_[i].ended) heap_.push_back(i);
    }
    return {};
}

Status ExternalSort::load(Run& run) {
    auto more = run.file.read(run.batch);
    if (!more) return std::move(more).error();
    run.at = 0;
    run.ended = !*more;
    return {};
}

Status ExternalSort::finish() {
    if (runs_.empty()) return sort_memory();
    TOPGUN_TRY(spill_memory());
    return begin_merge(0);
}

Result<Batch> ExternalSort::next() {
    if (!runs_.empty()) return merge();
    const auto count = std::min(kBatchRows, order_of_rows_.size() - at_);
    if (count == 0) return Batch{};
    auto out = sorted_.gather(std::span(order_of_rows_).subspan(at_, count));
    at_ += count;
    return out;
}

// Of equal rows the one of the earlier run goes first: it was added first.
Result<Batch> ExternalSort::merge() {
    const auto later = [this](std::size_t a, std::size_t b) {
        const int order =
            compare_rows(runs_[a].batch, runs_[a].at, runs_[b].batch, runs_[b].at, order_);
        return order != 0 ? order > 0 : a > b;
    };
    std::make_heap(heap_.begin(), heap_.end(), later);
    std::vector<std::shared_ptr<Column>> columns;
    for (const auto type : types_) columns.push_back(std::make_shared<Column>(type));
    std::size_t rows = 0;
    while (!heap_.empty() && rows < kBatchRows) {
        std::pop_heap(heap_.begin(), heap_.end(), later);
        auto& run = runs_[heap_.back()];
        if (limit_ && at_ == *limit_) {
            heap_.clear();
            break;
        }
        for (std::size_t c = 0; c < columns.size(); ++c) {
            const auto& from = *run.batch.columns[c];
            if (from.storage() == Storage::bytes && !from.is_null(run.at))
                columns[c]->add_bytes(from.bytes(run.at));
            else
                columns[c]->add_from(from, run.at);
        }
        ++rows;
        ++at_;
        if (++run.at == run.batch.rows) TOPGUN_TRY(load(run));
        if (run.ended)
            heap_.pop_back();
        else
            std::push_heap(heap_.begin(), heap_.end(), later);
    }
    Batch out;
    out.rows = rows;
    for (auto& column : columns) out.columns.push_back(std::move(column));
    return out;
}

namespace {

using dag::Inbox;
using dag::Outbox;

class SortOperator final : public Operator {
public:
    SortOperator(RunContext& run, PipelinePtr pipeline, const SortOperatorSpec& spec)
        : Operator(run, std::move(pipeline)), sort_(run, spec.order, spec.types, spec.limit) {}
    Status init(const dag::ProcessorContext& context) override {
        sort_.begin(context.memory);
        return {};
    }
    Status process(std::size_t, Inbox& inbox, Outbox&) override {
        while (!inbox.empty()) TOPGUN_TRY(sort_.add(inbox.take()));
        return {};
    }
    Result<bool> complete(Outbox& outbox) override {
        if (!finished_) {
            TOPGUN_TRY(sort_.finish());
            finished_ = true;
        }
        for (;;) {
            if (!flush(outbox)) return false;
            auto batch = sort_.next();
            if (!batch) return std::move(batch).error();
            if (batch->rows == 0) return true;
            auto sent = send(std::move(*batch), outbox);
            if (!sent || !*sent) return sent;
        }
    }

private:
    ExternalSort sort_;
    bool finished_ = false;
};

}  // namespace

OperatorSupplier sort_operator(RunContext& run, PipelinePtr pipeline, SortOperatorSpec spec) {
    auto kept = std::make_shared<const SortOperatorSpec>(std::move(spec));
    return [&run, pipeline, kept](std::size_t,
                                  std::size_t) -> Result<std::unique_ptr<dag::Processor>> {
        return std::unique_ptr<dag::Processor>(
            std::make_unique<SortOperator>(run, pipeline, *kept));
    };
}
}  // namespace topgun::sql
