// SPDX-License-Identifier: Apache-2.0
#include "snapshot_layout.hpp"

#include "packed.hpp"
#include "topgun/replica/replica.hpp"
#include "topgun/storage/snapshot.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::storage;

namespace {

std::vector<DirectoryEntry> some_entries() {
    Random rng(5);
    test::OpShape shape;
    shape.maps = {"a", "b"};
    auto replica = test::replica_of(test::random_ops(rng, 300, shape));
    const auto state = read_replica(replica);
    std::vector<DirectoryEntry> out;
    std::uint64_t at = 16;
    for (const auto& map : state->maps()) {
        DirectoryEntry entry;
        entry.facts = *test::must(state->facts(map));
        auto& layout = entry.layout;
        for (auto* ref : {&layout.leaf_sums, &layout.leaf_content, &layout.sketch, &layout.expiry,
                          &layout.fields, &layout.block_index}) {
            *ref = {at, 100 + at % 7};
            at += ref->length;
        }
        out.push_back(std::move(entry));
    }
    return out;
}

BlockIndex some_index() {
    BlockIndex index;
    index.offset = 16;
    index.removed_lengths = {100, 200};
    index.lengths = {300, 301, 40};
    index.first_hashes = {0, 5, 0xffffffff};
    return index;
}

Bytes encoded(const BlockIndex& index) {
    Bytes out;
    encode_block_index(index, out);
    return out;
}

}  // namespace

TEST_CASE("the directory keeps the facts that have no frame of their own", "[storage]") {
    const auto entries = some_entries();
    Bytes raw;
    encode_directory(entries, raw);
    auto back = test::must(decode_directory(raw));
    REQUIRE(back.size() == entries.size());
    for (std::size_t i = 0; i < back.size(); ++i) {
        auto& facts = back[i].facts;
        CHECK(facts.trie.leaf_count() == 1);  // large parts are not made before they are read
        CHECK(facts.sketch.size() == 0);
        const auto& expected = entries[i].facts;
        facts.trie = expected.trie;
        facts.sketch = expected.sketch;
        facts.expiry = expected.expiry;
        facts.fields = expected.fields;
        facts.leaf_content = expected.leaf_content;
        CHECK(facts == expected);
        CHECK(back[i].layout.block_index.offset == entries[i].layout.block_index.offset);
        CHECK(back[i].layout.leaf_sums.length == entries[i].layout.leaf_sums.length);
    }
}

TEST_CASE("fields that a later version adds to the directory are passed over", "[storage]") {
    Bytes raw;
    encode_directory(some_entries(), raw);
    // {"maps": [{19 fields...}, ...]} -> {"later": 5, "maps": [{20 fields, "later": [1] first...}
    Bytes with;
    msgpack::Writer writer(with);
    writer.map(2);
    writer.string("later");
    writer.unsigned_integer(5);
    const auto first_map = raw.find('\xde');
    REQUIRE(first_map != Bytes::npos);
    with += raw.substr(1, first_map - 1);
    with += Bytes("\xde\x00\x14", 3);
    writer.string("later");
    writer.array(1);
    writer.nil();
    with += raw.substr(first_map + 3);
    CHECK(test::must(decode_directory(with)).size() == test::must(decode_directory(raw)).size());
}

TEST_CASE("a directory that is cut, edited or incomplete is refused or well-formed", "[storage]") {
    Bytes raw;
    encode_directory(some_entries(), raw);
    for (std::size_t size = 0; size < raw.size(); ++size) {
        CHECK_FALSE(decode_directory(BytesView(raw).substr(0, size)));
    }
    CHECK_FALSE(decode_directory(raw + "x"));
    std::size_t refused = 0;
    for (std::size_t at = 0; at < raw.size(); ++at) {
        for (const int edit : {1, 0x40, 0x80}) {
            auto edited = raw;
            edited[at] = static_cast<char>(edited[at] ^ edit);
            const auto decoded = decode_directory(edited);
            if (!decoded) {
                CHECK(decoded.error().code() == Errc::bad_input);
                ++refused;
                continue;
            }
            for (std::size_t i = 1; i < decoded->size(); ++i) {
                CHECK((*decoded)[i - 1].facts.id < (*decoded)[i].facts.id);
            }
        }
    }
    CHECK(refused > raw.size() / 2);
    // A forged entry may not be many times smaller than what it becomes.
    Bytes thin;
    msgpack::Writer writer(thin);
    writer.map(1);
    writer.string("maps");
    writer.array(1);
    writer.map(1);
    writer.string("name");
    writer.string("x");
    CHECK_FALSE(decode_directory(thin));
}

TEST_CASE("a block index survives, also one of many equal blocks", "[storage]") {
    const auto index = some_index();
    const auto back = test::must(decode_block_index(encoded(index), 1000));
    CHECK(back.offset == 16);
    CHECK(back.removed_lengths == index.removed_lengths);
    CHECK(back.lengths == index.lengths);
    CHECK(back.first_hashes == index.first_hashes);
    BlockIndex equal;
    equal.removed_lengths.assign(5000, 100);
    equal.lengths.assign(5000, 100);
    equal.first_hashes.assign(5000, 0);  // one OR key over all of them
    const auto raw = encoded(equal);
    CHECK(raw.size() < 5100);  // a step of one byte for each; lengths take nothing
    CHECK(test::must(decode_block_index(raw, 1'000'000)).lengths.size() == 5000);
}

TEST_CASE("a block index that points out of the file, or back, is refused", "[storage]") {
    const auto refused = [](const BlockIndex& index, std::uint64_t file_bytes = 1000) {
        const auto decoded = decode_block_index(encoded(index), file_bytes);
        return !decoded && decoded.error().code() == Errc::bad_input;
    };
    CHECK_FALSE(refused(some_index()));
    CHECK(refused(some_index(), 956));
    auto index = some_index();
    index.offset = ~std::uint64_t{0} - 100;
    CHECK(refused(index));
    index = some_index();
    index.lengths[1] = ~std::uint64_t{0} - 600;  // the sum would wrap
    CHECK(refused(index));
    index = some_index();
    index.lengths[2] = 31;  // no room for a frame's header
    CHECK(refused(index));
    index = some_index();
    index.first_hashes = {5, 0, 7};
    CHECK(refused(index));
    index.first_hashes = {5, 6, 0x100000000};
    CHECK(refused(index));
    const auto raw = encoded(some_index());
    for (std::size_t size = 0; size < raw.size(); ++size) {
        CHECK_FALSE(decode_block_index(BytesView(raw).substr(0, size), 1000));
    }
    // Billions of blocks in a few bytes.
    Bytes many;
    for (const std::uint64_t number :
         {std::uint64_t{16}, std::uint64_t{0}, std::uint64_t{1} << 40}) {
        put_varint(many, number);
    }
    for (int i = 0; i < 3; ++i) put_column(many, {});
    CHECK_FALSE(decode_block_index(many, 1'000'000));
}

TEST_CASE("tries, content sums and expiry times survive their sections", "[storage]") {
    const auto entries = some_entries();
    for (const auto& entry : entries) {
        const auto& facts = entry.facts;
        Bytes raw;
        encode_leaf_sums(facts.trie, raw);
        CHECK(test::must(decode_leaf_sums(raw)) == facts.trie);
        MapFacts back;
        back.trie = facts.trie;
        raw.clear();
        encode_leaf_content(facts.leaf_content, facts.removed_content, raw);
        test::must(decode_leaf_content(raw, back));
        CHECK(back.leaf_content == facts.leaf_content);
        raw.clear();
        encode_expiry(facts.expiry, raw);
        test::must(decode_expiry(raw, back.expiry));
        CHECK(back.expiry == facts.expiry);
    }
}

TEST_CASE("edited sections are refused or well-formed", "[storage][property]") {
    const auto seed = test::seed(71);
    CAPTURE(seed);
    Random rng(seed);
    const auto facts = some_entries().front().facts;
    Bytes sums, content, expiry;
    encode_leaf_sums(facts.trie, sums);
    encode_leaf_content(facts.leaf_content, 5, content);
    ExpiryHistogram coarse;
    for (std::uint64_t i = 0; i < 70'000; ++i) coarse.add(i * 3);
    encode_expiry(coarse, expiry);
    CHECK(expiry[0] > 0);
    std::size_t refused = 0;
    for (int round = 0; round < 3000; ++round) {
        const auto edit = [&rng](Bytes bytes) {
            for (auto edits = 1 + rng.below(4); edits > 0; --edits) {
                // The head is where lies about sizes stand.
                const auto at = rng.below(rng.chance(0.5) ? std::min<std::size_t>(12, bytes.size())
                                                          : bytes.size());
                bytes[at] = static_cast<char>(rng());
            }
            if (rng.chance(0.2)) bytes.resize(rng.below(bytes.size()));
            return bytes;
        };
        const auto trie = decode_leaf_sums(edit(sums));
        if (trie) CHECK(trie->leaf_count() == 4096);
        MapFacts back;
        back.trie = Trie();
        if (decode_leaf_content(edit(content), back)) CHECK(back.leaf_content.size() == 4096);
        if (round % 30 != 0) continue;  // restoring 16 384 buckets takes its time
        ExpiryHistogram histogram;
        if (decode_expiry(edit(expiry), histogram)) {
            CHECK(histogram.buckets().size() <= ExpiryHistogram::kMaxBuckets);
        } else {
            ++refused;
        }
    }
    CHECK(refused > 10);
}

namespace {

// A snapshot file with its directory put through `edit`, and every checksum right.
Bytes with_directory(Bytes file, const std::function<void(std::vector<DirectoryEntry>&)>& edit) {
    const auto footer = file.size() - kSnapshotFooter;
    const auto at = load_le<std::uint64_t>(file.data() + footer);
    Bytes raw;
    FrameDecoder decoder;
    (void)test::must(decoder.decode(BytesView(file).substr(at, footer - at), raw));
    auto entries = test::must(decode_directory(raw));
    edit(entries);
    raw.clear();
    encode_directory(entries, raw);
    file.resize(at);
    FrameCodec(1).encode(FrameType::directory, raw, 0, file);
    Bytes end;
    append_le(end, at);
    append_le(end, std::uint64_t{file.size() - at});
    append_le(end, std::uint64_t{file.size() + kSnapshotFooter});
    append_le(end, xxh3_64(end));
    end += kSnapshotEndMagic;
    return file + end;
}

std::vector<SnapshotDamage> verify(const std::string& path) {
    return test::must(test::must(SnapshotReader::open(path))->verify());
}

}  // namespace

TEST_CASE("verify finds what a forged directory hides", "[storage][damage]") {
    const test::ScratchDir scratch;
    const auto path = scratch.file("a.tgs");
    auto replica = test::replica_of({test::put("k", {5, 0, "n"}, test::int_value(1)),
                                     test::counter("n", 1, 2)});
    (void)test::must(write_snapshot(*read_replica(replica), path));
    const auto sound = test::slurp(path);
    CHECK(verify(path).empty());
    test::spit(path, with_directory(sound, [](auto&) {}));
    CHECK(verify(path).empty());

    // A map whose blocks are in the file.
    test::spit(path, with_directory(sound, [](auto& entries) { entries.pop_back(); }));
    REQUIRE(verify(path).size() == 1);
    CHECK(verify(path)[0].what == "the index does not name the block");

    // A section behind the end of the file: the damage that is named lies inside of it.
    test::spit(path, with_directory(sound, [](auto& entries) {
                   entries[0].layout.sketch.offset += std::uint64_t{1} << 40;
               }));
    const auto damage = verify(path);
    REQUIRE_FALSE(damage.empty());
    const auto size = std::filesystem::file_size(path);
    for (const auto& one : damage) {
        CHECK(one.offset <= size);
        CHECK(one.offset + one.length <= size);
    }
}
