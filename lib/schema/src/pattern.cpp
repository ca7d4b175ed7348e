// SPDX-License-Identifier: Apache-2.0
// Runs all ways through a pattern at once, a character at a time.
// Source of the method: Ken Thompson, "Regular Expression Search Algorithm" (CACM 1968).
#include "pattern.hpp"

#include <algorithm>

#include "topgun/base/utf.hpp"

namespace topgun::schema {
namespace {

constexpr std::uint32_t kLastCode = 0x10ffff;
constexpr std::uint32_t kNoCode = 0xffffffffu;  // before the first character, behind the last

}  // namespace

void CharSet::finish() {
    std::sort(ranges_.begin(), ranges_.end(),
              [](const CodeRange& a, const CodeRange& b) { return a.first < b.first; });
    std::vector<CodeRange> merged;
    for (const auto& range : ranges_) {
        if (!merged.empty() && range.first <= merged.back().last + 1) {
            merged.back().last = std::max(merged.back().last, range.last);
        } else {
            merged.push_back(range);
        }
    }
    ranges_ = std::move(merged);
    ascii_.fill(false);
    for (const auto& range : ranges_) {
        for (auto code = range.first; code <= range.last && code < ascii_.size(); ++code) {
            ascii_[code] = true;
        }
    }
}

void CharSet::add_others(const std::vector<CodeRange>& ranges) {
    std::uint32_t next = 0;
    for (const auto& range : ranges) {
        if (range.first > next) ranges_.push_back({next, range.first - 1});
        next = range.last + 1;
    }
    if (next <= kLastCode) ranges_.push_back({next, kLastCode});
}

void CharSet::fold_case() {
    const auto mirror = [this](std::uint32_t low, std::uint32_t high, int by) {
        for (std::size_t i = 0, count = ranges_.size(); i < count; ++i) {
            const auto first = std::max(ranges_[i].first, low);
            const auto last = std::min(ranges_[i].last, high);
            if (first > last) continue;
            ranges_.push_back(
                {first + static_cast<std::uint32_t>(by), last + static_cast<std::uint32_t>(by)});
        }
    };
    mirror('a', 'z', 'A' - 'a');
    mirror('A', 'Z', 'a' - 'A');
}

void CharSet::negate() {
    finish();
    const auto ranges = std::move(ranges_);
    ranges_.clear();
    add_others(ranges);
}

bool CharSet::contains(std::uint32_t code) const {
    if (code < ascii_.size()) return ascii_[code];
    const auto after = std::upper_bound(
        ranges_.begin(), ranges_.end(), code,
        [](std::uint32_t wanted, const CodeRange& range) { return wanted < range.first; });
    return after != ranges_.begin() && code <= std::prev(after)->last;
}

namespace {

// The instructions that wait for a character, at one place of the text.
class Front {
public:
    Front(const std::vector<Instruction>& program, const CharSet& words)
        : program_(program), words_(words), seen_(program.size(), 0) {}

    void begin(std::uint32_t before, std::uint32_t after) {
        before_ = before;
        after_ = after;
        waiting_.clear();
        ++place_;
    }
    // Follows every step that takes no character. True when that leads to a match.
    bool enter(std::uint32_t start) {
        stack_.assign(1, start);
        while (!stack_.empty()) {
            const auto at = stack_.back();
            stack_.pop_back();
            if (seen_[at] == place_) continue;
            seen_[at] = place_;
            const auto& step = program_[at];
            switch (step.kind) {
                case Instruction::Kind::match: return true;
                case Instruction::Kind::set: waiting_.push_back(at); break;
                case Instruction::Kind::jump: stack_.push_back(step.first); break;
                case Instruction::Kind::split:
                    stack_.push_back(step.second);
                    stack_.push_back(step.first);
                    break;
                case Instruction::Kind::assertion:
                    if (holds(static_cast<Assertion>(step.first))) stack_.push_back(at + 1);
                    break;
            }
        }
        return false;
    }
    const std::vector<std::uint32_t>& waiting() const { return waiting_; }

private:
    bool is_word(std::uint32_t code) const { return code != kNoCode && words_.contains(code); }
    bool holds(Assertion assertion) const {
        switch (assertion) {
            case Assertion::text_start: return before_ == kNoCode;
            case Assertion::text_end: return after_ == kNoCode;
            case Assertion::line_start: return before_ == kNoCode || before_ == '\n';
            case Assertion::line_end: return after_ == kNoCode || after_ == '\n';
            case Assertion::word_boundary: return is_word(before_) != is_word(after_);
            case Assertion::no_word_boundary: return is_word(before_) == is_word(after_);
        }
        return false;
    }

    const std::vector<Instruction>& program_;
    const CharSet& words_;
    std::vector<std::uint32_t> seen_;  // by instruction: the last place it was entered at
    std::uint32_t place_ = 0;
    std::vector<std::uint32_t> waiting_, stack_;
    std::uint32_t before_ = kNoCode;
    std::uint32_t after_ = kNoCode;
};

}  // namespace

bool Pattern::matches(std::string_view text) const {
    Front front(program_, words_);
    std::vector<std::uint32_t> next;
    std::uint32_t before = kNoCode;
    for (;;) {
        const auto character =
            text.empty() ? DecodedCharacter{kNoCode, 0, true} : decode_utf8(text);
        front.begin(before, character.code_point);
        for (const auto at : next) {
            if (front.enter(at)) return true;
        }
        if (front.enter(0)) return true;  // a match may begin anywhere
        if (text.empty()) return false;
        next.clear();
        for (const auto at : front.waiting()) {
            if (sets_[program_[at].first].contains(character.code_point)) next.push_back(at + 1);
        }
        before = character.code_point;
        text.remove_prefix(character.length);
    }
}

}  // namespace topgun::schema
