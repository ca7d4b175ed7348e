// SPDX-License-Identifier: Apache-2.0
// A session whose answers are known beforehand, so that the shell around it can be tested alone.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "topgun/sql/session.hpp"

namespace topgun::test {

/// Answers "SELECT N" with the numbers 1 to N, and a few words by what they do to the session:
/// "change N" writes N records, "other N" as many of a schema that is called "other", "begin" and
/// "commit", "fail" is an error, "wait" ends cancelled, "wide" returns texts of all kinds.
class FakeSession final : public sql::Session {
public:
    std::vector<std::string> executed;
    std::vector<std::pair<std::string, std::string>> attached;
    std::map<std::int32_t, std::optional<std::string>> parameters;
    std::vector<sql::TableInfo> tables_made;
    std::uint64_t changes = 0, other_changes = 0;
    bool transaction = false;
    bool cancelled = false;

    Status attach(const std::string& name, const std::string& path, const ReadOptions& options,
                  ReadReport* report) override;
    Status attach(const std::string& name, std::unique_ptr<StateReader> state) override;
    Status detach(const std::string& name) override;
    void set_parameter(std::int32_t number, std::optional<std::string> text) override;
    Result<sql::Summary> execute(std::string_view text, sql::TextRange range,
                                 sql::ResultSink& sink) override;
    Result<std::string> explain(std::string_view text, sql::TextRange range,
                                sql::Explain what) override;
    Result<sql::Summary> query(std::string_view map, std::string_view dsl,
                               sql::ResultSink& sink) override;
    void cancel() noexcept override { cancelled = true; }
    std::vector<sql::TableInfo> tables() const override { return tables_made; }
    std::vector<std::string> functions() const override { return {"length", "lower", "upper"}; }
    bool in_transaction() const override { return transaction; }
    std::vector<sql::Unsaved> unsaved() const override;
    Status visit_unsaved(const std::string& schema, const OpVisitor& visit) const override;
    void mark_saved(const std::string& schema) override;
    Result<std::unique_ptr<StateReader>> state(const std::string& schema) const override;
    const sql::SessionOptions& options() const override { return options_; }
    void set_timeout(std::optional<std::chrono::milliseconds> timeout) override {
        options_.timeout = timeout;
    }

private:
    sql::SessionOptions options_;
};

/// A table with columns, all of them text apart from a bigint "id".
sql::TableInfo table_info(const std::string& schema, const std::string& name,
                          const std::vector<std::string>& columns);

}  // namespace topgun::test
