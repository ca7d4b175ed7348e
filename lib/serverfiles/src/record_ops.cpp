// SPDX-License-Identifier: Apache-2.0
#include "topgun/serverfiles/stored_record.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::serverfiles {

Status append_record_ops(const StoredRecord& record, const Op& base, std::uint64_t expiry,
                         std::vector<Op>& out) {
    for (const auto& entry : record.entries) {
        auto op = base;
        op.stamp = entry.stamp.view();
        op.ttl_ms = entry.ttl_ms;
        // The server keeps a moment, ours is a duration; 0 means none.
        if (expiry != 0) op.ttl_ms = expiry > op.stamp.millis ? expiry - op.stamp.millis : 1;
        if (record.kind == MapKind::or_map) {
            if (entry.tag.empty()) return Error(Errc::bad_input, "a record has no tag");
            op.kind = OpKind::or_add;
            op.tag = entry.tag;
            op.value = entry.value;
        } else if (ValueView(entry.value).is_nil()) {
            op.kind = OpKind::remove;
            op.ttl_ms = kNoTtl;
        } else {
            op.kind = OpKind::put;
            op.value = entry.value;
        }
        out.push_back(op);
    }
    for (const auto& tag : record.removed_tags) {
        if (tag.empty()) return Error(Errc::bad_input, "a removed tag is no text");
        auto op = base;
        op.kind = OpKind::or_remove;
        op.tag = tag;
        out.push_back(op);
    }
    return {};
}

}  // namespace topgun::serverfiles
