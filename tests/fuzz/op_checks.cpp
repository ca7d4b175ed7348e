// SPDX-License-Identifier: Apache-2.0
#include "op_checks.hpp"

#include <algorithm>

#include "fuzz.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/replica/replica.hpp"
#include "topgun/storage/log.hpp"
#include "topgun/storage/text_formats.hpp"
#include "topgun/value/canonical.hpp"
#include "topgun/wire/capture.hpp"
#include "topgun/wire/op.hpp"

namespace topgun::fuzz {
namespace {

constexpr std::size_t kCheckedOps = 16;

std::string text_of(const Op& op) {
    std::string out;
    append_ndjson(op, out);
    return out;
}

void check_content(const Op& op) {
    for (const auto text : {op.map, op.key, op.tag, op.id, op.stamp.node}) {
        TOPGUN_FUZZ_CHECK(find_invalid_utf8(text) == text.size());
    }
    TOPGUN_FUZZ_CHECK(op.stamp.millis <= kMaxMillis);
    TOPGUN_FUZZ_CHECK(op.ttl_ms <= kMaxMillis || op.ttl_ms == kNoTtl);
    const bool removes = op.kind == OpKind::remove || op.kind == OpKind::or_remove;
    TOPGUN_FUZZ_CHECK(op.value.empty() == removes);
    if (removes) return;
    const auto canonical_value = canonical(op.value);
    TOPGUN_FUZZ_CHECK(canonical_value && *canonical_value == op.value);
}

void check_wire(const Op& op) {
    Bytes bytes, again;
    wire::encode_op(op, bytes);
    wire::OpBatch batch;
    msgpack::Reader reader(bytes);
    TOPGUN_FUZZ_CHECK_WITH(batch.read(reader), text_of(op) + batch.error(reader).text());
    TOPGUN_FUZZ_CHECK(reader.at_end() && batch.size() == 1);
    TOPGUN_FUZZ_CHECK_WITH(same_op(batch.ops().front(), op),
                           text_of(op) + text_of(batch.ops().front()));
    wire::encode_op(batch.ops().front(), again);
    TOPGUN_FUZZ_CHECK(again == bytes);
}

void check_text(const Op& op) {
    const auto line = text_of(op);
    TOPGUN_FUZZ_CHECK(line.find('\n') == line.size() - 1);
    TextCounts counts;
    std::vector<TextDamage> damage;
    std::uint64_t seen = 0;
    const auto read = read_json_records(
        line, {},
        [&](const Op& other) -> Status {
            ++seen;
            TOPGUN_FUZZ_CHECK_WITH(same_op(op, other), line + text_of(other));
            return {};
        },
        counts, damage);
    TOPGUN_FUZZ_CHECK_WITH(read, line + (read ? "" : read.error().text()));
    TOPGUN_FUZZ_CHECK(seen == 1);
}

void check_log(const Op& op) {
    Bytes log;
    append_log_header({kLogVersion, 5, "n"}, log);
    const auto added = append_log_frame(op, log);
    TOPGUN_FUZZ_CHECK_WITH(added, text_of(op));
    auto reader = LogReader::open(log);
    TOPGUN_FUZZ_CHECK(reader);
    wire::OpBatch batch;
    while (reader->next(batch, 4)) {
    }
    TOPGUN_FUZZ_CHECK_WITH(reader->damage().empty(), reader->damage().front().text());
    TOPGUN_FUZZ_CHECK(batch.size() == 1 && same_op(batch.ops().front(), op));
}

void check_messages(const Op& op) {
    Bytes frames;
    OpMessageWriter writer([&frames](BytesView frame) -> Status {
        frames.append(frame);
        return {};
    });
    auto written = writer.add(op);
    if (written) written = writer.finish();
    if (!written) {
        TOPGUN_FUZZ_CHECK_WITH(written.error().code() == Errc::limit, written.error().text());
        return;
    }
    wire::CaptureReader capture(frames);
    wire::OpBatch batch;
    for (;;) {
        const auto more = capture.next(batch);
        TOPGUN_FUZZ_CHECK_WITH(more, text_of(op) + (more ? "" : more.error().text()));
        if (!*more) break;
    }
    TOPGUN_FUZZ_CHECK(batch.size() == 1);
    auto back = batch.ops().front();
    if (op.kind == OpKind::counter) back.id = op.id;  // a counter's message has no place for it
    TOPGUN_FUZZ_CHECK_WITH(same_op(back, op), text_of(op) + text_of(back));
}

void check_merge(const Op& op) {
    Replica replica;
    const auto first = replica.apply(op);
    TOPGUN_FUZZ_CHECK_WITH(first, text_of(op));
    const auto second = replica.apply(op);
    TOPGUN_FUZZ_CHECK(second && *second == Merged::equal);
}

}  // namespace

bool same_op(const Op& a, const Op& b) {
    if (a.kind != b.kind || a.map != b.map || a.key != b.key || a.stamp != b.stamp ||
        a.ttl_ms != b.ttl_ms || a.tag != b.tag || a.id != b.id) {
        return false;
    }
    if (a.value == b.value) return true;
    double counts[4] = {};
    return a.kind == OpKind::counter && decode_counter_entry(a.value, counts[0], counts[1]) &&
           decode_counter_entry(b.value, counts[2], counts[3]) && counts[0] == counts[2] &&
           counts[1] == counts[3];
}

bool same_ops(const std::vector<OwnedOp>& a, const std::vector<OwnedOp>& b) {
    const auto same = [](const OwnedOp& x, const OwnedOp& y) {
        return same_op(x.view(), y.view());
    };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

std::string describe(const std::vector<OwnedOp>& ops) {
    std::string out = std::to_string(ops.size()) + " ops\n";
    for (const auto& op : ops) out += text_of(op.view());
    return out;
}

void check_op(const Op& op) {
    check_content(op);
    check_wire(op);
    check_text(op);
    check_log(op);
    check_messages(op);
    check_merge(op);
}

void check_ops(const std::vector<OwnedOp>& ops) {
    const auto count = std::min(ops.size(), kCheckedOps);
    for (std::size_t i = 0; i < count; ++i) check_op(ops[i].view());
}

}  // namespace topgun::fuzz
