// SPDX-License-Identifier: Apache-2.0
// Snapshot files (.tgs): the sorted, compressed, checksummed state of maps at a moment.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/replica/state.hpp"

namespace topgun {

/// File name extension and format version. Files of a newer version that says it cannot be read by
/// this one are refused with Errc::unsupported_version; unknown sections are skipped.
inline constexpr std::string_view kSnapshotExtension = ".tgs";
inline constexpr std::uint16_t kSnapshotVersion = 1;

struct SnapshotOptions {
    /// zstd level. Part of the file's bytes: leave it alone where byte-identical files are wanted.
    /// On records of 200 bytes, -2 packs 1.5 and unpacks 1.75 times as fast as 1, into files that
    /// are 16 % larger; snapshots are read more often than stored away.
    int compression_level = -2;
    /// Threads that hash and compress beside the one that gathers. 0 does all in the calling
    /// thread. The bytes of the file are the same for any number.
    unsigned threads = 2;
};

struct SnapshotInfo {
    std::uint64_t file_bytes = 0;
    std::uint64_t raw_bytes = 0;  ///< Blocks before compression.
    std::uint64_t rows = 0;
    Hash128 state;
};

/// Writes a snapshot row by row in bounded memory. The file appears when commit() succeeds, and not
/// before; a writer that is dropped leaves nothing. The same rows give the same bytes.
/// Threads: one owner.
class TOPGUN_API SnapshotWriter {
public:
    static Result<SnapshotWriter> create(const std::string& path, SnapshotOptions options = {});
    SnapshotWriter(SnapshotWriter&&) noexcept;
    SnapshotWriter& operator=(SnapshotWriter&&) noexcept;
    ~SnapshotWriter();

    /// Begins the next map. @pre maps come in ascending order. A map without rows is not written.
    Status begin_map(const MapId& map);
    /// Adds a row: removed tags first, then rows in order of place. Errors: usage when out of
    /// order, io, limit for a row above 1 GiB, bad_input for what a reader would refuse: texts that
    /// are not UTF-8, times above 2^53 - 1 ms, OR rows without tag. @pre key_hash is fnv1a(key),
    /// the value canonical. Cost: about 0.3 us for a row of 100 bytes.
    Status add(const Row& row);
    Result<SnapshotInfo> commit();

private:
    struct State;
    explicit SnapshotWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Writes a whole state. Errors: those of reading it and of SnapshotWriter.
TOPGUN_API Result<SnapshotInfo> write_snapshot(const StateReader& state, const std::string& path,
                                               SnapshotOptions options = {});

/// One stretch of a snapshot file that could not be read.
struct TOPGUN_API SnapshotDamage {
    std::uint64_t offset = 0;  ///< In the file.
    std::uint64_t length = 0;
    std::string what;
    std::string map;         ///< Empty when not known.
    std::string hash_first;  ///< Key hashes that may be affected, as 8 hex digits; empty when
    std::string hash_last;   ///< not known.

    /// "bytes 120 to 4711 (map 'users', key hashes 0012ab34 to 00ff0000): the checksum differs"
    std::string text() const;
};

enum class SnapshotOpen {
    strict,   ///< Damage is an error when it is met.
    salvage,  ///< Scans the whole file, keeps every sound block, lists the damage.
};

/// A snapshot file as a state. Opening reads the footer and the directory, some kilobytes; the rest
/// is read, and verified, when asked for.
class TOPGUN_API SnapshotReader : public StateReader {
public:
    /// Errors: not_found, io, bad_input (not a snapshot, damaged footer), unsupported_version.
    /// @param name  what messages call the file, when that is not its path.
    static Result<std::unique_ptr<SnapshotReader>> open(const std::string& path,
                                                        SnapshotOpen mode = SnapshotOpen::strict,
                                                        const std::string& name = {});

    virtual std::uint64_t file_bytes() const = 0;
    /// Bytes read from the file so far.
    virtual std::uint64_t bytes_read() const = 0;
    virtual std::uint64_t blocks() const = 0;
    /// What salvage could not keep. Empty in strict mode.
    virtual const std::vector<SnapshotDamage>& damage() const = 0;
    /// Reads and verifies every byte. The list of what is damaged, empty when all is sound.
    virtual Result<std::vector<SnapshotDamage>> verify() const = 0;
};

}  // namespace topgun
