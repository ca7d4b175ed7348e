// SPDX-License-Identifier: Apache-2.0
// The other sections of a snapshot, below checksum and compression: the first byte says which.
#include "fuzz.hpp"
#include "packed.hpp"
#include "snapshot_layout.hpp"

using namespace topgun;
using namespace topgun::storage;

namespace {

void check_directory(BytesView raw) {
    const auto entries = decode_directory(raw);
    if (!entries) return;
    Bytes once, twice;
    encode_directory(*entries, once);
    const auto again = decode_directory(once);
    TOPGUN_FUZZ_CHECK(again && again->size() == entries->size());
    encode_directory(*again, twice);
    TOPGUN_FUZZ_CHECK(once == twice);
    // A forged directory must not be many times larger in memory than in the file.
    TOPGUN_FUZZ_CHECK(entries->size() <= raw.size() / 100);
}

void check_block_index(BytesView raw) {
    constexpr std::uint64_t kFileBytes = 1 << 20;
    const auto index = decode_block_index(raw, kFileBytes);
    if (!index) return;
    auto end = index->offset;
    for (const auto* lengths : {&index->removed_lengths, &index->lengths}) {
        for (const auto length : *lengths) end += length;
    }
    TOPGUN_FUZZ_CHECK(end <= kFileBytes && index->lengths.size() == index->first_hashes.size());
    Bytes once;
    encode_block_index(*index, once);
    const auto again = decode_block_index(once, kFileBytes);
    TOPGUN_FUZZ_CHECK(again && again->lengths == index->lengths &&
                      again->removed_lengths == index->removed_lengths &&
                      again->first_hashes == index->first_hashes && again->offset == index->offset);
}

void check_leaf_sums(BytesView raw) {
    const auto trie = decode_leaf_sums(raw);
    if (!trie) return;
    Bytes once, twice;
    encode_leaf_sums(*trie, once);
    const auto again = decode_leaf_sums(once);
    TOPGUN_FUZZ_CHECK(again);
    encode_leaf_sums(*again, twice);
    TOPGUN_FUZZ_CHECK(once == twice && once.size() <= raw.size() + 16);
    static_cast<void>(trie->root());
}

void check_leaf_content(BytesView raw) {
    MapFacts facts;
    facts.trie = Trie();
    if (!decode_leaf_content(raw, facts)) return;
    Bytes once;
    encode_leaf_content(facts.leaf_content, 5, once);
    MapFacts again;
    again.trie = Trie();
    TOPGUN_FUZZ_CHECK(decode_leaf_content(once, again));
    TOPGUN_FUZZ_CHECK(again.leaf_content == facts.leaf_content);
}

void check_expiry(BytesView raw) {
    ExpiryHistogram expiry;
    if (!decode_expiry(raw, expiry)) return;
    Bytes once;
    encode_expiry(expiry, once);
    ExpiryHistogram again;
    TOPGUN_FUZZ_CHECK(decode_expiry(once, again));
    TOPGUN_FUZZ_CHECK(again == expiry);
    TOPGUN_FUZZ_CHECK(expiry.expired(~std::uint64_t{0}) <= expiry.total());
}

void check_fields(BytesView raw) {
    FieldFacts fields, again;
    if (!decode_fields(raw, fields)) return;
    Bytes once;
    encode_fields(fields, once);
    TOPGUN_FUZZ_CHECK(decode_fields(once, again));
    TOPGUN_FUZZ_CHECK(again == fields);
}

void check_packed(BytesView raw) {
    PackedReader in(raw);
    std::vector<std::uint64_t> values, back;
    const auto count = in.varint();
    if (!in.ok() || count > 10'000 || !in.column(count, values)) return;
    TOPGUN_FUZZ_CHECK(values.size() == count && in.left() <= raw.size());
    Bytes once;
    put_column(once, values);
    PackedReader again(once);
    TOPGUN_FUZZ_CHECK(again.column(count, back) && again.at_end() && back == values);
}

void check_frame(BytesView raw) {
    FrameDecoder decoder;
    Bytes content, frame;
    if (!decoder.decode(raw, content)) return;
    FrameCodec codec(1);
    codec.encode(FrameType::rows, content, 1, frame);
    Bytes again;
    TOPGUN_FUZZ_CHECK(decoder.decode(frame, again) && again == content);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto raw = fuzz::view_of(data + 1, size - 1);
    switch (data[0] % 8) {
        case 0: check_directory(raw); break;
        case 1: check_block_index(raw); break;
        case 2: check_leaf_sums(raw); break;
        case 3: check_leaf_content(raw); break;
        case 4: check_expiry(raw); break;
        case 5: check_packed(raw); break;
        case 6: check_frame(raw); break;
        default: check_fields(raw); break;
    }
    return 0;
}
