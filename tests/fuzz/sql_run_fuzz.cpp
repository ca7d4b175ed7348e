// SPDX-License-Identifier: Apache-2.0
// SQL scripts that run, on two small tables with little memory and time: whatever a script asks
// for, it ends soon, with rows of the type that was announced or an error that says where.
#include <algorithm>
#include <cctype>
#include <chrono>
#include <memory>
#include <vector>

#include "fuzz.hpp"
#include "topgun/base/random.hpp"
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

// Words, numbers, quoted texts and single signs: what a statement is made of.
std::vector<std::string> words_of(std::string_view text) {
    const auto is_word = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
    };
    std::vector<std::string> out;
    for (std::size_t at = 0; at < text.size();) {
        auto end = at + 1;
        if (is_word(text[at])) {
            while (end < text.size() && is_word(text[end])) ++end;
        } else if (text[at] == '\'') {
            end = std::min(text.find('\'', end), text.size() - 1) + 1;
        }
        out.emplace_back(text.substr(at, end - at));
        at = end;
    }
    return out;
}

// Values at the edges, and every function there is.
std::string new_word(Random& random) {
    static const auto functions = session_with_tables()->functions();
    static constexpr std::string_view kWords[] = {"NULL",
                                                  "0",
                                                  "-1",
                                                  "9223372036854775807",
                                                  "-9223372036854775808",
                                                  "1e308",
                                                  "'NaN'",
                                                  "1e-30",
                                                  "0.1",
                                                  "''",
                                                  "'\xc3\xa9'",
                                                  "'x'",
                                                  "'{}'",
                                                  "'[1,2]'::jsonb",
                                                  "'1 month'::interval",
                                                  "'epoch'",
                                                  "true",
                                                  "t.a",
                                                  "b",
                                                  "c",
                                                  "d",
                                                  "e",
                                                  "f",
                                                  "g",
                                                  "ARRAY[1,NULL]",
                                                  "DISTINCT",
                                                  "LATERAL",
                                                  "NOT",
                                                  "(SELECT a FROM t)",
                                                  "(SELECT max(a) FROM u)",
                                                  "::text",
                                                  "::numeric",
                                                  "::bigint",
                                                  "OVER (ORDER BY a)",
                                                  "FILTER (WHERE a > 1)",
                                                  "::timestamp",
                                                  "::bigint[]",
                                                  "||",
                                                  "->",
                                                  "LEFT JOIN",
                                                  "FULL JOIN",
                                                  "UNION",
                                                  "IN",
                                                  "LIMIT 1",
                                                  "= ANY (ARRAY[1])"};
    if (random.below(2) == 0) return std::string(kWords[random.below(std::size(kWords))]);
    return functions[random.below(functions.size())];
}

}  // namespace

// Bytes changed at random give little that parses: most changes here are to whole words.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed) {
    Random random(seed);
    if (random.below(16) == 0) return LLVMFuzzerMutate(data, size, size_max);
    auto words = words_of(fuzz::view_of(data, size));
    for (auto left = 1 + random.below(4); left > 0 && !words.empty(); --left) {
        const auto at = random.below(words.size()), other = random.below(words.size());
        switch (random.below(6)) {
            case 0: words[at] = words[other]; break;
            case 1: std::swap(words[at], words[other]); break;
            case 2: words[at].clear(); break;
            case 3: words[at] += ' ' + words[other]; break;
            default: words[at] = ' ' + new_word(random) + ' '; break;
        }
    }
    std::string out;
    for (const auto& word : words) out += word;
    out.resize(std::min(out.size(), size_max));
    std::copy(out.begin(), out.end(), data);
    return out.size();
}

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
