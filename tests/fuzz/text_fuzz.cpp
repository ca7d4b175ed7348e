// SPDX-License-Identifier: Apache-2.0
// UTF-8, its repair, base64 and hashes over texts that may be anything.
#include "fuzz.hpp"
#include "topgun/base/hash.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/value/canonical.hpp"
#include "topgun/value/js_text.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/value_view.hpp"

using namespace topgun;

namespace {

void check_utf8(std::string_view text) {
    const auto invalid = find_invalid_utf8(text);
    TOPGUN_FUZZ_CHECK(invalid <= text.size());
    std::size_t at = 0, first = text.size();
    while (at < text.size()) {
        const auto character = decode_utf8(text.substr(at));
        TOPGUN_FUZZ_CHECK(character.length >= 1 && character.length <= text.size() - at);
        if (!character.valid && first == text.size()) first = at;
        at += character.length;
    }
    TOPGUN_FUZZ_CHECK(first == invalid);

    const auto repaired = repair_utf8(text);
    TOPGUN_FUZZ_CHECK(find_invalid_utf8(repaired) == repaired.size());
    TOPGUN_FUZZ_CHECK(repair_utf8(repaired) == repaired);
    if (invalid == text.size()) TOPGUN_FUZZ_CHECK(repaired == text);

    std::string_view accepted = text;
    Bytes scratch;
    if (accept_text(accepted, scratch)) {
        TOPGUN_FUZZ_CHECK(accepted == repaired);
    } else {
        TOPGUN_FUZZ_CHECK(invalid < text.size());
    }
    TOPGUN_FUZZ_CHECK(display_width(text) <= 2 * text.size());
}

void check_quoting(std::string_view text) {
    const auto repaired = repair_utf8(text);
    std::string json, js;
    append_json_string(text, json);
    append_js_string(repaired, js);
    for (const auto& quoted : {json, js}) {
        const auto value = parse_json(quoted);
        TOPGUN_FUZZ_CHECK_WITH(value, quoted);
        TOPGUN_FUZZ_CHECK_WITH(
            find_invalid_utf8(text) != text.size() || ValueView(*value).as_string() == repaired,
            quoted);
    }
}

void check_base64(std::string_view text) {
    const auto encoded = base64_encode(text);
    const auto back = base64_decode(encoded);
    TOPGUN_FUZZ_CHECK(back && *back == text);
    if (const auto bytes = base64_decode(text)) TOPGUN_FUZZ_CHECK(base64_encode(*bytes) == text);
}

void check_order(std::string_view text) {
    const auto half = text.size() / 2;
    const auto a = repair_utf8(text.substr(0, half)), b = repair_utf8(text.substr(half));
    const auto forth = compare_utf16(a, b), back = compare_utf16(b, a);
    TOPGUN_FUZZ_CHECK((forth < 0) == (back > 0) && (forth == 0) == (a == b));
    TOPGUN_FUZZ_CHECK(fnv1a(a + b) == fnv1a_continue(fnv1a(a), b));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::view_of(data, size);
    check_utf8(text);
    check_quoting(text);
    check_base64(text);
    check_order(text);
    return 0;
}
