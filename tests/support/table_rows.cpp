// SPDX-License-Identifier: Apache-2.0
#include "topgun_test/table_rows.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "topgun/base/check.hpp"
#include "topgun/serverfiles/stored_record.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun_test/support.hpp"
#include "topgun_test/values.hpp"

namespace topgun::test {
namespace {

using maptable::Generation;
using maptable::Problem;
using msgpack::Writer;
using serverfiles::StoredRecord;

constexpr std::uint64_t kThen = kPlantedNow - 1'000'000;
constexpr std::int64_t kDay = std::int64_t{24} * 60 * 60 * 1000;

Bytes number(std::int64_t value) {
    Bytes out;
    Writer(out).signed_integer(value);
    return out;
}

Bytes binary(BytesView bytes) {
    Bytes out;
    Writer(out).binary(bytes);
    return out;
}

StoredRecord::Entry entry(std::uint64_t millis, std::uint32_t counter, const Bytes& value,
                          const std::string& node = "server-1") {
    StoredRecord::Entry out;
    out.stamp = {millis, counter, node};
    out.tag = format_stamp(out.stamp.view());
    out.value = value;
    return out;
}

OwnedRow bytea_row(std::string map, std::string key, std::string bytes) {
    OwnedRow row;
    row.map = std::move(map);
    row.key = std::move(key);
    row.value = std::move(bytes);
    row.created_at = row.updated_at = static_cast<std::int64_t>(kThen);
    return row;
}

std::string encoded(const StoredRecord& record) {
    Bytes bytes;
    must(serverfiles::encode_stored_record(record, bytes));
    return bytes;
}

OwnedRow or_row(std::string map, std::string key, std::vector<StoredRecord::Entry> entries,
                std::vector<std::string> removed = {}) {
    StoredRecord record;
    record.kind = MapKind::or_map;
    record.entries = std::move(entries);
    record.removed_tags = std::move(removed);
    return bytea_row(std::move(map), std::move(key), encoded(record));
}

OwnedRow lww_stamped(std::string map, std::string key, const Timestamp& stamp,
                     const Bytes& value = number(7)) {
    StoredRecord record;
    record.entries.push_back({stamp, {}, value, kNoTtl});
    return bytea_row(std::move(map), std::move(key), encoded(record));
}

OwnedRow backup_of(OwnedRow row) {
    row.is_backup = true;
    return row;
}

// {"title":..., "_embedding": MessagePack of {"type":"f32","data":...}}.
Bytes embedded(const char* source, std::size_t dimension) {
    Bytes content, out;
    Writer inner(content);
    inner.map(2);
    inner.string("type");
    inner.string("f32");
    inner.string("data");
    inner.binary(std::string(dimension * 4, '\0'));
    Writer writer(out);
    writer.map(source == nullptr ? 1 : 2);
    writer.string("_embedding");
    writer.binary(content);
    if (source == nullptr) return out;
    writer.string(source);
    writer.string("milk");
    return out;
}

Bytes list_of(const std::vector<std::string>& texts) {
    Bytes out;
    Writer writer(out);
    writer.array(texts.size());
    for (const auto& text : texts) writer.string(text);
    return out;
}

OwnedRow policy(const std::string& key, const Bytes& content) {
    auto row =
        lww_stamped("__topgun_policies", key, Timestamp{0, 0, "__policy_store"}, binary(content));
    row.created_at = row.updated_at = 0;
    return row;
}

OwnedRow device(std::string_view map, const std::string& key, std::size_t bytes) {
    return lww_stamped(std::string(map), key, Timestamp{kThen, 0, ""},
                       binary(std::string(bytes, '\7')));
}

// The record {"lww": 7 @ kThen:0:n} in forms that are not the server's.
std::string lww_bytes(const std::string& value_hex, const std::string& stamp_hex) {
    return from_hex("81a36c777782a576616c7565" + value_hex + "a974696d657374616d70" + stamp_hex);
}
const std::string kStampHex =
    "83a66d696c6c6973cf00000199c82cc000a7636f756e74657200a66e6f64654964a16e";

class Faults {
public:
    std::vector<PlantedFault> bytea() {
        forms();
        stamps();
        tags();
        backups();
        columns();
        reserved();
        values();
        add(Problem::mixed_kinds, [](const std::string& map) {
            return std::vector{lww_row(map, "a", kThen, number(1)),
                               or_row(map, "b", {entry(kThen, 0, number(1))})};
        });
        one(Problem::empty_key,
            [](const std::string& map) { return lww_row(map, "", kThen, number(1)); });
        return std::move(faults_);
    }

    std::vector<PlantedFault> jsonb();

private:
    template <typename Make>
    void add(Problem problem, Make&& make) {
        faults_.push_back({problem, make("fault-" + std::to_string(faults_.size()))});
    }
    template <typename Make>
    void one(Problem problem, Make&& make) {
        add(problem, [&](const std::string& map) { return std::vector{make(map)}; });
    }
    void raw(Problem problem, const std::string& bytes) {
        one(problem, [&](const std::string& map) { return bytea_row(map, "k", bytes); });
    }

    void forms() {
        const std::string seven = "81a3496e7407";
        const auto sound = lww_bytes(seven, kStampHex);
        raw(Problem::undecodable, "");
        raw(Problem::undecodable, "\xc1");
        raw(Problem::undecodable, sound.substr(0, sound.size() - 3));
        raw(Problem::undecodable, from_hex("81a34c7777") + sound.substr(5));  // "Lww"
        raw(Problem::undecodable, "\x82" + sound.substr(1));                  // two pairs
        raw(Problem::undecodable, lww_bytes("07", kStampHex));                // no variant
        raw(Problem::undecodable, lww_bytes("81a3496e74cb3ff8000000000000", kStampHex));
        raw(Problem::undecodable, lww_bytes("81a3496e74cf8000000000000000", kStampHex));
        raw(Problem::undecodable,
            from_hex("81a56f724d617082a77265636f72647390aa746f6d6273746f6e6573c0"));
        raw(Problem::refused_form, lww_bytes("81a54279746573c4020102", kStampHex));
        raw(Problem::other_form, sound + "junk");
        raw(Problem::other_form, from_hex("81a36c777792" + seven + "93cf00000199c82cc00000a16e"));
        raw(Problem::other_form, from_hex("8100") + sound.substr(5));  // variant by number
        raw(Problem::other_form, lww_bytes(seven,
                                           "83a66d696c6c6973cb42799c82cc000000a7636f756e746572"
                                           "00a66e6f64654964a16e"));
        raw(Problem::other_form, lww_bytes("81a3496e74cc07", kStampHex));
        raw(Problem::other_form, lww_bytes("81a44e756c6cc0", kStampHex));
        faults_.back().rows[0].value = lww_bytes(
            "81a5417272617991"
            "81a44e756c6cc0",
            kStampHex);
        raw(Problem::other_form, lww_bytes("81a34d617082a162a44e756c6ca161a44e756c6c", kStampHex));
        raw(Problem::other_form, lww_bytes("81a34d617082a161a44e756c6ca161a44e756c6c", kStampHex));
        raw(Problem::other_form, lww_bytes("81a5466c6f6174ca3fc00000", kStampHex));
        raw(Problem::other_form, from_hex("81a36c777783a576616c7565" + seven +
                                          "a17801a974696d657374616d70" + kStampHex));
        raw(Problem::other_form,
            from_hex("81a56f724d617082a77265636f72647390aa746f6d6273746f6e657390"));
        raw(Problem::tombstones_only,
            from_hex("81ac6f72546f6d6273746f6e657381a47461677391b1") + "1759999000000:0:n");
    }

    void stamps() {
        const auto stamped = [&](Problem problem, const Timestamp& stamp) {
            one(problem, [&](const std::string& map) { return lww_stamped(map, "k", stamp); });
        };
        stamped(Problem::future_stamp, {kPlantedNow + 61'000, 0, "n"});
        stamped(Problem::odd_stamp, {0, 0, "n"});
        stamped(Problem::odd_stamp, {kThen, 0, ""});
        stamped(Problem::odd_stamp, {kThen / 1000, 0, "n"});
        stamped(Problem::odd_stamp, {kThen, 0xffff'fff0, "n"});
        stamped(Problem::tag_form, {kThen, 0, "a:b"});
        // More milliseconds than a JavaScript peer counts, in the server's own form.
        raw(Problem::beyond_limits,
            lww_bytes("81a3496e7407",
                      "83a66d696c6c6973cf0020000000000000a7636f756e74657200a66e6f"
                      "64654964a16e"));
    }

    void tags() {
        one(Problem::repeated_tag, [](const std::string& map) {
            return or_row(map, "k", {entry(kThen, 0, number(1)), entry(kThen, 0, number(2))});
        });
        one(Problem::repeated_tag, [](const std::string& map) {
            const auto record = entry(kThen, 0, number(1));
            return or_row(map, "k", {record}, {record.tag});
        });
        const auto old_tag = std::to_string(kThen) + ":5:n";
        one(Problem::repeated_tag, [&](const std::string& map) {
            return or_row(map, "k", {entry(kThen, 0, number(1))}, {old_tag, old_tag});
        });
        one(Problem::tag_form, [](const std::string& map) {
            auto record = entry(kThen, 0, number(1));
            record.tag = "tag-1";
            return or_row(map, "k", {record});
        });
        one(Problem::tag_form, [](const std::string& map) {
            auto record = entry(kThen, 0, number(1));
            record.tag = std::to_string(kThen - 1) + ":0:server-1";
            return or_row(map, "k", {record});
        });
        one(Problem::tag_form, [](const std::string& map) {
            return or_row(map, "k", {entry(kThen, 0, number(1))}, {"gone"});
        });
        one(Problem::old_tombstone, [](const std::string& map) {
            return or_row(map, "k", {}, {std::to_string(kPlantedNow - kPlantedAge - 1) + ":0:n"});
        });
        one(Problem::same_value, [](const std::string& map) {
            return or_row(map, "k", {entry(kThen, 0, number(1)), entry(kThen, 1, number(1))});
        });
    }

    void backups() {
        one(Problem::lone_backup,
            [](const std::string& map) { return backup_of(lww_row(map, "k", kThen, number(1))); });
        add(Problem::newer_backup, [](const std::string& map) {
            return std::vector{lww_row(map, "k", kThen, number(1)),
                               backup_of(lww_row(map, "k", kThen + 1, number(2)))};
        });
        add(Problem::newer_backup, [](const std::string& map) {
            return std::vector{or_row(map, "k", {entry(kThen, 0, number(1))}),
                               backup_of(or_row(map, "k", {entry(kThen, 1, number(2))},
                                                {std::to_string(kThen) + ":0:server-1"}))};
        });
    }

    void columns() {
        const auto with = [&](Problem problem, auto&& change) {
            one(problem, [&](const std::string& map) {
                auto row = lww_row(map, "k", kThen, number(1));
                change(row);
                return row;
            });
        };
        const auto now = static_cast<std::int64_t>(kPlantedNow);
        with(Problem::expired, [&](OwnedRow& row) { row.expiration = now - 1; });
        with(Problem::expiration_unit, [&](OwnedRow& row) { row.expiration = -1; });
        with(Problem::expiration_unit, [&](OwnedRow& row) { row.expiration = now / 1000; });
        with(Problem::row_times, [](OwnedRow& row) { row.created_at = 0; });
        with(Problem::row_times, [](OwnedRow& row) { row.updated_at = 0; });
        with(Problem::row_times, [](OwnedRow& row) { row.created_at += kDay; });
        with(Problem::row_times, [&](OwnedRow& row) { row.created_at = now / 1000; });
        with(Problem::row_times, [&](OwnedRow& row) { row.updated_at = now + kDay; });
    }

    void reserved() {
        // One map each: the marker and an index that knows a policy too many, and one too few.
        faults_.push_back({Problem::policy_index,
                           {policy("__configured", number(1)), policy("__index", list_of({"p9"})),
                            policy("p1", list_of({}))}});
        faults_.push_back(
            {Problem::credential, {device("_topgun_device_credentials", "n:device-1", 31)}});
        faults_.push_back(
            {Problem::cursor, {device("_topgun_tombstone_cursors_v2", "a3:bob|device-1", 7)}});
        faults_.push_back(
            {Problem::reserved_key, {device("_topgun_tombstone_cursors_v2", "bob", 8)}});
        faults_.push_back(
            {Problem::old_cursors, {device("_topgun_tombstone_cursors", "n:device-1", 8)}});
    }

    void values() {
        Bytes null;
        Writer(null).nil();
        one(Problem::null_value,
            [&](const std::string& map) { return lww_row(map, "k", kThen, null); });
        one(Problem::embedding,
            [](const std::string& map) { return lww_row(map, "k", kThen, embedded(nullptr, 3)); });
        add(Problem::embedding, [](const std::string& map) {
            return std::vector{lww_row(map, "a", kThen, embedded("title", 3)),
                               lww_row(map, "b", kThen, embedded("title", 4))};
        });
        one(Problem::embedding, [](const std::string& map) {
            Bytes value;
            Writer writer(value);
            writer.map(2);
            writer.string("_embedding");
            writer.binary("no vector");
            writer.string("title");
            writer.string("milk");
            return lww_row(map, "k", kThen, value);
        });
    }

    std::vector<PlantedFault> faults_;
};

OwnedRow json_row(std::string map, std::string key, std::optional<std::string> value) {
    OwnedRow row;
    row.map = std::move(map);
    row.key = std::move(key);
    row.value = std::move(value);
    row.millis = static_cast<std::int64_t>(kThen);
    row.node = "client-1";
    return row;
}

OwnedRow json_or(std::string map, std::string key, std::string value) {
    auto row = json_row(std::move(map), std::move(key), std::move(value));
    row.millis = 0;
    row.node = maptable::kOrMapNode;
    return row;
}

std::string json_record(std::uint64_t millis, const std::string& tag, const std::string& value) {
    return R"({"value": )" + value + R"(, "tag": ")" + tag + R"(", "timestamp": {"millis": )" +
           std::to_string(millis) + R"(, "counter": 0, "nodeId": "client-1"}})";
}

std::string json_tag(std::uint64_t millis) {
    return std::to_string(millis) + ":0:client-1";
}

std::string json_list(const std::string& type, const std::string& name,
                      const std::vector<std::string>& items) {
    std::string out = R"({"type": ")" + type + R"(", ")" + name + R"(": [)";
    for (std::size_t i = 0; i < items.size(); ++i) out += (i == 0 ? "" : ", ") + items[i];
    return out + "]}";
}

std::string json_records(const std::vector<std::uint64_t>& moments) {
    std::vector<std::string> items;
    for (const auto millis : moments) {
        items.push_back(json_record(millis, json_tag(millis), std::to_string(millis % 7)));
    }
    return json_list("OR", "records", items);
}

OwnedRow json_tombstones(std::string map, const std::vector<std::string>& tags) {
    std::vector<std::string> items;
    for (const auto& tag : tags) items.push_back('"' + tag + '"');
    return json_or(std::move(map), "__tombstones__", json_list("OR_TOMBSTONES", "tags", items));
}

std::vector<PlantedFault> Faults::jsonb() {
    const auto lww = [&](Problem problem, auto&& change) {
        one(problem, [&](const std::string& map) {
            auto row = json_row(map, "k", R"({"title": "milk"})");
            change(row);
            return row;
        });
    };
    const auto values = [&](Problem problem, const std::string& value) {
        one(problem, [&](const std::string& map) { return json_or(map, "k", value); });
    };
    const auto now = static_cast<std::int64_t>(kPlantedNow);
    add(Problem::removed_tag, [](const std::string& map) {
        return std::vector{json_or(map, "A", json_records({kThen})),
                           json_tombstones(map, {json_tag(kThen)})};
    });
    lww(Problem::deleted_flag, [](OwnedRow& row) { row.deleted = true; });
    lww(Problem::deleted_flag, [](OwnedRow& row) { row.deleted.reset(); });
    lww(Problem::deleted_flag, [](OwnedRow& row) { row.value.reset(); });
    lww(Problem::deleted_flag, [](OwnedRow& row) { row.value = "null"; });
    one(Problem::deleted_or_row, [](const std::string& map) {
        auto row = json_or(map, "k", json_records({kThen}));
        row.deleted = true;
        return row;
    });
    values(Problem::no_records, json_records({}));
    add(Problem::mixed_kinds, [](const std::string& map) {
        return std::vector{json_row(map, "a", "7"), json_or(map, "b", json_records({kThen}))};
    });
    values(Problem::repeated_tag, json_records({kThen, kThen}));
    one(Problem::repeated_tag, [](const std::string& map) {
        return json_tombstones(map, {json_tag(kThen), json_tag(kThen)});
    });
    values(Problem::tag_form,
           json_list("OR", "records", {json_record(kThen, json_tag(kThen - 1), "7")}));
    values(Problem::tag_form, json_list("OR", "records", {json_record(kThen, "tag", "7")}));
    lww(Problem::tag_form, [](OwnedRow& row) { row.node = "a:b"; });
    lww(Problem::old_tombstone, [&](OwnedRow& row) {
        row.value = "null";
        row.deleted = true;
        row.millis = now - static_cast<std::int64_t>(kPlantedAge) - 1;
    });
    lww(Problem::future_stamp, [&](OwnedRow& row) { row.millis = now + 61'000; });
    lww(Problem::odd_stamp, [](OwnedRow& row) { row.millis = 0; });
    lww(Problem::odd_stamp, [&](OwnedRow& row) { row.millis = now / 1000; });
    lww(Problem::odd_stamp, [](OwnedRow& row) { row.node.clear(); });
    lww(Problem::odd_stamp, [](OwnedRow& row) { row.counter = 0x7fff'ffff; });
    lww(Problem::beyond_limits, [](OwnedRow& row) { row.millis = -1; });
    lww(Problem::beyond_limits, [](OwnedRow& row) { row.millis = std::int64_t{1} << 53; });
    values(Problem::no_record, "7");
    values(Problem::no_record, R"({"type": "OTHER", "records": []})");
    values(Problem::no_record, R"({"type": "OR", "records": [{"value": 1}]})");
    values(Problem::no_record,
           R"({"type": "OR", "records": [{"value": 1, "tag": "1:0:n",
               "timestamp": {"millis": "1", "counter": 0, "nodeId": "n"}}]})");
    one(Problem::misplaced, [](const std::string& map) {
        auto row = json_tombstones(map, {json_tag(kThen)});
        row.key = "k";
        return row;
    });
    one(Problem::misplaced, [](const std::string& map) {
        return json_or(map, "__tombstones__", json_records({kThen}));
    });
    one(Problem::empty_key, [](const std::string& map) { return json_row(map, "", "7"); });
    return std::move(faults_);
}

// A key that PostgreSQL takes, each time another.
std::string fresh_key(Random& rng, std::set<std::string>& taken) {
    for (;;) {
        auto key =
            rng.chance(0.5) ? "key-" + std::to_string(rng.below(1'000'000)) : random_text(rng);
        std::erase(key, '\0');
        if (!key.empty() && key != maptable::kTombstonesKey && taken.insert(key).second) return key;
    }
}

// A value that is not null, and that the server has a form for.
Bytes clean_value(Random& rng) {
    for (;;) {
        auto value = random_value(rng, 6);
        StoredRecord record;
        record.entries.push_back({{1, 0, "n"}, {}, value, kNoTtl});
        Bytes ignored;
        if (value != Bytes("\xc0") && serverfiles::encode_stored_record(record, ignored)) {
            return value;
        }
    }
}

OwnedRow clean_bytea(Random& rng, std::set<std::string>& taken, std::uint32_t number_of_row) {
    const auto millis = kThen - rng.below(1'000'000'000);
    OwnedRow row;
    if (rng.chance(0.5)) {
        row = lww_row("lww " + std::to_string(rng.below(3)), fresh_key(rng, taken), millis,
                      clean_value(rng));
    } else {
        std::vector<StoredRecord::Entry> entries;
        for (std::uint64_t i = rng.below(4); i > 0; --i) {
            // Each value is in its key once.
            Bytes value;
            Writer writer(value);
            writer.array(2);
            writer.unsigned_integer(i);
            writer.raw(clean_value(rng));
            entries.push_back(
                entry(millis, number_of_row * 4 + static_cast<std::uint32_t>(i), value));
        }
        std::vector<std::string> removed;
        for (std::uint64_t i = rng.below(3); i > 0; --i) {
            removed.push_back(std::to_string(millis - i) + ":0:client " + std::to_string(i));
        }
        row = or_row("or." + std::to_string(rng.below(3)), fresh_key(rng, taken), entries, removed);
    }
    // Coalesced writes keep the time of the first.
    row.updated_at = static_cast<std::int64_t>(millis - rng.below(1000));
    row.created_at = row.updated_at - static_cast<std::int64_t>(rng.below(1'000'000));
    if (rng.chance(0.1)) row.expiration = static_cast<std::int64_t>(kPlantedNow + 1 + rng.below(9));
    return row;
}

void add_servers_own(std::vector<OwnedRow>& out) {
    out.push_back(policy("__configured", number(1)));
    out.push_back(policy("__index", list_of({"p2", "p1"})));
    out.push_back(policy("p1", list_of({"read"})));
    out.push_back(policy("p2", list_of({})));
    out.push_back(device("_topgun_device_credentials", "a5:alice|device-1", 32));
    out.push_back(device("_topgun_device_credentials", "n:device-2", 32));
    out.push_back(device("_topgun_tombstone_cursors_v2", "a0:|device-1", 8));
    auto row =
        lww_stamped("notes", "embedded", {kThen, 0, "_embedding_hook"}, embedded("title", 3));
    out.push_back(row);
    row.key = "kept twice";
    out.push_back(row);
    out.push_back(backup_of(row));
}

std::string clean_json(Random& rng, int depth) {
    static const std::vector<std::string> kScalars = {
        "7", "-3.25", "true", "\"text\"", "\"\"", "null", "1e21", "12345678901234567890", "0.1"};
    const auto kind = depth == 0 ? 0 : rng.below(3);
    if (kind == 0) return kScalars[rng.below(kScalars.size())];
    std::string out = kind == 1 ? "[" : "{";
    for (auto left = rng.below(4); left > 0; --left) {
        if (out.size() > 1) out += ", ";
        if (kind == 2) out += "\"field" + std::to_string(left) + "\": ";
        out += clean_json(rng, depth - 1);
    }
    return out + (kind == 1 ? "]" : "}");
}

OwnedRow clean_jsonb(Random& rng, std::set<std::string>& taken) {
    const auto millis = kThen - rng.below(1'000'000'000) * 4;
    if (rng.chance(0.4)) {
        std::vector<std::string> records;
        for (std::uint64_t i = 1 + rng.below(3); i > 0; --i) {
            records.push_back(json_record(millis + i, json_tag(millis + i), clean_json(rng, 2)));
        }
        return json_or("or." + std::to_string(rng.below(3)), fresh_key(rng, taken),
                       json_list("OR", "records", records));
    }
    auto row =
        json_row("lww " + std::to_string(rng.below(3)), fresh_key(rng, taken), clean_json(rng, 3));
    row.millis = static_cast<std::int64_t>(millis);
    row.counter = static_cast<std::int64_t>(rng.below(1000));
    if (row.value == "null" || rng.chance(0.2)) {
        row.value = "null";
        if (rng.chance(0.2)) row.value.reset();
        row.deleted = true;
    }
    return row;
}

}  // namespace

maptable::TableRow OwnedRow::view() const {
    maptable::TableRow out;
    out.map = map;
    out.key = key;
    if (value) out.value = *value;
    out.millis = millis;
    out.counter = counter;
    out.node = node;
    out.deleted = deleted;
    out.expiration = expiration;
    out.is_backup = is_backup;
    out.created_at = created_at;
    out.updated_at = updated_at;
    return out;
}

OwnedRow lww_row(std::string map, std::string key, std::uint64_t millis, const Bytes& value) {
    return lww_stamped(std::move(map), std::move(key), {millis, 0, "server-1"}, value);
}

OwnedRow or_row(std::string map, std::string key, const std::vector<std::uint64_t>& moments,
                std::vector<std::string> removed) {
    std::vector<StoredRecord::Entry> entries;
    for (const auto millis : moments) {
        entries.push_back(entry(millis, 0, number(static_cast<std::int64_t>(millis % 1000))));
    }
    return or_row(std::move(map), std::move(key), std::move(entries), std::move(removed));
}

std::vector<PlantedFault> planted_faults(Generation generation) {
    return generation == Generation::bytea ? Faults().bytea() : Faults().jsonb();
}

std::vector<OwnedRow> clean_rows(Generation generation, Random& rng, std::size_t count) {
    std::vector<OwnedRow> out;
    std::set<std::string> taken;
    for (std::uint32_t i = 0; i < count; ++i) {
        out.push_back(generation == Generation::bytea ? clean_bytea(rng, taken, i)
                                                      : clean_jsonb(rng, taken));
    }
    if (generation == Generation::bytea) {
        add_servers_own(out);
    } else {
        out.push_back(json_tombstones("or.1", {json_tag(kThen - 5), json_tag(kThen + 5)}));
        out.push_back(json_tombstones("or.2", {}));
    }
    return out;
}

void sort_rows(Generation generation, std::vector<OwnedRow>& rows) {
    const auto place = [&](const OwnedRow& row) {
        const bool first = generation == Generation::jsonb && row.key == maptable::kTombstonesKey;
        return std::make_tuple(std::string_view(row.map), !first, std::string_view(row.key),
                               row.is_backup);
    };
    std::stable_sort(rows.begin(), rows.end(),
                     [&](const auto& a, const auto& b) { return place(a) < place(b); });
}

}  // namespace topgun::test
