// SPDX-License-Identifier: Apache-2.0
// Source of the form: TopGun packages/server-rust/src/storage/wal/mod.rs, written by rmp-serde.
#include "record_reader.hpp"
#include "topgun/serverfiles/server_log.hpp"

namespace topgun::serverfiles {
namespace {

constexpr std::array<std::string_view, 5> kFields = {"map", "key", "op", "timestamp", "sequence"};
constexpr std::array<std::string_view, 3> kOps = {"store", "remove", "orDelta"};
constexpr std::array<std::string_view, 2> kStoreFields = {"value", "expiration_time"};
constexpr std::array<std::string_view, 1> kDeltaFields = {"delta"};
constexpr std::array<std::string_view, 3> kDeltas = {"add", "remove", "prune"};
constexpr std::array<std::string_view, 1> kAddFields = {"entry"};
constexpr std::array<std::string_view, 1> kRemoveFields = {"tag"};
constexpr std::array<std::string_view, 1> kPruneFields = {"tags"};

class EntryReader {
public:
    explicit EntryReader(BytesView payload) : in_(msgpack::Reader(payload)) {}

    Result<LogEntry> run() {
        bool has_sequence = false;
        const bool sound = in_.fields(kFields, 3, [&](std::size_t at) {
            switch (at) {
                case 0: return in_.text(out_.map);
                case 1: return in_.text(out_.key);
                case 2: return op();
                case 3: return stamp();
                default: has_sequence = true; return in_.in().read_unsigned(out_.sequence, ~0ULL);
            }
        });
        if (!sound || (!has_sequence && !in_.fail("the field sequence"))) return error();
        if (out_.bare) out_.record.entries.front().stamp = std::move(stamp_);
        for (auto& entry : out_.record.entries) TOPGUN_TRY(make_canonical(entry));
        return std::move(out_);
    }

private:
    Error error() { return fault_ ? std::move(*fault_) : in_.error(); }

    bool stamp() {
        if (!in_.in().next_is_nil()) return in_.stamp(stamp_);
        return in_.in().skip();
    }

    bool op() {
        std::size_t variant = 0;
        if (!in_.in().at_end() && in_.in().peek() != msgpack::Kind::map) {
            // A variant without content is its name alone.
            return in_.name(kOps, variant) && (variant == 1 || in_.fail("a write with content"));
        }
        if (!in_.pair(kOps, variant)) return false;
        if (variant == 1) return in_.in().next_is_nil() ? in_.in().skip() : in_.fail("nil");
        if (variant == 2) return in_.fields(kDeltaFields, 1, [&](std::size_t) { return delta(); });
        out_.kind = LogEntry::Kind::store;
        return in_.fields(kStoreFields, 1,
                          [&](std::size_t at) { return at == 0 ? stored() : expiry(); });
    }

    // A record, or in old frames a bare value: their names differ.
    bool stored() {
        const auto base = in_.in().position();
        BytesView bytes;
        if (!in_.in().skip(bytes)) return false;
        RecordReader record{msgpack::Reader(bytes, base)};
        if (record.record(out_.record)) return true;
        RecordReader value{msgpack::Reader(bytes, base)};
        StoredRecord bare;
        bare.entries.emplace_back();
        out_.bare = value.value(bare.entries.front().value);
        if (out_.bare) {
            out_.record = std::move(bare);
            return true;
        }
        fault_ = record.error();
        return false;
    }

    bool expiry() {
        if (in_.in().next_is_nil()) return in_.in().skip();
        msgpack::Token token;
        if (!in_.in().next(token)) return false;
        if (token.kind != msgpack::Kind::integer) return in_.fail("a time");
        // The server takes 0 and less for never.
        if (!token.negative && token.bits <= kMaxMillis) out_.expiry = token.bits;
        return true;
    }

    bool delta() {
        std::size_t variant = 0;
        if (!in_.pair(kDeltas, variant)) return false;
        out_.record.kind = MapKind::or_map;
        if (variant == 0) {
            out_.kind = LogEntry::Kind::or_add;
            return in_.fields(kAddFields, 1, [&](std::size_t) {
                return in_.or_entry(out_.record.entries.emplace_back());
            });
        }
        if (variant == 1) {
            out_.kind = LogEntry::Kind::or_remove;
            return in_.fields(kRemoveFields, 1, [&](std::size_t) {
                return in_.text(out_.record.removed_tags.emplace_back());
            });
        }
        out_.kind = LogEntry::Kind::or_prune;
        return in_.fields(kPruneFields, 0,
                          [&](std::size_t) { return in_.tags(out_.record.removed_tags); });
    }

    RecordReader in_;
    LogEntry out_;
    Timestamp stamp_;
    std::optional<Error> fault_;
};

}  // namespace

Result<LogEntry> decode_log_entry(BytesView payload) {
    return EntryReader(payload).run();
}

}  // namespace topgun::serverfiles
