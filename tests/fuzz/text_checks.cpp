// SPDX-License-Identifier: Apache-2.0
#include "text_checks.hpp"

#include "fuzz.hpp"
#include "op_checks.hpp"

namespace topgun::fuzz {
namespace {

struct Read {
    Status status;
    TextCounts counts;
    std::vector<TextDamage> damage;
    std::vector<OwnedOp> ops;
};

Read read_text(TextReader reader, BytesView text, const TextReadOptions& options) {
    Read out;
    out.status = reader(
        text, options,
        [&out](const Op& op) -> Status {
            out.ops.emplace_back(op);
            return {};
        },
        out.counts, out.damage);
    TOPGUN_FUZZ_CHECK(out.counts.ops == out.ops.size());
    if (!out.status) check_place(out.status.error().text(), text);
    for (const auto& damage : out.damage) check_place(damage.text(), text);
    return out;
}

// An error of the sink comes back as it was.
void check_sink_error(TextReader reader, BytesView text, const TextReadOptions& options) {
    TextCounts counts;
    std::vector<TextDamage> damage;
    const auto status = reader(
        text, options, [](const Op&) -> Status { return Error(Errc::cancelled, "enough"); }, counts,
        damage);
    TOPGUN_FUZZ_CHECK(!status);
    TOPGUN_FUZZ_CHECK(status.error().code() != Errc::cancelled ||
                      status.error().text() == "enough");
}

void check_rewritten(const std::vector<OwnedOp>& ops) {
    std::string text;
    for (const auto& op : ops) append_ndjson(op.view(), text);
    const auto back = read_text(read_json_records, text, {});
    TOPGUN_FUZZ_CHECK_WITH(back.status, text);
    TOPGUN_FUZZ_CHECK_WITH(same_ops(back.ops, ops), text);
    TOPGUN_FUZZ_CHECK(back.counts.lines == ops.size());
}

}  // namespace

std::vector<OwnedOp> check_text_reader(TextReader reader, BytesView text) {
    TextReadOptions options;
    Read lax;
    for (const bool defaults : {false, true}) {
        if (defaults) {
            options.default_map = "m";
            options.default_stamp = {5, 1, "n"};
        }
        options.keep_going = false;
        const auto strict = read_text(reader, text, options);
        options.keep_going = true;
        lax = read_text(reader, text, options);
        if (strict.status) {
            TOPGUN_FUZZ_CHECK(lax.status && lax.damage.empty() && lax.counts.damaged == 0);
            TOPGUN_FUZZ_CHECK(same_ops(lax.ops, strict.ops));
            TOPGUN_FUZZ_CHECK(lax.counts.lines == strict.counts.lines);
        } else {
            TOPGUN_FUZZ_CHECK(!lax.status || lax.counts.damaged > 0);
            TOPGUN_FUZZ_CHECK(lax.ops.size() >= strict.ops.size());
            auto prefix = lax.ops;
            prefix.resize(strict.ops.size());
            TOPGUN_FUZZ_CHECK(same_ops(prefix, strict.ops));
            if (lax.status && !lax.damage.empty()) {
                TOPGUN_FUZZ_CHECK_WITH(
                    strict.status.error().text() == lax.damage.front().text(),
                    strict.status.error().text() + "\n" + lax.damage.front().text());
            }
        }
        if (!strict.ops.empty()) check_sink_error(reader, text, options);
    }
    check_ops(lax.ops);
    check_rewritten(lax.ops);
    return std::move(lax.ops);
}

}  // namespace topgun::fuzz
