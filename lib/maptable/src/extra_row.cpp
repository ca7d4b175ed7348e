// SPDX-License-Identifier: Apache-2.0
#include "topgun/maptable/extra_row.hpp"

#include "topgun/replica/row.hpp"

namespace topgun::maptable {
namespace {

Error bad(const char* what) {
    return Error(Errc::bad_input, what);
}

Result<Stamp> stamp_of(const ExtraRow& row) {
    const auto millis = row.millis.value_or(-1), counter = row.counter.value_or(-1);
    if (millis < 0 || static_cast<std::uint64_t>(millis) > kMaxMillis || counter < 0 ||
        counter > kMaxCounter) {
        return bad("no timestamp");
    }
    return Stamp{static_cast<std::uint64_t>(millis), static_cast<std::uint32_t>(counter), row.node};
}

}  // namespace

Result<Op> extra_op(const ExtraRow& row) {
    Op op;
    op.map = row.map;
    op.key = row.key;
    op.tag = row.tag;
    if (row.kind == "tag") {
        if (row.tag.empty()) return bad("no tag");
        op.kind = OpKind::or_remove;
        return op;
    }
    if (row.kind == "counter") {
        op.kind = OpKind::counter;
        op.value = row.value.value_or(BytesView());
        double p = 0, n = 0;
        if (!decode_counter_entry(op.value, p, n)) return bad("no two counts");
        return op;
    }
    if (row.kind != "removed") return bad("of no known kind");
    auto stamp = stamp_of(row);
    if (!stamp) return std::move(stamp).error();
    op.kind = OpKind::remove;
    op.stamp = *stamp;
    return op;
}

Result<Fact> extra_fact(const ExtraRow& row) {
    auto stamp = stamp_of(row);
    if (!stamp) return std::move(stamp).error();
    Fact fact;
    fact.tag = row.tag;
    fact.stamp = {stamp->millis, stamp->counter, std::string(stamp->node)};
    if (row.ttl_ms && *row.ttl_ms >= 0) fact.ttl_ms = static_cast<std::uint64_t>(*row.ttl_ms);
    if (row.value) fact.value.emplace(*row.value);
    return fact;
}

}  // namespace topgun::maptable
