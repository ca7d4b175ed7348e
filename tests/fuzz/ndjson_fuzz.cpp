// SPDX-License-Identifier: Apache-2.0
// NDJSON and JSON records, ops and messages as text.
#include "fuzz.hpp"
#include "text_checks.hpp"

using namespace topgun;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::check_text_reader(read_json_records, fuzz::view_of(data, size));
    return 0;
}
