// SPDX-License-Identifier: Apache-2.0
// SQL scripts that run, on two small tables with little memory and time: whatever a script asks
// for, it ends soon, with rows of the type that was announced or an error that says where.
#include <chrono>
#include <memory>

#include "fuzz.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/sql/session.hpp"

using namespace topgun;

namespace {

// Slow machines and sanitizers are slow, but a statement that takes this long does not listen.
constexpr auto kTimeout = std::chrono::milliseconds(100);
constexpr auto kMostOvertime = std::chrono::seconds(20);
constexpr std::size_t kMostStatements = 12;

constexpr std::string_view kTables =
    "CREATE TABLE t (a bigint, b text, c double precision, d jsonb);"
    "INSERT INTO t VALUES (1, 'one', 1.5, '{\"k\": [1, 2]}'), (2, 'two', -0.25, '[]'),"
    " (3, NULL, NULL, 'null'), (NULL, 'four', 4e10, NULL);"
    "CREATE TABLE u (a bigint, e date, f numeric, g boolean);"
    "INSERT INTO u VALUES (1, '2024-02-29', 1.10, true), (1, '1999-12-31', 2.5, false),"
    " (5, NULL, NULL, NULL);";

// Rows must fit the columns that were announced for them.
class CheckSink final : public sql::ResultSink {
public:
    Status begin(const std::vector<sql::ResultColumn>& columns) override {
        columns_ = columns;
        return {};
    }
    Status rows(const Batch& batch) override {
        TOPGUN_FUZZ_CHECK(batch.columns.size() == columns_.size());
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const auto& column = *batch.columns[i];
            TOPGUN_FUZZ_CHECK_WITH(column.type() == columns_[i].type, columns_[i].name);
            TOPGUN_FUZZ_CHECK_WITH(column.size() == batch.rows, columns_[i].name);
            if (column.type().id != TypeId::text) continue;
            for (std::size_t row = 0; row < batch.rows; ++row) {
                if (column.is_null(row)) continue;
                TOPGUN_FUZZ_CHECK_WITH(is_utf8(column.bytes(row)), columns_[i].name);
            }
        }
        rows_ += batch.rows;
        return {};
    }
    std::uint64_t count() const { return rows_; }

private:
    std::vector<sql::ResultColumn> columns_;
    std::uint64_t rows_ = 0;
};

void run(sql::Session& session, std::string_view text, sql::TextRange range) {
    const auto start = std::chrono::steady_clock::now();
    CheckSink sink;
    const auto summary = session.execute(text, range, sink);
    const auto took = std::chrono::steady_clock::now() - start;
    TOPGUN_FUZZ_CHECK_WITH(took < kTimeout + kMostOvertime,
                           text.substr(range.begin, range.end - range.begin));
    if (summary) {
        TOPGUN_FUZZ_CHECK(!summary->returns_rows || summary->rows == sink.count());
        TOPGUN_FUZZ_CHECK(!summary->tag.empty());
        return;
    }
    const auto& error = summary.error();
    TOPGUN_FUZZ_CHECK(!error.text().empty());
    // Places travel as "@123: " within the engine, and nobody outside shall see them.
    TOPGUN_FUZZ_CHECK_WITH(!error.text().starts_with('@'), error.text());
    TOPGUN_FUZZ_CHECK_WITH(is_utf8(error.text()), error.text());
    TOPGUN_FUZZ_CHECK_WITH(error.code() != Errc::cancelled, error.text());
}

std::unique_ptr<sql::Session> session_with_tables() {
    sql::SessionOptions options;
    options.threads = 1;
    options.memory_limit = std::uint64_t{1} << 20;
    options.writable = true;
    auto session = sql::Session::create(options);
    TOPGUN_FUZZ_CHECK(session.has_value());
    for (const auto range : sql::split_statements(kTables)) {
        CheckSink sink;
        const auto summary = (*session)->execute(kTables, range, sink);
        TOPGUN_FUZZ_CHECK_WITH(summary.has_value(), summary ? "" : summary.error().text());
    }
    (*session)->set_timeout(kTimeout);
    (*session)->set_parameter(1, "7");
    return std::move(*session);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::view_of(data, size);
    const auto ranges = sql::split_statements(text);
    if (ranges.empty()) return 0;
    const auto session = session_with_tables();
    std::size_t done = 0;
    for (const auto range : ranges) {
        if (++done > kMostStatements) break;
        run(*session, text, range);
    }
    return 0;
}
