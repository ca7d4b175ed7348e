// SPDX-License-Identifier: Apache-2.0
// sqllogictest files cut into records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace topgun::sql::slt {

enum class RecordKind {
    statement,
    query,
    hash_threshold,
    halt,
    malformed,  ///< `problem` says why.
};

enum class Sort { none, rows, values };

struct Record {
    struct Condition {
        bool only = false;  ///< onlyif rather than skipif.
        std::string_view engine;
    };
    RecordKind kind = RecordKind::malformed;
    std::size_t line = 0;  ///< Of its first line, conditions apart.
    std::vector<Condition> conditions;
    std::string problem;

    bool fails = false;   ///< An error is expected.
    std::string pattern;  ///< Of its message; empty for any.
    std::optional<std::uint64_t> count;

    std::string types;
    Sort sort = Sort::none;
    std::string_view label;

    std::string_view sql;
    bool has_results = false;
    std::vector<std::string_view> results;
    /// Where the results stand in the file: after the line of dashes, to the blank line.
    std::size_t results_begin = 0, results_end = 0;

    bool applies_to(const std::vector<std::string>& engines) const;
};

/// Views point into the text, which outlives the parser.
class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}
    /// False at the end.
    bool next(Record& record);

private:
    bool next_line(std::string_view& line);
    void read_body(Record& record);
    void read_header(Record& record, const std::vector<std::string_view>& words);
    void read_statement(Record& record, const std::vector<std::string_view>& words);
    void read_query(Record& record, const std::vector<std::string_view>& words);

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t line_start_ = 0;
    std::size_t line_ = 0;
    std::string_view header_;
};

/// Words between blanks and tabs.
std::vector<std::string_view> words_of(std::string_view line);

}  // namespace topgun::sql::slt
