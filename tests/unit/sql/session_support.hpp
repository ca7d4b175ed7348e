// SPDX-License-Identifier: Apache-2.0
// What tests of whole statements share: a session, and answers as text or as a number.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "topgun/sql/session.hpp"
#include "topgun/sql/value_text.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {

/// The values of a row with '|' between them; NULL as such.
inline std::string row_text(const Batch& batch, std::size_t row) {
    std::string out;
    for (std::size_t c = 0; c < batch.columns.size(); ++c) {
        if (c > 0) out += '|';
        const auto& column = *batch.columns[c];
        out += column.is_null(row) ? "NULL" : sql::value_text(column, row);
    }
    return out;
}

/// Hands each row to a function.
class RowSink final : public sql::ResultSink {
public:
    using Take = std::function<void(const std::string&)>;
    explicit RowSink(Take take) : take_(std::move(take)) {}
    Status begin(const std::vector<sql::ResultColumn>&) override { return {}; }
    Status rows(const Batch& batch) override {
        for (std::size_t row = 0; row < batch.rows; ++row) take_(row_text(batch, row));
        return {};
    }

private:
    Take take_;
};

inline Result<sql::Summary> execute(sql::Session& session, const std::string& text,
                                    RowSink::Take take) {
    RowSink sink(std::move(take));
    return session.execute(text, {0, text.size()}, sink);
}

/// The rows of a statement as lines.
inline Result<std::vector<std::string>> rows_of(sql::Session& session, const std::string& text) {
    std::vector<std::string> out;
    auto summary = execute(session, text, [&out](const std::string& row) { out.push_back(row); });
    if (!summary) return std::move(summary).error();
    return out;
}

/// All rows in one line, "; " between them, or the error.
inline std::string answer(sql::Session& session, const std::string& text) {
    const auto rows = rows_of(session, text);
    if (!rows) return "error: " + rows.error().text();
    std::string out;
    for (const auto& row : *rows) out += (out.empty() ? "" : "; ") + row;
    return out;
}

/// Runs statements that give no rows, or whose rows do not matter.
inline void run_all(sql::Session& session, const std::vector<std::string>& statements) {
    for (const auto& text : statements) {
        CAPTURE(text);
        must(rows_of(session, text));
    }
}

inline std::unique_ptr<sql::Session> open_session(sql::SessionOptions options = {}) {
    return must(sql::Session::create(std::move(options)));
}

inline std::string explained(sql::Session& session, const std::string& text,
                             sql::Explain what = sql::Explain::plan) {
    return must(session.explain(text, {0, text.size()}, what));
}

}  // namespace topgun::test
