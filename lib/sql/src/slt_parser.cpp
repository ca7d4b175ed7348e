// SPDX-License-Identifier: Apache-2.0
#include "slt_parser.hpp"

#include <algorithm>
#include <charconv>

namespace topgun::sql::slt {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kDashes = "----";

bool is_blank(std::string_view line) {
    return line.find_first_not_of(kBlanks) == std::string_view::npos;
}

bool parse_count(std::string_view text, std::uint64_t& out) {
    const auto result = std::from_chars(text.data(), text.data() + text.size(), out);
    return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

// What stands behind the first `count` words of a line.
std::string_view after_words(std::string_view line, std::size_t count) {
    for (; count > 0; --count) {
        line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
        line.remove_prefix(std::min(line.find_first_of(kBlanks), line.size()));
    }
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    while (!line.empty() && kBlanks.find(line.back()) != std::string_view::npos) {
        line.remove_suffix(1);
    }
    return line;
}

void malformed(Record& record, std::string problem) {
    record.kind = RecordKind::malformed;
    record.problem = std::move(problem);
}

}  // namespace

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    for (std::size_t at = 0;;) {
        at = line.find_first_not_of(kBlanks, at);
        if (at == std::string_view::npos) return words;
        const auto end = std::min(line.find_first_of(kBlanks, at), line.size());
        words.push_back(line.substr(at, end - at));
        at = end;
    }
}

bool Record::applies_to(const std::vector<std::string>& engines) const {
    return std::all_of(conditions.begin(), conditions.end(), [&engines](const auto& condition) {
        const bool named =
            std::find(engines.begin(), engines.end(), condition.engine) != engines.end();
        return named == condition.only;
    });
}

bool Parser::next_line(std::string_view& line) {
    line_start_ = at_;
    if (at_ >= text_.size()) return false;
    const auto end = std::min(text_.find('\n', at_), text_.size());
    line = text_.substr(at_, end - at_);
    if (line.ends_with('\r')) line.remove_suffix(1);
    at_ = std::min(end + 1, text_.size());
    ++line_;
    return true;
}

bool Parser::next(Record& record) {
    record = {};
    std::string_view line;
    while (next_line(line)) {
        if (is_blank(line) || line.front() == '#') continue;
        const auto words = words_of(line);
        if (words[0] == "skipif" || words[0] == "onlyif") {
            // A comment may follow the name: "skipif mysql # not compatible".
            if (words.size() > 1) record.conditions.push_back({words[0] == "onlyif", words[1]});
            continue;
        }
        // Headings without a meaning for the run.
        if (words[0] == "subtest") continue;
        record.line = line_;
        header_ = line;
        read_header(record, words);
        return true;
    }
    return false;
}

void Parser::read_header(Record& record, const std::vector<std::string_view>& words) {
    if (words[0] == "statement") {
        read_statement(record, words);
    } else if (words[0] == "query") {
        read_query(record, words);
    } else if (words[0] == "halt") {
        record.kind = RecordKind::halt;
    } else if (words[0] == "hash-threshold") {
        // What is compared follows from the file: its results are values or a hash.
        record.kind = RecordKind::hash_threshold;
    } else {
        read_body(record);
        malformed(record, "unknown record '" + std::string(words[0]) + "'");
    }
}

void Parser::read_statement(Record& record, const std::vector<std::string_view>& words) {
    record.kind = RecordKind::statement;
    read_body(record);
    const auto how = words.size() > 1 ? words[1] : std::string_view();
    if (how == "error") {
        record.fails = true;
        record.pattern = after_words(header_, 2);
        for (std::size_t i = 0; i < record.results.size(); ++i) {
            if (i > 0) record.pattern += '\n';
            record.pattern += record.results[i];
        }
    } else if (how == "count") {
        std::uint64_t count = 0;
        if (words.size() < 3 || !parse_count(words[2], count)) {
            return malformed(record, "'statement count' needs a number");
        }
        record.count = count;
    } else if (how != "ok") {
        malformed(record, "a statement is ok, error or count");
    }
}

void Parser::read_query(Record& record, const std::vector<std::string_view>& words) {
    record.kind = RecordKind::query;
    read_body(record);
    if (words.size() > 1 && words[1] == "error") {
        record.fails = true;
        record.pattern = after_words(header_, 2);
        return;
    }
    if (words.size() < 2) return malformed(record, "a query names the types of its columns");
    record.types = words[1];
    std::size_t at = 2;
    if (at < words.size()) {
        bool known = true;
        if (words[at] == "rowsort") {
            record.sort = Sort::rows;
        } else if (words[at] == "valuesort") {
            record.sort = Sort::values;
        } else {
            known = words[at] == "nosort";
        }
        if (known) ++at;
    }
    if (at < words.size()) record.label = words[at];
}

void Parser::read_body(Record& record) {
    std::string_view line;
    const auto begin = at_;
    auto end = at_;
    while (next_line(line)) {
        if (is_blank(line)) break;
        if (line.starts_with(kDashes) && is_blank(line.substr(kDashes.size()))) {
            record.has_results = true;
            record.results_begin = at_;
            while (next_line(line) && !is_blank(line)) record.results.push_back(line);
            record.results_end = line_start_;
            break;
        }
        end = at_;
    }
    record.sql = text_.substr(begin, end - begin);
    while (!record.sql.empty() &&
           std::string_view(" \t\r\n;").find(record.sql.back()) != std::string_view::npos) {
        record.sql.remove_suffix(1);
    }
}

}  // namespace topgun::sql::slt
