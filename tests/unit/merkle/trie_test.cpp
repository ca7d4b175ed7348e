// SPDX-License-Identifier: Apache-2.0
#include "topgun/merkle/trie.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "topgun/crdt/lww_map.hpp"
#include "topgun/crdt/or_map.hpp"
#include "topgun/value/json.hpp"
#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"

using namespace topgun;

namespace {

struct LwwRow {
    const char* key;
    Timestamp stamp;
    std::uint32_t alone;   // root of this record by itself
    std::uint32_t so_far;  // root with the rows above
};

const LwwRow kRows[] = {
    {"a", {100, 0, "test"}, 0x785c7098, 0x785c7098},
    {"b", {200, 0, "test"}, 0x503c37bc, 0x48592050},
    {"key1", {100, 0, "test"}, 0x7f70a05e, 0xc7c9c0ae},
    {"alice", {111, 0, "n1"}, 0x579f9c17, 0x1f695cc5},
    {"bob", {222, 3, "n2"}, 0xcc70cb34, 0xd7447c22},
    {"carol", {999, 7, "n3"}, 0x7303100c, 0x4a478c2e},
    {"\xf0\x9f\x98\x80", {1700000000000, 42, "node-abc-123"}, 0x9c1422a8, 0xe65baed6},
    {"user:1", {18446744073709551615u, 4294967295u, "z"}, 0x6561326a, 0xf6cde52f},
    {"user:2", {9007199254740991, 0, "\xd1\x83\xd0\xb7\xd0\xb5\xd0\xbb"}, 0x7cbbc19c, 0xa07cf9b3},
};

void add(Trie& trie, std::string_view key, const Timestamp& stamp) {
    trie.add(fnv1a(key), lww_item_hash(fnv1a(key), stamp.view()));
}

std::string shown(const std::vector<Trie::Bucket>& buckets) {
    std::string out;
    for (const auto& bucket : buckets) {
        out += std::string(1, bucket.label) + ":" + hex32(bucket.hash) + " ";
    }
    return out;
}

std::map<std::string, std::uint32_t> as_map(const std::vector<Trie::Bucket>& buckets) {
    std::map<std::string, std::uint32_t> out;
    for (const auto& bucket : buckets) {
        if (bucket.hash != 0) out[std::string(1, bucket.label)] = bucket.hash;
    }
    return out;
}

Trie many_keys(int count) {
    Trie trie;
    for (int i = 0; i < count; ++i) {
        const auto millis = 1700000000000 + static_cast<std::uint64_t>(i);
        add(trie, "key-" + std::to_string(i), {millis, 0, "srv"});
    }
    return trie;
}

// A trie as the reference builds it: nodes with maps of children, recomputed from the leaf up.
class PlainTrie {
public:
    explicit PlainTrie(unsigned depth) : depth_(depth) {}

    void set(const std::string& key, std::uint32_t item) { leaves_[path(key)][key] = item; }
    void remove(const std::string& key) { leaves_[path(key)].erase(key); }

    std::uint32_t hash(const std::string& prefix) const {
        std::uint32_t sum = 0;
        if (prefix.size() == depth_) {
            const auto leaf = leaves_.find(prefix);
            if (leaf == leaves_.end()) return 0;
            for (const auto& [key, item] : leaf->second) sum += mix(item);
            return sum;
        }
        for (const char label : std::string("0123456789abcdef")) sum += mix(hash(prefix + label));
        return sum;
    }

private:
    std::string path(const std::string& key) const { return hex32(fnv1a(key)).substr(0, depth_); }
    unsigned depth_;
    std::map<std::string, std::map<std::string, std::uint32_t>> leaves_;
};

}  // namespace

TEST_CASE("roots of LWW tries are those of the reference", "[merkle][vectors]") {
    Trie all, without_user1;
    CHECK(all.root() == 0);
    for (const auto& row : kRows) {
        CAPTURE(row.key);
        Trie alone;
        add(alone, row.key, row.stamp);
        CHECK(alone.root() == row.alone);
        add(all, row.key, row.stamp);
        CHECK(all.root() == row.so_far);
        if (row.key != std::string("user:1")) add(without_user1, row.key, row.stamp);
    }
    CHECK(without_user1.root() == 0x773c292b);
    CHECK(shown(test::must(all.buckets(""))) ==
          "3:35c17747 6:de7c1c6f 8:c848c99f c:35f5aed3 e:3f13b4c9 ");
    all.remove(fnv1a("a"), lww_item_hash(fnv1a("a"), kRows[0].stamp.view()));
    CHECK(all.root() == 0xa860111f);
}

TEST_CASE("one record's hash climbs level by level as in the reference, at any depth",
          "[merkle][vectors]") {
    Trie trie;
    add(trie, "a", {100, 0, "test"});
    CHECK(test::must(trie.node("e40")) == 0x5dfc9c2c);
    CHECK(test::must(trie.node("e4")) == 0x5dfbf2c6);
    CHECK(test::must(trie.node("e")) == 0x09bf462b);
    CHECK(test::must(trie.node("")) == 0x785c7098);
    CHECK(test::must(trie.node("e41")) == 0);
    const std::pair<unsigned, std::uint32_t> depths[] = {
        {0, 0x5dfc9c2c}, {1, 0x5dfbf2c6}, {2, 0x09bf462b}, {4, 0xc85573e3}};
    for (const auto& [depth, root] : depths) {
        CAPTURE(depth);
        Trie other(depth);
        add(other, "a", {100, 0, "test"});
        CHECK(other.root() == root);
    }
}

TEST_CASE("raw items give the reference's roots", "[merkle][vectors]") {
    const auto root = [](unsigned depth,
                         std::initializer_list<std::pair<const char*, std::uint32_t>> items) {
        Trie trie(depth);
        for (const auto& [key, item] : items) trie.add(fnv1a(key), item);
        return trie.root();
    };
    CHECK(root(3, {{"a", 100}, {"b", 200}}) == 0x91c31c51);
    CHECK(root(3, {{"a", 250}, {"b", 50}}) == 0x5cf04bb7);
    CHECK(root(1, {{"a", 100}}) == 0xe0ab7131);
}

TEST_CASE("two keys share a leaf, and each leaves it as it was", "[merkle][vectors]") {
    Trie trie;
    add(trie, "key-23", {1, 0, "n"});
    CHECK(trie.root() == 0xceed9cff);
    add(trie, "key-33", {2, 0, "n"});
    CHECK(test::must(trie.node("42e")) == 0xac48fb49);
    CHECK(test::must(trie.node("42")) == 0xf4241a46);
    CHECK(test::must(trie.node("4")) == 0xbf9690a3);
    CHECK(trie.root() == 0x04e1e33e);
    CHECK(test::must(trie.keys("42e")) == 2);
    trie.remove(fnv1a("key-33"), 0xb959c5cf);
    CHECK(trie.root() == 0xceed9cff);
    trie.remove(fnv1a("key-23"), 0x7cf65f83);
    CHECK(trie.root() == 0);
    CHECK(trie == Trie());
}

TEST_CASE("roots of one to ten thousand keys are those of the reference", "[merkle][vectors]") {
    CHECK(many_keys(1).root() == 0xa9dcf8da);
    CHECK(many_keys(10).root() == 0x5fd11531);
    CHECK(many_keys(1000).root() == 0x0e77daef);
    CHECK(many_keys(10'000).root() == 0x78feba5c);
}

TEST_CASE("the wire vectors' tries have their hashes", "[merkle][vectors]") {
    Trie trie;
    const Timestamp stamp(1700000000000, 1, "node-1");
    add(trie, "hello", stamp);
    CHECK(test::must(trie.node("4f9")) == 1636669408);
    CHECK(test::must(trie.node("4f")) == 2299658609);
    CHECK(test::must(trie.node("4")) == 2901700337);
    CHECK(trie.root() == 582767775);
    add(trie, "k", stamp);
    CHECK(trie.root() == 3423344238);
    CHECK(as_map(test::must(trie.buckets(""))) ==
          std::map<std::string, std::uint32_t>{{"4", 2901700337}, {"e", 3059171873}});

    const Bytes value = test::string_value("x");
    const OrRecord record{stamp.view(), "1700000000000:1:node-1", value};
    Trie ors;
    ors.add(fnv1a("hello"), or_item_hash("hello", {&record, 1}));
    CHECK(ors.root() == 382624558);
    CHECK(test::must(ors.node("4")) == 158412650);
}

TEST_CASE("the trie of a whole map is the sum of its partitions' tries", "[merkle][vectors]") {
    std::map<std::uint32_t, Trie> partitions;
    for (int i = 0; i < 1000; ++i) {
        const auto key = "key-" + std::to_string(i);
        const auto millis = 1700000000000 + static_cast<std::uint64_t>(i);
        add(partitions.try_emplace(partition_of(key)).first->second, key, {millis, 0, "srv"});
    }
    Trie whole;
    for (const auto& [partition, trie] : partitions) whole.add(trie);
    CHECK(partitions.size() > 200);
    CHECK(whole == many_keys(1000));
    CHECK(whole.root() == 0x0e77daef);
    // The servers' own fold, for contrast: one more mix per partition.
    std::uint32_t fold = 0;
    for (const auto& [partition, trie] : partitions) fold += mix(trie.root());
    CHECK(fold == 0x897419bd);
}

TEST_CASE("tries of hash-vectors.json have their roots, buckets and nodes", "[merkle][vectors]") {
    const auto vectors =
        nlohmann::json::parse(test::slurp(test::testdata("scenarios/hash-vectors.json")));
    std::size_t checked = 0;
    for (const auto& tree : vectors.at("lwwTrees")) {
        Trie trie;
        for (const auto& entry : tree.at("entries")) {
            const auto& stamp = entry.at("timestamp");
            add(trie, entry.at("key").get<std::string>(),
                {stamp.at("millis"), stamp.at("counter"), stamp.at("nodeId").get<std::string>()});
        }
        CHECK(trie.root() == tree.at("root").get<std::uint32_t>());
        CHECK(as_map(test::must(trie.buckets(""))) ==
              tree.at("buckets").get<std::map<std::string, std::uint32_t>>());
        const auto nodes = tree.value("nodes", nlohmann::json::object());
        for (const auto& [path, hash] : nodes.items()) {
            CHECK(test::must(trie.node(path)) == hash.get<std::uint32_t>());
        }
        ++checked;
    }
    CHECK(checked == 13);
}

TEST_CASE("OR entries and OR tries of hash-vectors.json have their hashes", "[merkle][vectors]") {
    const auto vectors =
        nlohmann::json::parse(test::slurp(test::testdata("scenarios/hash-vectors.json")));
    // A ttlMs of null prints as ":ttl=null" at the client that received it so. Our records cannot
    // say it, on purpose: a record must hash alike wherever it came from.
    std::size_t checked = 0, with_null_ttl = 0;
    const auto hash_of = [&](const nlohmann::json& key, const nlohmann::json& records) {
        OrMap map;
        bool sayable = true;
        for (const auto& record : records) {
            const auto& stamp = record.at("timestamp");
            const Timestamp at(stamp.at("millis"), stamp.at("counter"),
                               stamp.at("nodeId").get<std::string>());
            const Bytes value = test::must(parse_json(record.at("value").dump()));
            const auto tag = record.at("tag").get<std::string>();
            const auto ttl = record.value("ttlMs", nlohmann::json());
            sayable = sayable && (!record.contains("ttlMs") || !ttl.is_null());
            map.add(key.get<std::string>(),
                    {at.view(), tag, value, ttl.is_null() ? kNoTtl : ttl.get<std::uint64_t>()});
        }
        (sayable ? checked : with_null_ttl) += 1;
        const auto found = map.find(key.get<std::string>());
        return sayable ? std::optional(or_item_hash(key.get<std::string>(), found)) : std::nullopt;
    };
    for (const auto& entry : vectors.at("orEntries")) {
        CAPTURE(entry.dump());
        const auto hash = hash_of(entry.at("key"), entry.at("records"));
        if (hash) CHECK(*hash == entry.at("hash").get<std::uint32_t>());
    }
    CHECK(checked >= 80);
    CHECK(with_null_ttl <= 4);
    for (const auto& tree : vectors.at("orTrees")) {
        Trie trie;
        for (const auto& entry : tree.at("entries")) {
            const auto hash = hash_of(entry.at("key"), entry.at("records"));
            REQUIRE(hash);
            trie.add(fnv1a(entry.at("key").get<std::string>()), *hash);
        }
        CHECK(trie.root() == tree.at("root").get<std::uint32_t>());
        CHECK(as_map(test::must(trie.buckets(""))) ==
              tree.at("buckets").get<std::map<std::string, std::uint32_t>>());
    }
}

// Goal:   a trie kept by corrections equals one built anew, at every level and depth.
// Method: random adds, replacements and removals of few keys, compared with the plain form.
TEST_CASE("an updated trie equals a rebuilt one", "[merkle][property]") {
    const auto seed = test::seed(611);
    CAPTURE(seed);
    Random rng(seed);
    for (unsigned depth = 0; depth <= 4; ++depth) {
        Trie trie(depth);
        PlainTrie plain(depth);
        std::map<std::string, std::uint32_t> items;
        for (int step = 0; step < 600; ++step) {
            const auto key = "key-" + std::to_string(rng.below(60));
            const auto item = static_cast<std::uint32_t>(rng());
            const auto found = items.find(key);
            if (found == items.end()) {
                trie.add(fnv1a(key), item);
                items[key] = item;
                plain.set(key, item);
            } else if (rng.chance(0.5)) {
                trie.replace(fnv1a(key), found->second, item);
                found->second = item;
                plain.set(key, item);
            } else {
                trie.remove(fnv1a(key), found->second);
                items.erase(found);
                plain.remove(key);
            }
            if (step % 60 != 0) continue;
            CHECK(trie.root() == plain.hash(""));
            for (const auto& [name, hash] : items) {
                const auto path = hex32(fnv1a(name)).substr(0, depth);
                for (std::size_t length = 0; length <= depth; ++length) {
                    CHECK(test::must(trie.node(path.substr(0, length))) ==
                          plain.hash(path.substr(0, length)));
                }
            }
            CHECK(test::must(trie.keys("")) == items.size());
        }
        for (const auto& [key, item] : items) trie.remove(fnv1a(key), item);
        CHECK(trie == Trie(depth));
    }
}

TEST_CASE("differing leaves are exactly those with other sums", "[merkle]") {
    auto a = many_keys(2000), b = many_keys(2000);
    CHECK(differing_leaves(a, b).empty());
    std::set<std::uint32_t> expected;
    for (const auto* key : {"key-5", "key-77", "new"}) {
        b.add(fnv1a(key), 12345);
        expected.insert(fnv1a(key) >> 20);
    }
    const auto got = differing_leaves(a, b);
    CHECK(std::set<std::uint32_t>(got.begin(), got.end()) == expected);
    CHECK(std::is_sorted(got.begin(), got.end()));
    CHECK(leaf_path(0x42e, 3) == "42e");
    CHECK(leaf_path(0, 0).empty());
    CHECK(leaf_path(0xabc, 4) == "0abc");
}

TEST_CASE("paths that lead nowhere are refused", "[merkle]") {
    const Trie trie;
    for (const auto* path : {"0000", "g", "E", "-", "4 ", "\xc3\xa9"}) {
        CAPTURE(path);
        CHECK(trie.node(path).error().code() == Errc::usage);
        CHECK(trie.buckets(path).error().code() == Errc::usage);
        CHECK(trie.keys(path).error().code() == Errc::usage);
    }
    CHECK(test::must(trie.buckets("42e")).empty());
    CHECK(test::must(trie.buckets("")).empty());
}

TEST_CASE("a trie is made of 16^depth leaves and nothing else", "[merkle]") {
    CHECK_THROWS_AS(Trie(7), Bug);
    CHECK_THROWS_AS(Trie(40), Bug);
    CHECK_THROWS_AS(Trie(1, {1, 2, 3}, {1, 2, 3}), Bug);
    Trie small(1), large(2);
    CHECK_THROWS_AS(small.add(large), Bug);
    CHECK_THROWS_AS(differing_leaves(small, large), Bug);
    CHECK(Trie(6).leaf_count() == 16'777'216);
}
