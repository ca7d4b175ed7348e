// SPDX-License-Identifier: Apache-2.0
// JSON texts to values and back, without loss.
#include "topgun/value/json.hpp"

#include "fuzz.hpp"
#include "topgun/value/canonical.hpp"

using namespace topgun;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::view_of(data, size);
    const auto value = parse_json(text);
    if (!value) {
        TOPGUN_FUZZ_CHECK(value.error().code() == Errc::bad_input ||
                          value.error().code() == Errc::limit);
        fuzz::check_place(value.error().text(), text);
        return 0;
    }
    const auto same = canonical(*value);
    TOPGUN_FUZZ_CHECK(same && *same == *value);
    std::string printed, again;
    append_json(*value, printed);
    const auto back = parse_json(printed);
    TOPGUN_FUZZ_CHECK_WITH(back && *back == *value, printed);
    append_json(*back, again);
    TOPGUN_FUZZ_CHECK(again == printed);
    // Blanks around a text, and a byte order mark before it, change nothing.
    const auto padded = parse_json("\xef\xbb\xbf \n\t" + printed + "\r\n ");
    TOPGUN_FUZZ_CHECK_WITH(padded && *padded == *value, printed);
    TOPGUN_FUZZ_CHECK_WITH(!parse_json(printed + "x"), printed);
    return 0;
}
