// SPDX-License-Identifier: Apache-2.0
// One value has an end, and the making of a long one can be ended.
#include <chrono>

#include "session_support.hpp"

using namespace topgun;
using namespace topgun::test;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

// The promise is a second; machines that run the tests may be busy, and sanitizers are slow.
constexpr auto kSoon = 4s;

// Each would make more than 256 MiB out of less. A big text is 100 MB.
const char* const kTooLong[] = {
    "repeat('x', 300000000)",
    "concat_ws(big, 'a', 'b', 'c', 'd')",
    "big || big || big",
    "regexp_replace(big, '^', big || big)",
    "array_to_string(ARRAY['a', 'b', 'c', 'd'], big)",
    "(SELECT string_agg(big, ',') FROM generate_series(1, 5))",
    "(SELECT jsonb_agg(big) FROM generate_series(1, 5))::text",
};

// Each takes long for a text of 40 MB.
const char* const kSlow[] = {
    "upper(long)",
    "initcap(long)",
    "reverse(long)",
    "encode(sha512(long::bytea), 'hex')",
    "translate(long, 'é', 'e')",
    "replace(long, 'é', 'e')",
    "regexp_replace(long, 'é', 'e', 'g')",
    "regexp_count(long, 'é')::text",
    "btrim(long, 'é')",
    "split_part(long, 'é', 15000000)",
    "encode(long::bytea, 'base64')",
    "(long ILIKE '%x')::text",
};

}  // namespace

TEST_CASE("a value of more than 256 MiB is an error that says so", "[sql][hostile]") {
    sql::SessionOptions options;
    options.threads = 1;
    options.memory_limit = std::uint64_t{1} << 33;
    const auto session = open_session(options);
    for (const std::string expression : kTooLong) {
        CAPTURE(expression);
        const auto text = answer(*session, "SELECT length(" + expression +
                                               ") FROM (SELECT repeat('x', 100000000) AS big) t");
        CHECK(text.find("requested length too large: a value may have 256 MiB") !=
              std::string::npos);
        CHECK(text.find("line 1, column ") != std::string::npos);
    }
}

TEST_CASE("long work on one value ends with its timeout", "[sql][hostile]") {
    const auto session = open_session();
    run_all(*session, {"CREATE TABLE l AS SELECT repeat('é', 20000000) AS long"});
    session->set_timeout(30ms);
    for (const std::string expression : kSlow) {
        CAPTURE(expression);
        const auto start = Clock::now();
        const auto text = answer(*session, "SELECT length(" + expression + ") FROM l");
        CHECK(Clock::now() - start < kSoon);
        CHECK(text == "error: not done within 30 ms");
    }
}

TEST_CASE("long texts are what short ones would be", "[sql]") {
    const auto session = open_session();
    // Longer than a piece that is worked on in one go, so that its ends lie within characters.
    run_all(*session, {"CREATE TABLE l AS SELECT repeat('aé€', 1000001) AS t"});
    for (const auto* check : {
             "upper(t) = repeat('AÉ€', 1000001)",
             "initcap(t) = 'Aé€' || repeat('Aé€', 1000000)",
             "reverse(t) = repeat('€éa', 1000001)",
             "translate(t, 'é€', 'e') = repeat('ae', 1000001)",
             "quote_literal(t) = '''' || t || ''''",
             "lpad('x', 3000001, t) = left(t, 3000000) || 'x'",
             "rpad('', 3000004, t) = t || 'a'",
             "convert_from(decode(encode(convert_to(t, 'UTF8'), 'base64'), 'base64'), 'UTF8') = t",
             "convert_from(decode(encode(convert_to(t, 'UTF8'), 'hex'), 'hex'), 'UTF8') = t",
             "convert_from(decode(encode(convert_to(t, 'UTF8'), 'escape'), 'escape'), 'UTF8') = t",
             "format('%s', t) = t",
             "length(concat_ws(t, 'a', 'b')) = 3000005",
             "regexp_replace(t, 'é', '', 'g') = repeat('a€', 1000001)",
             "cardinality(string_to_array(t, 'é')) = 1000002",
         }) {
        CAPTURE(check);
        CHECK(answer(*session, std::string("SELECT ") + check + " FROM l") == "true");
    }
}
