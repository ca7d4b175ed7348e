// SPDX-License-Identifier: Apache-2.0
// TopGun's built-in entry processors: a value in, a value and a result out.
#pragma once

#include <optional>
#include <string_view>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::sync {

/// What a processor made of a value. Canonical; empty where JavaScript has undefined.
struct Processed {
    std::optional<Bytes> value{};   ///< Of the entry from now on; without one it is deleted.
    std::optional<Bytes> result{};  ///< For whoever asked.
    bool changed = false;           ///< The entry is to be written.
};

/// True for names that run_processor() knows: "builtin:increment" and so on.
bool is_processor(std::string_view name);

/// Runs one. Where TopGun's JavaScript would go on with NaN or with a value of the wrong kind, this
/// is an error, and the entry stays as it is.
/// @param value  of the entry; empty when there is none. @param args  empty when there are none.
/// Errors: not_found for an unknown name; bad_input for values that do not fit; limit for results
/// that are nested too deeply.
/// Cost: O(value + args). Source: TopGun packages/core/src/EntryProcessor.ts (facts only).
Result<Processed> run_processor(std::string_view name, std::optional<ValueView> value,
                                std::optional<ValueView> args);

}  // namespace topgun::sync
