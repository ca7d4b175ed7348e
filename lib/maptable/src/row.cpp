// SPDX-License-Identifier: Apache-2.0
#include "topgun/maptable/row.hpp"

#include <algorithm>
#include <utility>

#include "topgun/value/json.hpp"

namespace topgun::maptable {
namespace {

Error bad(std::string what) {
    return Error(Errc::bad_input, std::move(what));
}

Result<std::uint64_t> whole_field(const ValueView& record, std::string_view name,
                                  std::uint64_t most) {
    const auto field = record.find(name);
    const auto value = field ? field->as_uint64() : std::nullopt;
    if (!value || *value > most) return bad(std::string(name) + " is no whole number in range");
    return *value;
}

Result<std::string_view> text_field(const ValueView& record, std::string_view name) {
    const auto field = record.find(name);
    const auto text = field ? field->as_string() : std::nullopt;
    if (!text) return bad(std::string(name) + " is no text");
    return *text;
}

}  // namespace

Status RowOps::read(const JsonbRow& row) {
    ops_.clear();
    facts_.clear();
    auto status = jsonb(row);
    if (!status) ops_.clear();
    return status;
}

Status RowOps::read(const ByteaRow& row) {
    ops_.clear();
    facts_.clear();
    auto status = bytea(row);
    if (!status) ops_.clear();
    return status;
}

void RowOps::add(Fact fact) {
    const auto at = std::find_if(ops_.begin(), ops_.end(), [&](const Op& op) {
        return op.stamp == fact.stamp.view() && op.tag == fact.tag && op.kind != OpKind::or_remove;
    });
    if (at == ops_.end()) return;
    facts_.push_back(std::move(fact));
    const auto& kept = facts_.back();
    at->ttl_ms = kept.ttl_ms;
    if (!kept.value) return;
    at->value = *kept.value;
    if (at->kind == OpKind::remove) at->kind = OpKind::put;
}

Status RowOps::read(Generation generation, const TableRow& row) {
    ops_.clear();
    const auto whole = [](std::int64_t number) { return static_cast<std::uint64_t>(number); };
    if (generation == Generation::bytea) {
        // The server never looks at it: a moment that cannot be is none.
        return read(ByteaRow{row.map, row.key, row.value.value_or(BytesView()),
                             whole(std::max<std::int64_t>(row.expiration, 0))});
    }
    if (row.millis < 0) return bad("ts_millis is below zero");
    if (row.counter < 0) return bad("ts_counter is below zero");
    return read(JsonbRow{row.map, row.key, row.value, whole(row.millis), whole(row.counter),
                         row.node, row.deleted.value_or(false)});
}

Status RowOps::jsonb(const JsonbRow& row) {
    base_ = {};
    base_.map = row.map;
    base_.key = row.key;
    value_.clear();
    if (row.value) {
        auto value = parse_plain_json(*row.value);
        if (!value) return std::move(value).error().within("value");
        value_ = std::move(*value);
    }
    if (row.node == kOrMapNode) return jsonb_or_map();
    if (row.millis > kMaxMillis) return bad("ts_millis is no whole number in range");
    if (row.counter > kMaxCounter) return bad("ts_counter is no whole number in range");
    base_.stamp = {row.millis, static_cast<std::uint32_t>(row.counter), row.node};
    const bool removed = row.deleted || value_.empty() || ValueView(value_).is_nil();
    base_.kind = removed ? OpKind::remove : OpKind::put;
    base_.value = removed ? BytesView() : BytesView(value_);
    ops_.push_back(base_);
    return {};
}

Status RowOps::jsonb_or_map() {
    const ValueView value(value_);
    if (value_.empty() || value.kind() != msgpack::Kind::map) return bad("value is no object");
    auto type = text_field(value, "type");
    if (!type) return std::move(type).error();
    const auto list = value.find(*type == "OR" ? "records" : "tags");
    if ((*type != "OR" && *type != "OR_TOMBSTONES") || !list ||
        list->kind() != msgpack::Kind::array) {
        return bad("value is of no known type");
    }
    Status status;
    list->for_each_element([&](const ValueView& element) {
        if (!status) return;
        status = *type == "OR" ? jsonb_or_record(element) : removed_tag(element.as_string());
    });
    return status;
}

Status RowOps::jsonb_or_record(const ValueView& record) {
    auto op = base_;
    op.kind = OpKind::or_add;
    auto tag = text_field(record, "tag");
    if (!tag) return std::move(tag).error();
    const auto stamp = record.find("timestamp").value_or(ValueView());
    auto millis = whole_field(stamp, "millis", kMaxMillis);
    if (!millis) return std::move(millis).error();
    auto counter = whole_field(stamp, "counter", kMaxCounter);
    if (!counter) return std::move(counter).error();
    auto node = text_field(stamp, "nodeId");
    if (!node) return std::move(node).error();
    op.tag = *tag;
    op.stamp = {*millis, static_cast<std::uint32_t>(*counter), *node};
    op.value = record.find("value").value_or(ValueView()).bytes();
    if (const auto ttl = record.find("ttlMs"); ttl && !ttl->is_nil()) {
        auto millis_to_live = whole_field(record, "ttlMs", kMaxMillis);
        if (!millis_to_live) return std::move(millis_to_live).error();
        op.ttl_ms = *millis_to_live;
    }
    if (op.tag.empty()) return bad("a record has no tag");
    ops_.push_back(op);
    return {};
}

Status RowOps::bytea(const ByteaRow& row) {
    base_ = {};
    base_.map = row.map;
    base_.key = row.key;
    auto record = serverfiles::decode_stored_record(row.value);
    if (!record) return std::move(record).error().within("value");
    record_ = std::move(*record);
    return serverfiles::append_record_ops(record_, base_, row.expiration, ops_);
}

Status RowOps::removed_tag(std::optional<std::string_view> tag) {
    if (!tag || tag->empty()) return bad("a removed tag is no text");
    auto op = base_;
    op.kind = OpKind::or_remove;
    op.key = {};
    op.tag = *tag;
    ops_.push_back(op);
    return {};
}

}  // namespace topgun::maptable
