// SPDX-License-Identifier: Apache-2.0
// A file is read with what is committed in its log, and neither writer nor folder notice.
#include <unistd.h>

#include "sqlite_support.hpp"

using namespace topgun;
using namespace topgun::test;

namespace {

const std::string kRow = insert_into() + "('m','k','1',5,0,'n',0)";
const std::string kSecond = insert_into() + "('m','second','2',6,0,'n',0)";

// Copies a file as it is, with the side files that are named.
std::string copy_of(const std::string& path, const ScratchDir& to,
                    const std::vector<std::string>& sides) {
    std::filesystem::copy_file(path, to.file("copy.db"));
    for (const auto& side : sides) {
        std::filesystem::copy_file(path + side, to.file("copy.db" + side));
    }
    return to.file("copy.db");
}

// Only the superuser can write to a folder that is read-only; for a while this is somebody else.
class NoSuperuser {
public:
    NoSuperuser() : root_(::geteuid() == 0) {
        if (root_) REQUIRE(::seteuid(65'534) == 0);
    }
    ~NoSuperuser() {
        if (root_) (void)!::seteuid(0);
    }
    NoSuperuser(const NoSuperuser&) = delete;
    NoSuperuser& operator=(const NoSuperuser&) = delete;

private:
    bool root_;
};

}  // namespace

TEST_CASE("what is in the log only is read, what is not committed is not", "[sqlitefile]") {
    const ScratchDir dir;
    const auto path = make_file(dir, kRow);
    SqliteWriter writer(path, kSecond + ";BEGIN;" + insert_into() + "('m','open','3',7,0,'n',0)");
    const auto before = picture_of(dir);
    REQUIRE(before.size() == 3);
    CHECK(read_lines(path).size() == 2);
    CHECK(picture_of(dir) == before);
    writer.run("COMMIT");
    CHECK(read_lines(path).size() == 3);
}

TEST_CASE("a log without its writer is read, with its index or without", "[sqlitefile]") {
    const ScratchDir dir;
    const auto path = make_file(dir, kRow);
    const SqliteWriter writer(path, kSecond);
    using Sides = std::vector<std::string>;
    for (const auto& sides : {Sides{"-wal", "-shm"}, Sides{"-wal"}}) {
        CAPTURE(sides.size());
        const ScratchDir to;
        const auto copy = copy_of(path, to, sides);
        const auto before = picture_of(to);
        CHECK(read_lines(copy).size() == 2);
        std::vector<std::string> damage;
        must(sqlitefile::check_file(copy, copy, damage));
        CHECK(damage.empty());
        CHECK(picture_of(to) == before);
        // An index of something else does not mislead.
        spit(copy + "-shm", std::string(32'768, 'x'));
        CHECK(read_lines(copy).size() == 2);
    }
    const ScratchDir to;
    const auto copy = copy_of(path, to, {});
    CHECK(read_lines(copy).size() == 1);
    CHECK(picture_of(to).size() == 1);
}

TEST_CASE("a torn end of the log does not count, as for SQLite itself", "[sqlitefile]") {
    const ScratchDir dir;
    const auto path = make_file(dir, kRow);
    const SqliteWriter writer(path, kSecond + ";" + insert_into() + "('m','third','3',7,0,'n',0)");
    const ScratchDir to;
    const auto copy = copy_of(path, to, {"-wal"});
    std::filesystem::resize_file(copy + "-wal", std::filesystem::file_size(copy + "-wal") - 100);
    CHECK(read_lines(copy).size() == 2);
}

TEST_CASE("a file is read in a folder in which nothing can be written", "[sqlitefile]") {
    using Sides = std::vector<std::string>;
    const ScratchDir dir;
    const auto path = make_file(dir, kRow);
    const SqliteWriter writer(path, kSecond);
    for (const auto& sides : {Sides{}, Sides{"-wal"}, Sides{"-wal", "-shm"}}) {
        CAPTURE(sides.size());
        const ScratchDir to;
        const auto copy = copy_of(path, to, sides);
        using std::filesystem::perms;
        const auto readable = perms::owner_read | perms::group_read | perms::others_read;
        for (const auto& entry : std::filesystem::directory_iterator(to.path())) {
            std::filesystem::permissions(entry.path(), readable);
        }
        std::filesystem::permissions(
            to.path(), readable | perms::owner_exec | perms::group_exec | perms::others_exec);
        Result<MapsRead> read = Error(Errc::io, "not tried");
        {
            const NoSuperuser other;
            read = try_read(copy);
        }
        std::filesystem::permissions(to.path(), perms::owner_all);
        CHECK(must(std::move(read)).lines.size() == (sides.empty() ? 1 : 2));
    }
}

TEST_CASE("a writer goes on while its file is read, and the reader sees one moment",
          "[sqlitefile]") {
    const ScratchDir dir;
    const auto path = make_file(dir, kRow);
    SqliteWriter writer(path, kSecond);
    maptable::ReadReport report;
    const auto write = [&writer](const Op&) -> Status {
        writer.run(insert_into() + "('m', random(), '3', 7, 0, 'n', 0)");
        writer.run("UPDATE topgun_maps SET value = '9'; PRAGMA wal_checkpoint(PASSIVE)");
        return {};
    };
    must(sqlitefile::read_map_ops(path, {}, write, report));
    CHECK(report.rows == 2);
    CHECK(read_lines(path).size() == 4);
}

TEST_CASE("a file that was changed while it was read without locks is refused", "[sqlitefile]") {
    const ScratchDir dir;
    const SqliteWriter maker(dir.file("plain.db"), table_ddl() + kRow);
    maptable::ReadReport report;
    const auto write = [&](const Op&) -> Status {
        SqliteWriter(dir.file("plain.db"), kSecond);
        return {};
    };
    const auto status = sqlitefile::read_map_ops(dir.file("plain.db"), {}, write, report);
    REQUIRE_FALSE(status);
    CHECK(status.error().code() == Errc::locked);
    CHECK_THAT(status.error().text(), Catch::Contains("plain.db: the file was written while"));
}

TEST_CASE("a transaction that only SQLite can take back is told with what to do", "[sqlitefile]") {
    const ScratchDir dir;
    SqliteWriter writer(dir.file("plain.db"), table_ddl() + kRow);
    writer.run("PRAGMA cache_size = 1; BEGIN; " + insert_into() +
               "('m', zeroblob(100000), '3', 7, 0, 'n', 0)");
    const auto error = refusal(dir.file("plain.db"));
    CHECK(error.code() == Errc::locked);
    CHECK_THAT(error.text(), Catch::Contains("plain.db-journal"));
    writer.run("ROLLBACK");
    CHECK(read_lines(dir.file("plain.db")).size() == 1);
}

TEST_CASE("a link leads to the log beside the file itself", "[sqlitefile]") {
    const ScratchDir dir, elsewhere;
    const auto path = make_file(dir, kRow, "odd %41?#name.db");
    const SqliteWriter writer(path, kSecond);
    std::filesystem::create_symlink(path, elsewhere.file("link.db"));
    CHECK(read_lines(elsewhere.file("link.db")).size() == 2);
    CHECK(picture_of(elsewhere).size() == 1);
}
