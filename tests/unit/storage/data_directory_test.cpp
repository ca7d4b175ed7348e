// SPDX-License-Identifier: Apache-2.0
// Data directories: what is written comes back, what is damaged is said, what is foreign is left
// alone.
#include "storage_support.hpp"
#include "topgun/base/hash.hpp"

using namespace topgun;
using namespace topgun::test;
using Names = std::vector<std::string>;

TEST_CASE("a new data directory is created empty and comes back empty", "[storage][directory]") {
    ScratchDir scratch;
    const auto path = scratch.file("data");
    {
        const auto directory = open_directory(path);
        CHECK(directory->state()->maps().empty());
        CHECK(directory->recovery().complete());
        CHECK_FALSE(directory->recovery().snapshot);
        CHECK(directory->largest_stamp() == Timestamp());
        CHECK(names_in(path) == Names{"LOCK", "log-00000001.tgl"});
    }
    CHECK(open_directory(path)->recovery().ops == 0);
    CHECK(names_in(path) == Names{"LOCK", "log-00000001.tgl"});
}

TEST_CASE("a new log says who made it and when", "[storage][directory]") {
    ScratchDir scratch;
    const ManualTime time(1'700'000'000'000);
    DataDirectoryOptions options;
    options.node = "server-1";
    options.time = &time;
    open_directory(scratch.file("data"), std::move(options));
    const auto bytes = slurp(scratch.path() / "data" / "log-00000001.tgl");
    const auto reader = must(LogReader::open(bytes));
    CHECK(reader.header().origin == "server-1");
    CHECK(reader.header().created_ms == 1'700'000'000'000);
}

// TG-DIR-001
TEST_CASE("appended ops come back after flush, checkpoint and both", "[storage][directory]") {
    ScratchDir scratch;
    Random rng(seed(11));
    const auto ops = random_ops(rng, 3000);
    const bool in_between = GENERATE(false, true);
    const bool at_end = GENERATE(false, true);
    CAPTURE(in_between, at_end);
    {
        const auto directory = open_directory(scratch.file("data"));
        append(*directory, {ops.begin(), ops.begin() + 1500});
        if (in_between) must(directory->checkpoint());
        append(*directory, {ops.begin() + 1500, ops.end()});
        if (at_end) must(directory->checkpoint());
        must(directory->flush());
        CHECK(hash_of(*directory->state()) == hash_of(ops));
    }
    const auto again = open_directory(scratch.file("data"));
    CHECK(again->recovery().complete());
    CHECK(again->recovery().torn_bytes == 0);
    CHECK(hash_of(*again->state()) == hash_of(ops));
}

TEST_CASE("each op's outcome is told, and only changes are logged", "[storage][directory]") {
    ScratchDir scratch;
    const auto directory = open_directory(scratch.file("data"));
    const auto first = append(*directory, {put("m", "a", 5), put("m", "a", 7), put("m", "a", 6),
                                           put("m", "a", 7), or_remove("t", "a", "1:0:n")});
    CHECK(first.outcomes == std::vector<OpOutcome>{OpOutcome::added, OpOutcome::replaced,
                                                   OpOutcome::lost, OpOutcome::equal,
                                                   OpOutcome::added});
    CHECK(first.sequence == 3);
    must(directory->flush());
    const auto bytes = directory->stats().log_bytes;
    const auto again = append(*directory, {put("m", "a", 7), or_remove("t", "a", "1:0:n")});
    CHECK(again.outcomes == std::vector<OpOutcome>{OpOutcome::equal, OpOutcome::equal});
    CHECK(again.sequence == 3);
    must(directory->flush());
    CHECK(directory->stats().log_bytes == bytes);
    CHECK(append(*directory, {}).sequence == 3);
}

// TG-DIR-003
TEST_CASE("an op that would not read back is refused alone", "[storage][directory]") {
    ScratchDir scratch;
    auto bad = put("m", "b", 5);
    std::string why;
    SECTION("a key that is not UTF-8") {
        bad.key = "\xff";
    }
    SECTION("a node id that is not UTF-8") {
        bad.stamp.node_id = "\xc3";
    }
    SECTION("a time beyond 2^53 - 1") {
        bad.stamp.millis = kMaxMillis + 1;
    }
    SECTION("a value that is cut short") {
        bad.value = "\xd9";
    }
    SECTION("two values in one") {
        bad.value = text_value("a") + text_value("b");
    }
    SECTION("an OR record without tag") {
        bad.kind = OpKind::or_add;
    }
    SECTION("a counter that is not two counts") {
        bad.kind = OpKind::counter;
    }
    SECTION("a negative count") {
        bad = count("c", "n", 1, 2);
        bad.value = "\x92\x01\xff";
    }
    std::string expected;
    {
        const auto directory = open_directory(scratch.file("data"));
        const auto report = append(*directory, {put("m", "a", 5), bad, put("m", "c", 5)});
        REQUIRE(report.refusals.size() == 1);
        CHECK(report.refusals[0].index == 1);
        CHECK(report.refusals[0].error.code() == Errc::bad_input);
        CHECK(report.outcomes[1] == OpOutcome::refused);
        CHECK(report.sequence == 2);
        expected = hash_of(*directory->state());
        CHECK(expected == hash_of({put("m", "a", 5), put("m", "c", 5)}));
    }
    const auto again = open_directory(scratch.file("data"));
    CHECK(again->recovery().complete());
    CHECK(hash_of(*again->state()) == expected);
}

TEST_CASE("what is merged is what a recovery will merge", "[storage][directory]") {
    ScratchDir scratch;
    auto nil = put("m", "k", 5);
    nil.value = "\xc0";  // a PUT of nil is a removal once it is read back
    const auto directory = open_directory(scratch.file("data"));
    append(*directory, {nil, put("m", "float", 5)});
    must(directory->flush());
    DataDirectoryOptions options;
    options.read_only = true;
    CHECK(hash_of(*open_directory(scratch.file("data"), options)->state()) ==
          hash_of(*directory->state()));
    must(find_rows(directory->shared(), {"m", MapKind::lww}, "k", [](const MapId&, const Row& row) {
        CHECK(row.is_lww_tombstone());
        return Status();
    }));
}

// Goal:   ops merged in runs do what they do one by one, and what is logged is what is merged.
// Method: batches of ops of all kinds, among them such as lose, repeat, are read as something else,
//         or are refused; the same one by one into another folder; both opened again.
TEST_CASE("a batch does what its ops do one by one", "[storage][directory][property]") {
    const auto with = seed(12);
    CAPTURE(with);
    Random rng(with);
    ScratchDir scratch;
    auto ops = random_ops(rng, 4000);
    for (auto& op : ops) {
        switch (rng.below(12)) {
            case 0: op.key = "\xff"; break;         // refused
            case 1: op.value = "\xc0"; break;       // of a PUT: a removal
            case 2: op.id = "\xed\xa0\x80"; break;  // repaired
            case 3: op.stamp.millis = kMaxMillis + 1; break;
            case 4: op.tag.clear(); break;
            default: break;
        }
    }
    std::string state;
    {
        const auto batched = open_directory(scratch.file("batched"));
        const auto single = open_directory(scratch.file("single"));
        std::size_t refused = 0;
        for (std::size_t at = 0; at < ops.size();) {
            const auto size = std::min<std::size_t>(1 + rng.below(200), ops.size() - at);
            const std::vector<OwnedOp> batch(ops.begin() + static_cast<std::ptrdiff_t>(at),
                                             ops.begin() + static_cast<std::ptrdiff_t>(at + size));
            const auto report = append(*batched, batch);
            std::vector<OpOutcome> expected;
            std::vector<std::size_t> refusals;
            std::uint64_t sequence = 0;
            for (const auto& op : batch) {
                const auto one = append(*single, {op});
                if (!one.refusals.empty()) refusals.push_back(expected.size());
                expected.push_back(one.outcomes.at(0));
                sequence = one.sequence;
            }
            REQUIRE(report.outcomes == expected);
            REQUIRE(report.sequence == sequence);
            REQUIRE(report.refusals.size() == refusals.size());
            for (std::size_t i = 0; i < refusals.size(); ++i) {
                REQUIRE(report.refusals[i].index == refusals[i]);
            }
            refused += refusals.size();
            at += size;
        }
        CHECK(refused > 500);
        CHECK(batched->largest_stamp() == single->largest_stamp());
        must(batched->flush());
        must(single->flush());
        CHECK(batched->stats().log_bytes == single->stats().log_bytes);
        state = hash_of(*batched->state());
        CHECK(state == hash_of(*single->state()));
    }
    const auto again = open_directory(scratch.file("batched"));
    CHECK(again->recovery().complete());
    CHECK(hash_of(*again->state()) == state);
}

TEST_CASE("a second writer is kept out while readers come and go", "[storage][directory]") {
    ScratchDir scratch;
    const auto path = scratch.file("data");
    const auto writer = open_directory(path);
    const auto second = DataDirectory::open(path);
    REQUIRE_FALSE(second);
    CHECK(second.error().code() == Errc::locked);

    append(*writer, {put("m", "a", 5)});
    must(writer->flush());
    append(*writer, {put("m", "b", 5)});  // not flushed
    const auto before = contents_of(path);
    DataDirectoryOptions options;
    options.read_only = true;
    const auto reader = open_directory(path, options);
    CHECK(hash_of(*reader->state()) == hash_of({put("m", "a", 5)}));
    CHECK(contents_of(path) == before);
    const auto op = put("m", "c", 5);
    CHECK(reader->append(std::vector<Op>{op.view()}).error().code() == Errc::usage);
    CHECK(reader->checkpoint().error().code() == Errc::usage);
    CHECK(reader->flush().error().code() == Errc::usage);
}

TEST_CASE("reading only never creates or repairs anything", "[storage][directory]") {
    ScratchDir scratch;
    DataDirectoryOptions options;
    options.read_only = true;
    CHECK(DataDirectory::open(scratch.file("missing"), options).error().code() == Errc::not_found);
    CHECK_FALSE(std::filesystem::exists(scratch.path() / "missing"));
    CHECK(DataDirectory::open(scratch.path().string(), options).error().code() == Errc::not_found);
    CHECK(names_in(scratch.path()).empty());

    {
        const auto writer = open_directory(scratch.file("data"));
        append(*writer, {put("m", "a", 5)});
    }
    const auto log = scratch.path() / "data" / "log-00000001.tgl";
    spit(log, slurp(log) + "TGLO");
    const auto before = contents_of(scratch.file("data"));
    CHECK(open_directory(scratch.file("data"), options)->recovery().torn_bytes == 4);
    CHECK(contents_of(scratch.file("data")) == before);
}

TEST_CASE("folders that are not ours are left alone", "[storage][directory]") {
    ScratchDir scratch;
    spit(scratch.path() / "thesis.txt", "dear to somebody");
    const auto foreign = DataDirectory::open(scratch.path().string());
    REQUIRE_FALSE(foreign);
    CHECK(foreign.error().code() == Errc::usage);
    CHECK(foreign.error().text().find("'thesis.txt'") != std::string::npos);
    CHECK(names_in(scratch.path()) == Names{"thesis.txt"});

    const auto file = DataDirectory::open(scratch.file("thesis.txt"));
    REQUIRE_FALSE(file);
    CHECK(file.error().code() == Errc::usage);
    CHECK(DataDirectory::open(scratch.file("no/parent")).error().code() == Errc::not_found);
}

TEST_CASE("hidden files do not make a folder foreign, and names like ours are not ours",
          "[storage][directory]") {
    ScratchDir scratch;
    spit(scratch.path() / ".gitkeep", "");
    append(*open_directory(scratch.path().string() + "/"), {put("m", "a", 5)});
    for (const auto* name :
         {"log-1.tgl", "log-000000002.tgl", "log-0000000x.tgl", "snapshot-.tgs"}) {
        spit(scratch.path() / name, "not ours");
    }
    const auto again = open_directory(scratch.path().string());
    CHECK(again->recovery().complete());
    CHECK(hash_of(*again->state()) == hash_of({put("m", "a", 5)}));
}

// TG-DIR-002
TEST_CASE("a checkpoint leaves one snapshot and one log, once", "[storage][directory]") {
    ScratchDir scratch;
    const auto path = scratch.file("data");
    const auto directory = open_directory(path);
    append(*directory, {put("m", "a", 5), or_add("t", "k", "1:0:n"), count("c", "n", 3, 1)});
    const auto report = must(directory->checkpoint());
    CHECK(report.written);
    CHECK(report.number == 2);
    CHECK(report.info.rows == 3);
    CHECK(hex(report.info.state) == hash_of(*directory->state()));
    CHECK(names_in(path) == Names{"LOCK", "log-00000002.tgl", "snapshot-00000002.tgs"});
    CHECK(directory->durable() == 3);
    CHECK_FALSE(must(directory->checkpoint()).written);

    append(*directory, {put("m", "b", 5)});
    CHECK(must(directory->checkpoint()).number == 3);
    CHECK(names_in(path) == Names{"LOCK", "log-00000003.tgl", "snapshot-00000003.tgs"});
    CHECK(directory->stats().checkpoints == 2);
}

TEST_CASE("a restart without writes needs no checkpoint and starts no log",
          "[storage][directory]") {
    ScratchDir scratch;
    const auto path = scratch.file("data");
    {
        const auto directory = open_directory(path);
        append(*directory, {put("m", "a", 5)});
        must(directory->checkpoint());
    }
    const auto before = contents_of(path);
    {
        const auto directory = open_directory(path);
        CHECK(directory->recovery().snapshot == 2u);
        CHECK(directory->recovery().rows == 1);
        CHECK_FALSE(must(directory->checkpoint()).written);
    }
    auto after = contents_of(path);
    after["LOCK"] = before.at("LOCK");
    CHECK(after == before);
}

TEST_CASE("a large log is closed at a restart, a small one goes on", "[storage][directory]") {
    ScratchDir scratch;
    const auto path = scratch.file("data");
    append(*open_directory(path), {put("m", "a", 5)});
    append(*open_directory(path), {put("m", "b", 5)});
    CHECK(names_in(path) == Names{"LOCK", "log-00000001.tgl"});
    append(*open_directory(path), {put("m", "big", 5, std::string(2 << 20, 'x'))});
    const auto directory = open_directory(path);
    CHECK(names_in(path) == Names{"LOCK", "log-00000001.tgl", "log-00000002.tgl"});
    CHECK(directory->recovery().complete());
    CHECK(directory->recovery().ops == 3);
    CHECK(directory->stats().log_bytes > std::uint64_t{2 << 20});
}

TEST_CASE("the greatest stamp is known after every kind of recovery", "[storage][directory]") {
    ScratchDir scratch;
    const auto path = scratch.file("data");
    const Timestamp expected(900, 0, "n1");
    {
        const auto directory = open_directory(path);
        append(*directory,
               {put("m", "a", 5), remove("m", "b", 900), or_add("t", "k", "1:0:n", 899)});
        CHECK(directory->largest_stamp() == expected);
    }
    {
        const auto from_log = open_directory(path);
        CHECK(from_log->largest_stamp() == expected);
        must(from_log->checkpoint());
    }
    const auto from_snapshot = open_directory(path);
    CHECK(from_snapshot->largest_stamp() == expected);
    append(*from_snapshot, {put("m", "a", 1000)});
    CHECK(from_snapshot->largest_stamp().millis == 1000);
}

TEST_CASE("pruned tombstones are gone from disk, too", "[storage][directory]") {
    ScratchDir scratch;
    const auto path = scratch.file("data");
    {
        const auto directory = open_directory(path);
        append(*directory,
               {put("m", "a", 5), remove("m", "a", 6), remove("m", "b", 50), put("m", "c", 7)});
        must(directory->checkpoint());
        CHECK(must(directory->prune({10, 0, ""})) == 1);
        CHECK(must(directory->prune({10, 0, ""})) == 0);
        CHECK(hash_of(*directory->state()) == hash_of({remove("m", "b", 50), put("m", "c", 7)}));
        CHECK(current_trie(directory->shared(), {"m", MapKind::lww}).root() ==
              must(directory->state()->facts({"m", MapKind::lww}))->root);
    }
    CHECK(hash_of(*open_directory(path)->state()) ==
          hash_of({remove("m", "b", 50), put("m", "c", 7)}));
}

TEST_CASE("the files of a recovery are listed by name", "[storage][directory]") {
    ScratchDir scratch;
    const auto path = scratch.file("data");
    CHECK(list_data_directory(path).error().code() == Errc::not_found);
    CHECK(list_data_directory(scratch.path().string()).error().code() == Errc::not_found);
    const auto directory = open_directory(path);
    append(*directory, {put("m", "a", 5)});
    CHECK_FALSE(must(list_data_directory(path)).snapshot);
    must(directory->checkpoint());
    spit(path + "/log-00000001.tgl", "left behind");
    const auto files = must(list_data_directory(path));
    CHECK(files.snapshot == path + "/snapshot-00000002.tgs");
    CHECK(files.logs == Names{path + "/log-00000002.tgl"});
}
