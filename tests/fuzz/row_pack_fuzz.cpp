// SPDX-License-Identifier: Apache-2.0
// Blocks of rows, symbols and digests, as two ends of this project send them to each other.
#include "fuzz.hpp"
#include "row_pack.hpp"
#include "topgun/merkle/sketch.hpp"

using namespace topgun;

namespace {

void check_rows(BytesView input, MapKind kind) {
    const auto rows = sync::unpack_rows(input, kind);
    if (!rows) return;
    sync::RowPacker packer;
    for (const auto& row : rows->rows) packer.add(row);
    const auto packed = packer.take();
    const auto again = sync::unpack_rows(packed, kind);
    TOPGUN_FUZZ_CHECK_WITH(again, again ? "" : again.error().text());
    TOPGUN_FUZZ_CHECK(again->rows.size() == rows->rows.size());
    Bytes scratch;
    for (std::size_t i = 0; i < rows->rows.size(); ++i) {
        const auto a = row_content(rows->rows[i], scratch);
        TOPGUN_FUZZ_CHECK(a == row_content(again->rows[i], scratch));
    }
}

void check_symbols(BytesView input) {
    const auto symbols = Sketch::parse_symbols(input);
    if (!symbols) return;
    Bytes out;
    symbols->append_symbols(0, symbols->size(), out);
    const auto again = Sketch::parse_symbols(out);
    TOPGUN_FUZZ_CHECK(again && *again == *symbols);
    Sketch own(symbols->size());
    own.add(SketchItem{1, 2});
    const auto difference = decode_difference(own, *symbols);
    TOPGUN_FUZZ_CHECK(!difference ||
                      difference->only_a.size() + difference->only_b.size() <= 2 * symbols->size());
}

void check_digest(BytesView input) {
    const auto digest = SetDigest::parse(input);
    if (!digest) return;
    Bytes out;
    digest->serialize(out);
    const auto again = SetDigest::parse(out);
    TOPGUN_FUZZ_CHECK(again && again->count() == digest->count());
    TOPGUN_FUZZ_CHECK(estimate_difference(*digest, *digest) == 0);
    TOPGUN_FUZZ_CHECK(estimate_difference(*digest, SetDigest()) ==
                      estimate_difference(SetDigest(), *digest));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view_of(data, size);
    for (const auto kind : {MapKind::lww, MapKind::or_map, MapKind::counter}) {
        check_rows(input, kind);
    }
    check_symbols(input);
    check_digest(input);
    return 0;
}
