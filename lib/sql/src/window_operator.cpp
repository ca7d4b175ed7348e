// SPDX-License-Identifier: Apache-2.0
// Window functions: rows sorted by partition and order, one partition in memory at a time.
#include <algorithm>

#include "external_sort.hpp"
#include "operators.hpp"

namespace topgun::sql {
namespace {

using dag::Inbox;
using dag::Outbox;

// So many bytes are let in whatever others hold: those may wait for this one.
constexpr std::size_t kAlways = 512 * 1024;

// Rows that come sorted by partition and order, computed partition by partition.
class WindowOperator final : public Operator {
public:
    WindowOperator(RunContext& run, PipelinePtr pipeline, const WindowSpec& spec)
        : Operator(run, std::move(pipeline)),
          spec_(spec),
          sort_(run, whole_order(spec), spec.types) {}
    Status init(const dag::ProcessorContext& context) override {
        memory_ = &context.memory;
        held_ = dag::Reservation(context.memory);
        results_ = dag::Reservation(context.memory);
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
            while (ready_.rows < kBatchRows && sent_ == 0 && !ended_) {
                TOPGUN_TRY(read_partition());
            }
            if (ready_.rows == 0) return true;
            const auto last = std::min(ready_.rows, sent_ + kBatchRows);
            auto batch = slice(ready_, sent_, last);
            sent_ = last;
            if (sent_ == ready_.rows) {
                ready_ = {};
                results_.clear();
                loose_results_ = 0;
                building_.clear();
                sent_ = 0;
            }
            auto sent = send(std::move(batch), outbox);
            if (!sent || !*sent) return sent;
        }
    }

private:
    static std::vector<SortSpec> whole_order(const WindowSpec& spec) {
        auto out = spec.partition;
        out.insert(out.end(), spec.order.begin(), spec.order.end());
        return out;
    }

    // One or more partitions: all that ends within the rows read.
    Status read_partition() {
        auto batch = sort_.next();
        if (!batch) return std::move(batch).error();
        if (batch->rows == 0) {
            ended_ = true;
            return compute_collected();
        }
        std::size_t from = 0;
        for (std::size_t row = 0; row < batch->rows; ++row) {
            const bool same =
                row > 0 ? same_partition(*batch, row, *batch, row - 1)
                        : collected_.empty() || same_partition(*batch, row, collected_.back(),
                                                               collected_.back().rows - 1);
            if (same) continue;
            if (row > from) TOPGUN_TRY(collect(slice(*batch, from, row)));
            TOPGUN_TRY(compute_collected());
            from = row;
        }
        return collect(slice(*batch, from, batch->rows));
    }

    bool same_partition(const Batch& a, std::size_t row_a, const Batch& b,
                        std::size_t row_b) const {
        return compare_rows(a, row_a, b, row_b, spec_.partition) == 0;
    }

    Status collect(Batch part) {
        const auto bytes = part.memory();
        if (!held_.grow(bytes) && (loose_ += bytes) > kAlways) return no_room();
        collected_.push_back(std::move(part));
        return {};
    }

    Error no_room() const {
        return at_offset(
            spec_.offsets.empty() ? 0 : spec_.offsets.front(),
            Error(Errc::limit,
                  "one partition of a window does not fit into the memory "
                  "limit of " +
                      std::to_string(memory_->limit() >> 20) + " MiB; raise it with --memory"));
    }

    Status compute_collected() {
        if (collected_.empty()) return {};
        const auto partition = concat(collected_, spec_.types);
        collected_.clear();
        loose_ = 0;
        Batch out;
        out.rows = partition.rows;
        for (const auto at : spec_.out) out.columns.push_back(partition.columns[at]);
        for (std::size_t i = 0; i < spec_.calls.size(); ++i) {
            auto column = compute_window(eval(), spec_.calls[i], partition);
            if (!column) return at_offset(spec_.offsets[i], std::move(column).error());
            // Numbers take less than the rows that are there; texts may take any multiple. Small
            // ones are many, and go soon.
            const auto bytes = (*column)->heap_bytes();
            const bool small = bytes <= kBatchTextMax / kBatchRows;
            if (!small && !results_.grow(bytes) && (loose_results_ += bytes) > kAlways) {
                return no_room();
            }
            out.columns.push_back(std::move(*column));
        }
        held_.clear();
        append(std::move(out));
        return {};
    }

    // Small partitions are put together before they are sent.
    void append(Batch more) {
        if (ready_.rows == 0) {
            ready_ = std::move(more);
            building_.clear();
            return;
        }
        if (building_.empty()) {
            for (const auto& column : ready_.columns) {
                auto copy = std::make_shared<Column>(column->type());
                copy->reserve(kBatchRows);
                add_all(*copy, *column, ready_.rows);
                building_.push_back(std::move(copy));
            }
        }
        for (std::size_t c = 0; c < building_.size(); ++c) {
            add_all(*building_[c], *more.columns[c], more.rows);
            ready_.columns[c] = building_[c];
        }
        ready_.rows += more.rows;
    }
    static void add_all(Column& to, const Column& from, std::size_t rows) {
        const bool bytes = from.storage() == Storage::bytes;
        for (std::size_t row = 0; row < rows; ++row) {
            if (bytes && !from.is_null(row))
                to.add_bytes(from.bytes(row));
            else
                to.add_from(from, row);
        }
    }

    const WindowSpec& spec_;
    ExternalSort sort_;
    dag::MemoryBudget* memory_ = nullptr;
    dag::Reservation held_, results_;
    std::vector<Batch> collected_;
    std::size_t loose_ = 0, loose_results_ = 0;  // bytes held beyond the reservations
    Batch ready_;
    std::vector<std::shared_ptr<Column>> building_;
    std::size_t sent_ = 0;
    bool finished_ = false, ended_ = false;
};

}  // namespace

OperatorSupplier window_operator(RunContext& run, PipelinePtr pipeline,
                                 std::shared_ptr<const WindowSpec> spec) {
    return [&run, pipeline, spec](std::size_t,
                                  std::size_t) -> Result<std::unique_ptr<dag::Processor>> {
        return std::unique_ptr<dag::Processor>(
            std::make_unique<WindowOperator>(run, pipeline, *spec));
    };
}

}  // namespace topgun::sql
