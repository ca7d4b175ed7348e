// SPDX-License-Identifier: Apache-2.0
// Guesses where the next record begins behind damage in JSON that runs over many lines.
#pragma once

#include <cstring>

#include "topgun/base/bytes.hpp"

namespace topgun::storage {

/// Asked for places that ascend through the text, it costs O(text) in all for text whose records
/// are indented alike.
class JsonResume {
public:
    explicit JsonResume(BytesView text)
        : end_(text.data() + text.size()), line_(text.data()), asked_(text.data()) {}

    /// The next line that is indented as the line of `start` is, and opens an object; null when
    /// there is none. Deeper lines belong to values inside records, which might look like records.
    const char* next_alike(const char* start) {
        find_line(start);
        const auto indent = static_cast<std::size_t>(skip_blanks(line_) - line_);
        const bool known = has_answer_ && indent == indent_ && from_ <= start &&
                           (answer_ == nullptr || start < answer_);
        if (!known) {
            has_answer_ = true;
            indent_ = indent;
            from_ = start;
            answer_ = search(start);
        }
        return answer_;
    }

private:
    // Only what lies between the last place and this one can hold a line break not seen yet.
    void find_line(const char* start) {
        if (start < asked_) return;
        for (const char* at = start; at != asked_; --at) {
            if (at[-1] == '\n') {
                line_ = at;
                break;
            }
        }
        asked_ = start;
    }

    const char* skip_blanks(const char* at) const {
        while (at != end_ && (*at == ' ' || *at == '\t')) ++at;
        return at;
    }

    const char* search(const char* at) const {
        while (at != end_) {
            const void* found = std::memchr(at, '\n', static_cast<std::size_t>(end_ - at));
            if (found == nullptr) return nullptr;
            const char* const line = static_cast<const char*>(found) + 1;
            at = skip_blanks(line);
            if (static_cast<std::size_t>(at - line) == indent_ && at != end_ && *at == '{')
                return at;
        }
        return nullptr;
    }

    const char* end_;
    const char* line_;  // where the line of asked_ begins
    const char* asked_;
    bool has_answer_ = false;
    std::size_t indent_ = 0;
    const char* from_ = nullptr;
    const char* answer_ = nullptr;
};

}  // namespace topgun::storage
