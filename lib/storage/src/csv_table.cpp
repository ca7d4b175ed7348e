// SPDX-License-Identifier: Apache-2.0
#include "csv_table.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "topgun/base/utf.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::storage {
namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool ends_cell(char c) noexcept {
    return c == ',' || c == '\n' || c == '\r' || c == '"';
}

enum class Number : std::uint8_t { none, whole, real };

// The grammar of JSON's numbers: no sign but '-', no leading zeros, digits around a point.
Number number_kind(std::string_view text) noexcept {
    std::size_t at = 0;
    const auto digits = [&] {
        const auto start = at;
        while (at < text.size() && is_digit(text[at])) ++at;
        return at - start;
    };
    if (text.starts_with('-')) ++at;
    const auto first = at;
    const auto whole_digits = digits();
    if (whole_digits == 0 || (whole_digits > 1 && text[first] == '0')) return Number::none;
    bool whole = true;
    if (at < text.size() && text[at] == '.') {
        whole = false;
        ++at;
        if (digits() == 0) return Number::none;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        whole = false;
        ++at;
        if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
        if (digits() == 0) return Number::none;
    }
    if (at != text.size()) return Number::none;
    return whole ? Number::whole : Number::real;
}

}  // namespace

bool CsvRows::fail(const char* at, std::string what) {
    problem_ = {at, std::move(what), Errc::bad_input};
    return false;
}

CsvRows::Read CsvRows::next() {
    cells_.clear();
    unescaped_.clear();
    while (at_ != end_ && (*at_ == '\n' || *at_ == '\r')) ++at_;
    if (at_ == end_) return Read::end;
    row_ = at_;
    if (!cell()) {
        // A quote without its twin would swallow the rest of the text: only its line is given up.
        at_ = line_end(problem_.at, end_);
        return Read::bad;
    }
    const BytesView text(row_, static_cast<std::size_t>(at_ - row_));
    const auto bad = find_invalid_utf8(text);
    if (bad == text.size()) return Read::row;
    fail(row_ + bad, "the text is not valid UTF-8");
    return Read::bad;
}

// Reads cells up to the end of the row, and stands there.
bool CsvRows::cell() {
    for (;;) {
        if (cells_.size() == kMaxCsvColumns) {
            return fail(at_, "more than " + std::to_string(kMaxCsvColumns) + " columns");
        }
        if (!(at_ != end_ && *at_ == '"' ? quoted_cell() : plain_cell())) return false;
        if (at_ == end_ || *at_ == '\n') return true;
        if (*at_ == '\r') {
            if (++at_ == end_ || *at_ == '\n') return true;
            return fail(at_ - 1, "a carriage return inside a cell must stand in quotes");
        }
        ++at_;  // the comma
    }
}

bool CsvRows::plain_cell() {
    const char* const start = at_;
    while (at_ != end_ && !ends_cell(*at_)) ++at_;
    if (at_ != end_ && *at_ == '"') {
        return fail(at_, "a quote inside a cell that does not begin with one");
    }
    cells_.push_back({{start, static_cast<std::size_t>(at_ - start)}, false, start});
    return true;
}

bool CsvRows::quoted_cell() {
    const char* const start = at_++;
    const char* run = at_;
    std::string* storage = nullptr;
    for (;;) {
        const void* found =
            at_ == end_ ? nullptr : std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_));
        if (found == nullptr) return fail(start, "the quoted cell that begins here has no end");
        at_ = static_cast<const char*>(found) + 1;
        if (at_ == end_ || *at_ != '"') break;
        if (storage == nullptr) storage = &unescaped_.emplace_back();
        storage->append(run, at_);
        run = ++at_;
    }
    std::string_view text(run, static_cast<std::size_t>(at_ - 1 - run));
    if (storage != nullptr) {
        storage->append(text);
        text = *storage;
    }
    cells_.push_back({text, true, start});
    if (at_ == end_ || *at_ == ',' || *at_ == '\n' || *at_ == '\r') return true;
    return fail(at_,
                expected_found("',' or the end of the line behind a quoted cell", at_, {end_}));
}

void append_typed(std::string_view cell, Bytes& value) {
    msgpack::Writer writer(value);
    const auto* const end = cell.data() + cell.size();
    switch (number_kind(cell)) {
        case Number::whole: {
            std::uint64_t positive = 0;
            std::int64_t negative = 0;
            if (std::from_chars(cell.data(), end, positive).ec == std::errc()) {
                return writer.unsigned_integer(positive);
            }
            if (std::from_chars(cell.data(), end, negative).ec == std::errc()) {
                return writer.signed_integer(negative);
            }
            break;  // beyond 64 bits
        }
        case Number::real: {
            double real = 0;
            if (std::from_chars(cell.data(), end, real).ec == std::errc()) return writer.real(real);
            break;  // beyond a double
        }
        case Number::none:
            if (cell == "true" || cell == "false") return writer.boolean(cell == "true");
            if (cell == "null") return writer.nil();
            break;
    }
    writer.string(cell);
}

bool reads_as_typed(std::string_view cell) {
    return number_kind(cell) != Number::none || cell == "true" || cell == "false" || cell == "null";
}

void append_text_cell(std::string_view text, bool typed, std::string& out) {
    // Some readers cut blanks at the edges off, unless they stand in quotes.
    const bool blank_edge = !text.empty() && (text.front() == ' ' || text.back() == ' ');
    const bool misread = typed && (text.empty() || reads_as_typed(text));
    if (!blank_edge && !misread && std::none_of(text.begin(), text.end(), ends_cell)) {
        out += text;
        return;
    }
    out += '"';
    for (std::size_t from = 0;;) {
        const auto quote = text.find('"', from);
        out += text.substr(from, quote == std::string_view::npos ? quote : quote + 1 - from);
        if (quote == std::string_view::npos) break;
        out += '"';
        from = quote + 1;
    }
    out += '"';
}

bool field_text(const ValueView& value, std::string& text) {
    text.clear();
    switch (value.kind()) {
        case msgpack::Kind::string: text = *value.as_string(); return true;
        case msgpack::Kind::integer:
            // Beyond 2^53 JSON would need an escape; a cell does not.
            if (const auto number = value.as_uint64())
                text = std::to_string(*number);
            else
                text = std::to_string(*value.as_int64());
            return true;
        case msgpack::Kind::real:
            append_json(value.bytes(), text);
            return std::isfinite(*value.as_double());
        case msgpack::Kind::nil:
        case msgpack::Kind::boolean: append_json(value.bytes(), text); return true;
        default: append_json(value.bytes(), text); return false;
    }
}

}  // namespace topgun::storage
