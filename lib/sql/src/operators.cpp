// SPDX-License-Identifier: Apache-2.0
#include "operators.hpp"

#include <algorithm>
#include <numeric>

#include "characters.hpp"

namespace topgun::sql {

void Pipeline::filter(ExpressionPtr condition, std::vector<std::size_t> keep) {
    steps_.push_back({std::move(condition), std::move(keep), {}});
}
void Pipeline::project(std::vector<ExpressionPtr> values) {
    steps_.push_back({nullptr, {}, std::move(values)});
}

Result<Batch> Pipeline::apply(const EvalContext& context, Batch batch) const {
    for (const auto& step : steps_) {
        if (batch.rows == 0) break;
        Batch next;
        if (step.condition) {
            auto holds = evaluate_parts(*step.condition, context, batch);
            if (!holds) return std::move(holds).error();
            const auto rows = true_rows(**holds);
            next.rows = rows.size();
            for (const auto column : step.keep) {
                next.columns.push_back(rows.size() == batch.rows
                                           ? batch.columns[column]
                                           : Column::gather(*batch.columns[column], rows));
            }
        } else {
            auto values = evaluate_all(step.values, context, batch);
            if (!values) return std::move(values).error();
            next.rows = batch.rows;
            next.columns = std::move(*values);
        }
        batch = std::move(next);
    }
    return batch;
}

std::string Pipeline::text() const {
    std::string out;
    const auto begin = [&out](const char* word) {
        out += (out.empty() ? "" : "; ") + std::string(word);
    };
    for (const auto& step : steps_) {
        if (step.condition) {
            begin("filter ");
            out += step.condition->text();
            continue;
        }
        bool first = true;
        for (const auto& value : step.values) {
            // Columns that only change places.
            const auto text = value->text();
            if (text.starts_with('#')) continue;
            if (first) begin("project ");
            out += (first ? "" : ", ") + text;
            first = false;
        }
    }
    return out;
}

bool Operator::flush(dag::Outbox& outbox) {
    if (!pending_) return true;
    if (!outbox.offer(*pending_)) return false;
    pending_.reset();
    return true;
}

Result<bool> Operator::send(Batch batch, dag::Outbox& outbox) {
    auto out =
        pipeline_ ? pipeline_->apply(eval(), std::move(batch)) : Result<Batch>(std::move(batch));
    if (!out) return std::move(out).error();
    if (out->rows == 0 || outbox.offer(*out)) return true;
    pending_ = std::move(*out);
    return false;
}

Batch concat(const std::vector<Batch>& batches, const std::vector<DataType>& types) {
    if (batches.size() == 1) return batches[0];
    Batch out;
    for (const auto& batch : batches) out.rows += batch.rows;
    for (std::size_t c = 0; c < types.size(); ++c) {
        auto column = std::make_shared<Column>(types[c]);
        column->reserve(out.rows);
        for (const auto& batch : batches) {
            const auto& from = *batch.columns[c];
            if (from.storage() == Storage::bytes) column->keep_alive(from);
            for (std::size_t row = 0; row < batch.rows; ++row) column->add_from(from, row);
        }
        out.columns.push_back(std::move(column));
    }
    return out;
}

Batch slice(const Batch& batch, std::size_t first, std::size_t last) {
    if (first == 0 && last == batch.rows) return batch;
    std::vector<std::uint32_t> rows(last - first);
    std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(first));
    return batch.gather(rows);
}

Result<ColumnPtr> evaluate_parts(const Expression& expression, const EvalContext& context,
                                 const Batch& batch) {
    auto out = expression.evaluate(context, batch);
    if (out || out.error().code() != Errc::limit || batch.rows < 2) return out;
    // Functions on the way to a small result may make too much text for all rows at once.
    auto column = std::make_shared<Column>(expression.type());
    const auto middle = batch.rows / 2;
    for (const bool second : {false, true}) {
        const auto half = second ? slice(batch, middle, batch.rows) : slice(batch, 0, middle);
        auto part = evaluate_parts(expression, context, half);
        if (!part) return part;
        if (column->storage() == Storage::bytes) column->keep_alive(**part);
        for (std::size_t row = 0; row < half.rows; ++row) column->add_from(**part, row);
        if (column->memory() > kTextBytesMax) return out;
    }
    return ColumnPtr(std::move(column));
}

Result<std::vector<ColumnPtr>> evaluate_all(const std::vector<ExpressionPtr>& expressions,
                                            const EvalContext& context, const Batch& batch) {
    std::vector<ColumnPtr> out;
    out.reserve(expressions.size());
    for (const auto& expression : expressions) {
        auto column = evaluate_parts(*expression, context, batch);
        if (!column) return std::move(column).error();
        out.push_back(std::move(*column));
    }
    return out;
}

std::vector<DataType> types_of(const std::vector<OutputColumn>& columns) {
    std::vector<DataType> out;
    for (const auto& column : columns) out.push_back(column.type);
    return out;
}

namespace {

using dag::Inbox;
using dag::Outbox;

// The keys that a condition on _key names.
std::optional<std::vector<std::string>> keys_of(const Scalar& condition, ColumnId key) {
    const auto text = [](const Scalar& scalar) -> std::optional<std::string> {
        if (!scalar.is_constant() || scalar.type.id != TypeId::text) return std::nullopt;
        if (scalar.value->is_null(0)) return std::nullopt;
        return std::string(scalar.value->bytes(0));
    };
    if (condition.kind != Scalar::Kind::call || condition.children.empty()) return std::nullopt;
    std::vector<std::string> out;
    const auto is_key = [key](const Scalar& side) {
        return side.is_column() && side.column == key;
    };
    if (condition.function->name == "=") {
        for (const std::size_t side : {0u, 1u}) {
            const auto value = text(condition.children[1 - side]);
            if (is_key(condition.children[side]) && value) return std::vector<std::string>{*value};
        }
        return std::nullopt;
    }
    if (condition.function->name != "IN" || !is_key(condition.children[0])) return std::nullopt;
    for (std::size_t i = 1; i < condition.children.size(); ++i) {
        const auto value = text(condition.children[i]);
        if (!value && !condition.children[i].value->is_null(0)) return std::nullopt;
        if (value) out.push_back(*value);
    }
    return out;
}

class ScanOperator final : public Operator {
public:
    ScanOperator(RunContext& run, PipelinePtr pipeline, const plan::Scan& scan,
                 const ScanHints& hints, std::size_t part, std::size_t parts)
        : Operator(run, std::move(pipeline)),
          scan_(scan),
          hints_(hints),
          part_(part),
          parts_(parts) {}

    Result<bool> complete(Outbox& outbox) override {
        if (!flush(outbox)) return false;
        if (!rows_) {
            auto rows = scan_.table->scan(scan_.source, part_, parts_, hints_);
            if (!rows) return std::move(rows).error();
            rows_ = std::move(*rows);
        }
        Batch batch;
        auto more = rows_->next(batch);
        if (!more) return std::move(more).error();
        if (!*more) {
            rows_.reset();
            return true;
        }
        auto sent = send(std::move(batch), outbox);
        if (!sent) return sent;
        return false;
    }

private:
    const plan::Scan& scan_;
    const ScanHints& hints_;
    std::size_t part_, parts_;
    std::unique_ptr<TableScan> rows_;
};

class ValuesOperator final : public Operator {
public:
    ValuesOperator(RunContext& run, PipelinePtr pipeline, const Batch& rows)
        : Operator(run, std::move(pipeline)), rows_(rows) {}
    Result<bool> complete(Outbox& outbox) override {
        if (!flush(outbox)) return false;
        if (next_ == rows_.rows) return true;
        const auto last = std::min(rows_.rows, next_ + kBatchRows);
        auto sent = send(slice(rows_, next_, last), outbox);
        next_ = last;
        if (!sent) return sent;
        return *sent && next_ == rows_.rows;
    }

private:
    const Batch& rows_;
    std::size_t next_ = 0;
};

class StoredOperator final : public Operator {
public:
    StoredOperator(RunContext& run, PipelinePtr pipeline, const plan::Stored& stored,
                   std::size_t part, std::size_t parts)
        : Operator(run, std::move(pipeline)), stored_(stored), next_(part), parts_(parts) {}
    Result<bool> complete(Outbox& outbox) override {
        if (!flush(outbox)) return false;
        if (next_ >= stored_.rows->batches.size()) {
            if (!stored_.rows->more) return true;
            auto more = stored_.rows->more();
            if (!more) return more;
            return !*more;
        }
        const auto& from = stored_.rows->batches[next_];
        next_ += parts_;
        Batch batch;
        batch.rows = from.rows;
        for (const auto at : stored_.source) batch.columns.push_back(from.columns[at]);
        auto sent = send(std::move(batch), outbox);
        if (!sent) return sent;
        return false;
    }

private:
    const plan::Stored& stored_;
    std::size_t next_, parts_;
};

class UnionOperator final : public Operator {
public:
    UnionOperator(RunContext& run, PipelinePtr pipeline,
                  const std::vector<std::vector<std::size_t>>& sources)
        : Operator(run, std::move(pipeline)), sources_(sources) {}
    Status process(std::size_t ordinal, Inbox& inbox, Outbox& outbox) override {
        if (!flush(outbox)) return {};
        while (!inbox.empty()) {
            const auto from = inbox.take();
            Batch batch;
            batch.rows = from.rows;
            for (const auto at : sources_[ordinal]) batch.columns.push_back(from.columns[at]);
            auto sent = send(std::move(batch), outbox);
            if (!sent) return std::move(sent).error();
            if (!*sent) return {};
        }
        return {};
    }
    Result<bool> complete_edge(std::size_t, Outbox& outbox) override { return flush(outbox); }

private:
    const std::vector<std::vector<std::size_t>>& sources_;
};

class LimitOperator final : public Operator {
public:
    LimitOperator(RunContext& run, PipelinePtr pipeline, const LimitSpec& spec)
        : Operator(run, std::move(pipeline)), spec_(spec), skip_(spec.skip), left_(spec.count) {}

    Status process(std::size_t, Inbox& inbox, Outbox& outbox) override {
        if (!flush(outbox)) return {};
        while (!inbox.empty()) {
            auto sent = send(cut(inbox.take()), outbox);
            if (!sent) return std::move(sent).error();
            if (!*sent) return {};
        }
        return {};
    }
    Result<bool> complete_edge(std::size_t, Outbox& outbox) override { return flush(outbox); }
    // Whoever is satisfied is not called again, and would keep what waits for room.
    bool is_satisfied() const override { return done_ && !waits(); }

private:
    Batch cut(Batch batch) {
        if (done_) return {};
        const auto first = std::min<std::uint64_t>(skip_, batch.rows);
        skip_ -= first;
        std::uint64_t last = batch.rows;
        if (left_) {
            last = std::min<std::uint64_t>(batch.rows, first + *left_);
            *left_ -= last - first;
            if (*left_ == 0) last = with_ties(batch, first, last);
        }
        return slice(batch, first, last);
    }

    // Goes on while rows equal the last one that counts.
    std::uint64_t with_ties(const Batch& batch, std::uint64_t first, std::uint64_t last) {
        if (spec_.ties.empty() || (last == first && !last_)) {
            done_ = true;
            return last;
        }
        if (!last_) last_ = slice(batch, last - 1, last);
        while (last < batch.rows && compare_rows(batch, last, *last_, 0, spec_.ties) == 0) ++last;
        done_ = last < batch.rows;
        return last;
    }

    const LimitSpec& spec_;
    std::uint64_t skip_;
    std::optional<std::uint64_t> left_;
    std::optional<Batch> last_;
    bool done_ = false;
};

class SetScanOperator final : public Operator {
public:
    SetScanOperator(RunContext& run, PipelinePtr pipeline, const SetScanSpec& spec)
        : Operator(run, std::move(pipeline)), spec_(spec) {}

    Status process(std::size_t, Inbox& inbox, Outbox& outbox) override {
        for (;;) {
            if (!flush(outbox)) return {};
            if (!input_) {
                if (inbox.empty()) return {};
                TOPGUN_TRY(begin(inbox.take()));
            }
            auto batch = fill();
            if (!batch) return std::move(batch).error();
            auto sent = send(std::move(*batch), outbox);
            if (!sent) return std::move(sent).error();
            if (!*sent) return {};
        }
    }
    Result<bool> complete_edge(std::size_t ordinal, Outbox& outbox) override {
        Inbox none;
        TOPGUN_TRY(process(ordinal, none, outbox));
        return !input_ && flush(outbox);
    }

private:
    Status begin(Batch input) {
        arguments_.clear();
        for (const auto& call : spec_.calls) {
            auto values = evaluate_all(call.arguments, eval(), input);
            if (!values) return std::move(values).error();
            arguments_.push_back(std::move(*values));
        }
        input_ = std::move(input);
        row_ = 0;
        return open();
    }

    Status open() {
        rows_.clear();
        ordinal_ = 0;
        for (std::size_t i = 0; i < spec_.calls.size() && row_ < input_->rows; ++i) {
            auto rows = spec_.calls[i].function->open(eval(), arguments_[i], row_);
            if (!rows) return at_offset(spec_.calls[i].offset, std::move(rows).error());
            rows_.push_back(std::move(*rows));
        }
        return {};
    }

    // Rows for one input row after the other, until a batch is full.
    Result<Batch> fill() {
        std::vector<Column> columns;
        for (const auto& call : spec_.calls) {
            for (const auto type : call.types) columns.emplace_back(type);
        }
        Column ordinals(TypeId::bigint);
        std::vector<std::uint32_t> from;
        while (row_ < input_->rows && from.size() < kBatchRows) {
            const auto room = kBatchRows - from.size();
            auto added = add_rows(columns, room);
            if (!added) return std::move(added).error();
            for (std::size_t i = 0; i < *added; ++i) {
                from.push_back(static_cast<std::uint32_t>(row_));
                ordinals.add_integer(++ordinal_);
            }
            if (*added == room) break;
            ++row_;
            TOPGUN_TRY(open());
        }
        Batch out = input_->gather(from);
        for (auto& column : columns) {
            out.columns.push_back(std::make_shared<const Column>(std::move(column)));
        }
        if (spec_.ordinality) {
            out.columns.push_back(std::make_shared<const Column>(std::move(ordinals)));
        }
        if (row_ == input_->rows) input_.reset();
        return out;
    }

    // As many rows as the longest call has; shorter ones are filled up with NULLs.
    Result<std::size_t> add_rows(std::vector<Column>& columns, std::size_t most) {
        std::vector<std::size_t> counts;
        std::size_t longest = 0, first = 0;
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const auto width = spec_.calls[i].types.size();
            auto count = rows_[i]->next(std::span(columns).subspan(first, width), most);
            if (!count) return at_offset(spec_.calls[i].offset, std::move(count).error());
            counts.push_back(*count);
            longest = std::max(longest, *count);
            first += width;
        }
        first = 0;
        for (std::size_t i = 0; i < counts.size(); ++i) {
            for (std::size_t c = 0; c < spec_.calls[i].types.size(); ++c, ++first) {
                for (auto n = counts[i]; n < longest; ++n) columns[first].add_null();
            }
        }
        if (rows_.empty()) longest = row_ < input_->rows && ordinal_ == 0 ? 1 : 0;
        return longest;
    }

    const SetScanSpec& spec_;
    std::optional<Batch> input_;
    std::size_t row_ = 0;
    std::int64_t ordinal_ = 0;
    std::vector<std::vector<ColumnPtr>> arguments_;
    std::vector<std::unique_ptr<SetRows>> rows_;
};

class SinkOperator final : public dag::Processor {
public:
    SinkOperator(ResultSink& sink, std::uint64_t& rows) : sink_(sink), rows_(rows) {}
    Status process(std::size_t, Inbox& inbox, Outbox&) override {
        while (!inbox.empty()) {
            const auto batch = inbox.take();
            rows_ += batch.rows;
            TOPGUN_TRY(sink_.rows(batch));
        }
        return {};
    }
    // Whoever takes the rows may block.
    bool is_cooperative() const override { return true; }

private:
    ResultSink& sink_;
    std::uint64_t& rows_;
};

class KeepOperator final : public dag::Processor {
public:
    explicit KeepOperator(StoredRows& rows) : rows_(rows) {}
    Status init(const dag::ProcessorContext& context) override {
        memory_ = &context.memory;
        held_ = dag::Reservation(context.memory);
        return {};
    }
    Status process(std::size_t, Inbox& inbox, Outbox&) override {
        while (!inbox.empty()) {
            auto batch = inbox.take();
            if (!held_.grow(batch.memory())) return memory_->over_limit();
            rows_.rows += batch.rows;
            rows_.batches.push_back(std::move(batch));
        }
        return {};
    }

private:
    StoredRows& rows_;
    dag::MemoryBudget* memory_ = nullptr;
    dag::Reservation held_;
};

template <typename T, typename... Args>
Result<std::unique_ptr<dag::Processor>> made(Args&&... args) {
    return std::unique_ptr<dag::Processor>(std::make_unique<T>(std::forward<Args>(args)...));
}

}  // namespace

OperatorSupplier scan_operator(RunContext& run, PipelinePtr pipeline, const plan::Scan& scan,
                               std::optional<ColumnId> key) {
    auto hints = std::make_shared<ScanHints>();
    for (const auto& condition : scan.hints) {
        if (key && !hints->keys) hints->keys = keys_of(condition, *key);
    }
    return [&run, pipeline, &scan, hints](std::size_t index, std::size_t parallelism) {
        return made<ScanOperator>(run, pipeline, scan, *hints, index, parallelism);
    };
}

OperatorSupplier values_operator(RunContext& run, PipelinePtr pipeline, Batch rows) {
    auto kept = std::make_shared<const Batch>(std::move(rows));
    return [&run, pipeline, kept](std::size_t, std::size_t) {
        return made<ValuesOperator>(run, pipeline, *kept);
    };
}
OperatorSupplier stored_operator(RunContext& run, PipelinePtr pipeline,
                                 const plan::Stored& stored) {
    return [&run, pipeline, &stored](std::size_t index, std::size_t parallelism) {
        return made<StoredOperator>(run, pipeline, stored, index, parallelism);
    };
}
OperatorSupplier union_operator(RunContext& run, PipelinePtr pipeline,
                                std::vector<std::vector<std::size_t>> sources) {
    auto kept = std::make_shared<const std::vector<std::vector<std::size_t>>>(std::move(sources));
    return [&run, pipeline, kept](std::size_t, std::size_t) {
        return made<UnionOperator>(run, pipeline, *kept);
    };
}
OperatorSupplier limit_operator(RunContext& run, PipelinePtr pipeline, LimitSpec spec) {
    auto kept = std::make_shared<const LimitSpec>(std::move(spec));
    return [&run, pipeline, kept](std::size_t, std::size_t) {
        return made<LimitOperator>(run, pipeline, *kept);
    };
}
OperatorSupplier set_scan_operator(RunContext& run, PipelinePtr pipeline,
                                   std::shared_ptr<const SetScanSpec> spec) {
    return [&run, pipeline, spec](std::size_t, std::size_t) {
        return made<SetScanOperator>(run, pipeline, *spec);
    };
}
OperatorSupplier sink_operator(RunContext&, ResultSink& sink, std::uint64_t& rows) {
    return [&sink, &rows](std::size_t, std::size_t) { return made<SinkOperator>(sink, rows); };
}
OperatorSupplier keep_operator(RunContext&, StoredRows& rows) {
    return [&rows](std::size_t, std::size_t) { return made<KeepOperator>(rows); };
}

}  // namespace topgun::sql
