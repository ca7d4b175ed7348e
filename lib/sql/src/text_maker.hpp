// SPDX-License-Identifier: Apache-2.0
// Long texts: how long one may be, and how their making can be stopped.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "characters.hpp"
#include "kernel.hpp"

namespace topgun::sql {

/// As much as may be done between two looks whether the statement has to end: some milliseconds.
inline constexpr std::size_t kPieceBytes = std::size_t{1} << 21;

/// Looks whether the statement has to end, once for so many bytes that were worked on.
class Pace {
public:
    Status after(std::size_t bytes) {
        if (bytes < left_) {
            left_ -= bytes;
            return {};
        }
        left_ = kPieceBytes;
        return check_stop();
    }

private:
    std::size_t left_ = kPieceBytes;
};

/// A value in the making, no longer than a value may be.
class TextMaker {
public:
    Status add(std::string_view part) {
        if (part.size() > kTextBytesMax - text_.size()) return value_too_large();
        text_ += part;
        return pace_.after(part.size());
    }
    /// A part again and again.
    Status add(std::string_view part, std::size_t times) {
        if (part.empty() || times == 0) return {};
        if (times > (kTextBytesMax - text_.size()) / part.size()) return value_too_large();
        const auto begin = text_.size(), all = part.size() * times;
        text_.reserve(begin + all);
        text_ += part;
        // What is there already doubles, up to what may be done in one go.
        while (text_.size() - begin < all) {
            const auto made = text_.size() - begin;
            const auto most = std::max(part.size(), kPieceBytes - kPieceBytes % part.size());
            const auto more = std::min({made, all - made, most});
            text_.append(text_, begin, more);
            TOPGUN_TRY(pace_.after(more));
        }
        return {};
    }
    void clear() { text_.clear(); }
    const std::string& text() const noexcept { return text_; }
    std::string take() { return std::move(text_); }

private:
    std::string text_;
    Pace pace_;
};

/// Calls visit(piece) for a text piece by piece, each of whole characters; it returns a Status.
template <typename Visit>
Status each_piece(std::string_view text, Visit&& visit) {
    constexpr std::size_t kCharacterMax = 4;
    while (!text.empty()) {
        auto size = std::min(text.size(), kPieceBytes);
        for (std::size_t back = 1; back < kCharacterMax && size < text.size(); ++back) {
            if (!is_continuation(text[size])) break;
            --size;
        }
        TOPGUN_TRY(visit(text.substr(0, size)));
        text.remove_prefix(size);
        if (!text.empty()) TOPGUN_TRY(check_stop());
    }
    return {};
}

/// The pieces of a text changed one by one and put together.
template <typename Change>
Result<std::string> changed_pieces(std::string_view text, Change&& change) {
    if (text.size() <= kPieceBytes) {
        std::string out = change(text);
        if (out.size() > kTextBytesMax) return value_too_large();
        return out;
    }
    TextMaker out;
    TOPGUN_TRY(each_piece(text, [&](std::string_view piece) { return out.add(change(piece)); }));
    return out.take();
}

}  // namespace topgun::sql
