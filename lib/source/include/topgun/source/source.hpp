// SPDX-License-Identifier: Apache-2.0
// One opener for everything that state can be read from, and one writer for where it can go.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/clock/timestamp.hpp"
#include "topgun/replica/replica.hpp"
#include "topgun/replica/state.hpp"

namespace topgun {

enum class Format : std::uint8_t {
    automatic,       ///< By content, then by name.
    snapshot,        ///< .tgs
    log,             ///< .tgl
    data_directory,  ///< A folder of numbered snapshots and logs.
    messages,        ///< .msgpack: captured wire messages.
    ndjson,          ///< .ndjson, .jsonl: a record a line.
    json,            ///< .json: one record, or an array of them.
    csv,             ///< .csv
    dump,            ///< .sql, .dump: PostgreSQL's dumps, for TopGun's tables in them. Read only.
    redb,            ///< .redb: the file of TopGun's Rust server, with its log. Read only.
    server_log,      ///< The folder of that server's write-ahead log, topgun-wal. Read only.
    sqlite,          ///< .db: the file of TopGun's former TypeScript server. Read only.
    endpoint,        ///< ws://, wss://: a live endpoint; see topgun/source/remote.hpp.
    database,        ///< postgres://: the tables of TopGun's servers.
};

/// "snapshot", "log", "directory", "msgpack", "ndjson", "json", "csv", "dump", "redb", "wal",
/// "sqlite", "endpoint", "database"; "auto".
TOPGUN_API std::string_view format_name(Format format) noexcept;
/// The reverse; "tgs", "tgl" and "dir" are known too. Errors: usage, with the known words.
TOPGUN_API Result<Format> parse_format(std::string_view word);
/// By extension, for a path to be written. Errors: usage when it tells nothing, or a format that is
/// only read.
TOPGUN_API Result<Format> format_for_writing(const std::string& path);

struct ReadOptions {
    Format format = Format::automatic;
    std::vector<std::string> maps;           ///< Only these maps; empty for all.
    std::optional<Timestamp> until;          ///< Only what is stamped up to this moment, inclusive.
    bool keep_going = false;                 ///< Pass over what is damaged instead of failing.
    std::string default_map;                 ///< For text records that name no map.
    std::string key_column = "_key";         ///< CSV only.
    std::optional<Timestamp> default_stamp;  ///< For text records without a stamp.
    /// A state that is much like the source: of an endpoint, only what differs is asked for.
    const StateReader* resembles = nullptr;
    ConflictObserver* observer = nullptr;  ///< Hears of writes that lose within the source.
    /// Bytes or rows read since the last call; an error ends the reading.
    std::function<Status(std::uint64_t)> progress;
};

namespace source {
struct Located;
}

/// What was met while reading a source.
struct ReadReport {
    std::string path;
    Format format = Format::automatic;
    std::uint64_t ops = 0;             ///< Ops or rows taken.
    std::uint64_t messages = 0;        ///< Captures: messages, BATCH frames included.
    std::uint64_t stateless = 0;       ///< Messages that carry no records, such as PING.
    std::uint64_t skipped = 0;         ///< Ops that change nothing, or have no stamp.
    std::vector<std::string> damage;   ///< What could not be read, with its place.
    std::vector<std::string> origins;  ///< Logs: the nodes that wrote them.
    /// What is no damage, but should be known: which commit was read, what was folded in.
    std::vector<std::string> notes;
    bool complete() const noexcept { return damage.empty() && skipped == 0; }
};

/// An opened source: its state, and what reading it met.
struct Source {
    std::unique_ptr<StateReader> state;
    ReadReport report;
};

/// Opens a source as a state. The file of a server is read with the log in the folder "topgun-wal"
/// beside it, as the server itself would when it starts; "FILE#base" is the file alone. Of a SQLite
/// file or a dump with several tables "FILE#TABLE" names one. Snapshots are read lazily; all else
/// is merged in memory. Errors: not_found, io, bad_input (with offset or line:column),
/// unsupported_version, usage.
TOPGUN_API Result<Source> open_source(const std::string& path, const ReadOptions& options = {});

/// One op on its way; borrowed for the call.
using OpVisitor = std::function<Status(const Op&)>;

/// A source that was found and is not read yet, for those who treat formats differently. What comes
/// through a pipe waits in a temporary meanwhile.
class TOPGUN_API FoundSource {
public:
    /// Errors: not_found, io, usage, bad_input.
    static Result<FoundSource> find(const std::string& path, Format wanted = Format::automatic);
    FoundSource(FoundSource&&) noexcept;
    ~FoundSource();

    Format format() const noexcept;
    /// As open_source().
    Result<Source> open(const ReadOptions& options) const;
    /// The ops whose merge is the state of open(), as the source holds them.
    Result<ReadReport> read_state_ops(const ReadOptions& options, const OpVisitor& visit) const;

private:
    explicit FoundSource(std::string path);
    Result<ReadReport> read(const ReadOptions& options, bool as_state,
                            const OpVisitor& visit) const;

    std::string path_;
    std::unique_ptr<source::Located> located_;  // null for what is_remote()
    friend Result<ReadReport> read_ops(const std::string&, const ReadOptions&, const OpVisitor&);
};

/// Reads a source op by op, in the order in which it holds them: logs and captures as they came, a
/// data directory its snapshot and then its logs, a snapshot by key. A server's log alone is a
/// history here: all of its entries, also those that its database has.
TOPGUN_API Result<ReadReport> read_ops(const std::string& path, const ReadOptions& options,
                                       const OpVisitor& visit);

/// Where ops go one after the other: a log, captured messages, or text. Complete or absent.
class TOPGUN_API OpWriter {
public:
    /// @param path    "-" is standard output, written through `to_stdout`.
    /// @param origin  the node named in a log's header; may be empty.
    static Result<std::unique_ptr<OpWriter>> create(
        const std::string& path, Format format, const std::string& origin = {},
        std::function<Status(BytesView)> to_stdout = {});
    virtual ~OpWriter();
    virtual Status add(const Op& op) = 0;
    /// Makes the file appear.
    virtual Status finish() = 0;
    /// Ops added so far.
    virtual std::uint64_t count() const = 0;
    /// Bytes written so far: after finish(), those of the whole file.
    virtual std::uint64_t bytes() const = 0;
};

struct WriteReport {
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;  ///< Of the file; 0 for a directory.
    std::optional<Hash128> state;
};

/// Writes a whole state in any format that can be written. An existing data directory is merged
/// into; an existing file is replaced when the new one is complete.
TOPGUN_API Result<WriteReport> write_state(const StateReader& state, const std::string& path,
                                           Format format,
                                           std::function<Status(BytesView)> to_stdout = {});

}  // namespace topgun
