// SPDX-License-Identifier: Apache-2.0
// What message fields are made of beyond texts and numbers: raw values, bytes, sorted maps, and a
// field that tells nil from absent.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::wire {

/// Largest whole number on the wire: above it a JavaScript peer loses digits.
inline constexpr std::uint64_t kMaxWhole = (std::uint64_t{1} << 53) - 1;

/// A value of any kind as canonical MessagePack (topgun/value/canonical.hpp). Nil by default.
/// @pre when encoded: canonical and without extensions, which peers refuse; decode() ensures both.
struct AnyValue {
    Bytes bytes = Bytes(1, '\xc0');

    bool is_nil() const noexcept { return bytes == std::string_view("\xc0"); }
    ValueView view() const noexcept { return ValueView(bytes); }
    bool operator==(const AnyValue&) const = default;
};

/// A value that must be a map, as canonical MessagePack. Empty map by default.
struct AnyMap {
    Bytes bytes = Bytes(1, '\x80');

    ValueView view() const noexcept { return ValueView(bytes); }
    bool operator==(const AnyMap&) const = default;
};

/// A value that must be an array, as canonical MessagePack. Empty array by default.
struct AnyArray {
    Bytes bytes = Bytes(1, '\x90');

    ValueView view() const noexcept { return ValueView(bytes); }
    bool operator==(const AnyArray&) const = default;
};

/// Bytes that travel as MessagePack binary. Read also from the two forms into which TypeScript
/// peers turn a typed array: a map from indices to bytes, and an array of bytes.
struct Binary {
    Bytes bytes{};

    bool operator==(const Binary&) const = default;
};

/// Texts to values, sorted by the bytes of the key, each key once.
template <typename T>
class TextMap {
public:
    struct Entry {
        std::string key{};
        T value{};
        bool operator==(const Entry&) const = default;
    };

    TextMap() = default;
    /// Of equal keys the last one counts.
    TextMap(std::initializer_list<Entry> entries) : entries_(entries) { sort(); }

    /// Adds or replaces. Cost: O(size()).
    void set(std::string key, T value) {
        const auto at = lower_bound(key);
        if (at != entries_.end() && at->key == key)
            at->value = std::move(value);
        else
            entries_.insert(at, Entry{std::move(key), std::move(value)});
    }
    /// The value, or null. Cost: O(log size()). Valid until the next change.
    const T* find(std::string_view key) const {
        const auto at = const_cast<TextMap*>(this)->lower_bound(key);
        return at != entries_.end() && at->key == key ? &at->value : nullptr;
    }

    /// Adds an entry at the end and gives its value, for filling many. Until sort() is called,
    /// nothing but append() may be used. Cost: amortised O(1).
    T& append(std::string key) { return entries_.emplace_back(Entry{std::move(key), T{}}).value; }
    /// Restores the order; of equal keys the one appended last stays. Cost: O(n log n).
    void sort() {
        const auto before = [](const Entry& a, const Entry& b) { return a.key < b.key; };
        if (std::is_sorted(entries_.begin(), entries_.end(), before) && !has_twins()) return;
        std::stable_sort(entries_.begin(), entries_.end(), before);
        // Kept from the back, so that unique() leaves the last of each run.
        std::reverse(entries_.begin(), entries_.end());
        const auto same = [](const Entry& a, const Entry& b) { return a.key == b.key; };
        entries_.erase(std::unique(entries_.begin(), entries_.end(), same), entries_.end());
        std::reverse(entries_.begin(), entries_.end());
    }

    auto begin() const noexcept { return entries_.begin(); }
    auto end() const noexcept { return entries_.end(); }
    /// Entries by position, in order. The keys must not be changed.
    std::vector<Entry>& entries() noexcept { return entries_; }
    const std::vector<Entry>& entries() const noexcept { return entries_; }
    std::size_t size() const noexcept { return entries_.size(); }
    bool empty() const noexcept { return entries_.empty(); }
    void clear() noexcept { entries_.clear(); }

    bool operator==(const TextMap&) const = default;

private:
    auto lower_bound(std::string_view key) {
        return std::lower_bound(entries_.begin(), entries_.end(), key,
                                [](const Entry& a, std::string_view b) { return a.key < b; });
    }
    bool has_twins() const {
        return std::adjacent_find(entries_.begin(), entries_.end(),
                                  [](const Entry& a, const Entry& b) { return a.key == b.key; }) !=
               entries_.end();
    }

    std::vector<Entry> entries_;
};

/// Absent, nil, or a value. In a client op these are three different things to TopGun's server:
/// a nil record removes the key, an absent one does not.
template <typename T>
class Nilable {
public:
    Nilable() = default;
    Nilable(std::nullptr_t) : nil_(true) {}
    Nilable(T value) : value_(std::move(value)) {}

    bool is_absent() const noexcept { return !value_ && !nil_; }
    bool is_nil() const noexcept { return nil_; }
    bool has_value() const noexcept { return value_.has_value(); }
    explicit operator bool() const noexcept { return has_value(); }

    /// @pre has_value().
    T& operator*() noexcept { return *value_; }
    const T& operator*() const noexcept { return *value_; }
    T* operator->() noexcept { return &*value_; }
    const T* operator->() const noexcept { return &*value_; }

    T& emplace() {
        nil_ = false;
        return value_.emplace();
    }
    void set_nil() {
        value_.reset();
        nil_ = true;
    }
    void reset() {
        value_.reset();
        nil_ = false;
    }

    bool operator==(const Nilable&) const = default;

private:
    std::optional<T> value_;
    bool nil_ = false;
};

}  // namespace topgun::wire
