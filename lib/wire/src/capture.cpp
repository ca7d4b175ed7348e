// SPDX-License-Identifier: Apache-2.0
#include "topgun/wire/capture.hpp"

#include <algorithm>

namespace topgun::wire {

using msgpack::Fault;
using msgpack::Kind;
using msgpack::Reader;

namespace {

// BATCH inside BATCH, or arrays of arrays, are legal but nobody needs many levels of them.
constexpr unsigned kMaxFraming = 8;

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

std::string_view text_of(const Field& field) {
    auto reader = field.reader();
    std::string_view text;
    if (field.found()) reader.read_string(text);
    return text;
}

// Reads bodies into a batch, keeping the first error with its offset.
class BodyReader {
public:
    explicit BodyReader(OpBatch& batch) : batch_(batch) {}

    std::string take_error() { return std::move(error_); }
    Errc code() const { return code_; }

    bool body(Body kind, Reader& reader) {
        switch (kind) {
            case Body::op: return check(batch_.read(reader), reader);
            case Body::event: return check(batch_.read_event(reader), reader);
            case Body::ops: return listed(reader, "ops", [this](Reader& r) { return op(r); });
            case Body::events: return listed(reader, "events", [this](Reader& r) { return event(r); });
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
        if (!check_reader(find_fields(reader, {&map, &records}), reader, "a map")) return false;
        const auto name = text_of(map);
        if (name.data() == nullptr) return fail(reader, "mapName is missing");
        if (!records.found()) return fail(reader, "records are missing");
        auto list = records.reader();
        return each_element(list, [&](Reader& r) {
            Field key{"key", {}}, record{"record", {}};
            if (!check_reader(find_fields(r, {&key, &record}), r, "{key, record}")) return false;
            const auto text = text_of(key);
            if (text.data() == nullptr) return fail(r, "a record without key");
            if (record.bytes.empty()) return fail(r, "an entry without record");
            auto body = record.reader();
            return check(batch_.read_lww_record(body, name, text), body);
        });
    }

    bool or_entries(Reader& reader) {
        Field map{"mapName", {}}, entries{"entries", {}};
        if (!check_reader(find_fields(reader, {&map, &entries}), reader, "a map")) return false;
        const auto name = text_of(map);
        if (name.data() == nullptr) return fail(reader, "mapName is missing");
        if (!entries.found()) return fail(reader, "entries are missing");
        auto list = entries.reader();
        return each_element(list, [&](Reader& r) {
            Field key{"key", {}}, records{"records", {}}, tombstones{"tombstones", {}};
            if (!check_reader(find_fields(r, {&key, &records, &tombstones}), r, "an OR entry")) {
                return false;
            }
            const auto text = text_of(key);
            if (text.data() == nullptr) return fail(r, "an OR entry without key");
            if (tombstones.found()) {
                auto tags = tombstones.reader();
                const bool ok = each_element(tags, [&](Reader& t) {
                    std::string_view tag;
                    if (!check_reader(t.read_string(tag), t, "a tag")) return false;
                    if (tag.empty()) return fail(t, "an empty tag");
                    batch_.add_removed_tag(name, text, tag);
                    return true;
                });
                if (!ok) return false;
            }
            if (!records.found()) return true;
            auto tagged = records.reader();
            return each_element(tagged, [&](Reader& t) {
                return check(batch_.read_or_record(t, name, text), t);
            });
        });
    }

    bool counter(Reader& reader) {
        Field name{"name", {}}, state{"state", {}};
        if (!check_reader(find_fields(reader, {&name, &state}), reader, "a map")) return false;
        const auto text = text_of(name);
        if (text.data() == nullptr) return fail(reader, "a counter without name");
        if (!state.found()) return fail(reader, "a counter without state");
        auto body = state.reader();
        return check(batch_.read_counter_state(body, text), body);
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
    std::vector<BytesView> frames;
    const auto walk = [&frames](BytesView rest, bool little) {
        frames.clear();
        while (!rest.empty()) {
            if (rest.size() < 4) return false;
            const auto length = little ? load_le<std::uint32_t>(rest.data())
                                       : load_be<std::uint32_t>(rest.data());
            if (length > rest.size() - 4) return false;
            frames.push_back(rest.substr(4, length));
            rest.remove_prefix(4 + length);
        }
        return true;
    };
    if (data.size() >= 4) {
        const auto count = load_le<std::uint32_t>(data.data());
        if (walk(data.substr(4), true) && frames.size() == count) return frames;
    }
    if (walk(data, false)) return frames;
    return Error(Errc::bad_input,
                 "BATCH data: neither little-endian lengths after a count nor big-endian lengths fit");
}

bool CaptureReader::message(Reader& reader, OpBatch& batch, unsigned depth) {
    if (depth > kMaxFraming) {
        detail_ = "messages are packed more than " + std::to_string(kMaxFraming) + " levels deep";
        return false;
    }
    if (!reader.at_end() && reader.peek() == Kind::array) return array(reader, batch, depth);
    Spans spans;
    spans.start = reader;
    if (!find_fields(reader, {&spans.type, &spans.payload, &spans.data, &spans.operations,
                              &spans.deltas, &spans.map_name, &spans.key, &spans.server_hlc,
                              &spans.client_hlc})) {
        detail_ = reader.error("a message, which is a map").text();
        return false;
    }
    return dispatch(spans, reader, batch, depth);
}

bool CaptureReader::array(Reader& reader, OpBatch& batch, unsigned depth) {
    std::uint32_t count = 0;
    reader.read_array(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        if (!message(reader, batch, depth + 1)) return false;
    }
    return true;
}

bool CaptureReader::dispatch(const Spans& spans, Reader& reader, OpBatch& batch, unsigned depth) {
    BodyReader body(batch);
    const auto done = [&](bool ok) {
        if (!ok) detail_ = body.take_error();
        return ok;
    };
    if (!spans.type.found()) {
        if (spans.map_name.found() && spans.key.found()) {
            type_ = "op";
            ++counts_.messages;
            ++counts_.types[type_];
            auto again = spans.start;
            return done(body.op(again));
        }
        const bool http = spans.operations.found() || spans.deltas.found() ||
                          spans.server_hlc.found() || spans.client_hlc.found();
        if (!http) {
            detail_ = "byte " + std::to_string(reader.offset()) +
                      ": a map that is no message (no 'type'), no op and no HTTP sync body";
            return false;
        }
        type_ = "HTTP";
        ++counts_.messages;
        ++counts_.types[type_];
        if (spans.operations.found()) {
            auto list = spans.operations.reader();
            if (!done(body.each_element(list, [&body](Reader& r) { return body.op(r); }))) return false;
        }
        if (spans.deltas.found()) {
            auto list = spans.deltas.reader();
            if (!done(body.deltas(list))) return false;
        }
        return true;
    }
    auto type_reader = spans.type.reader();
    std::string_view type;
    if (!done(body.check_reader(type_reader.read_string(type), type_reader, "type, a string"))) {
        return false;
    }
    type_ = type;
    ++counts_.messages;
    ++counts_.types[type_];
    if (type == "BATCH") {
        auto data = spans.data.reader();
        BytesView frames;
        if (!done(body.check_reader(spans.data.found() && data.read_binary(frames), data,
                                    "data, a binary"))) {
            return false;
        }
        const auto header = spans.data.bytes.size() - frames.size();
        return batch_frames(frames, spans.data.offset + header, batch, depth);
    }
    const auto* carrier = find_carrier(type);
    if (carrier == nullptr) {
        ++counts_.stateless;
        return true;
    }
    if (!spans.payload.found()) return done(body.fail(reader, "the payload is missing"));
    auto payload = spans.payload.reader();
    return done(body.body(carrier->body, payload));
}

bool CaptureReader::batch_frames(BytesView data, std::uint64_t offset, OpBatch& batch,
                                 unsigned depth) {
    auto frames = split_batch(data);
    if (!frames) {
        detail_ = "byte " + std::to_string(offset) + ": " + frames.error().text();
        return false;
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
    detail_.clear();
    Reader reader(data_.substr(start), start);
    if (message(reader, batch, 0)) {
        at_ = start + reader.position();
        counts_.ops += batch.size() - ops_before;
        counts_.unstamped += batch.unstamped() - unstamped_before;
        return true;
    }
    ++counts_.damaged;
    // Sound MessagePack with wrong content: the next message starts right behind it.
    Reader whole(data_.substr(start), start);
    if (whole.skip()) {
        at_ = start + whole.position();
    } else {
        resynchronise(start + 1);
    }
    std::string where = type_.empty() ? "message" : type_;
    return Error(Errc::bad_input, where + " at byte " + std::to_string(start) + ": " + detail_);
}

// Looks for a map header followed by the key "type", or by one of the keys of an op.
void CaptureReader::resynchronise(std::size_t from) {
    static constexpr std::string_view kFirstKeys[] = {"\xa4type", "\xa2id", "\xa7mapName",
                                                      "\xa8" "clientId"};
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
