// SPDX-License-Identifier: Apache-2.0
#include "topgun/wire/capture.hpp"

#include <algorithm>
#include <limits>

#include "topgun/base/utf.hpp"
#include "topgun/wire/batch.hpp"

namespace topgun::wire {

using msgpack::Fault;
using msgpack::Kind;
using msgpack::Reader;

namespace {

// BATCH inside BATCH, or arrays of arrays, are legal but nobody needs many levels of them.
constexpr unsigned kMaxFraming = 8;

// Every failed attempt to read a message may scan to the end of the input. Beyond this many times
// the input's size, the reader steps over what it scanned instead of looking into it once more.
constexpr std::uint64_t kSearchEffort = 16;
constexpr std::uint64_t kFreeSearch = std::uint64_t{1} << 20;

// Type names come from outside: the table of counts stays small whatever they are.
constexpr std::size_t kMaxTypeNames = 256;
constexpr std::size_t kMaxTypeText = 64;
constexpr std::string_view kOtherTypes = "(other)";

// What to read where: the fields of a message's body that carry state.
enum class Body { op, ops, event, events, lww_leaf, or_entries, counter };

struct Carrier {
    std::string_view type;
    Body body;
};
constexpr Carrier kCarriers[] = {
    {"CLIENT_OP", Body::op},
    {"OP_BATCH", Body::ops},
    {"SERVER_EVENT", Body::event},
    {"SERVER_BATCH_EVENT", Body::events},
    {"SYNC_RESP_LEAF", Body::lww_leaf},
    {"ORMAP_SYNC_RESP_LEAF", Body::or_entries},
    {"ORMAP_DIFF_RESPONSE", Body::or_entries},
    {"ORMAP_PUSH_DIFF", Body::or_entries},
    {"COUNTER_SYNC", Body::counter},
    {"COUNTER_UPDATE", Body::counter},
    {"COUNTER_RESPONSE", Body::counter},
};

const Carrier* find_carrier(std::string_view type) {
    for (const auto& carrier : kCarriers) {
        if (carrier.type == type) return &carrier;
    }
    return nullptr;
}

// The bytes of some fields of a map, found whatever their order.
struct Field {
    std::string_view name;
    BytesView bytes;
    std::uint64_t offset = 0;
    bool found() const { return !bytes.empty() && bytes != BytesView("\xc0"); }
    Reader reader() const { return Reader(bytes, offset); }
};

bool find_fields(Reader& reader, std::initializer_list<Field*> fields) {
    std::uint32_t pairs = 0;
    if (!reader.read_map(pairs)) return false;
    for (std::uint32_t i = 0; i < pairs; ++i) {
        if (reader.at_end() || reader.peek() != Kind::string) {
            if (!reader.skip() || !reader.skip()) return false;
            continue;
        }
        std::string_view name;
        BytesView bytes;
        if (!reader.read_string(name)) return false;
        const auto offset = reader.offset();
        if (!reader.skip(bytes)) return false;
        for (auto* field : fields) {
            if (field->name == name) {
                field->bytes = bytes;
                field->offset = offset;
            }
        }
    }
    return true;
}

// Skips fields, none of which may bear a name that was read already: the last one of a name counts.
bool pass_others(Reader& reader, std::uint32_t fields,
                 std::initializer_list<std::string_view> read_already) {
    for (std::uint32_t i = 0; i < fields; ++i) {
        std::string_view name;
        if (!reader.read_string(name) || !reader.skip()) return false;
        if (std::find(read_already.begin(), read_already.end(), name) != read_already.end()) {
            return false;
        }
    }
    return true;
}

// Reads bodies into a batch, keeping the first error with its offset.
class BodyReader {
public:
    explicit BodyReader(OpBatch& batch) : batch_(batch) {}

    const std::string& error() const { return error_; }
    Errc code() const { return code_; }

    bool body(Body kind, Reader& reader) {
        switch (kind) {
            case Body::op: return check(batch_.read(reader), reader);
            case Body::event: return check(batch_.read_event(reader), reader);
            case Body::ops: return listed(reader, "ops", [this](Reader& r) { return op(r); });
            case Body::events:
                return listed(reader, "events", [this](Reader& r) { return event(r); });
            case Body::lww_leaf: return lww_leaf(reader);
            case Body::or_entries: return or_entries(reader);
            case Body::counter: return counter(reader);
        }
        return false;
    }

    bool op(Reader& reader) { return check(batch_.read(reader), reader); }
    bool event(Reader& reader) { return check(batch_.read_event(reader), reader); }

    // Reads the array under `name` of a map, element by element.
    template <typename Each>
    bool listed(Reader& reader, std::string_view name, Each&& each) {
        Field list{name, {}};
        if (!check_reader(find_fields(reader, {&list}), reader, "a map")) return false;
        if (!list.found()) return fail(reader, "the field '" + std::string(name) + "' is missing");
        auto elements = list.reader();
        return each_element(elements, each);
    }

    template <typename Each>
    bool each_element(Reader& reader, Each&& each) {
        std::uint32_t count = 0;
        if (!check_reader(reader.read_array(count), reader, "an array")) return false;
        for (std::uint32_t i = 0; i < count; ++i) {
            if (!each(reader)) return false;
        }
        return true;
    }

    bool lww_leaf(Reader& reader) {
        Field map{"mapName", {}}, records{"records", {}};
        std::string_view name;
        if (!check_reader(find_fields(reader, {&map, &records}), reader, "a map")) return false;
        if (!text(reader, map, name)) return false;
        if (!records.found()) return fail(reader, "records are missing");
        auto list = records.reader();
        return each_element(list, [&](Reader& r) {
            Field key{"key", {}}, record{"record", {}};
            std::string_view of_record;
            if (!check_reader(find_fields(r, {&key, &record}), r, "{key, record}")) return false;
            if (!text(r, key, of_record)) return false;
            if (record.bytes.empty()) return fail(r, "an entry without record");
            auto body = record.reader();
            return check(batch_.read_lww_record(body, name, of_record), body);
        });
    }

    bool or_entries(Reader& reader) {
        Field map{"mapName", {}}, entries{"entries", {}};
        if (!check_reader(find_fields(reader, {&map, &entries}), reader, "a map")) return false;
        std::string_view name;
        if (!text(reader, map, name)) return false;
        if (!entries.found()) return fail(reader, "entries are missing");
        auto list = entries.reader();
        return each_element(list, [&](Reader& r) { return or_entry(r, name); });
    }

    bool or_entry(Reader& reader, std::string_view map) {
        Field key{"key", {}}, records{"records", {}}, tombstones{"tombstones", {}};
        std::string_view name;
        if (!check_reader(find_fields(reader, {&key, &records, &tombstones}), reader,
                          "an OR entry") ||
            !text(reader, key, name)) {
            return false;
        }
        if (tombstones.found()) {
            auto tags = tombstones.reader();
            const bool ok = each_element(tags, [&](Reader& tag) {
                return check(batch_.read_removed_tag(tag, map, name), tag);
            });
            if (!ok) return false;
        }
        if (!records.found()) return true;
        auto tagged = records.reader();
        return each_element(tagged, [&](Reader& record) {
            return check(batch_.read_or_record(record, map, name), record);
        });
    }

    bool counter(Reader& reader) {
        Field name{"name", {}}, state{"state", {}};
        if (!check_reader(find_fields(reader, {&name, &state}), reader, "a map")) return false;
        std::string_view of_counter;
        if (!text(reader, name, of_counter)) return false;
        if (!state.found()) return fail(reader, "a counter without state");
        auto body = state.reader();
        return check(batch_.read_counter_state(body, of_counter), body);
    }

    // Records of HTTP deltas: [{mapName, records: [{key, record, eventType}]}].
    bool deltas(Reader& reader) {
        return each_element(reader, [this](Reader& r) { return lww_leaf(r); });
    }

    bool fail(const Reader& reader, std::string why) {
        error_ = "byte " + std::to_string(reader.offset()) + ": " + std::move(why);
        return false;
    }
    bool check_reader(bool ok, const Reader& reader, std::string_view expected) {
        if (ok) return true;
        return keep(reader.error(expected));
    }

private:
    // A name or key, repaired where a JavaScript peer wrote surrogates.
    bool text(const Reader& at, const Field& field, std::string_view& out) {
        if (!field.found())
            return fail(at, "the field '" + std::string(field.name) + "' is missing");
        auto reader = field.reader();
        return check(batch_.read_name(reader, out), reader);
    }
    bool check(bool ok, const Reader& reader) { return ok || keep(batch_.error(reader)); }
    bool keep(const Error& error) {
        error_ = error.text();
        code_ = error.code();
        return false;
    }

    OpBatch& batch_;
    std::string error_;
    Errc code_ = Errc::bad_input;
};

}  // namespace

struct CaptureReader::Spans {
    Field type{"type", {}}, payload{"payload", {}}, data{"data", {}}, operations{"operations", {}},
        deltas{"deltas", {}}, map_name{"mapName", {}}, key{"key", {}}, server_hlc{"serverHlc", {}},
        client_hlc{"clientHlc", {}};
    Reader start{BytesView()};  // before the message
};

Result<std::vector<BytesView>> split_batch(BytesView data) {
    auto batch = unpack_batch(data, std::numeric_limits<std::size_t>::max());
    if (batch) return std::move(batch->frames);
    return Error(
        Errc::bad_input,
        "BATCH data: neither little-endian lengths after a count nor big-endian lengths fit");
}

bool CaptureReader::fail(Errc code, std::string detail) {
    code_ = code;
    detail_ = std::move(detail);
    return false;
}

// The messages that carry nearly all ops, in the order of fields in which clients write them, read
// in one pass. Everything else, and every fault, is left to the search for fields: then this was in
// vain, and says so before anything is counted.
bool CaptureReader::straight(Reader& reader, OpBatch& batch) {
    std::uint32_t fields = 0, in_payload = 0;
    std::string_view name, type;
    if (!reader.read_map(fields) || fields < 2) return false;
    if (!reader.read_string(name) || name != "type" || !reader.read_string(type)) return false;
    const bool many = type == "OP_BATCH";
    if (!many && type != "CLIENT_OP") return false;
    if (!reader.read_string(name) || name != "payload") return false;
    BodyReader body(batch);
    if (many) {
        if (!reader.read_map(in_payload) || in_payload < 1) return false;
        if (!reader.read_string(name) || name != "ops") return false;
        if (!body.each_element(reader, [&body](Reader& r) { return body.op(r); })) return false;
        if (!pass_others(reader, in_payload - 1, {"ops"})) return false;
    } else if (!body.op(reader)) {
        return false;
    }
    type_.assign(type);
    return pass_others(reader, fields - 2, {"type", "payload"});
}

bool CaptureReader::message(Reader& reader, OpBatch& batch, unsigned depth) {
    if (depth > kMaxFraming) {
        return fail(Errc::limit, "byte " + std::to_string(reader.offset()) +
                                     ": messages are packed more than " +
                                     std::to_string(kMaxFraming) + " levels deep");
    }
    if (!reader.at_end() && reader.peek() == Kind::array) return array(reader, batch, depth);
    const auto mark = batch.mark();
    if (auto ahead = reader; straight(ahead, batch)) {
        reader = ahead;
        count_message(type_);
        return true;
    }
    batch.roll_back(mark);
    Spans spans;
    spans.start = reader;
    if (!find_fields(reader,
                     {&spans.type, &spans.payload, &spans.data, &spans.operations, &spans.deltas,
                      &spans.map_name, &spans.key, &spans.server_hlc, &spans.client_hlc})) {
        return refuse(reader, "a message, which is a map");
    }
    if (!spans.type.found()) return untyped(spans, reader, batch);
    auto type_reader = spans.type.reader();
    std::string_view type;
    if (!type_reader.read_string(type)) return refuse(type_reader, "type, a string");
    type_ = printable(type);
    return typed(spans, type, reader, batch, depth);
}

bool CaptureReader::refuse(const Reader& reader, const char* expected) {
    const auto error = reader.error(expected);
    return fail(error.code(), error.text());
}

std::string CaptureReader::printable(std::string_view type) {
    std::string text = repair_utf8(type.substr(0, kMaxTypeText));
    for (auto& c : text) {
        if (static_cast<unsigned char>(c) < 0x20) c = '?';
    }
    return type.size() > kMaxTypeText ? text + "..." : text;
}

void CaptureReader::count_message(const std::string& type) {
    ++counts_.messages;
    const auto found = counts_.types.find(type);
    if (found != counts_.types.end()) {
        ++found->second;
    } else {
        const bool room = counts_.types.size() < kMaxTypeNames;
        ++counts_.types[room ? type : std::string(kOtherTypes)];
    }
}

bool CaptureReader::array(Reader& reader, OpBatch& batch, unsigned depth) {
    std::uint32_t count = 0;
    if (!reader.read_array(count)) return refuse(reader, "an array of messages");
    for (std::uint32_t i = 0; i < count; ++i) {
        if (!message(reader, batch, depth + 1)) return false;
    }
    return true;
}

// Ops and HTTP bodies have no type: they are told by their fields.
bool CaptureReader::untyped(const Spans& spans, const Reader& reader, OpBatch& batch) {
    BodyReader body(batch);
    const auto op = [&body](Reader& r) { return body.op(r); };
    bool ok = true;
    if (spans.map_name.found() && spans.key.found()) {
        type_ = "op";
        auto again = spans.start;
        ok = body.op(again);
    } else if (spans.operations.found() || spans.deltas.found() || spans.server_hlc.found() ||
               spans.client_hlc.found()) {
        type_ = "HTTP";
        auto operations = spans.operations.reader();
        auto deltas = spans.deltas.reader();
        ok = (!spans.operations.found() || body.each_element(operations, op)) &&
             (!spans.deltas.found() || body.deltas(deltas));
    } else {
        return fail(Errc::bad_input,
                    "byte " + std::to_string(reader.offset()) +
                        ": a map that is no message (no 'type'), no op and no HTTP sync body");
    }
    if (!ok) return fail(body.code(), body.error());
    count_message(type_);
    return true;
}

bool CaptureReader::typed(const Spans& spans, std::string_view type, const Reader& reader,
                          OpBatch& batch, unsigned depth) {
    if (type == "BATCH") {
        auto data = spans.data.reader();
        BytesView frames;
        if (!spans.data.found()) {
            return fail(Errc::bad_input, "byte " + std::to_string(reader.offset()) +
                                             ": the field 'data' is missing");
        }
        if (!data.read_binary(frames)) return refuse(data, "data, a binary");
        const auto header = spans.data.bytes.size() - frames.size();
        if (!batch_frames(frames, spans.data.offset + header, batch, depth)) return false;
        count_message(std::string(type));
        return true;
    }
    const auto* carrier = find_carrier(type);
    if (carrier == nullptr) {
        ++counts_.stateless;
        count_message(type_);
        return true;
    }
    BodyReader body(batch);
    auto payload = spans.payload.reader();
    const bool ok = spans.payload.found() ? body.body(carrier->body, payload)
                                          : body.fail(reader, "the payload is missing");
    if (!ok) return fail(body.code(), body.error());
    count_message(type_);
    return true;
}

bool CaptureReader::batch_frames(BytesView data, std::uint64_t offset, OpBatch& batch,
                                 unsigned depth) {
    auto frames = split_batch(data);
    if (!frames) {
        return fail(frames.error().code(),
                    "byte " + std::to_string(offset) + ": " + frames.error().text());
    }
    for (const auto frame : *frames) {
        Reader reader(frame, offset + static_cast<std::uint64_t>(frame.data() - data.data()));
        if (!message(reader, batch, depth + 1)) return false;
    }
    return true;
}

Result<bool> CaptureReader::next(OpBatch& batch) {
    if (at_ >= data_.size()) return false;
    const auto start = at_;
    const auto ops_before = batch.size();
    const auto unstamped_before = batch.unstamped();
    type_.clear();
    Reader reader(data_.substr(start), start);
    const bool ok = message(reader, batch, 0);
    counts_.ops += batch.size() - ops_before;
    counts_.unstamped += batch.unstamped() - unstamped_before;
    if (ok) {
        at_ = start + reader.position();
        return true;
    }
    ++counts_.damaged;
    step_over(start);
    std::string where = type_.empty() ? "message" : type_;
    return Error(code_, where + " at byte " + std::to_string(start) + ": " + detail_);
}

// Leaves the damage behind that starts at `start`.
void CaptureReader::step_over(std::size_t start) {
    Reader whole(data_.substr(start), start);
    const auto kind = whole.peek();
    const bool sound = whole.skip();
    const auto scanned = std::max<std::size_t>(whole.position(), 1);
    effort_ += scanned;
    // Sound MessagePack with wrong content: the next message starts right behind it.
    if (sound && (kind == Kind::map || kind == Kind::array)) {
        at_ = start + scanned;
    } else if (effort_ / kSearchEffort > data_.size() + kFreeSearch) {
        resynchronise(start + scanned);
    } else {
        resynchronise(start + 1);
    }
}

// Looks for a map header followed by the key "type", or by another key that messages begin with.
void CaptureReader::resynchronise(std::size_t from) {
    static constexpr std::string_view kFirstKeys[] = {"\xa4type",
                                                      "\xa2id",
                                                      "\xa7mapName",
                                                      "\xa8"
                                                      "clientId",
                                                      "\xa9serverHlc",
                                                      "\xa9"
                                                      "clientHlc",
                                                      "\xa3key",
                                                      "\xa6opType",
                                                      "\xa7payload",
                                                      "\xaaoperations",
                                                      "\xa6"
                                                      "deltas"};
    for (at_ = from; at_ < data_.size(); ++at_) {
        const auto byte = static_cast<unsigned char>(data_[at_]);
        std::size_t header = 0;
        if (byte >= 0x81 && byte <= 0x8f) header = 1;
        if (byte == 0xde) header = 3;
        if (byte == 0xdf) header = 5;
        if (header == 0) continue;
        for (const auto key : kFirstKeys) {
            if (data_.size() - at_ > header && data_.substr(at_ + header).starts_with(key)) return;
        }
    }
}

}  // namespace topgun::wire
