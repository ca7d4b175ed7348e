// SPDX-License-Identifier: Apache-2.0
// MessagePack tokens: whatever the bytes, reading stays inside them and ends where skipping ends.
#include "topgun/value/msgpack.hpp"

#include "fuzz.hpp"

using namespace topgun;
using namespace topgun::msgpack;

namespace {

bool inside(BytesView part, BytesView whole) {
    return part.empty() || (part.data() >= whole.data() &&
                            part.data() + part.size() <= whole.data() + whole.size());
}

// Reads one value token by token, as skip() must. A count is that of values still to be read.
bool read_tokens(Reader& reader, BytesView input) {
    std::uint64_t left = 1;
    while (left > 0) {
        const auto before = reader.position();
        Token token;
        if (!reader.next(token)) return false;
        TOPGUN_FUZZ_CHECK(reader.position() > before);
        TOPGUN_FUZZ_CHECK(inside(token.bytes, input));
        const bool container = token.kind == Kind::array || token.kind == Kind::map;
        const auto end = before + token.width + token.bytes.size();
        if (container || !token.bytes.empty()) TOPGUN_FUZZ_CHECK(reader.position() == end);
        --left;
        if (token.kind == Kind::array) left += token.count;
        if (token.kind == Kind::map) left += std::uint64_t{token.count} * 2;
    }
    return true;
}

// A scalar that was read and written again is read as the same.
void check_scalar(const Token& token) {
    Bytes out;
    Writer writer(out);
    switch (token.kind) {
        case Kind::nil: writer.nil(); break;
        case Kind::boolean: writer.boolean(token.boolean); break;
        case Kind::integer:
            if (token.negative)
                writer.signed_integer(token.as_signed());
            else
                writer.unsigned_integer(token.bits);
            break;
        case Kind::real: writer.real(token.real); break;
        case Kind::string: writer.string(token.bytes); break;
        case Kind::binary: writer.binary(token.bytes); break;
        case Kind::extension: writer.extension(token.extension_type, token.bytes); break;
        case Kind::array:
        case Kind::map: return;
    }
    Reader reader(out);
    Token again;
    TOPGUN_FUZZ_CHECK(reader.next(again) && reader.at_end());
    TOPGUN_FUZZ_CHECK(again.kind == token.kind && again.boolean == token.boolean &&
                      again.negative == token.negative && again.bits == token.bits &&
                      again.bytes == token.bytes && again.extension_type == token.extension_type);
    TOPGUN_FUZZ_CHECK(again.real == token.real || (again.real != again.real));
}

// Typed reads either take the value or fail for good.
void check_typed(BytesView input) {
    std::uint32_t count = 0;
    std::string_view text;
    BytesView bytes;
    bool boolean = false;
    std::uint64_t number = 0;
    double real = 0;
    for (int way = 0; way < 7; ++way) {
        Reader reader(input, 1000);
        bool ok = false;
        switch (way) {
            case 0: ok = reader.read_map(count); break;
            case 1: ok = reader.read_array(count); break;
            case 2: ok = reader.read_string(text) && inside(text, input); break;
            case 3: ok = reader.read_binary(bytes) && inside(bytes, input); break;
            case 4: ok = reader.read_bool(boolean); break;
            case 5: ok = reader.read_unsigned(number, 1u << 20) && number <= (1u << 20); break;
            default: ok = reader.read_double(real); break;
        }
        TOPGUN_FUZZ_CHECK(ok == (reader.fault() == Fault::none));
        if (ok) continue;
        fuzz::check_offsets(reader.error("a value").text(), 1000 + input.size());
        TOPGUN_FUZZ_CHECK(!reader.skip() && !reader.read_bool(boolean));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = fuzz::view_of(data, size);
    Reader skipping(input), reading(input);
    const bool skipped = skipping.skip();
    const bool read = read_tokens(reading, input);
    // Tokens know no depth; apart from it both ways agree.
    if (skipping.fault() != Fault::too_deep) {
        TOPGUN_FUZZ_CHECK(skipped == read && skipping.position() == reading.position());
    }
    const auto valid = validate(input);
    TOPGUN_FUZZ_CHECK(bool(valid) == (skipped && skipping.at_end()));
    if (!valid) fuzz::check_offsets(valid.error().text(), size);
    TOPGUN_FUZZ_CHECK(skipping.position() <= size && reading.offset() <= size);

    Reader tokens(input);
    while (!tokens.at_end()) {
        Token token;
        if (!tokens.next(token)) break;
        check_scalar(token);
    }
    check_typed(input);
    return 0;
}
