// SPDX-License-Identifier: Apache-2.0
// The notation of the tables: TOPGUN_WIRE_RECORD(Struct, TOPGUN_FIELD("wireName", member), ...).
#pragma once

#include "describe.hpp"

namespace topgun::wire::detail {

template <typename Member>
constexpr Field field(std::string_view name, std::size_t offset, Rule rule = Rule::none) {
    return {name, &Describe<Member>::info, static_cast<std::uint16_t>(offset), rule};
}

template <typename... Fields>
constexpr std::array<Field, sizeof...(Fields)> fields_of(Fields... fields) {
    return {fields...};
}

}  // namespace topgun::wire::detail

// Fields stand in the order in which they are written. offsetof is defined for standard-layout
// types only, so the layout is checked.
#define TOPGUN_FIELD(name, member, ...) \
    field<decltype(S::member)>(name, offsetof(S, member) __VA_OPT__(, ) __VA_ARGS__)
#define TOPGUN_WIRE_RECORD(Struct, ...)                      \
    static_assert(std::is_standard_layout_v<Struct>);        \
    struct Struct##Table {                                   \
        using S = Struct;                                    \
        static constexpr auto list = fields_of(__VA_ARGS__); \
    };                                                       \
    constinit const Type Describe<Struct>::info {            \
        .kind = Kind::record, .fields = Struct##Table::list  \
    }
