// SPDX-License-Identifier: Apache-2.0
// Records of maps as rows.
#pragma once

#include <cstdint>
#include <string_view>

#include "topgun/replica/row.hpp"

namespace topgun {

/// @pre `key_hash` is fnv1a(key). The row borrows what the key and the record borrow.
inline Row record_row(std::string_view key, std::uint32_t key_hash, const LwwRecord& record) {
    Row row;
    row.key = key;
    row.key_hash = key_hash;
    row.stamp = record.stamp;
    row.ttl_ms = record.ttl_ms;
    row.value = record.value;
    return row;
}

inline Row record_row(std::string_view key, std::uint32_t key_hash, const OrRecord& record) {
    Row row;
    row.key = key;
    row.key_hash = key_hash;
    row.stamp = record.stamp;
    row.ttl_ms = record.ttl_ms;
    row.value = record.value;
    row.tag = record.tag;
    return row;
}

template <typename Record>
Row record_row(std::string_view key, const Record& record) {
    return record_row(key, fnv1a(key), record);
}

}  // namespace topgun
