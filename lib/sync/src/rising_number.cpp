// SPDX-License-Identifier: Apache-2.0
#include "rising_number.hpp"

#include <algorithm>

#include "topgun/storage/shared_replica.hpp"
#include "topgun/sync/hub.hpp"
#include "topgun/value/msgpack.hpp"
#include "topgun/wire/types.hpp"

namespace topgun::sync {
namespace {

constexpr std::string_view kMap = "__topgun_numbers";

}  // namespace

RisingNumber::RisingNumber(Hub& hub, std::string key, std::uint64_t block)
    : hub_(hub), key_(std::move(key)), block_(block) {
    const MapId id{std::string(kMap), MapKind::lww};
    const auto found =
        find_rows(hub.maps().shared(), id, key_, [&](const MapId&, const Row& row) -> Status {
            std::uint64_t stored = 0;
            if (!msgpack::Reader(row.value).read_unsigned(stored, wire::kMaxWhole)) {
                return Error(Errc::bad_input, "not a number");
            }
            last_ = reserved_ = stored;
            return {};
        });
    // Only this class writes there. Whatever else stands there cannot be continued, but the next
    // block will replace it.
    static_cast<void>(found.has_value());
}

void RisingNumber::raise(std::uint64_t floor) {
    last_ = std::max(last_, floor);
}

Result<RisingNumber::Issued> RisingNumber::next() {
    if (last_ >= reserved_) {
        if (last_ > wire::kMaxWhole - block_) return Error(Errc::limit, "numbers are used up");
        Bytes value;
        msgpack::Writer(value).unsigned_integer(last_ + block_);
        auto kept = hub_.keep(kMap, key_, value);
        if (!kept) return std::move(kept).error();
        reserved_ = last_ + block_;
        sequence_ = *kept;
    }
    return Issued{++last_, sequence_};
}

}  // namespace topgun::sync
