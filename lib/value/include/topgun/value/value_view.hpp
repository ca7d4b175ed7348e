// SPDX-License-Identifier: Apache-2.0
// A lazy look into a stored value: fields are found in place, nothing is decoded without need.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "topgun/base/bytes.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun {

/// A canonical value, borrowed. Copying copies two words.
/// Threads: immutable; share freely while the owner lives.
class TOPGUN_API ValueView {
public:
    /// A view of nil.
    ValueView() noexcept;
    /// @pre `canonical` is one canonical value (append_canonical() makes one).
    explicit ValueView(BytesView canonical) noexcept : bytes_(canonical) {}

    BytesView bytes() const noexcept { return bytes_; }
    msgpack::Kind kind() const noexcept { return msgpack::Reader(bytes_).peek(); }
    bool is_nil() const noexcept { return kind() == msgpack::Kind::nil; }

    // Empty when the value is of another kind, or does not fit.
    std::optional<bool> as_bool() const noexcept;
    std::optional<std::int64_t> as_int64() const noexcept;
    std::optional<std::uint64_t> as_uint64() const noexcept;
    /// Any number, integers converted.
    std::optional<double> as_double() const noexcept;
    std::optional<std::string_view> as_string() const noexcept;
    std::optional<BytesView> as_binary() const noexcept;

    /// Elements of an array, pairs of a map, otherwise 0.
    std::uint32_t size() const noexcept;
    /// The value of a map's field. Empty when it is missing, or this is not a map.
    /// Cost: O(bytes before the field).
    std::optional<ValueView> find(std::string_view field) const noexcept;
    /// An array's element. Cost: O(bytes before it).
    std::optional<ValueView> at(std::uint32_t index) const noexcept;

    /// Calls visit(key, value) for each pair of a map in key order; does nothing for another kind.
    template <typename Visit>
    void for_each_field(Visit&& visit) const {
        msgpack::Reader reader(bytes_);
        std::uint32_t pairs = 0;
        if (kind() != msgpack::Kind::map || !reader.read_map(pairs)) return;
        for (std::uint32_t i = 0; i < pairs; ++i) {
            std::string_view key;
            BytesView value;
            if (!reader.read_string(key) || !reader.skip(value)) return;
            visit(key, ValueView(value));
        }
    }
    /// Calls visit(value) for each element of an array; does nothing for another kind.
    template <typename Visit>
    void for_each_element(Visit&& visit) const {
        msgpack::Reader reader(bytes_);
        std::uint32_t elements = 0;
        if (kind() != msgpack::Kind::array || !reader.read_array(elements)) return;
        for (std::uint32_t i = 0; i < elements; ++i) {
            BytesView value;
            if (!reader.skip(value)) return;
            visit(ValueView(value));
        }
    }

private:
    BytesView bytes_;
};

}  // namespace topgun
