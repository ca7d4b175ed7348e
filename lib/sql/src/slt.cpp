// SPDX-License-Identifier: Apache-2.0
#include "topgun/sql/slt.hpp"

#include <map>
#include <utility>

#include "slt_values.hpp"
#include "topgun/sql/value_text.hpp"

namespace topgun::sql::slt {
namespace {

class Collector final : public ResultSink {
public:
    explicit Collector(Answer& answer) : answer_(answer) {}

    // Of several statements in one record, the last that returns rows counts.
    Status begin(const std::vector<ResultColumn>& columns) override {
        answer_ = {};
        for (const auto& column : columns) answer_.types.push_back(column.type);
        return {};
    }
    Status rows(const Batch& batch) override {
        if (answer_.values.size() + batch.rows * batch.columns.size() >
            SessionDatabase::kMaxValues) {
            return Error(Errc::limit, "more than " + std::to_string(SessionDatabase::kMaxValues) +
                                          " values in one answer");
        }
        for (std::size_t row = 0; row < batch.rows; ++row) {
            for (const auto& column : batch.columns) {
                answer_.values.push_back(column->is_null(row) ? std::optional<std::string>()
                                                              : value_text(*column, row));
            }
        }
        return {};
    }

private:
    Answer& answer_;
};

std::string lines_text(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) (text += text.empty() ? "" : "\n") += line;
    return text;
}

std::string results_text(const Record& record) {
    std::string text;
    for (const auto line : record.results) (text += text.empty() ? "" : "\n") += line;
    return text;
}

class Runner {
public:
    Runner(Database& database, const Options& options, Report& report)
        : database_(database), options_(options), report_(report) {}

    /// Errors: cancelled.
    Status run(const Record& record) {
        const bool counted =
            record.kind != RecordKind::hash_threshold && record.kind != RecordKind::halt;
        if (halted_ || !record.applies_to(options_.engines)) {
            report_.skipped += counted ? 1 : 0;
            return {};
        }
        switch (record.kind) {
            case RecordKind::hash_threshold: return {};
            case RecordKind::halt: halted_ = true; return {};
            case RecordKind::malformed:
                fail(record, "a record of a known kind", record.problem);
                return {};
            case RecordKind::statement:
            case RecordKind::query: break;
        }
        auto answer = database_.execute(record.sql);
        if (!answer && answer.error().code() == Errc::cancelled) return std::move(answer).error();
        judge(record, answer);
        return {};
    }

    /// What the record that ran last was answered with, when it was a query that succeeded.
    std::optional<std::vector<std::string>> take_values() {
        return std::exchange(values_, std::nullopt);
    }

private:
    void judge(const Record& record, const Result<Answer>& answer) {
        if (record.fails) {
            judge_error(record, answer);
        } else if (!answer) {
            fail(record, record.kind == RecordKind::query ? results_text(record) : "ok",
                 "error: " + answer.error().text());
        } else if (record.kind == RecordKind::query) {
            judge_query(record, *answer);
        } else if (record.count && *record.count != affected(*answer)) {
            fail(record, std::to_string(*record.count) + " rows",
                 std::to_string(affected(*answer)) + " rows");
        } else {
            ++report_.passed;
        }
    }

    static std::uint64_t affected(const Answer& answer) {
        return answer.types.empty() ? answer.changed : answer.values.size() / answer.types.size();
    }

    void judge_error(const Record& record, const Result<Answer>& answer) {
        if (answer) {
            fail(record, record.pattern.empty() ? "an error" : "error: " + record.pattern, "ok");
        } else if (!message_matches(record.pattern, answer.error().text())) {
            fail(record, "error: " + record.pattern, "error: " + answer.error().text());
        } else {
            ++report_.passed;
        }
    }

    void judge_query(const Record& record, const Answer& answer) {
        if (answer.types.size() != record.types.size()) {
            return fail(record, std::to_string(record.types.size()) + " columns",
                        std::to_string(answer.types.size()) + " columns");
        }
        values_ = format_answer(record, answer, true);
        const auto hash = hash_line(format_answer(record, answer, false));
        if (!record.label.empty()) {
            const auto [known, is_new] = labels_.try_emplace(std::string(record.label), hash);
            if (!is_new && known->second != hash) {
                return fail(record, "the same as before under this label: " + known->second, hash);
            }
        }
        if (!record.has_results || agrees(record, answer)) {
            ++report_.passed;
            return;
        }
        const auto wanted = results_text(record);
        const bool wants_hash = wanted.find(" values hashing to ") != std::string::npos;
        fail(record, wanted, wants_hash ? hash : lines_text(*values_));
    }

    void fail(const Record& record, std::string expected, std::string got) {
        ++report_.failed;
        if (!options_.on_failure) return;
        options_.on_failure(
            {record.line, std::string(record.sql), std::move(expected), std::move(got)});
    }

    Database& database_;
    const Options& options_;
    Report& report_;
    bool halted_ = false;
    std::map<std::string, std::string> labels_;
    std::optional<std::vector<std::string>> values_;
};

}  // namespace

Database::~Database() = default;

Result<Answer> SessionDatabase::execute(std::string_view statement) {
    Answer answer;
    Collector collector(answer);
    for (const auto& range : split_statements(statement)) {
        auto summary = session_.execute(statement, range, collector);
        if (!summary) return std::move(summary).error();
        answer.changed += summary->changed;
    }
    return answer;
}

Result<Report> run(std::string_view file, Database& database, const Options& options) {
    Report report;
    Runner runner(database, options, report);
    Parser parser(file);
    for (Record record; parser.next(record);) TOPGUN_TRY(runner.run(record));
    return report;
}

Result<std::string> complete(std::string_view file, Database& database, const Options& options,
                             Report& report) {
    report = {};
    std::string out;
    std::size_t copied = 0;
    Runner runner(database, options, report);
    Parser parser(file);
    for (Record record; parser.next(record);) {
        TOPGUN_TRY(runner.run(record));
        const auto values = runner.take_values();
        if (!values || !record.has_results) continue;
        out += file.substr(copied, record.results_begin - copied);
        for (const auto& value : *values) (out += value) += '\n';
        copied = record.results_end;
    }
    return out + std::string(file.substr(copied));
}

}  // namespace topgun::sql::slt
