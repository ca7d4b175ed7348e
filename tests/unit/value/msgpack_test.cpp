// SPDX-License-Identifier: Apache-2.0
// Goal: the reader takes every form of the format and survives everything else; the writer always
// takes the smallest form.
#include "topgun/value/msgpack.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "topgun_test/support.hpp"
#include "topgun_test/values.hpp"

using namespace topgun;
using namespace topgun::msgpack;
using test::from_hex;
using test::to_hex;

namespace {

// The kind that the format's specification gives to each first byte; 0xc1 has none.
Kind specified_kind(unsigned byte) {
    if (byte <= 0x7f || byte >= 0xe0) return Kind::integer;
    if (byte <= 0x8f) return Kind::map;
    if (byte <= 0x9f) return Kind::array;
    if (byte <= 0xbf) return Kind::string;
    switch (byte) {
        case 0xc2:
        case 0xc3: return Kind::boolean;
        case 0xc4:
        case 0xc5:
        case 0xc6: return Kind::binary;
        case 0xc7:
        case 0xc8:
        case 0xc9: return Kind::extension;
        case 0xca:
        case 0xcb: return Kind::real;
        case 0xcc:
        case 0xcd:
        case 0xce:
        case 0xcf: return Kind::integer;
        case 0xd0:
        case 0xd1:
        case 0xd2:
        case 0xd3: return Kind::integer;
        case 0xd4:
        case 0xd5:
        case 0xd6:
        case 0xd7:
        case 0xd8: return Kind::extension;
        case 0xd9:
        case 0xda:
        case 0xdb: return Kind::string;
        case 0xdc:
        case 0xdd: return Kind::array;
        case 0xde:
        case 0xdf: return Kind::map;
        default: return Kind::nil;
    }
}

// One value of each format, with its shortest and a longer body.
const std::vector<std::string> kEachFormat = {"00",
                                              "7f",
                                              "e0",
                                              "ff",
                                              "c0",
                                              "c2",
                                              "c3",
                                              "cc80",
                                              "cd0100",
                                              "ce00010000",
                                              "cf0000000100000000",
                                              "d0df",
                                              "d1ff7f",
                                              "d2ffff7fff",
                                              "d3ffffffff7fffffff",
                                              "ca3fc00000",
                                              "cb3ff8000000000000",
                                              "a0",
                                              "a3616263",
                                              "d903616263",
                                              "da0003616263",
                                              "db00000003616263",
                                              "c40101",
                                              "c5000101",
                                              "c60000000101",
                                              "d4057f",
                                              "d5050102",
                                              "d60501020304",
                                              "d7050102030405060708",
                                              "d80500112233445566778899aabbccddeeff",
                                              "c7030501aabb",
                                              "c800030501aabb",
                                              "c9000000030501aabb",
                                              "90",
                                              "9301c002",
                                              "dc000101",
                                              "dd0000000101",
                                              "80",
                                              "81a16101",
                                              "de0001a16101",
                                              "df00000001a16101",
                                              "82a16192c0c3a16281a163cb4008000000000000"};

Token read_one(BytesView bytes) {
    Reader reader(bytes);
    Token token;
    if (!reader.next(token)) FAIL(reader.error().text());
    return token;
}

template <typename Write>
std::string written(Write&& write) {
    Bytes out;
    Writer writer(out);
    write(writer);
    return to_hex(out);
}

Bytes nested_arrays(std::size_t depth, std::string_view innermost) {
    return Bytes(depth, '\x91').append(innermost);
}

}  // namespace

TEST_CASE("peek and next agree with the specification on every first byte", "[value][msgpack]") {
    for (unsigned byte = 0; byte < 256; ++byte) {
        const Bytes input = Bytes(1, static_cast<char>(byte)) + Bytes(64, '\0');
        Reader reader(input);
        CAPTURE(byte);
        if (byte != 0xc1) CHECK(reader.peek() == specified_kind(byte));
        Token token;
        if (byte == 0xc1) {
            CHECK_FALSE(reader.next(token));
            CHECK(reader.fault() == Fault::reserved_byte);
        } else {
            REQUIRE(reader.next(token));
            CHECK(token.kind == specified_kind(byte));
        }
    }
}

TEST_CASE("integers of every form keep their value and sign", "[value][msgpack]") {
    struct Row {
        const char* hex;
        bool negative;
        std::uint64_t bits;
    };
    const auto row = GENERATE(values<Row>({
        {"00", false, 0},
        {"7f", false, 127},
        {"cc00", false, 0},
        {"ccff", false, 255},
        {"cdffff", false, 65535},
        {"ceffffffff", false, 4294967295},
        {"cfffffffffffffffff", false, ~0ull},
        {"cf0000000000000005", false, 5},
        {"d005", false, 5},
        {"d07f", false, 127},
        {"d17fff", false, 32767},
        {"d30000000000000005", false, 5},
        {"d37fffffffffffffff", false, 9223372036854775807},
        {"ff", true, ~0ull},
        {"e0", true, 0 - 32ull},
        {"d080", true, 0 - 128ull},
        {"d0ff", true, ~0ull},
        {"d18000", true, 0 - 32768ull},
        {"d1ffff", true, ~0ull},
        {"d280000000", true, 0 - 2147483648ull},
        {"d3ffffffffffffffff", true, ~0ull},
        {"d38000000000000000", true, 1ull << 63},
    }));
    CAPTURE(row.hex);
    const auto bytes = from_hex(row.hex);
    const auto token = read_one(bytes);
    CHECK(token.kind == Kind::integer);
    CHECK(token.negative == row.negative);
    CHECK(token.bits == row.bits);
    if (row.negative) CHECK(token.as_signed() < 0);
}

TEST_CASE("floats of both widths keep their value", "[value][msgpack]") {
    CHECK(read_one(from_hex("ca3fc00000")).real == 1.5);
    CHECK(read_one(from_hex("cb3fb999999999999a")).real == 0.1);
    CHECK(read_one(from_hex("cb4278bcfe56800000")).real == 1700000000000.0);
    CHECK(read_one(from_hex("cafF800000")).real == -std::numeric_limits<double>::infinity());
    CHECK(std::isnan(read_one(from_hex("ca7fc00000")).real));
    CHECK(std::signbit(read_one(from_hex("cb8000000000000000")).real));
}

TEST_CASE("strings, bytes and extensions are views of their bodies", "[value][msgpack]") {
    const auto hex = GENERATE(as<std::string>{}, "a3", "d903", "da0003", "db00000003");
    const auto text = from_hex(hex + "616263");
    CHECK(read_one(text).bytes == "abc");
    CHECK(read_one(text).bytes.data() == text.data() + hex.size() / 2);
    CHECK(read_one(from_hex("c403000102")).kind == Kind::binary);
    const auto extension = from_hex("c703fb01aabb");
    CHECK(read_one(extension).extension_type == -5);
    CHECK(to_hex(read_one(extension).bytes) == "01aabb");
    CHECK(read_one(from_hex("c70005")).bytes.empty());
    CHECK(read_one(from_hex("d80500112233445566778899aabbccddeeff")).bytes.size() == 16);
}

TEST_CASE("a value that is cut anywhere is truncated, not something else", "[value][msgpack]") {
    for (const auto& hex : kEachFormat) {
        const auto whole = from_hex(hex);
        REQUIRE(validate(whole));
        for (std::size_t size = 0; size < whole.size(); ++size) {
            CAPTURE(hex, size);
            const Bytes part = whole.substr(0, size);  // its own buffer, so that ASan sees its end
            Reader reader(part);
            CHECK_FALSE(reader.skip());
            CHECK(reader.fault() == Fault::truncated);
            CHECK(reader.error().code() == Errc::bad_input);
            CHECK(reader.error().text().find("ends inside") != std::string::npos);
        }
    }
}

TEST_CASE("an announced length that is not there is refused at once", "[value][msgpack]") {
    const auto hex = GENERATE(as<std::string>{}, "d9ff", "daffff", "dbffffffff", "c4ff", "c5ffff",
                              "c6ffffffff", "c7ff01", "c8ffff01", "c9ffffffff01", "dcffff",
                              "ddffffffff", "deffff", "dfffffffff", "df80000000", "bf61", "9f00",
                              "8f00", "dd00000002ddffffffff", "81ddffffffff");
    CAPTURE(hex);
    const auto bytes = from_hex(hex);
    Reader reader(bytes);
    CHECK_FALSE(reader.skip());
    CHECK(reader.fault() == Fault::truncated);
    CHECK_FALSE(validate(bytes));
}

TEST_CASE("a header is refused when its elements cannot all be there", "[value][msgpack]") {
    // At least a byte for each element, two for each pair: so a count may size a buffer.
    const auto reads_header = [](std::string_view hex) {
        const auto bytes = from_hex(hex);
        Token token;
        return Reader(bytes).next(token);
    };
    CHECK(reads_header("920000"));
    CHECK_FALSE(reads_header("9200"));
    CHECK(reads_header("82c0c0c0c0"));
    CHECK_FALSE(reads_header("82c0c0c0"));
    CHECK_FALSE(reads_header("de0002c0c0c0"));
    CHECK_FALSE(reads_header("df00000002c0c0c0"));
}

TEST_CASE("the reserved byte is refused wherever a value may stand", "[value][msgpack]") {
    const auto hex = GENERATE(as<std::string>{}, "c1", "91c1", "9200c1", "81c100", "81a161c1");
    const auto bytes = from_hex(hex);
    Reader reader(bytes);
    CHECK_FALSE(reader.skip());
    CHECK(reader.fault() == Fault::reserved_byte);
    const auto at = (hex.size() - (hex == "81c100" ? 4 : 2)) / 2;
    CHECK(reader.error().text() == "byte " + std::to_string(at) + ": 0xc1 is not MessagePack");
}

TEST_CASE("256 containers inside each other pass, 257 do not", "[value][msgpack]") {
    CHECK(validate(nested_arrays(256, "\xc0")));
    CHECK(validate(nested_arrays(256, "\x90")));  // an empty one adds no level
    for (const std::size_t depth : {257u, 300u, 1'000'000u}) {
        const auto refused = validate(nested_arrays(depth, "\xc0"));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code() == Errc::limit);
    }
    Bytes maps;
    for (int i = 0; i < 257; ++i) maps += from_hex("81a161");
    CHECK_FALSE(validate(maps + "\xc0"));
    CHECK(validate(maps.substr(3) + "\xc0"));
}

TEST_CASE("bytes after the value are trailing", "[value][msgpack]") {
    const auto refused = validate(from_hex("c0c0"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().text() == "byte 1: unexpected bytes after the value");
    CHECK_FALSE(validate(""));
    CHECK_FALSE(validate(from_hex("9000")));
}

TEST_CASE("typed reads return their kind and step past it", "[value][msgpack]") {
    const auto bytes = from_hex("82a161c3c40201029205cb4014000000000000");
    Reader reader(bytes);
    std::uint32_t count = 0;
    std::string_view text;
    BytesView binary;
    bool boolean = false;
    std::uint64_t number = 0;
    double real = 0;
    REQUIRE(reader.read_map(count));
    CHECK(count == 2);
    REQUIRE(reader.read_string(text));
    CHECK(text == "a");
    REQUIRE(reader.read_bool(boolean));
    CHECK(boolean);
    REQUIRE(reader.read_binary(binary));
    CHECK(to_hex(binary) == "0102");
    REQUIRE(reader.read_array(count));
    CHECK(count == 2);
    REQUIRE(reader.read_unsigned(number, 5));
    CHECK(number == 5);
    REQUIRE(reader.read_double(real));
    CHECK(real == 5.0);
    CHECK(reader.at_end());
    CHECK(reader.position() == bytes.size());
}

TEST_CASE("a typed read of another kind fails, names it, and consumes nothing",
          "[value][msgpack]") {
    const auto attempt = [](std::string_view hex, auto read) {
        const auto bytes = from_hex(hex);
        Reader reader(bytes, 100);
        CHECK_FALSE(read(reader));
        CHECK(reader.fault() == Fault::wrong_kind);
        CHECK(reader.position() == 0);
        return reader.error("something else").text();
    };
    std::uint32_t count = 0;
    std::string_view text;
    bool boolean = false;
    std::uint64_t number = 0;
    double real = 0;
    CHECK(attempt("a161", [&](Reader& r) { return r.read_map(count); }) ==
          "byte 100: found string; expected something else");
    CHECK(attempt("81a16101", [&](Reader& r) { return r.read_array(count); }) ==
          "byte 100: found map; expected something else");
    CHECK(attempt("c40161", [&](Reader& r) { return r.read_string(text); }) ==
          "byte 100: found binary; expected something else");
    CHECK(attempt("a161", [&](Reader& r) { return r.read_binary(text); }) ==
          "byte 100: found string; expected something else");
    CHECK(attempt("c0", [&](Reader& r) { return r.read_bool(boolean); }) ==
          "byte 100: found nil; expected something else");
    CHECK(attempt("c3", [&](Reader& r) { return r.read_unsigned(number, 9); }) ==
          "byte 100: found boolean; expected something else");
    CHECK(attempt("d40505", [&](Reader& r) { return r.read_double(real); }) ==
          "byte 100: found extension; expected something else");
}

TEST_CASE("typed reads at the end of the input say that it ended", "[value][msgpack]") {
    Reader reader("", 7);
    const auto which = GENERATE(0, 1, 2, 3, 4, 5, 6);
    std::uint32_t count = 0;
    std::string_view text;
    bool boolean = false;
    std::uint64_t number = 0;
    double real = 0;
    const bool read = which == 0   ? reader.read_map(count)
                      : which == 1 ? reader.read_array(count)
                      : which == 2 ? reader.read_string(text)
                      : which == 3 ? reader.read_binary(text)
                      : which == 4 ? reader.read_bool(boolean)
                      : which == 5 ? reader.read_unsigned(number, 1)
                                   : reader.read_double(real);
    CHECK_FALSE(read);
    CHECK(reader.fault() == Fault::truncated);
    CHECK(reader.error().text() == "byte 7: the input ends inside a MessagePack value");
}

TEST_CASE("whole numbers are read from any form that holds one", "[value][msgpack]") {
    struct Row {
        const char* hex;
        std::uint64_t max;
        std::uint64_t value;
    };
    const auto row = GENERATE(values<Row>({
        {"05", 5, 5},
        {"cc05", 9, 5},
        {"cd0005", 9, 5},
        {"ce00000005", 9, 5},
        {"cf0000018bcfe56800", ~0ull, 1700000000000},
        {"d30000018bcfe56800", ~0ull, 1700000000000},
        {"cb4278bcfe56800000", ~0ull, 1700000000000},
        {"ca40a00000", 5, 5},
        {"cfffffffffffffffff", ~0ull, ~0ull},
        {"cb43efffffffffffff", ~0ull, 0xfffffffffffff800},
        {"cb8000000000000000", 0, 0},
    }));
    CAPTURE(row.hex);
    const auto bytes = from_hex(row.hex);
    Reader reader(bytes);
    std::uint64_t value = 1;
    REQUIRE(reader.read_unsigned(value, row.max));
    CHECK(value == row.value);
    CHECK(reader.at_end());
}

TEST_CASE("a number that does not fit is out of range, at its own place", "[value][msgpack]") {
    struct Row {
        const char* hex;
        std::uint64_t max;
    };
    const auto row = GENERATE(values<Row>({
        {"06", 5},
        {"ff", 5},
        {"d38000000000000000", ~0ull},
        {"cfffffffffffffffff", ~0ull - 1},
        {"cb3ff8000000000000", 5},
        {"cbbff0000000000000", 5},
        {"cb43f0000000000000", ~0ull},
        {"cb7ff0000000000000", ~0ull},
        {"cb7ff8000000000000", ~0ull},
        {"cb4018000000000000", 5},
    }));
    CAPTURE(row.hex);
    const auto bytes = from_hex(row.hex);
    Reader reader(bytes);
    std::uint64_t value = 0;
    CHECK_FALSE(reader.read_unsigned(value, row.max));
    CHECK(reader.fault() == Fault::out_of_range);
    CHECK(reader.error().text() == "byte 0: the number is out of range or not whole");
}

TEST_CASE("any number is read as a double", "[value][msgpack]") {
    const auto read = [](std::string_view hex) {
        const auto bytes = from_hex(hex);
        Reader reader(bytes);
        double value = 0;
        if (!reader.read_double(value)) FAIL(reader.error().text());
        return value;
    };
    CHECK(read("05") == 5.0);
    CHECK(read("ff") == -1.0);
    CHECK(read("cfffffffffffffffff") == 0x1p64);
    CHECK(read("d38000000000000000") == -0x1p63);
    CHECK(read("ca3fc00000") == 1.5);
}

TEST_CASE("after a fault every read fails, and the first fault stays", "[value][msgpack]") {
    const auto bytes = from_hex("c1050505");
    Reader reader(bytes);
    Token token;
    std::uint64_t number = 0;
    BytesView value;
    CHECK_FALSE(reader.next(token));
    CHECK_FALSE(reader.next(token));
    CHECK_FALSE(reader.read_unsigned(number, 9));
    CHECK_FALSE(reader.skip(value));
    CHECK_FALSE(reader.fail(Fault::trailing));
    CHECK_FALSE(reader.fail_at(3, Fault::trailing));
    CHECK(reader.fault() == Fault::reserved_byte);
}

TEST_CASE("a caller's own faults are described like the reader's", "[value][msgpack]") {
    const auto text = [](Fault fault, std::size_t position) {
        Reader reader("\x05\x06", 10);
        CHECK_FALSE(reader.fail_at(position, fault));
        return reader.error().text();
    };
    CHECK(text(Fault::incomplete, 1) == "byte 11: a required field is missing");
    CHECK(text(Fault::bad_utf8, 0) == "byte 10: a string is not valid UTF-8");
    CHECK(text(Fault::wrong_kind, 1) == "byte 11: found integer");
    CHECK(text(Fault::wrong_kind, 2) == "byte 12: found the end of the input");
    CHECK(Reader("").error().text() == "byte 0: no fault");
}

TEST_CASE("skipping returns exactly the value's bytes", "[value][msgpack]") {
    Bytes input;
    for (const auto& hex : kEachFormat) input += from_hex(hex);
    Reader reader(input);
    for (const auto& hex : kEachFormat) {
        BytesView value;
        REQUIRE(reader.skip(value));
        CHECK(to_hex(value) == hex);
    }
    CHECK(reader.at_end());
    CHECK(reader.fault() == Fault::none);
}

TEST_CASE("nil is seen without reading it", "[value][msgpack]") {
    CHECK(Reader("\xc0").next_is_nil());
    CHECK_FALSE(Reader("\xc2").next_is_nil());
    CHECK_FALSE(Reader("").next_is_nil());
}

TEST_CASE("integers are written in their smallest form", "[value][msgpack]") {
    const auto wrote = [](std::int64_t n) {
        return written([n](Writer& w) { w.signed_integer(n); });
    };
    const std::vector<std::pair<std::int64_t, const char*>> rows = {
        {0, "00"},
        {127, "7f"},
        {128, "cc80"},
        {255, "ccff"},
        {256, "cd0100"},
        {65535, "cdffff"},
        {65536, "ce00010000"},
        {2147483647, "ce7fffffff"},
        {2147483648, "ce80000000"},
        {4294967295, "ceffffffff"},
        {4294967296, "cf0000000100000000"},
        {1700000000000, "cf0000018bcfe56800"},
        {9007199254740991, "cf001fffffffffffff"},
        {std::numeric_limits<std::int64_t>::max(), "cf7fffffffffffffff"},
        {-1, "ff"},
        {-32, "e0"},
        {-33, "d0df"},
        {-128, "d080"},
        {-129, "d1ff7f"},
        {-32768, "d18000"},
        {-32769, "d2ffff7fff"},
        {-2147483648, "d280000000"},
        {-2147483649, "d3ffffffff7fffffff"},
        {std::numeric_limits<std::int64_t>::min(), "d38000000000000000"}};
    for (const auto& [number, hex] : rows) CHECK(wrote(number) == hex);
    CHECK(written([](Writer& w) { w.unsigned_integer(~0ull); }) == "cfffffffffffffffff");
}

TEST_CASE("floats are always eight bytes, with one NaN", "[value][msgpack]") {
    const auto wrote = [](double value) { return written([=](Writer& w) { w.real(value); }); };
    CHECK(wrote(1.5) == "cb3ff8000000000000");
    CHECK(wrote(0.1) == "cb3fb999999999999a");
    CHECK(wrote(5.0) == "cb4014000000000000");
    CHECK(wrote(-0.0) == "cb8000000000000000");
    CHECK(wrote(std::numeric_limits<double>::infinity()) == "cb7ff0000000000000");
    CHECK(wrote(std::numeric_limits<double>::quiet_NaN()) == "cb7ff8000000000000");
    CHECK(wrote(-std::numeric_limits<double>::quiet_NaN()) == "cb7ff8000000000000");
    CHECK(wrote(std::bit_cast<double>(0x7ff0000000000001u)) == "cb7ff8000000000000");
}

TEST_CASE("headers grow exactly where a smaller one does not do", "[value][msgpack]") {
    const auto head = [](auto write, std::size_t size, std::size_t n) {
        Bytes out;
        Writer writer(out);
        write(writer, size);
        return to_hex(std::string_view(out).substr(0, n));
    };
    const auto string = [](Writer& w, std::size_t n) { w.string(std::string(n, 'x')); };
    const auto binary = [](Writer& w, std::size_t n) { w.binary(std::string(n, 'x')); };
    const auto array = [](Writer& w, std::size_t n) { w.array(n); };
    const auto map = [](Writer& w, std::size_t n) { w.map(n); };
    const auto extension = [](Writer& w, std::size_t n) { w.extension(-2, std::string(n, 'x')); };
    CHECK(head(string, 0, 1) == "a0");
    CHECK(head(string, 31, 2) == "bf78");
    CHECK(head(string, 32, 3) == "d92078");
    CHECK(head(string, 255, 3) == "d9ff78");
    CHECK(head(string, 256, 4) == "da010078");
    CHECK(head(string, 65535, 4) == "daffff78");
    CHECK(head(string, 65536, 6) == "db0001000078");
    CHECK(head(binary, 0, 2) == "c400");
    CHECK(head(binary, 255, 3) == "c4ff78");
    CHECK(head(binary, 256, 4) == "c5010078");
    CHECK(head(binary, 65536, 6) == "c60001000078");
    CHECK(head(array, 15, 9) == "9f");
    CHECK(head(array, 16, 9) == "dc0010");
    CHECK(head(array, 65536, 9) == "dd00010000");
    CHECK(head(map, 15, 9) == "8f");
    CHECK(head(map, 16, 9) == "de0010");
    CHECK(head(map, 65536, 9) == "df00010000");
    CHECK(head(extension, 0, 9) == "c700fe");
    CHECK(head(extension, 1, 9) == "d4fe78");
    CHECK(head(extension, 2, 9) == "d5fe7878");
    CHECK(head(extension, 3, 9) == "c703fe787878");
    CHECK(head(extension, 4, 3) == "d6fe78");
    CHECK(head(extension, 8, 3) == "d7fe78");
    CHECK(head(extension, 16, 3) == "d8fe78");
    CHECK(head(extension, 17, 4) == "c711fe78");
    CHECK(head(extension, 256, 5) == "c80100fe78");
    CHECK(head(extension, 65536, 7) == "c900010000fe78");
}

TEST_CASE("each kind has a name for messages", "[value][msgpack]") {
    std::string names;
    for (int i = 0; i <= static_cast<int>(Kind::extension); ++i) {
        names += std::string(kind_name(static_cast<Kind>(i))) + ' ';
    }
    CHECK(names == "nil boolean integer float string binary array map extension ");
}

// Goal:   no input makes the reader read past the end, loop, or disagree with itself.
// Method: valid values with random bytes changed or cut; walking by tokens must end where skipping
//         ends. Under AddressSanitizer an exact heap copy shows any read past the end.
TEST_CASE("damaged input is read or refused, alike by skip and by token", "[value][property]") {
    const auto seed = test::seed(20260906);
    CAPTURE(seed);
    Random rng{seed};
    for (int round = 0; round < 20'000; ++round) {
        auto bytes = test::random_value(rng, 6);
        for (auto n = rng.below(4); n > 0; --n) {
            bytes[rng.below(bytes.size())] = static_cast<char>(rng());
        }
        if (rng.chance(0.3)) bytes.resize(rng.below(bytes.size() + 1));
        const std::vector<char> exact(bytes.begin(), bytes.end());
        const BytesView input(exact.data(), exact.size());
        Reader skipped(input);
        const bool good = skipped.skip();
        Reader walked(input);
        std::uint64_t left = 1;
        bool walked_well = true;
        while (left > 0 && walked_well) {
            Token token;
            walked_well = walked.next(token);
            --left;
            if (!walked_well) break;
            if (token.kind == Kind::array) left += token.count;
            if (token.kind == Kind::map) left += std::uint64_t{token.count} * 2;
        }
        CAPTURE(to_hex(bytes));
        REQUIRE(good == walked_well);
        REQUIRE(skipped.fault() == walked.fault());
        if (good) REQUIRE(skipped.position() == walked.position());
    }
}
