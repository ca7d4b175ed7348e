// SPDX-License-Identifier: Apache-2.0
// GROUP BY: hashed groups; what memory does not hold goes to files by hash and is done later.
#include <algorithm>
#include <deque>

#include "group_table.hpp"
#include "operators.hpp"
#include "spill.hpp"

namespace topgun::sql {
namespace {

using dag::Inbox;
using dag::Outbox;

constexpr std::size_t kFanOut = 16;  // files that rows are spread over
constexpr std::size_t kDeepest = 6;  // of files made out of files: 16^6 times the memory

// Groups and their states.
class Groups {
public:
    explicit Groups(const AggregateSpec& spec) : table(key_types(spec)) {
        for (const auto& call : spec.calls) states.push_back(make_accumulators(call.function));
    }
    static std::vector<DataType> key_types(const AggregateSpec& spec) {
        auto types = spec.key_types;
        if (!spec.sets.empty() && spec.mode != AggregateMode::final)
            types.push_back(TypeId::bigint);
        return types;
    }
    std::size_t memory() const {
        std::size_t bytes = table.memory();
        for (const auto& state : states) bytes += state->memory();
        return bytes;
    }
    void resize() {
        for (auto& state : states) state->resize(table.size());
    }

    GroupTable table;
    std::vector<std::unique_ptr<Accumulators>> states;
};

// Rows that wait in files, by a part of their hash.
struct Spilled {
    std::vector<SpillFile> files;
    std::size_t depth = 0;
};

class AggregateOperator final : public Operator {
public:
    AggregateOperator(RunContext& run, PipelinePtr pipeline, const AggregateSpec& spec)
        : Operator(run, std::move(pipeline)),
          spec_(spec),
          groups_(std::make_unique<Groups>(spec)) {}

    Status init(const dag::ProcessorContext& context) override {
        memory_ = &context.memory;
        first_ = context.index == 0;
        held_ = dag::Reservation(context.memory);
        return {};
    }

    Status process(std::size_t, Inbox& inbox, Outbox& outbox) override {
        while (!inbox.empty()) {
            auto flushed = flush_ready(outbox);
            if (!flushed) return std::move(flushed).error();
            if (!*flushed) return {};
            TOPGUN_TRY(spec_.sorted ? take_sorted(inbox.take()) : take(inbox.take()));
        }
        return {};
    }

    Result<bool> complete(Outbox& outbox) override {
        if (!finishing_) {
            finishing_ = true;
            if (spec_.always_a_row && first_ && !any_sent_ && groups_->table.size() == 0)
                add_empty_groups();
            begin_output();
        }
        for (;;) {
            auto flushed = flush_ready(outbox);
            if (!flushed || !*flushed) return flushed;
            if (next_group_ < groups_->table.size()) {
                auto batch = output(next_group_);
                if (!batch) return std::move(batch).error();
                next_group_ += batch->rows;
                auto sent = send(std::move(*batch), outbox);
                if (!sent || !*sent) return sent;
                continue;
            }
            if (spilled_.empty()) return true;
            TOPGUN_TRY(next_file());
        }
    }

private:
    // Sends what waits. False when there is no room for all of it.
    Result<bool> flush_ready(Outbox& outbox) {
        if (!flush(outbox)) return false;
        while (!ready_.empty()) {
            auto batch = std::move(ready_.front());
            ready_.pop_front();
            auto sent = send(std::move(batch), outbox);
            if (!sent || !*sent) return sent;
        }
        return true;
    }

    // A group without rows: of no keys, or of the sets that have none.
    void add_empty_groups() {
        if (spec_.sets.empty()) {
            Batch one;
            one.rows = 1;
            std::vector<std::uint32_t> group;
            groups_->table.add(one, group);
        }
        for (std::size_t set = 0; set < spec_.sets.size(); ++set) {
            if (!spec_.sets[set].empty()) continue;
            Batch one;
            one.rows = 1;
            const bool final = spec_.mode == AggregateMode::final;
            const auto keys = spec_.key_types.size() - (final ? 1 : 0);
            for (std::size_t key = 0; key < keys; ++key) {
                one.columns.push_back(Column::nulls(spec_.key_types[key], 1));
            }
            one.columns.push_back(set_column(set, 1));
            std::vector<std::uint32_t> group;
            groups_->table.add(one, group);
        }
        groups_->resize();
    }

    static ColumnPtr set_column(std::size_t set, std::size_t rows) {
        Column index(TypeId::bigint);
        index.add_integer(static_cast<std::int64_t>(set));
        return Column::constant(std::move(index), rows);
    }

    Status take(const Batch& batch) {
        if (batch.rows == 0) return {};
        auto keys = evaluate_all(spec_.keys, eval(), batch);
        if (!keys) return std::move(keys).error();
        if (spec_.sets.empty() || spec_.mode == AggregateMode::final) {
            return take_set(batch, {std::move(*keys), batch.rows}, all_);
        }
        for (std::size_t set = 0; set < spec_.sets.size(); ++set) {
            Batch own;
            own.rows = batch.rows;
            const auto& in = spec_.sets[set];
            for (std::size_t key = 0; key < keys->size(); ++key) {
                const bool there = std::find(in.begin(), in.end(), key) != in.end();
                own.columns.push_back(there ? (*keys)[key]
                                            : Column::nulls(spec_.key_types[key], batch.rows));
            }
            own.columns.push_back(set_column(set, batch.rows));
            TOPGUN_TRY(take_set(batch, own, set));
        }
        return {};
    }

    // Of rows that come group by group: all groups but the one that the last row is in are done.
    Status take_sorted(const Batch& batch) {
        if (batch.rows == 0) return {};
        auto values = evaluate_all(spec_.keys, eval(), batch);
        if (!values) return std::move(values).error();
        const Batch keys{std::move(*values), batch.rows};
        if (last_key_ && !same_keys(*last_key_, 0, keys, 0)) TOPGUN_TRY(send_groups());
        auto first = batch.rows - 1;
        while (first > 0 && same_keys(keys, first - 1, keys, batch.rows - 1)) --first;
        if (first > 0) {
            TOPGUN_TRY(take_set(slice(batch, 0, first), slice(keys, 0, first), all_));
            TOPGUN_TRY(send_groups());
        }
        last_key_ = slice(keys, batch.rows - 1, batch.rows);
        return take_set(slice(batch, first, batch.rows), slice(keys, first, batch.rows), all_);
    }

    static bool same_keys(const Batch& a, std::size_t row_a, const Batch& b, std::size_t row_b) {
        for (std::size_t c = 0; c < a.columns.size(); ++c) {
            if (!same_values(*a.columns[c], row_a, *b.columns[c], row_b)) return false;
        }
        return true;
    }

    Status send_groups() {
        for (std::size_t from = 0; from < groups_->table.size();) {
            auto batch = output(from);
            if (!batch) return std::move(batch).error();
            from += batch->rows;
            ready_.push_back(std::move(*batch));
        }
        groups_ = std::make_unique<Groups>(spec_);
        held_.clear();
        any_sent_ = true;
        return {};
    }

    // @param set  all_ when the rows are not for one grouping set alone.
    Status take_set(const Batch& batch, const Batch& keys, std::size_t set) {
        std::vector<std::uint32_t> numbers;
        if (!full_) {
            groups_->table.add(keys, numbers);
            groups_->resize();
            TOPGUN_TRY(update(batch, numbers));
            return make_room();
        }
        groups_->table.find(keys, numbers);
        std::vector<std::uint32_t> here, away, kept;
        for (std::uint32_t row = 0; row < numbers.size(); ++row) {
            if (numbers[row] == GroupTable::kNone) {
                away.push_back(row);
            } else {
                here.push_back(row);
                kept.push_back(numbers[row]);
            }
        }
        TOPGUN_TRY(spill(batch, away, set));
        TOPGUN_TRY(away.empty() ? update(batch, numbers) : update(batch.gather(here), kept));
        return check_growth();
    }

    Status update(const Batch& batch, const std::vector<std::uint32_t>& groups) {
        if (batch.rows == 0) return {};
        for (std::size_t i = 0; i < spec_.calls.size(); ++i) {
            auto status = update_call(i, batch, groups);
            if (!status) return at_offset(spec_.calls[i].offset, std::move(status).error());
        }
        return {};
    }

    Status update_call(std::size_t i, const Batch& batch,
                       const std::vector<std::uint32_t>& groups) {
        const auto& call = spec_.calls[i];
        if (spec_.mode == AggregateMode::final) {
            return groups_->states[i]->merge(
                std::span(batch.columns).subspan(first_state(i), call.partial.size()), groups);
        }
        if (!call.filter) {
            auto arguments = evaluate_all(call.arguments, eval(), batch);
            if (!arguments) return std::move(arguments).error();
            return groups_->states[i]->update(eval(), *arguments, groups);
        }
        auto holds = call.filter->evaluate(eval(), batch);
        if (!holds) return std::move(holds).error();
        const auto rows = true_rows(**holds);
        if (rows.empty()) return {};
        std::vector<std::uint32_t> own;
        own.reserve(rows.size());
        for (const auto row : rows) own.push_back(groups[row]);
        auto arguments = evaluate_all(call.arguments, eval(), batch.gather(rows));
        if (!arguments) return std::move(arguments).error();
        return groups_->states[i]->update(eval(), *arguments, own);
    }

    std::size_t first_state(std::size_t call) const {
        auto at = spec_.first_state;
        for (std::size_t i = 0; i < call; ++i) at += spec_.calls[i].partial.size();
        return at;
    }

    Status make_room() {
        // A few groups are let in whatever others hold: those may wait for this one. What sorts the
        // rows of groups surely does: it gives its memory back when they have been taken.
        constexpr std::size_t kLeast = 16 * 1024;
        const auto let_in = spec_.sorted ? std::max(kLeast, memory_->limit() / 4) : kLeast;
        if (held_.resize(groups_->memory()) || groups_->memory() < let_in) return {};
        if (spec_.mode == AggregateMode::partial) {
            // Whoever puts the states together does not mind a group that comes twice.
            return send_groups();
        }
        // Those that are there go on; rows of others go to files.
        if (groups_->table.size() == 0 || spec_.keys.empty() || spec_.sorted) return no_room();
        full_ = true;
        memory_when_full_ = groups_->memory();
        return {};
    }

    // Groups that go on may grow: lists and texts, and rows that wait to be sorted or compared.
    Status check_growth() const {
        const auto allowed = memory_when_full_ + memory_->limit() / 8;
        return groups_->memory() <= allowed ? Status() : Status(no_room());
    }

    // What takes the most is to blame.
    Error no_room() const {
        std::size_t most = 0, worst = 0;
        for (std::size_t i = 0; i < groups_->states.size(); ++i) {
            const auto bytes = groups_->states[i]->memory();
            if (bytes <= most) continue;
            most = bytes;
            worst = i;
        }
        if (most == 0) return memory_->over_limit();
        const auto& call = spec_.calls[worst];
        const auto& function = call.function;
        const bool rows = function.distinct || !function.order.empty();
        return at_offset(
            call.offset,
            Error(Errc::limit, std::string(function.function->name) +
                                   " needs more than "
                                   "the memory limit of " +
                                   std::to_string(memory_->limit() >> 20) + " MiB for " +
                                   (rows ? "the rows of its groups" : "the values of its groups") +
                                   "; raise it with --memory"));
    }

    // Files hold the rows as they came, and the set that they are for.
    Status spill(const Batch& batch, const std::vector<std::uint32_t>& rows, std::size_t set) {
        if (rows.empty()) return {};
        if (open_.files.empty()) {
            if (depth_ >= kDeepest) return memory_->over_limit();
            open_.depth = depth_ + 1;
            auto types = spec_.input_types;
            types.push_back(TypeId::bigint);
            for (std::size_t i = 0; i < kFanOut; ++i) {
                auto file = SpillFile::create(run_.spill_directory, types);
                if (!file) return std::move(file).error();
                open_.files.push_back(std::move(*file));
            }
        }
        std::vector<std::vector<std::uint32_t>> parts(kFanOut);
        const auto hashes = groups_->table.hashes();
        // Each level looks at other bits; the lowest are the table's.
        const auto shift = 60 - 4 * depth_;
        for (const auto row : rows) parts[hashes[row] >> shift & (kFanOut - 1)].push_back(row);
        for (std::size_t i = 0; i < kFanOut; ++i) {
            if (parts[i].empty()) continue;
            auto part = batch.gather(parts[i]);
            part.columns.push_back(set_column(set, part.rows));
            const auto before = open_.files[i].bytes();
            TOPGUN_TRY(open_.files[i].write(part));
            run_.spilled += open_.files[i].bytes() - before;
        }
        return {};
    }

    void begin_output() {
        next_group_ = 0;
        for (auto& file : open_.files) {
            if (file.rows() > 0) spilled_.push_back({std::move(file), open_.depth});
        }
        open_ = {};
    }

    // The rows of one file become groups of their own.
    Status next_file() {
        auto [file, depth] = std::move(spilled_.back());
        spilled_.pop_back();
        groups_ = std::make_unique<Groups>(spec_);
        held_.clear();
        full_ = false;
        depth_ = depth;
        TOPGUN_TRY(file.rewind());
        for (;;) {
            Batch batch;
            auto more = file.read(batch);
            if (!more) return std::move(more).error();
            if (!*more) break;
            const auto sets = batch.columns.back();
            batch.columns.pop_back();
            const auto set = static_cast<std::size_t>(sets->integer(0));
            auto keys = evaluate_all(spec_.keys, eval(), batch);
            if (!keys) return std::move(keys).error();
            if (set != all_) {
                const auto& in = spec_.sets[set];
                for (std::size_t key = 0; key < keys->size(); ++key) {
                    if (std::find(in.begin(), in.end(), key) == in.end()) {
                        (*keys)[key] = Column::nulls(spec_.key_types[key], batch.rows);
                    }
                }
                keys->push_back(set_column(set, batch.rows));
            }
            TOPGUN_TRY(take_set(batch, {std::move(*keys), batch.rows}, set));
        }
        begin_output();
        return {};
    }

    Result<Batch> output(std::size_t first) {
        const auto last = std::min(groups_->table.size(), first + kBatchRows);
        Batch out;
        out.rows = last - first;
        for (auto& key : groups_->table.keys()) {
            auto column = std::make_shared<Column>(key.type());
            column->reserve(out.rows);
            column->keep_alive(key);
            for (auto group = first; group < last; ++group) column->add_from(key, group);
            out.columns.push_back(std::move(column));
        }
        for (std::size_t i = 0; i < spec_.calls.size(); ++i) {
            auto status = add_results(i, first, last, out);
            if (!status) return at_offset(spec_.calls[i].offset, std::move(status).error());
        }
        return out;
    }

    Status add_results(std::size_t call, std::size_t first, std::size_t last, Batch& out) {
        auto& state = *groups_->states[call];
        if (spec_.mode == AggregateMode::partial) {
            std::vector<Column> columns;
            for (const auto type : spec_.calls[call].partial) columns.emplace_back(type);
            for (auto group = first; group < last; ++group) TOPGUN_TRY(state.save(group, columns));
            for (auto& column : columns) {
                out.columns.push_back(std::make_shared<const Column>(std::move(column)));
            }
            return {};
        }
        auto column = std::make_shared<Column>(spec_.calls[call].function.result);
        column->reserve(last - first);
        for (auto group = first; group < last; ++group) TOPGUN_TRY(state.finish(group, *column));
        out.columns.push_back(std::move(column));
        return {};
    }

    static constexpr std::size_t all_ = 0x7fffffff;

    struct WaitingFile {
        SpillFile file;
        std::size_t depth;
    };

    const AggregateSpec& spec_;
    std::unique_ptr<Groups> groups_;
    dag::MemoryBudget* memory_ = nullptr;
    dag::Reservation held_;
    bool first_ = false, full_ = false, finishing_ = false;
    std::size_t depth_ = 0, memory_when_full_ = 0;
    std::optional<Batch> last_key_;  // of sorted rows
    bool any_sent_ = false;
    Spilled open_;
    std::vector<WaitingFile> spilled_;
    std::deque<Batch> ready_;
    std::size_t next_group_ = 0;
};

}  // namespace

OperatorSupplier aggregate_operator(RunContext& run, PipelinePtr pipeline,
                                    std::shared_ptr<const AggregateSpec> spec) {
    return [&run, pipeline, spec](std::size_t,
                                  std::size_t) -> Result<std::unique_ptr<dag::Processor>> {
        return std::unique_ptr<dag::Processor>(
            std::make_unique<AggregateOperator>(run, pipeline, *spec));
    };
}

}  // namespace topgun::sql
