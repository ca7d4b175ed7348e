// SPDX-License-Identifier: Apache-2.0
// Blocks of rows as they stand below checksum and compression.
#include "row_block.hpp"

#include "fuzz.hpp"
#include "row_text.hpp"
#include "topgun/base/utf.hpp"

using namespace topgun;
using namespace topgun::storage;

namespace {

Bytes rebuilt(const RowBlock& block) {
    RowBlockBuilder builder;
    builder.start(block.map);
    for (const auto& row : block.rows) builder.add(row);
    Bytes raw;
    builder.finish(raw);
    return raw;
}

void check_row(const Row& row) {
    for (const auto text : {row.key, row.tag, row.stamp.node}) {
        TOPGUN_FUZZ_CHECK(find_invalid_utf8(text) == text.size());
    }
    TOPGUN_FUZZ_CHECK(row.removed || row.key_hash == fnv1a(row.key));
    TOPGUN_FUZZ_CHECK(row.stamp.millis <= kMaxMillis);
    TOPGUN_FUZZ_CHECK(row.ttl_ms <= kMaxMillis || row.ttl_ms == kNoTtl);
}

void check_block(BytesView raw, bool removed) {
    RowBlock block;
    if (!block.decode(raw, removed)) return;
    for (const auto& row : block.rows) check_row(row);
    if (block.rows.empty()) return;
    const auto once = rebuilt(block);
    RowBlock again;
    TOPGUN_FUZZ_CHECK(again.decode(once, removed));
    TOPGUN_FUZZ_CHECK(again.map == block.map && again.rows.size() == block.rows.size());
    for (std::size_t i = 0; i < block.rows.size(); ++i) {
        TOPGUN_FUZZ_CHECK(fuzz::row_text(again.rows[i]) == fuzz::row_text(block.rows[i]));
    }
    TOPGUN_FUZZ_CHECK(rebuilt(again) == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto raw = fuzz::view_of(data, size);
    check_block(raw, false);
    check_block(raw, true);
    return 0;
}
