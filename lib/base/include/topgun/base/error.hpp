// SPDX-License-Identifier: Apache-2.0
// Expected failures as values: an error code, a message, and one frame per layer that knew more.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "topgun/base/check.hpp"
#include "topgun/base/export.hpp"

namespace topgun {

/// What kind of failure it was: what a caller can decide on.
enum class Errc {
    bad_input,            ///< The data is damaged or malformed.
    unsupported_version,  ///< The data is sound, but newer than this library.
    usage,                ///< The caller asked for something impossible or contradictory.
    not_found,            ///< The named thing does not exist.
    already_exists,       ///< The named thing exists and would be overwritten.
    locked,               ///< Another process holds it.
    io,                   ///< The operating system refused: disk full, permission, hardware.
    unreachable,          ///< A peer or database cannot be reached, or refused.
    limit,                ///< A stated bound was exceeded.
    cancelled,            ///< The caller, or the user, asked to stop.
};

/// Stable lower-case word for a code ("bad_input"), for JSON and logs.
TOPGUN_API std::string_view errc_name(Errc code) noexcept;

/// One failure. The lowest layer says what happened; each caller adds where with within().
/// Movable, not copyable; small enough to be returned by value.
class [[nodiscard]] TOPGUN_API Error {
public:
    Error(Errc code, std::string message);
    Error(Error&&) noexcept;
    Error& operator=(Error&&) noexcept;
    ~Error();

    Errc code() const noexcept;
    /// All frames, outermost first, then the message: "snapshot a.tgs: block 3: checksum differs".
    std::string text() const;
    /// The innermost message alone.
    const std::string& message() const noexcept;

    /// Adds the place as seen by the caller ("snapshot a.tgs"). Returns *this for chaining.
    Error within(std::string frame) &&;
    /// An independent copy, for a report that must outlive the original.
    Error clone() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Either a value or an Error. Check before use: value() on an error is a Bug.
template <typename T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    T& value() & {
        TOPGUN_ASSERT(has_value(), "a Result is checked before its value is used");
        return *std::get_if<0>(&state_);
    }
    const T& value() const& {
        TOPGUN_ASSERT(has_value(), "a Result is checked before its value is used");
        return *std::get_if<0>(&state_);
    }
    T&& value() && {
        TOPGUN_ASSERT(has_value(), "a Result is checked before its value is used");
        return std::move(*std::get_if<0>(&state_));
    }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    Error& error() & {
        TOPGUN_ASSERT(!has_value(), "only a failed Result has an error");
        return *std::get_if<1>(&state_);
    }
    const Error& error() const& {
        TOPGUN_ASSERT(!has_value(), "only a failed Result has an error");
        return *std::get_if<1>(&state_);
    }
    Error&& error() && {
        TOPGUN_ASSERT(!has_value(), "only a failed Result has an error");
        return std::move(*std::get_if<1>(&state_));
    }

private:
    std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}

    bool has_value() const noexcept { return !error_; }
    explicit operator bool() const noexcept { return has_value(); }
    const Error& error() const& {
        TOPGUN_ASSERT(error_.has_value(), "only a failed Result has an error");
        return *error_;
    }
    Error&& error() && {
        TOPGUN_ASSERT(error_.has_value(), "only a failed Result has an error");
        return std::move(*error_);
    }

private:
    std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace topgun

/// Evaluates `expression` (a Result); if it has an error, returns that from the current function.
#define TOPGUN_TRY(expression)                                               \
    do {                                                                     \
        auto topgun_try_result = (expression);                               \
        if (!topgun_try_result) return std::move(topgun_try_result).error(); \
    } while (false)
