// SPDX-License-Identifier: Apache-2.0
// Files of redb 2.x, the embedded database of TopGun's Rust server: read where they lie, without a
// lock, never written.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/base/export.hpp"

namespace topgun::redb {

/// True for the first bytes of any redb file, whatever its version.
TOPGUN_API bool looks_like_redb(BytesView head) noexcept;

struct Table {
    std::string name;
    std::string key_type;      ///< "&str", "u64": as the program that made it calls the type.
    std::string value_type;    ///< "&[u8]"
    bool multimap = false;     ///< Several values for a key; these are listed and verified only.
    std::uint64_t length = 0;  ///< Entries that the table says it has.
};

/// The commit that a file is read at.
struct Commit {
    std::uint64_t id = 0;
    std::uint32_t format = 0;  ///< Version of the file format: 2 or 3.
    bool closed = false;       ///< False when the file is open in a process, or was when it died.
    /// A newer commit is there but not whole: it was under way when the writer died.
    bool rolled_back = false;
};

struct OpenOptions {
    /// What messages call the file, when that is not its path.
    std::string name;
    /// Read what is sound of a damaged file, and list the rest in Database::damage(), instead of
    /// failing.
    bool keep_going = false;
};

/// Entries of one table in the order of their keys. Threads: one owner; cursors of one file are
/// independent of each other. Memory: one page for each level of the tree.
class TOPGUN_API TableCursor {
public:
    virtual ~TableCursor();
    /// Goes to the next entry; false at the end. Every page is checked against the checksum that
    /// stands in the page above it, so what is read is what was committed.
    ///
    /// Errors: bad_input with the page and its byte in the file; locked when the file changes while
    /// it is read; io. After an error next() may be called again: it goes on behind the page that
    /// could not be read.
    virtual Result<bool> next() = 0;
    /// Of the entry; borrowed until the next call of next().
    virtual BytesView key() const noexcept = 0;
    virtual BytesView value() const noexcept = 0;
    /// Bytes of pages read so far.
    virtual std::uint64_t bytes_read() const noexcept = 0;
};

/// What verify() has looked at.
struct VerifyReport {
    std::uint64_t tables = 0;   ///< Those of the user.
    std::uint64_t entries = 0;  ///< In these.
    std::uint64_t pages = 0;    ///< All that the commit reaches, redb's own tables included.
    std::uint64_t bytes = 0;
    std::vector<std::string> damage;  ///< Empty when the file is sound; kMaxListedDamage at most.
};
inline constexpr std::size_t kMaxListedDamage = 1000;

/// An opened file, at one commit. Threads: const members may run concurrently.
class TOPGUN_API Database {
public:
    /// Opens a file at its last whole commit.
    ///
    /// A file that was closed is not read further than its list of tables. One that was not is
    /// verified as a whole, because its newest commit may be half written: then the commit before
    /// it counts, by the rules of redb's own repair.
    /// Errors: not_found, io; bad_input: no redb file, or damaged, with the byte;
    /// unsupported_version for formats other than 2 and 3.
    /// Cost: O(tables) for a file that was closed, else O(bytes in use). Memory: O(tables).
    static Result<std::shared_ptr<const Database>> open(const std::string& path,
                                                        const OpenOptions& options = {});
    virtual ~Database();

    /// What messages call it.
    virtual const std::string& name() const noexcept = 0;
    virtual const Commit& commit() const noexcept = 0;
    /// By name, in the order of bytes.
    virtual const std::vector<Table>& tables() const noexcept = 0;
    /// With OpenOptions::keep_going: what could not be read when the file was opened.
    virtual const std::vector<std::string>& damage() const noexcept = 0;
    /// A cursor in front of a table's first entry; it may outlive the database.
    /// Errors: usage for a table that there is not, or a multimap.
    virtual Result<std::unique_ptr<TableCursor>> cursor(std::size_t table) const = 0;
    /// Reads every page that the commit reaches: checksums, structure, order of keys where they are
    /// texts or bytes, and the numbers of entries. Errors: io, locked.
    virtual Result<VerifyReport> verify() const = 0;
};

}  // namespace topgun::redb
