// SPDX-License-Identifier: Apache-2.0
#include "row_reader.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "lexer.hpp"
#include "statement_reader.hpp"
#include "topgun/base/utf.hpp"

namespace topgun::pgdump {
namespace {

constexpr std::size_t kNone = ~std::size_t{0};

// The first of two bytes, or `end`. Most fields are short, which is where memchr's call costs more
// than its loop saves.
const char* find_byte(const char* at, const char* end, char wanted) noexcept {
    constexpr std::uint64_t kOnes = 0x0101010101010101u, kHighs = 0x8080808080808080u;
    const auto pattern = kOnes * static_cast<unsigned char>(wanted);
    for (int i = 0; i < 4 && end - at >= 8; ++i, at += 8) {
        const auto word = load_le<std::uint64_t>(at) ^ pattern;
        const auto zeros = (word - kOnes) & ~word & kHighs;
        if (zeros != 0) return at + std::countr_zero(zeros) / 8;
    }
    if (at == end) return end;
    const auto* const found =
        static_cast<const char*>(std::memchr(at, wanted, static_cast<std::size_t>(end - at)));
    return found == nullptr ? end : found;
}

int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    const char l = lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

// What an escape of COPY stands for; `at` is behind the backslash and moves behind the escape.
char copy_escape(std::string_view text, std::size_t& at) {
    const char c = text[at++];
    switch (c) {
        case 'b': return '\b';
        case 'f': return '\f';
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        case 'v': return '\v';
        default: break;
    }
    if (c >= '0' && c <= '7') {
        int value = c - '0';
        for (int i = 0; i < 2 && at < text.size() && text[at] >= '0' && text[at] <= '7'; ++i) {
            value = value * 8 + (text[at++] - '0');
        }
        return static_cast<char>(value);
    }
    if (c == 'x' && at < text.size() && hex_value(text[at]) >= 0) {
        int value = hex_value(text[at++]);
        if (at < text.size() && hex_value(text[at]) >= 0)
            value = value * 16 + hex_value(text[at++]);
        return static_cast<char>(value);
    }
    return c;
}

}  // namespace

void RawRows::clear() {
    rows = 0;
    for (auto& column : columns) column.clear();
    starts.clear();
    chunks.clear();
    heap.reset();
    utf8 = true;
}

const Chunk& RawRows::chunk_of(std::size_t row) const {
    for (const auto& chunk : chunks) {
        const char* const begin = chunk.bytes->data();
        if (starts[row] >= begin && starts[row] < begin + chunk.bytes->size()) return chunk;
    }
    return chunks.back();
}

RowReader::RowReader(std::shared_ptr<const DumpState> state, std::size_t table,
                     std::vector<std::string> names, std::size_t part, std::size_t parts)
    : state_(std::move(state)), names_(std::move(names)) {
    std::vector<std::size_t> tables;
    state_->collect(table, tables);
    std::size_t count = 0;
    for (const auto at : tables) count += state_->data[at].runs.size();
    const auto first = count * part / parts, last = count * (part + 1) / parts;
    std::size_t number = 0;
    for (const auto at : tables) {
        for (std::size_t run = 0; run < state_->data[at].runs.size(); ++run, ++number) {
            if (number >= first && number < last) pieces_.push_back({at, run});
        }
    }
}

std::string RowReader::place(const Chunk& chunk, const char* at) const {
    const auto before = static_cast<std::size_t>(at - chunk.bytes->data());
    const auto line = chunk.line + count_lines(BytesView(*chunk.bytes).substr(0, before));
    const auto& table = state_->tables[chunk.table];
    return state_->name + ": byte " + std::to_string(chunk.offset + before) + ", line " +
           std::to_string(line) + ", table " + table.schema + "." + table.name;
}

Error RowReader::error(const char* at, std::string what) const {
    return Error(Errc::bad_input, std::move(what)).within(place(chunk_, at));
}

std::size_t RowReader::pass(std::size_t most) {
    std::size_t count = 0;
    while (count < most && piece_ < pieces_.size()) {
        const auto rows = state_->data[pieces_[piece_].table].runs[pieces_[piece_].run].rows;
        const auto step = std::min<std::uint64_t>(most - count, rows - passed_);
        count += static_cast<std::size_t>(step);
        passed_ += step;
        if (passed_ == rows) {
            ++piece_;
            passed_ = 0;
        }
    }
    return count;
}

std::uint64_t RowReader::recover() {
    if (at_ == nullptr) {
        // The run could not be read at all.
        const auto rows = state_->data[pieces_[piece_].table].runs[pieces_[piece_].run].rows;
        ++piece_;
        return rows;
    }
    // Behind a COPY's row the next one begins; behind broken quotes nothing is certain.
    at_ = layout_->copy ? std::min(find_byte(row_, end_, '\n') + 1, end_) : end_;
    return 1;
}

// Reads the piece's bytes.
Status RowReader::open_run() {
    const auto [table, number] = pieces_[piece_];
    const auto& run = state_->data[table].runs[number];
    layout_ = &state_->data[table].layouts[run.layout];
    auto bytes = std::make_shared<Bytes>();
    chunk_ = {bytes, run.offset, run.line, table, false};
    TOPGUN_TRY(state_->file.read_at(run.offset, static_cast<std::size_t>(run.length), *bytes));
    bytes_read_ += run.length;
    if (!layout_->unsupported.empty()) {
        return error(bytes->data(), "rows in the form " + layout_->unsupported + " cannot be read");
    }
    chunk_.utf8 = is_utf8(*bytes);
    at_ = bytes->data();
    end_ = at_ + bytes->size();
    in_statement_ = false;
    if (mapped_ != layout_) map_columns();
    return {};
}

// Which of a row's fields are wanted.
void RowReader::map_columns() {
    mapped_ = layout_;
    target_.assign(layout_->names.size(), kNone);
    absent_.clear();
    width_ = 0;
    for (std::size_t column = 0; column < names_.size(); ++column) {
        const auto& all = layout_->names;
        const auto found = std::find(all.begin(), all.end(), names_[column]);
        if (found == all.end()) {
            absent_.push_back(column);
            continue;
        }
        const auto at = static_cast<std::size_t>(found - all.begin());
        target_[at] = column;
        width_ = std::max(width_, at + 1);
    }
    fields_.resize(names_.size());
}

Result<bool> RowReader::next(RawRows& out, std::size_t most) {
    out.clear();
    out.columns.resize(names_.size());
    while (out.rows < most && piece_ < pieces_.size()) {
        if (at_ == nullptr) TOPGUN_TRY(open_run());
        if (at_ == end_) {
            at_ = nullptr;
            ++piece_;
            continue;
        }
        if (out.chunks.empty() || out.chunks.back().bytes != chunk_.bytes) {
            out.chunks.push_back(chunk_);
            out.utf8 = out.utf8 && chunk_.utf8;
        }
        if (layout_->copy) {
            while (out.rows < most && at_ != end_) TOPGUN_TRY(copy_row(out));
        } else {
            TOPGUN_TRY(insert_row(out));
        }
    }
    return out.rows > 0;
}

void RowReader::set_fields(RawRows& out) {
    for (const auto column : absent_) fields_[column] = {};
    for (std::size_t column = 0; column < fields_.size(); ++column) {
        out.columns[column].push_back(fields_[column]);
    }
    out.starts.push_back(row_);
    ++out.rows;
}

// Replaces the escapes of COPY, of which there is one at least. False for a torn one.
bool RowReader::unescape(RawRows& out, Field& field) {
    // Two backslashes in front and no other, as before the digits of a bytea: one is left out.
    if (field.starts_with("\\\\") && field.find('\\', 2) == Field::npos) {
        field.remove_prefix(1);
        return true;
    }
    if (!out.heap) out.heap = std::make_shared<ByteHeap>();
    char* const begin = out.heap->allocate(field.size());
    char* to = begin;
    std::size_t at = 0;
    while (at < field.size()) {
        const auto next = std::min(field.find('\\', at), field.size());
        std::memcpy(to, field.data() + at, next - at);
        to += next - at;
        at = next;
        if (at == field.size()) break;
        if (++at == field.size()) return false;
        *to++ = copy_escape(field, at);
        // Escapes by number may make anything of it.
        if (static_cast<unsigned char>(to[-1]) >= 0x80) out.utf8 = false;
    }
    field = {begin, static_cast<std::size_t>(to - begin)};
    return true;
}

Status RowReader::copy_row(RawRows& out) {
    row_ = at_;
    const char* const newline = find_byte(at_, end_, '\n');
    const char* line_end = newline;
    if (line_end != row_ && line_end[-1] == '\r') --line_end;
    const char* at = row_;
    const bool escapes = find_byte(row_, line_end, '\\') != line_end;
    for (std::size_t i = 0; i < width_; ++i) {
        if (at > line_end) {
            return error(row_, "the row has " + std::to_string(i) + " fields, of " +
                                   std::to_string(layout_->names.size()));
        }
        const char* const field_end = find_byte(at, line_end, '\t');
        if (target_[i] != kNone) {
            Field field(at, static_cast<std::size_t>(field_end - at));
            if (escapes && field.find('\\') != Field::npos) {
                if (field == "\\N") {
                    field = {};
                } else if (!unescape(out, field)) {
                    return error(row_, "column " + layout_->names[i] + " ends in a backslash");
                }
            }
            fields_[target_[i]] = field;
        }
        at = field_end + 1;
    }
    if (width_ == layout_->names.size() && width_ > 0 && at <= line_end) {
        return error(row_, "the row has more than " + std::to_string(width_) + " fields");
    }
    set_fields(out);
    at_ = newline == end_ ? end_ : newline + 1;
    return {};
}

void RowReader::skip_spaces() {
    while (at_ != end_ && is_blank(*at_)) ++at_;
}

// To the first row of a statement.
Status RowReader::insert_header() {
    if (!BytesView(at_, end_).starts_with(layout_->header)) {
        return error(at_, "expected " + layout_->header.substr(0, 64));
    }
    at_ += layout_->header_size;
    in_statement_ = true;
    return {};
}

// One row of VALUES (...), (...); or the one of DEFAULT VALUES.
Status RowReader::insert_row(RawRows& out) {
    skip_spaces();
    if (at_ == end_) return {};
    row_ = at_;
    if (!in_statement_) TOPGUN_TRY(insert_header());
    skip_spaces();
    std::size_t count = 0;
    std::fill(fields_.begin(), fields_.end(), Field());
    if (!layout_->default_values) {
        if (at_ == end_ || *at_ != '(') return error(at_, "expected '('");
        ++at_;
        for (;; ++count) {
            skip_spaces();
            Field field;
            TOPGUN_TRY(value(out, field));
            if (count < target_.size() && target_[count] != kNone) fields_[target_[count]] = field;
            skip_spaces();
            if (at_ == end_ || (*at_ != ',' && *at_ != ')'))
                return error(at_, "expected ',' or ')'");
            if (*at_++ == ')') break;
        }
        if (++count != target_.size()) {
            return error(row_, "the row has " + std::to_string(count) + " values, of " +
                                   std::to_string(target_.size()));
        }
    }
    skip_spaces();
    if (at_ != end_ && *at_ == ',') {
        ++at_;
    } else {
        constexpr std::string_view kOnConflict = "ON CONFLICT DO NOTHING";
        if (BytesView(at_, end_).starts_with(kOnConflict)) at_ += kOnConflict.size();
        skip_spaces();
        if (at_ == end_ || *at_ != ';') return error(row_, "expected ',' or ';' behind the row");
        ++at_;
        in_statement_ = false;
    }
    skip_spaces();
    set_fields(out);
    return {};
}

// A literal; a cast behind it is passed over.
Status RowReader::value(RawRows& out, Field& field) {
    if (at_ == end_) return error(at_, "expected a value");
    if (*at_ == '\'') {
        TOPGUN_TRY(string_value(out, field, layout_->backslashes));
    } else if (end_ - at_ > 1 && at_[1] == '\'' && is_word_start(*at_)) {
        const bool escapes = lower(*at_++) == 'e';
        TOPGUN_TRY(string_value(out, field, escapes));
    } else {
        const char* const begin = at_;
        while (at_ != end_ && *at_ != ',' && *at_ != ')' && *at_ != ':' && !is_blank(*at_)) {
            if (*at_ == '\'' || *at_ == '(' || *at_ == ';') break;
            ++at_;
        }
        field = {begin, static_cast<std::size_t>(at_ - begin)};
        if (field.empty()) return error(begin, "expected a value");
        if (field == "NULL" || field == "DEFAULT") field = {};
    }
    while (end_ - at_ > 1 && at_[0] == ':' && at_[1] == ':') {
        at_ += 2;
        while (at_ != end_ && (is_word_part(*at_) || *at_ == '.' || *at_ == '"')) ++at_;
    }
    return {};
}

// The text of the quotes that open at at_.
Status RowReader::string_value(RawRows& out, Field& field, bool escapes) {
    const char* const begin = ++at_;
    bool plain = true;
    for (;;) {
        if (at_ == end_) return error(begin - 1, "a string lacks its closing quote");
        if (*at_ == '\\' && escapes) {
            plain = false;
            if (++at_ == end_) continue;
            ++at_;
        } else if (*at_ == '\'') {
            if (end_ - at_ < 2 || at_[1] != '\'') break;
            plain = false;
            at_ += 2;
        } else if (!escapes) {
            at_ = find_byte(at_ + 1, end_, '\'');
        } else {
            ++at_;
        }
    }
    field = {begin, static_cast<std::size_t>(at_++ - begin)};
    if (plain) return {};
    std::string text;
    for (std::size_t i = 0; i < field.size();) {
        const char c = field[i++];
        if (c == '\\' && escapes && i < field.size()) {
            append_string_escape(field, i, text);
            continue;
        }
        if (c == '\'') ++i;
        text += c;
    }
    if (escapes) out.utf8 = false;
    if (!out.heap) out.heap = std::make_shared<ByteHeap>();
    // An empty text must not look like NULL.
    char* const to = out.heap->allocate(text.size() + 1);
    std::memcpy(to, text.data(), text.size());
    field = {to, text.size()};
    return {};
}

}  // namespace topgun::pgdump
