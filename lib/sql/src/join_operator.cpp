// SPDX-License-Identifier: Apache-2.0
// Joins: the right side is kept, in a hash table where there are equal keys; the left side passes.
// What memory does not hold is spread over files by hash, pair by pair of them joined later.
#include <algorithm>
#include <deque>

#include "group_table.hpp"
#include "operators.hpp"
#include "spill.hpp"
#include "topgun/column/hash.hpp"

namespace topgun::sql {
namespace {

using dag::Inbox;
using dag::Outbox;
using plan::JoinKind;

constexpr std::size_t kFanOut = 16;
constexpr std::size_t kDeepest = 6;
constexpr std::uint32_t kEnd = 0xffffffffu;

// The kept side: rows, and chains of those with equal keys.
class Kept {
public:
    Kept(const JoinSpec& spec, Batch rows) : spec_(spec), rows_(std::move(rows)) {
        matched_.assign(rows_.rows, 0);
        next_.assign(rows_.rows, kEnd);
        if (spec_.right_keys.empty()) {
            chain_all();
            return;
        }
        std::vector<DataType> types;
        Batch keys;
        keys.rows = rows_.rows;
        for (const auto key : spec_.right_keys) {
            types.push_back(spec_.right_types[key]);
            keys.columns.push_back(rows_.columns[key]);
        }
        table_.emplace(types);
        std::vector<std::uint32_t> groups;
        table_->add(keys, groups);
        std::vector<std::uint32_t> last(table_->size(), kEnd);
        first_.assign(table_->size(), kEnd);
        for (std::uint32_t row = 0; row < rows_.rows; ++row) {
            if (has_null(keys, row)) continue;
            auto& end = last[groups[row]];
            (end == kEnd ? first_[groups[row]] : next_[end]) = row;
            end = row;
        }
    }

    // The first kept row for each row of the other side.
    void find(const Batch& left, std::vector<std::uint32_t>& first) {
        first.assign(left.rows, kEnd);
        if (rows_.rows == 0) return;
        if (!table_) return first.assign(left.rows, 0);
        Batch keys;
        keys.rows = left.rows;
        for (const auto key : spec_.left_keys) keys.columns.push_back(left.columns[key]);
        std::vector<std::uint32_t> groups;
        table_->find(keys, groups);
        for (std::size_t row = 0; row < left.rows; ++row) {
            if (groups[row] == GroupTable::kNone || has_null(keys, row)) continue;
            first[row] = first_[groups[row]];
        }
    }
    std::uint32_t next(std::uint32_t row) const { return next_[row]; }
    const Batch& rows() const { return rows_; }
    bool any_null() const { return any_null_; }
    std::vector<char>& matched() { return matched_; }
    std::size_t memory() const { return rows_.rows * 16 + (table_ ? table_->memory() : 0); }

private:
    void chain_all() {
        for (std::uint32_t row = 0; row + 1 < rows_.rows; ++row) next_[row] = row + 1;
    }
    bool has_null(const Batch& keys, std::size_t row) const {
        for (std::size_t key = 0; key < keys.columns.size(); ++key) {
            if (!spec_.null_safe[key] && keys.columns[key]->is_null(row)) return true;
        }
        return false;
    }

    const JoinSpec& spec_;
    Batch rows_;
    std::optional<GroupTable> table_;
    std::vector<std::uint32_t> first_, next_;
    std::vector<char> matched_;
    bool any_null_ = false;
};

// Files of both sides, by hash of the keys.
struct Parts {
    std::vector<SpillFile> right, left;
    std::size_t depth = 0;
};

class JoinOperator final : public Operator {
public:
    JoinOperator(RunContext& run, PipelinePtr pipeline, const JoinSpec& spec)
        : Operator(run, std::move(pipeline)), spec_(spec) {}

    Status init(const dag::ProcessorContext& context) override {
        memory_ = &context.memory;
        cancel_ = &context.cancel;
        held_ = dag::Reservation(context.memory);
        return {};
    }

    Status process(std::size_t ordinal, Inbox& inbox, Outbox& outbox) override {
        if (ordinal == 0) {
            while (!inbox.empty()) TOPGUN_TRY(keep(inbox.take()));
            return {};
        }
        for (;;) {
            auto drained = drain(outbox);
            if (!drained) return std::move(drained).error();
            if (!*drained || inbox.empty()) return {};
            auto batch = inbox.take();
            if (!parts_.empty())
                TOPGUN_TRY(spread(batch, spec_.left_keys, parts_.back().left, parts_.back().depth));
            else
                begin(std::move(batch));
        }
    }

    Result<bool> complete_edge(std::size_t ordinal, Outbox& outbox) override {
        if (ordinal == 0) {
            if (parts_.empty()) TOPGUN_TRY(build());
            return true;
        }
        return drain(outbox);
    }

    Result<bool> complete(Outbox& outbox) override {
        for (;;) {
            auto drained = drain(outbox);
            if (!drained || !*drained) return drained;
            if (kept_ && !unmatched_sent()) {
                TOPGUN_TRY(send_unmatched());
                continue;
            }
            if (left_file_) {
                Batch batch;
                auto more = left_file_->read(batch);
                if (!more) return more;
                if (*more) {
                    begin(std::move(batch));
                    continue;
                }
                left_file_.reset();
                if (spec_.kind == JoinKind::full) {
                    unmatched_ = 0;
                    continue;
                }
            }
            auto more = next_part();
            if (!more) return more;
            if (!*more) return true;
        }
    }

private:
    // Nothing kept is without a partner in joins that ask for it, or all of it has been sent.
    bool unmatched_sent() const {
        const bool reading = left_file_.has_value();
        return spec_.kind != JoinKind::full || reading || unmatched_ >= kept_->rows().rows;
    }

    Status keep(Batch batch) {
        if (batch.rows == 0) return {};
        any_right_ = true;
        for (std::size_t i = 0; i < spec_.right_keys.size() && !right_null_; ++i) {
            right_null_ =
                !spec_.null_safe[i] && batch.columns[spec_.right_keys[i]]->null_count() > 0;
        }
        if (!parts_.empty()) {
            return spread(batch, spec_.right_keys, parts_.back().right, parts_.back().depth);
        }
        // Beside the rows there will be the table.
        constexpr std::size_t kTableBytes = 40;
        const auto bytes = batch.memory() + batch.rows * kTableBytes;
        right_.push_back(std::move(batch));
        if (held_.grow(bytes)) return {};
        return spill_right(0);
    }

    Status spill_right(std::size_t depth) {
        // Without keys there is no way to part the rows.
        if (spec_.right_keys.empty() || depth >= kDeepest) return memory_->over_limit();
        Parts parts;
        parts.depth = depth;
        for (std::size_t i = 0; i < kFanOut; ++i) {
            auto right = SpillFile::create(run_.spill_directory, spec_.right_types);
            if (!right) return std::move(right).error();
            auto left = SpillFile::create(run_.spill_directory, spec_.left_types);
            if (!left) return std::move(left).error();
            parts.right.push_back(std::move(*right));
            parts.left.push_back(std::move(*left));
        }
        parts_.push_back(std::move(parts));
        auto batches = std::move(right_);
        right_.clear();
        held_.clear();
        for (const auto& batch : batches) {
            TOPGUN_TRY(spread(batch, spec_.right_keys, parts_.back().right, depth));
        }
        return {};
    }

    Status spread(const Batch& batch, const std::vector<std::size_t>& keys,
                  std::vector<SpillFile>& files, std::size_t depth) {
        std::vector<std::uint64_t> hashes;
        hash_rows(batch, keys, hashes);
        std::vector<std::vector<std::uint32_t>> rows(kFanOut);
        const auto shift = 60 - 4 * depth;
        for (std::uint32_t row = 0; row < batch.rows; ++row) {
            rows[hashes[row] >> shift & (kFanOut - 1)].push_back(row);
        }
        for (std::size_t i = 0; i < kFanOut; ++i) {
            if (rows[i].empty()) continue;
            const auto before = files[i].bytes();
            TOPGUN_TRY(files[i].write(batch.gather(rows[i])));
            run_.spilled += files[i].bytes() - before;
        }
        return {};
    }

    Status build() {
        Batch all;
        if (right_.empty()) {
            for (const auto type : spec_.right_types) {
                all.columns.push_back(std::make_shared<const Column>(type));
            }
        } else {
            all = concat(right_, spec_.right_types);
        }
        right_.clear();
        kept_ = std::make_unique<Kept>(spec_, std::move(all));
        unmatched_ = 0;
        return {};
    }

    // The next pair of files. False when there is none left.
    Result<bool> next_part() {
        kept_.reset();
        held_.clear();
        while (!parts_.empty()) {
            auto& parts = parts_.back();
            if (parts.right.empty()) {
                parts_.pop_back();
                continue;
            }
            auto right = std::move(parts.right.back()), left = std::move(parts.left.back());
            parts.right.pop_back();
            parts.left.pop_back();
            const auto depth = parts.depth;
            const auto levels = parts_.size();
            TOPGUN_TRY(right.rewind());
            TOPGUN_TRY(left.rewind());
            TOPGUN_TRY(load(right, depth));
            if (parts_.size() > levels) {
                // Still too much: the left rows go the same way.
                for (;;) {
                    Batch batch;
                    auto more = left.read(batch);
                    if (!more) return more;
                    if (!*more) break;
                    TOPGUN_TRY(spread(batch, spec_.left_keys, parts_.back().left, depth + 1));
                }
                continue;
            }
            TOPGUN_TRY(build());
            left_file_ = std::move(left);
            return true;
        }
        return false;
    }

    Status load(SpillFile& file, std::size_t depth) {
        const auto levels = parts_.size();
        std::size_t rows = 0;
        for (;;) {
            Batch batch;
            auto more = file.read(batch);
            if (!more) return std::move(more).error();
            if (!*more) return {};
            if (parts_.size() > levels) {
                TOPGUN_TRY(spread(batch, spec_.right_keys, parts_.back().right, depth + 1));
                continue;
            }
            const auto bytes = batch.memory();
            rows += batch.rows;
            right_.push_back(std::move(batch));
            // A few rows are let in whatever others hold: those may wait for this one.
            if (!held_.grow(bytes) && rows > kBatchRows) TOPGUN_TRY(spill_right(depth + 1));
        }
    }

    void begin(Batch left) {
        left_ = std::move(left);
        kept_->find(*left_, at_);
        row_ = 0;
        hit_.assign(left_->rows, 0);
        null_.assign(left_->rows, 0);
    }

    // Goes on with the current batch until it is done. False when there is no room.
    Result<bool> drain(Outbox& outbox) {
        for (;;) {
            if (!flush(outbox)) return false;
            while (!ready_.empty()) {
                auto batch = std::move(ready_.front());
                ready_.pop_front();
                auto sent = send(std::move(batch), outbox);
                if (!sent || !*sent) return sent;
            }
            if (!left_) return true;
            TOPGUN_TRY(pairs());
            if (row_ == left_->rows) {
                TOPGUN_TRY(end_batch());
                left_.reset();
            }
            // A long search for matches ends with the statement.
            if (cancel_->cancelled()) return Error(Errc::cancelled, "cancelled");
        }
    }

    bool one_match_is_enough() const {
        return spec_.kind == JoinKind::semi || spec_.kind == JoinKind::anti ||
               spec_.kind == JoinKind::mark;
    }

    // Some candidates: pairs with equal keys, for which the rest of the condition is checked.
    Status pairs() {
        std::vector<std::uint32_t> left, right;
        const bool plain = one_match_is_enough() && !spec_.residual;
        while (row_ < left_->rows && left.size() < kBatchRows) {
            auto& at = at_[row_];
            if (plain) {
                hit_[row_] = at != kEnd ? 1 : 0;
                ++row_;
                continue;
            }
            while (at != kEnd && left.size() < kBatchRows) {
                left.push_back(static_cast<std::uint32_t>(row_));
                right.push_back(at);
                at = kept_->next(at);
            }
            if (at == kEnd) ++row_;
        }
        if (left.empty()) return {};
        if (spec_.residual) TOPGUN_TRY(check(left, right));
        for (std::size_t i = 0; i < left.size(); ++i) {
            hit_[left[i]] = 1;
            kept_->matched()[right[i]] = 1;
        }
        if (!one_match_is_enough() && !left.empty()) {
            Batch out;
            out.rows = left.size();
            add_columns(out, *left_, spec_.left_out, left);
            add_columns(out, kept_->rows(), spec_.right_out, right);
            ready_.push_back(std::move(out));
        }
        return {};
    }

    static void add_columns(Batch& out, const Batch& from, const std::vector<std::size_t>& columns,
                            const std::vector<std::uint32_t>& rows) {
        for (const auto column : columns) {
            out.columns.push_back(Column::gather(*from.columns[column], rows));
        }
    }

    Status check(std::vector<std::uint32_t>& left, std::vector<std::uint32_t>& right) {
        auto both = left_->gather(left);
        const auto of_right = kept_->rows().gather(right);
        both.columns.insert(both.columns.end(), of_right.columns.begin(), of_right.columns.end());
        auto holds = spec_.residual->evaluate(eval(), both);
        if (!holds) return std::move(holds).error();
        std::size_t kept = 0;
        for (std::size_t i = 0; i < left.size(); ++i) {
            if ((*holds)->is_null(i)) {
                null_[left[i]] = 1;
                continue;
            }
            if (!(*holds)->boolean(i)) continue;
            left[kept] = left[i];
            right[kept++] = right[i];
        }
        left.resize(kept);
        right.resize(kept);
        return {};
    }

    // Whether x IN (...) is NULL rather than false for a row without a match.
    bool is_unknown(std::size_t row) const {
        if (!spec_.null_aware || !any_right_) return false;
        if (null_[row] != 0 || right_null_) return true;
        for (const auto key : spec_.left_keys) {
            if (left_->columns[key]->is_null(row)) return true;
        }
        return false;
    }

    // What a batch gives once all of its matches are known.
    Status end_batch() {
        std::vector<std::uint32_t> rows;
        Column mark(TypeId::boolean);
        for (std::uint32_t row = 0; row < left_->rows; ++row) {
            const bool hit = hit_[row] != 0;
            switch (spec_.kind) {
                case JoinKind::inner: break;
                case JoinKind::left:
                case JoinKind::full:
                    if (!hit) rows.push_back(row);
                    break;
                case JoinKind::semi:
                    if (hit) rows.push_back(row);
                    break;
                case JoinKind::anti:
                    if (!hit && !is_unknown(row)) rows.push_back(row);
                    break;
                case JoinKind::mark:
                    rows.push_back(row);
                    if (hit || !is_unknown(row))
                        mark.add_boolean(hit);
                    else
                        mark.add_null();
                    break;
            }
        }
        if (rows.empty()) return {};
        Batch out;
        out.rows = rows.size();
        add_columns(out, *left_, spec_.left_out, rows);
        if (spec_.kind == JoinKind::left || spec_.kind == JoinKind::full) {
            for (const auto column : spec_.right_out) {
                out.columns.push_back(Column::nulls(spec_.right_types[column], rows.size()));
            }
        }
        if (spec_.kind == JoinKind::mark) {
            out.columns.push_back(std::make_shared<const Column>(std::move(mark)));
        }
        ready_.push_back(std::move(out));
        return {};
    }

    // A full join's kept rows that met no partner.
    Status send_unmatched() {
        std::vector<std::uint32_t> rows;
        const auto all = kept_->rows().rows;
        for (; unmatched_ < all && rows.size() < kBatchRows; ++unmatched_) {
            if (kept_->matched()[unmatched_] == 0) {
                rows.push_back(static_cast<std::uint32_t>(unmatched_));
            }
        }
        if (rows.empty()) return {};
        Batch out;
        out.rows = rows.size();
        for (const auto column : spec_.left_out) {
            out.columns.push_back(Column::nulls(spec_.left_types[column], rows.size()));
        }
        add_columns(out, kept_->rows(), spec_.right_out, rows);
        ready_.push_back(std::move(out));
        return {};
    }

    const JoinSpec& spec_;
    dag::MemoryBudget* memory_ = nullptr;
    const dag::CancelToken* cancel_ = nullptr;
    dag::Reservation held_;
    std::vector<Batch> right_;
    // Of all rows of the right side, wherever they are kept: what NOT IN has to know of them.
    bool any_right_ = false, right_null_ = false;
    std::unique_ptr<Kept> kept_;
    std::vector<Parts> parts_;
    std::optional<SpillFile> left_file_;
    std::optional<Batch> left_;
    std::vector<std::uint32_t> at_;  // by left row: the next candidate
    std::vector<char> hit_, null_;
    std::size_t row_ = 0;
    std::size_t unmatched_ = 0;
    std::deque<Batch> ready_;
};

}  // namespace

OperatorSupplier join_operator(RunContext& run, PipelinePtr pipeline,
                               std::shared_ptr<const JoinSpec> spec) {
    return [&run, pipeline, spec](std::size_t,
                                  std::size_t) -> Result<std::unique_ptr<dag::Processor>> {
        return std::unique_ptr<dag::Processor>(
            std::make_unique<JoinOperator>(run, pipeline, *spec));
    };
}

}  // namespace topgun::sql
