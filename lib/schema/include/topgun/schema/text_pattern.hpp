// SPDX-License-Identifier: Apache-2.0
// Regular expressions for other modules: the engine that checks schemas, behind one call.
#pragma once

#include <memory>
#include <string_view>

#include "topgun/base/error.hpp"

namespace topgun {

/// A regular expression in the dialect of TopGun's server (the Rust crate regex), compiled once:
/// literals, . [] [^] \d \w \s \D \W \S \b \B \A \z ^ $ | groups, * + ? {n,m} and their lazy forms,
/// the flags i m s. Refused with what it is: \p classes, set operations inside brackets, the flag
/// x, look-around and back-references. The flag i knows ASCII letters only.
/// Copies share what was compiled. Threads: immutable; share freely.
class TOPGUN_API TextPattern {
public:
    /// Errors: bad_input with the place in the pattern; limit when it is longer than 4096 bytes or
    /// takes more than 4096 steps when its repetitions are written out.
    static Result<TextPattern> compile(std::string_view pattern);

    /// True when the pattern matches somewhere in `text`. @pre well-formed UTF-8.
    /// Cost: O(text x pattern) at worst: neither can make the other explode.
    bool matches(std::string_view text) const;

private:
    struct Compiled;
    explicit TextPattern(std::shared_ptr<const Compiled> compiled);
    // Shared because a pattern is copied with the query that holds it, and is never changed.
    std::shared_ptr<const Compiled> compiled_;
};

}  // namespace topgun
