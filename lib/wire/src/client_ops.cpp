// SPDX-License-Identifier: Apache-2.0
#include "topgun/wire/client_ops.hpp"

namespace topgun::wire {
namespace {

LwwRecordView view_of(const LwwMapRecord& record) {
    return {record.value.view(), record.timestamp.view(), record.ttl_ms};
}

OrRecordView view_of(const OrMapRecord& record) {
    return {record.value.view(), record.timestamp.view(), record.tag, record.ttl_ms};
}

std::string_view view_of(const std::string& text) {
    return text;
}

template <typename View, typename Owned>
Nilable<View> view_of(const Nilable<Owned>& owned) {
    if (owned) return view_of(*owned);
    return owned.is_nil() ? Nilable<View>(nullptr) : Nilable<View>();
}

}  // namespace

ClientOpView::ClientOpView(const ClientOp& op)
    : id(op.id),
      map_name(op.map_name),
      key(op.key),
      op_type(op.op_type),
      record(view_of<LwwRecordView>(op.record)),
      or_record(view_of<OrRecordView>(op.or_record)),
      or_tag(view_of<std::string_view>(op.or_tag)),
      write_concern(op.write_concern),
      timeout(op.timeout),
      synced(op.synced) {
    if (op.timestamp) timestamp = op.timestamp->view();
}

}  // namespace topgun::wire
