// SPDX-License-Identifier: Apache-2.0
// Canonical values: one form, kept by everything that a value is turned into.
#include "topgun/value/canonical.hpp"

#include "fuzz.hpp"
#include "topgun/value/js_text.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/value_view.hpp"

using namespace topgun;

namespace {

// Looks at a value through every accessor; members found by name or index are those of the loops.
void look(const ValueView& value, unsigned depth) {
    const auto whole = value.as_int64();
    if (whole && *whole >= 0) {
        TOPGUN_FUZZ_CHECK(value.as_uint64() == static_cast<std::uint64_t>(*whole));
    }
    TOPGUN_FUZZ_CHECK(!value.as_string() || !value.as_binary());
    TOPGUN_FUZZ_CHECK(!value.as_bool() || !value.as_double());
    if (depth > msgpack::kMaxDepth) return;
    std::uint32_t seen = 0;
    std::string_view before;
    value.for_each_field([&](std::string_view key, const ValueView& field) {
        TOPGUN_FUZZ_CHECK(seen == 0 || before < key);
        before = key;
        ++seen;
        const auto found = value.find(key);
        TOPGUN_FUZZ_CHECK(found && found->bytes().data() == field.bytes().data());
        look(field, depth + 1);
    });
    value.for_each_element([&](const ValueView& element) {
        const auto at = value.at(seen++);
        TOPGUN_FUZZ_CHECK(at && at->bytes() == element.bytes());
        look(element, depth + 1);
    });
    TOPGUN_FUZZ_CHECK(seen == value.size());
    TOPGUN_FUZZ_CHECK(!value.at(seen));
}

void check_canonical(const Bytes& value) {
    TOPGUN_FUZZ_CHECK(msgpack::validate(value));
    const auto again = canonical(value);
    TOPGUN_FUZZ_CHECK(again && *again == value);
    if (value.size() <= 4096) look(ValueView(value), 0);

    std::string json;
    append_json(value, json);
    const auto back = parse_json(json);
    TOPGUN_FUZZ_CHECK_WITH(back, json + (back ? "" : back.error().text()));
    TOPGUN_FUZZ_CHECK_WITH(*back == value, json);

    std::string text;
    append_js_value_text(value, text);
    if (const auto string = ValueView(value).as_string()) TOPGUN_FUZZ_CHECK(text == *string);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view_of(data, size);
    const auto value = canonical(input);
    if (value) {
        TOPGUN_FUZZ_CHECK(msgpack::validate(input));
        check_canonical(*value);
    } else {
        fuzz::check_offsets(value.error().text(), size);
    }
    // One value after the other, as in a stream; what fails leaves nothing behind.
    msgpack::Reader reader(input);
    Bytes out = "before";
    for (;;) {
        const auto start = reader.position();
        const auto before = out;
        if (reader.at_end() || !append_canonical(reader, out)) {
            TOPGUN_FUZZ_CHECK(out == before);
            break;
        }
        TOPGUN_FUZZ_CHECK(out.starts_with(before) && out.size() > before.size());
        TOPGUN_FUZZ_CHECK(reader.position() > start && reader.position() <= size);
        const auto alone = canonical(input.substr(start, reader.position() - start));
        TOPGUN_FUZZ_CHECK(alone && BytesView(out).substr(before.size()) == *alone);
    }
    return 0;
}
