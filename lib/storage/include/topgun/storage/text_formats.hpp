// SPDX-License-Identifier: Apache-2.0
// Records as text that people and other tools read and write: NDJSON, JSON, CSV; and ops as
// messages. The forms are described in the man page topgun-text-formats(5).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/crdt/op.hpp"
#include "topgun/replica/state.hpp"

namespace topgun {

/// Takes one op; everything in it is borrowed for the call. An error ends the reading, and is what
/// the reading function returns, as it came.
using OpSink = std::function<Status(const Op&)>;

struct TextCounts {
    std::uint64_t lines = 0;      ///< Lines of the text that were read, blank ones included.
    std::uint64_t ops = 0;        ///< Ops handed to the sink.
    std::uint64_t stateless = 0;  ///< Messages that carry no records, such as PING.
    std::uint64_t skipped = 0;    ///< Ops that change nothing or have no stamp.
    std::uint64_t damaged = 0;    ///< Records that could not be read.
};

/// A record that could not be read.
struct TOPGUN_API TextDamage {
    std::uint64_t line = 0;    ///< From 1.
    std::uint64_t column = 0;  ///< From 1; counts characters, not bytes.
    std::string what;

    /// "line 3, column 14: expected ':', found '}'"
    TOPGUN_API std::string text() const;
};

/// No more damage than this is listed; TextCounts::damaged goes on counting.
inline constexpr std::size_t kMaxListedDamage = 1000;

struct TextReadOptions {
    std::string default_map;  ///< For records that name no map; empty: such a record is an error.
    std::string key_column = "_key";  ///< CSV: the column that holds the key.
    Stamp default_stamp;      ///< For records without a stamp; node empty: such a record is an
                              ///< error. Borrowed while reading.
    bool keep_going = false;  ///< Note damage and go on; else the first damage is the Error.
};

/// Reads records as NDJSON, one object a line, or as JSON, objects or arrays of objects over any
/// number of lines. Each object is a record of ours, an op in the wire's form, or a whole message.
/// Whatever a record's value, what append_ndjson() wrote is read as the same op.
///
/// A byte order mark and blank lines are passed over. A field that a record does not know is an
/// error, so that a mistyped name loses nothing, unless the name starts with '_'.
/// @param damage  with keep_going, receives what was passed over, up to kMaxListedDamage.
/// Errors: bad_input or limit, as "line 3, column 14: ..." with what was expected; the sink's own.
/// Cost: O(text.size()), more than 100 MB/s. Memory: one record. Threads: no shared state.
TOPGUN_API Status read_json_records(BytesView text, const TextReadOptions& options,
                                    const OpSink& sink, TextCounts& counts,
                                    std::vector<TextDamage>& damage);

/// Reads rows of a table with a header line (RFC 4180, lines ending in LF or CRLF). Columns named
/// _map, _kind, _key, _ts, _ttl, _tag, _deleted and _value are what write_csv() writes; every other
/// column is a field of the row's value. An unquoted cell that reads as a number, true, false or
/// null is one; every other cell is text; an empty unquoted cell is an absent field.
///
/// Errors: as above; also a header that cannot be used, which keep_going does not pass over.
TOPGUN_API Status read_csv_records(BytesView text, const TextReadOptions& options,
                                   const OpSink& sink, TextCounts& counts,
                                   std::vector<TextDamage>& damage);

/// Appends an op as one line of NDJSON, '\n' included.
/// @pre the op's value is canonical, its texts are UTF-8.
TOPGUN_API void append_ndjson(const Op& op, std::string& out);

/// Most fields of values that write_csv() gives columns of their own; the others stand in _value.
inline constexpr std::size_t kMaxFieldColumns = 1000;

/// Writes a state's rows as a table with a header line, lines ending in LF. Columns _map, _kind,
/// _key, _ts, _ttl, _tag, _deleted, _value, then the top-level fields of all values that are maps,
/// sorted by name. A value whose fields say all of it leaves _value empty; otherwise _value holds
/// it as JSON. read_csv_records() gives back the same state.
/// @param write  takes the text piece by piece.
/// Errors: those of reading the state and of `write`. Cost: reads the state twice.
TOPGUN_API Status write_csv(const StateReader& state,
                            const std::function<Status(std::string_view)>& write);

/// Packs ops into messages as clients send them, one after the other: OP_BATCH, and COUNTER_SYNC
/// for counters, which have no op. Ops of one kind keep their order. Threads: one owner.
class TOPGUN_API OpMessageWriter {
public:
    /// @param write        takes one whole message at a time.
    /// @param per_message  most ops in one message, at least 1. A message also ends at 1 MiB.
    explicit OpMessageWriter(std::function<Status(BytesView)> write, std::size_t per_message = 100);

    /// Errors: limit when the value is nested too deep for a message (256 containers, five of which
    /// are the message's own); bad_input for a counter's entry that is not [p, n]; those of
    /// `write`.
    Status add(const Op& op);
    /// Writes what is left. To be called once, at the end.
    Status finish();

private:
    struct CounterEntry {
        std::string node;
        double positive = 0;
        double negative = 0;
    };
    Status add_counter(const Op& op);
    Status flush_ops();
    Status flush_counter();

    std::function<Status(BytesView)> write_;
    std::size_t per_message_;
    Bytes ops_;
    std::size_t ops_count_ = 0;
    std::string counter_name_;
    std::vector<CounterEntry> counter_;
    Bytes scratch_;
};

}  // namespace topgun
