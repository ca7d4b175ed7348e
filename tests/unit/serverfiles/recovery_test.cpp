// SPDX-License-Identifier: Apache-2.0
// What the log makes of a record: the rules of the server's own recovery.
#include "log_writer.hpp"
#include "pending_writes.hpp"
#include "topgun/base/random.hpp"
#include "topgun/value/json.hpp"

using namespace topgun;
using namespace topgun::serverfiles;
using namespace topgun::test;

namespace {

std::string text(const std::optional<DurableRecord>& record) {
    if (!record) return "nothing";
    std::string out = record->record.kind == MapKind::lww ? "lww" : "or";
    for (const auto& entry : record->record.entries) {
        out += " " + entry.tag + "=";
        append_json(entry.value, out);
    }
    for (const auto& tag : record->record.removed_tags) out += " -" + tag;
    return out;
}

std::optional<DurableRecord> base(const Bytes& stored) {
    if (stored.empty()) return std::nullopt;
    return DurableRecord{must(decode_stored_record(stored)), 0};
}

std::string after(const Bytes& stored, const std::vector<Bytes>& ops) {
    auto record = base(stored);
    for (const auto& op : ops)
        apply_entry(must(decode_log_entry(payload("m", "k", op, 1))), record);
    return text(record);
}

const Stamp kOld{1, 0, "n"}, kNew{2, 0, "n"};

}  // namespace

TEST_CASE("an LWW store counts unless the record in the file is newer", "[serverfiles]") {
    CHECK(after({}, {op_store(stored_lww(1, kOld))}) == "lww =1");
    CHECK(after(stored_lww(0, kOld), {op_store(stored_lww(1, kNew))}) == "lww =1");
    CHECK(after(stored_lww(0, kOld), {op_store(stored_lww(1, kOld))}) == "lww =1");
    CHECK(after(stored_lww(0, kNew), {op_store(stored_lww(1, kOld))}) == "lww =0");
    CHECK(after(stored_lww(0, {1, 0, "z"}), {op_store(stored_lww(1, kOld))}) == "lww =0");
    CHECK(after(stored_or({{3, "t"}}, {}), {op_store(stored_lww(1, kOld))}) == "lww =1");
}

TEST_CASE("a bare value counts whatever the stamps say", "[serverfiles]") {
    CHECK(after(stored_lww(0, kNew), {op_store(stored_int(1))}) == "lww =1");
}

TEST_CASE("a removal removes whatever there is, and what follows it stays", "[serverfiles]") {
    CHECK(after(stored_lww(0, kNew), {op_remove()}) == "nothing");
    CHECK(after({}, {op_remove()}) == "nothing");
    CHECK(after(stored_lww(0, kNew), {op_remove(), op_store(stored_lww(1, kOld))}) == "lww =1");
}

TEST_CASE("an OR store replaces, it is not merged", "[serverfiles]") {
    CHECK(after(stored_or({{1, "a"}}, {"z"}), {op_store(stored_or({{2, "b"}}, {"a"}))}) ==
          "or b=2 -a");
}

TEST_CASE("changes of an OR-Map's key are folded in one by one", "[serverfiles]") {
    const auto durable = stored_or({{1, "a"}, {2, "b"}}, {"z"});
    CHECK(after(durable, {op_add(3, "c")}) == "or a=1 b=2 c=3 -z");
    CHECK(after(durable, {op_add(9, "a")}) == "or b=2 a=9 -z");
    CHECK(after(durable, {op_add(9, "z")}) == "or a=1 b=2 -z");
    CHECK(after(durable, {op_remove_tag("a")}) == "or b=2 -z -a");
    CHECK(after(durable, {op_remove_tag("z")}) == "or a=1 b=2 -z");
    CHECK(after(durable, {op_prune({"z", "a"})}) == "or a=1 b=2");
    CHECK(after({}, {op_add(3, "c")}) == "or c=3");
    CHECK(after({}, {op_remove_tag("c"), op_add(3, "c")}) == "or -c");
    CHECK(after(nested({"orTombstones", "tags"}, stored_tags({"y"})), {op_add(3, "y")}) == "or -y");
    CHECK(after(stored_lww(1, kNew), {op_add(3, "c")}) == "or c=3");
}

// Goal:   leaving out what was replaced changes no result.
// Method: random writes to few keys; those that PendingWrites keeps give the record that all of
//         them give, one after the other.
TEST_CASE("writes that were kept make what all writes make", "[serverfiles][property]") {
    const auto seed = test::seed(20261121);
    CAPTURE(seed);
    Random random{seed};
    const auto below = [&random](std::uint64_t limit) { return random.below(limit); };
    for (int round = 0; round < 200; ++round) {
        const ScratchDir dir;
        LogFolder log(dir.path());
        std::map<std::string, std::optional<DurableRecord>> all;
        const auto durable =
            below(2) == 0 ? stored_lww(0, {3, 0, "n"}) : stored_or({{1, "a"}}, {"b"});
        for (const auto* key : {"x", "y"}) all[key] = base(durable);
        for (std::uint64_t i = 0; i < 1 + below(12); ++i) {
            const std::string key = below(2) == 0 ? "x" : "y";
            const std::string tag(1, static_cast<char>('a' + below(3)));
            const Bytes ops[] = {op_store(stored_lww(static_cast<int>(i), {below(6), 0, "n"})),
                                 op_store(stored_or({{5, tag}}, {"c"})),
                                 op_remove(),
                                 op_add(static_cast<int>(i), tag),
                                 op_remove_tag(tag),
                                 op_prune({tag})};
            const auto& op = ops[below(6)];
            const auto sequence = log.write("m", key, op);
            apply_entry(must(decode_log_entry(payload("m", key, op, sequence))), all[key]);
        }
        PendingWrites pending;
        ServerReadReport report;
        must(pending.read(must(list_log_files(log.path())), false, {}, report));
        CHECK(report.pending == report.frames);
        for (const auto* key : {"x", "y"}) {
            auto kept = base(durable);
            for (const auto& entry : pending.take("m", key)) apply_entry(entry, kept);
            CHECK(text(kept) == text(all[key]));
        }
        CHECK(pending.rest().empty());
    }
}
