// SPDX-License-Identifier: Apache-2.0
#include "statement_reader.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "lexer.hpp"

namespace topgun::pgdump {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;

// Bytes that mean nothing on their own to where a statement ends.
constexpr auto kPlain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t i = 0; i < plain.size(); ++i) {
        const auto c = static_cast<char>(i);
        plain[i] =
            !is_word_start(c) && std::string_view("'\"$-/();").find(c) == std::string_view::npos;
    }
    return plain;
}();

}  // namespace

std::uint64_t count_lines(std::string_view text) noexcept {
    constexpr std::uint64_t kLows = 0x7f7f7f7f7f7f7f7fu, kEnds = 0x0a0a0a0a0a0a0a0au;
    std::uint64_t count = 0;
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
        const auto word = load_le<std::uint64_t>(text.data() + at) ^ kEnds;
        // The high bit of each byte that is zero, exactly.
        const auto zeros = ~(((word & kLows) + kLows) | word | kLows);
        count += static_cast<std::uint64_t>(std::popcount(zeros));
    }
    for (; at < text.size(); ++at) count += text[at] == '\n' ? 1 : 0;
    return count;
}

bool StatementReader::more() {
    const auto next = base_ + buffer_.size();
    if (error_ || next >= file_.size()) return false;
    if (!dropping_ && at_ - start_ > kMaxText) {
        head_.assign(buffer_, start_, kMaxText);
        dropping_ = true;
    }
    // One byte in front of the position is looked back at.
    const auto keep = dropping_ ? std::max(start_, std::max<std::size_t>(at_, 1) - 1) : start_;
    if (!in_rows_ && keep > counted_) {
        line_ += count_lines(BytesView(buffer_).substr(counted_, keep - counted_));
        counted_ = keep;
    }
    buffer_.erase(0, keep);
    base_ += keep;
    at_ -= keep;
    counted_ -= std::min(keep, counted_);
    start_ = 0;
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, file_.size() - next));
    auto status = file_.read_at(next, size, piece_);
    if (status && progress_) status = progress_(size);
    if (!status) {
        error_ = std::move(status).error();
        return false;
    }
    buffer_.append(piece_);
    return true;
}

bool StatementReader::ensure(std::size_t size) {
    while (buffer_.size() - at_ < size) {
        if (!more()) return false;
    }
    return true;
}

std::uint64_t StatementReader::line() {
    if (at_ > counted_) {
        line_ += count_lines(BytesView(buffer_).substr(counted_, at_ - counted_));
        counted_ = at_;
    }
    return line_;
}

Result<bool> StatementReader::result(bool value) {
    if (error_) return error_->clone();
    return value;
}

Result<bool> StatementReader::next(Statement& out) {
    out = {};
    dropping_ = false;
    if (!skip_gap(out)) return result(false);
    start_ = at_;
    out.line = line();
    out.offset = offset();
    if (buffer_[at_] == '\\') {
        out.command = true;
        out.complete = pass_line();
    } else {
        groups_ = 0;
        depth_ = block_depth_ = words_ = 0;
        first_words_.clear();
        out.complete = scan_statement();
    }
    if (error_) return error_->clone();
    out.cut = dropping_;
    out.text = dropping_ ? BytesView(head_) : BytesView(buffer_).substr(start_, at_ - start_);
    out.end = offset();
    out.groups = groups_;
    return true;
}

// Blanks and comments in front of a statement. False at the end.
bool StatementReader::skip_gap(Statement& out) {
    out.after_blank = true;
    for (;;) {
        start_ = at_;
        if (!ensure(1)) return false;
        const char c = buffer_[at_];
        if (is_blank(c)) {
            ++at_;
        } else if (base_ + at_ == 0 && ensure(3) &&
                   BytesView(buffer_).starts_with("\xef\xbb\xbf")) {
            at_ += 3;
        } else if (c == '-' && ensure(2) && buffer_[at_ + 1] == '-') {
            out.after_blank = false;
            pass_line();
            note_comment(BytesView(buffer_).substr(start_, at_ - start_));
        } else if (c == '/' && ensure(2) && buffer_[at_ + 1] == '*') {
            out.after_blank = false;
            pass_block_comment();
        } else if (c == ';') {
            ++at_;
        } else {
            return true;
        }
    }
}

void StatementReader::note_comment(std::string_view line) {
    while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
    if (line == "-- PostgreSQL database dump" || line == "-- PostgreSQL database cluster dump") {
        ++begins_;
    } else if (line == "-- PostgreSQL database dump complete" ||
               line == "-- PostgreSQL database cluster dump complete") {
        ++ends_;
    }
}

// To behind the line's end. False when the file ends first.
bool StatementReader::pass_line() {
    for (;;) {
        const auto end = buffer_.find('\n', at_);
        if (end != Bytes::npos) {
            at_ = end + 1;
            return true;
        }
        at_ = buffer_.size();
        if (!more()) return false;
    }
}

bool StatementReader::pass_block_comment() {
    std::size_t depth = 0;
    for (;;) {
        if (!ensure(2)) {
            at_ = buffer_.size();
            return false;
        }
        const auto two = BytesView(buffer_).substr(at_, 2);
        if (two == "/*") {
            ++depth;
            at_ += 2;
        } else if (two == "*/") {
            at_ += 2;
            if (--depth == 0) return true;
        } else {
            ++at_;
        }
    }
}

// To behind the semicolon that ends the statement: none in quotes, comments, parentheses, or the
// body of a function that begins with BEGIN ATOMIC.
bool StatementReader::scan_statement() {
    for (;;) {
        while (at_ < buffer_.size() && kPlain[static_cast<unsigned char>(buffer_[at_])]) ++at_;
        if (at_ == buffer_.size()) {
            if (!more()) return false;
            continue;
        }
        bool sound = true;
        switch (buffer_[at_]) {
            case '\'': sound = scan_string(backslashes_); break;
            case '"':
                ++at_;
                sound = scan_until('"');
                break;
            case '$': sound = scan_dollar(); break;
            case '-':
                if (ensure(2) && buffer_[at_ + 1] == '-') {
                    sound = pass_line();
                } else {
                    ++at_;
                }
                break;
            case '/':
                if (ensure(2) && buffer_[at_ + 1] == '*') {
                    sound = pass_block_comment();
                } else {
                    ++at_;
                }
                break;
            case '(':
                groups_ += depth_ == 0 ? 1 : 0;
                ++depth_;
                ++at_;
                break;
            case ')':
                depth_ -= depth_ > 0 ? 1 : 0;
                ++at_;
                break;
            case ';':
                ++at_;
                if (depth_ == 0 && block_depth_ == 0) return true;
                break;
            default: sound = scan_word(); break;
        }
        if (!sound) return false;
    }
}

bool StatementReader::scan_until(char quote) {
    for (;;) {
        const auto end = buffer_.find(quote, at_);
        if (end != Bytes::npos) {
            at_ = end + 1;
            return true;
        }
        at_ = buffer_.size();
        if (!more()) return false;
    }
}

bool StatementReader::scan_string(bool escapes) {
    ++at_;
    // A doubled quote ends one string and begins the next: the same to where the statement ends.
    if (!escapes) return scan_until('\'');
    for (;;) {
        if (!ensure(1)) return false;
        const char c = buffer_[at_++];
        if (c == '\'') return true;
        if (c == '\\') {
            if (!ensure(1)) return false;
            ++at_;
        }
    }
}

bool StatementReader::scan_dollar() {
    // $tag$, in which no further dollar stands.
    constexpr std::size_t kMaxTag = 256;
    std::size_t size = 1;
    while (size < kMaxTag && ensure(size + 1) && is_word_part(buffer_[at_ + size]) &&
           buffer_[at_ + size] != '$') {
        ++size;
    }
    const bool is_quote =
        ensure(size + 1) && buffer_[at_ + size] == '$' && !(size > 1 && is_digit(buffer_[at_ + 1]));
    if (!is_quote) {
        ++at_;
        return true;
    }
    const auto tag = buffer_.substr(at_, size + 1);
    at_ += tag.size();
    for (;;) {
        const auto end = buffer_.find(tag, at_);
        if (end != Bytes::npos) {
            at_ = end + tag.size();
            return true;
        }
        // The tag may have begun.
        at_ = std::max(at_, buffer_.size() - std::min(buffer_.size(), tag.size() - 1));
        if (!more()) return false;
    }
}

bool StatementReader::scan_word() {
    std::size_t size = 1;
    while (ensure(size + 1) && is_word_part(buffer_[at_ + size])) {
        // No keyword is as long.
        if (++size < 64) continue;
        at_ += size;
        size = 0;
    }
    const auto word = BytesView(buffer_).substr(at_, size);
    at_ += size;
    if (words_ < 4 || !first_words_.empty()) count_block(word);
    ++words_;
    const bool escapes = size == 1 && lower(buffer_[at_ - 1]) == 'e';
    if (escapes && ensure(1) && buffer_[at_] == '\'') return scan_string(true);
    return true;
}

// The rule is psql's (psqlscan.l): only functions and procedures have such bodies.
void StatementReader::count_block(std::string_view word) {
    const auto is = [word](std::string_view keyword) {
        return word.size() == keyword.size() &&
               std::equal(word.begin(), word.end(), keyword.begin(),
                          [](char a, char b) { return lower(a) == b; });
    };
    if (words_ < 4) {
        const bool known =
            is("create") || is("or") || is("replace") || is("function") || is("procedure");
        if (words_ == first_words_.size() && known) first_words_ += lower(word[0]);
        if (words_ == 0 && first_words_ != "c") first_words_.clear();
    }
    const bool body = first_words_.starts_with("cf") || first_words_.starts_with("cp") ||
                      first_words_.starts_with("corf") || first_words_.starts_with("corp");
    if (!body || depth_ > 0) return;
    if (is("begin")) {
        ++block_depth_;
    } else if (is("case")) {
        if (block_depth_ > 0) ++block_depth_;
    } else if (is("end")) {
        if (block_depth_ > 0) --block_depth_;
    }
}

// The end of the line that begins at at_. A row longer than the buffer is passed over.
bool StatementReader::find_line_end(std::size_t& end, bool& long_row) {
    long_row = false;
    for (;;) {
        const auto found = buffer_.find('\n', at_);
        if (found != Bytes::npos) {
            end = found;
            return true;
        }
        // Four bytes tell a row from the last line.
        if (buffer_.size() - at_ >= 4 || long_row) {
            long_row = true;
            at_ = buffer_.size();
        }
        start_ = at_;
        if (!more()) return false;
    }
}

Result<bool> StatementReader::copy_rows(std::size_t run_size,
                                        const std::function<void(const RowRun&)>& take) {
    dropping_ = false;
    start_ = at_;
    if (!pass_line()) return result(false);
    in_rows_ = true;
    RowRun run{offset(), 0, line(), 0};
    const auto finish = [&] {
        run.length = offset() - run.offset;
        line_ += run.rows;
        counted_ = at_;
        if (run.rows > 0) take(run);
        run = {offset(), 0, line_, 0};
    };
    bool ended = false;
    for (;;) {
        std::size_t end = 0;
        bool long_row = false;
        const auto row = offset();
        if (!find_line_end(end, long_row)) {
            // The last line may lack its end; a row that does is torn, and left out.
            const auto rest = long_row ? BytesView() : BytesView(buffer_).substr(at_);
            ended = rest == "\\." || rest == "\\.\r";
            const auto torn_end = at_ + rest.size();
            if (run.rows > 0) {
                run.length = row - run.offset;
                take(run);
            }
            line_ += run.rows;
            at_ = counted_ = torn_end;
            break;
        }
        const auto line = BytesView(buffer_).substr(at_, end - at_);
        if (!long_row && line.starts_with("\\.") && (line.size() == 2 || line == "\\.\r")) {
            finish();
            at_ = end + 1;
            ++line_;
            counted_ = at_;
            ended = true;
            break;
        }
        ++run.rows;
        at_ = end + 1;
        if (offset() - run.offset >= run_size) finish();
    }
    in_rows_ = false;
    return result(ended);
}

}  // namespace topgun::pgdump
