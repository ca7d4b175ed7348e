// SPDX-License-Identifier: Apache-2.0
// Source of the form: TopGun packages/server-rust/src/storage/record.rs, written by rmp-serde.
#include "topgun/serverfiles/stored_record.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::serverfiles {
namespace {

using msgpack::Kind;
using msgpack::Writer;

class RecordWriter {
public:
    explicit RecordWriter(Bytes& out) : out_(out) {}

    Status record(const StoredRecord& record) {
        if (record.kind == MapKind::lww) {
            variant("lww");
            out_.map(2);
            out_.string("value");
            TOPGUN_TRY(value(ValueView(record.entries.front().value)));
            stamp(record.entries.front().stamp);
            return {};
        }
        variant("orMap");
        const bool tombstones = !record.removed_tags.empty();
        out_.map(tombstones ? 2 : 1);
        out_.string("records");
        out_.array(record.entries.size());
        for (const auto& entry : record.entries) {
            out_.map(3);
            out_.string("value");
            TOPGUN_TRY(value(ValueView(entry.value)));
            out_.string("tag");
            out_.string(entry.tag);
            stamp(entry.stamp);
        }
        if (!tombstones) return {};
        out_.string("tombstones");
        out_.array(record.removed_tags.size());
        for (const auto& tag : record.removed_tags) out_.string(tag);
        return {};
    }

private:
    // The head of a variant with content: a map of one pair.
    void variant(std::string_view name) {
        out_.map(1);
        out_.string(name);
    }

    void stamp(const Timestamp& stamp) {
        out_.string("timestamp");
        out_.map(3);
        out_.string("millis");
        out_.unsigned_integer(stamp.millis);
        out_.string("counter");
        out_.unsigned_integer(stamp.counter);
        out_.string("nodeId");
        out_.string(stamp.node_id);
    }

    Status value(const ValueView& value) {
        switch (value.kind()) {
            case Kind::nil: out_.string("Null"); return {};
            case Kind::boolean:
                variant("Bool");
                out_.boolean(*value.as_bool());
                return {};
            case Kind::integer: {
                const auto whole = value.as_int64();
                if (!whole) return bad("an integer beyond 63 bits");
                variant("Int");
                out_.signed_integer(*whole);
                return {};
            }
            case Kind::real:
                variant("Float");
                out_.real(*value.as_double());
                return {};
            case Kind::string:
                variant("String");
                out_.string(*value.as_string());
                return {};
            case Kind::binary: binary(*value.as_binary()); return {};
            case Kind::array: return array(value);
            case Kind::map: return map(value);
            default: return bad("a value of an extension type");
        }
    }

    void binary(BytesView bytes) {
        variant("Bytes");
        out_.array(bytes.size());
        for (const char byte : bytes) out_.unsigned_integer(static_cast<unsigned char>(byte));
    }

    Status array(const ValueView& list) {
        variant("Array");
        out_.array(list.size());
        Status status;
        list.for_each_element([&](const ValueView& element) {
            if (status) status = value(element);
        });
        return status;
    }

    // Canonical keys are in byte order, as the server's are.
    Status map(const ValueView& pairs) {
        variant("Map");
        out_.map(pairs.size());
        Status status;
        pairs.for_each_field([&](std::string_view key, const ValueView& content) {
            if (!status) return;
            out_.string(key);
            status = value(content);
            if (!status)
                status = std::move(status).error().within("field '" + std::string(key) + "'");
        });
        return status;
    }

    static Error bad(const char* what) {
        return Error(Errc::bad_input, std::string("the server's records have no form for ") + what);
    }

    Writer out_;
};

}  // namespace

Status encode_stored_record(const StoredRecord& record, Bytes& out) {
    const auto before = out.size();
    auto status = RecordWriter(out).record(record);
    if (!status) out.resize(before);
    return status;
}

}  // namespace topgun::serverfiles
