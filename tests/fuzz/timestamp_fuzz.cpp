// SPDX-License-Identifier: Apache-2.0
// Timestamps as text, times of day, and clocks that hear anything.
#include "topgun/clock/timestamp.hpp"

#include "fuzz.hpp"
#include "topgun/clock/hlc.hpp"

using namespace topgun;

namespace {

class StoppedTime final : public TimeSource {
public:
    std::uint64_t now_ms() const override { return 1'700'000'000'000; }
};

void check_clock(const Stamp& heard) {
    static const StoppedTime time;
    for (const auto policy : {DriftPolicy::accept, DriftPolicy::refuse}) {
        auto clock = Hlc::create("n", time, policy);
        TOPGUN_FUZZ_CHECK(clock);
        const auto before = clock->now();
        const auto updated = clock->update(heard);
        const auto after = clock->now();
        TOPGUN_FUZZ_CHECK(after > before);
        const auto since = Stamp{after.millis, after.counter, {}};
        if (updated) TOPGUN_FUZZ_CHECK((since > Stamp{heard.millis, heard.counter, {}}));
        clock->prime(heard);
        TOPGUN_FUZZ_CHECK(clock->now() > after);
    }
}

void check_stamp(std::string_view text) {
    const auto stamp = parse_stamp(text);
    const auto owned = parse_timestamp(text);
    TOPGUN_FUZZ_CHECK(bool(stamp) == bool(owned));
    if (!stamp) {
        TOPGUN_FUZZ_CHECK(stamp.error().code() == Errc::bad_input);
        return;
    }
    TOPGUN_FUZZ_CHECK(owned->view() == *stamp);
    TOPGUN_FUZZ_CHECK(format_stamp(*stamp) == text);
    TOPGUN_FUZZ_CHECK(stamp->millis <= kMaxMillis && !stamp->node.empty());
    TOPGUN_FUZZ_CHECK(deciding_field(*stamp, owned->view()) == StampField::none);
    static_cast<void>(node_id_is_portable(stamp->node));
    if (stamp->millis < kMaxMillis) check_clock(*stamp);
}

void check_utc(std::string_view text) {
    const auto millis = parse_utc(text);
    if (!millis) return;
    const auto printed = format_utc(*millis);
    const auto back = parse_utc(printed);
    TOPGUN_FUZZ_CHECK_WITH(back && *back == *millis, printed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::view_of(data, size);
    check_stamp(text);
    check_utc(text);
    if (size >= 8) {
        const auto printed = format_utc(load_le<std::uint64_t>(text.data()));
        TOPGUN_FUZZ_CHECK(!printed.empty());
    }
    return 0;
}
