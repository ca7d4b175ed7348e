// SPDX-License-Identifier: Apache-2.0
#include "spill.hpp"

#include <sys/resource.h>
#include <csignal>

#include "column_support.hpp"

using namespace topgun;
using namespace topgun::sql;
using namespace topgun::test;

namespace {

std::string lines_of(const Batch& batch) {
    std::string out;
    for (const auto& column : batch.columns) {
        CHECK(column->size() == batch.rows);
        out += texts_of(*column) + "\n";
    }
    return out;
}

Batch random_batch(const std::vector<DataType>& types, std::size_t rows, Random& rng) {
    Batch out;
    out.rows = rows;
    for (const auto type : types) {
        // Now and then a column of one value for all rows.
        if (rows > 0 && rng.chance(0.2))
            out.columns.push_back(Column::constant(*random_column(type, 1, rng, 0.3), rows));
        else
            out.columns.push_back(random_column(type, rows, rng, 0.2));
    }
    return out;
}

}  // namespace

TEST_CASE("a spill file gives back what it was given, as often as asked", "[sql][spill]") {
    const auto seed = test::seed(7101);
    CAPTURE(seed);
    Random rng(seed);
    const ScratchDir scratch;
    const auto& types = scalar_types();
    auto file = must(SpillFile::create(scratch.path().string(), types));
    std::vector<std::string> expected;
    std::uint64_t rows = 0;
    for (int i = 0; i < 20; ++i) {
        const auto batch = random_batch(types, rng.below(300), rng);
        must(file.write(batch));
        expected.push_back(lines_of(batch));
        rows += batch.rows;
    }
    CHECK(file.rows() == rows);
    CHECK(file.bytes() > rows);
    for (int round = 0; round < 2; ++round) {
        must(file.rewind());
        for (const auto& lines : expected) {
            Batch batch;
            REQUIRE(must(file.read(batch)));
            REQUIRE(batch.columns.size() == types.size());
            for (std::size_t c = 0; c < types.size(); ++c) {
                CHECK(batch.columns[c]->type() == types[c]);
            }
            CHECK(lines_of(batch) == lines);
        }
        Batch batch;
        CHECK_FALSE(must(file.read(batch)));
    }
}

TEST_CASE("rows without columns are counted in a spill file", "[sql][spill]") {
    const ScratchDir scratch;
    auto file = must(SpillFile::create(scratch.path().string(), {}));
    Batch batch;
    batch.rows = 12;
    must(file.write(batch));
    must(file.rewind());
    Batch back;
    REQUIRE(must(file.read(back)));
    CHECK(back.rows == 12);
    CHECK(back.columns.empty());
}

TEST_CASE("spill files have no names that could be left over", "[sql][spill]") {
    const ScratchDir scratch;
    const auto file = must(SpillFile::create(scratch.path().string(), {TypeId::text}));
    CHECK(std::filesystem::is_empty(scratch.path()));
}

TEST_CASE("a spill file that cannot be made says where and what to do", "[sql][spill]") {
    const ScratchDir scratch;
    spit(scratch.path() / "file", "");
    const auto directory = scratch.file(GENERATE("missing", "file"));
    const auto file = SpillFile::create(directory, {TypeId::text});
    REQUIRE_FALSE(file);
    CHECK(file.error().code() == Errc::io);
    CHECK(file.error().text().find(directory + ": cannot make a temporary file: ") == 0);
    CHECK(file.error().text().find("set TMPDIR") != std::string::npos);
}

TEST_CASE("a spill file that outgrows its disk is an error", "[sql][spill]") {
    // A limit on sizes of files does what a full disk does, without a disk of one's own.
    struct Limited {
        rlimit before{};
        void (*handler)(int);
        Limited() : handler(std::signal(SIGXFSZ, SIG_IGN)) {
            ::getrlimit(RLIMIT_FSIZE, &before);
            auto now = before;
            now.rlim_cur = 100'000;
            ::setrlimit(RLIMIT_FSIZE, &now);
        }
        ~Limited() {
            ::setrlimit(RLIMIT_FSIZE, &before);
            std::signal(SIGXFSZ, handler);
        }
    };
    const ScratchDir scratch;
    auto file = must(SpillFile::create(scratch.path().string(), {TypeId::text}));
    Batch batch;
    batch.rows = 1;
    batch.columns.push_back(column_of(TypeId::text, {std::string(1000, 'x')}));
    Status status;
    {
        const Limited limited;
        for (int i = 0; i < 200 && status; ++i) status = file.write(batch);
        if (status) status = file.rewind();
    }
    REQUIRE_FALSE(status);
    CHECK(status.error().code() == Errc::io);
    CHECK(status.error().text().find("cannot write a temporary file: File too large") !=
          std::string::npos);
}
