// SPDX-License-Identifier: Apache-2.0
// The strict reader of stored records agrees with the one that is as tolerant as the server.
#include "topgun/serverfiles/record_form.hpp"

#include "fuzz.hpp"
#include "topgun/serverfiles/stored_record.hpp"

using namespace topgun;
using namespace topgun::serverfiles;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view_of(data, size);
    const auto departure = find_departure(input);
    if (departure) {
        TOPGUN_FUZZ_CHECK(departure->offset <= size);
        TOPGUN_FUZZ_CHECK(!departure->what.empty());
    }
    const auto record = decode_stored_record(input);
    if (!record) return 0;
    // What was read can be written in the server's form, and is then read as the same.
    Bytes written;
    TOPGUN_FUZZ_CHECK(encode_stored_record(*record, written));
    TOPGUN_FUZZ_CHECK_WITH(!find_departure(written), find_departure(written)->text());
    Bytes again;
    const auto reread = decode_stored_record(written);
    TOPGUN_FUZZ_CHECK(reread && encode_stored_record(*reread, again) && again == written);
    // Without a departure those bytes were there already, but for the payload of a NaN.
    if (!departure && !is_tombstones_only(input)) {
        TOPGUN_FUZZ_CHECK(written.size() == size);
    }
    return 0;
}
