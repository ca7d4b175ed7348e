// SPDX-License-Identifier: Apache-2.0
#include "topgun/base/error.hpp"

#include <set>

#include "topgun_test/support.hpp"

using namespace topgun;

namespace {

Status fail_at_zero(int n) {
    if (n == 0) return Error(Errc::limit, "n is zero");
    return {};
}

Result<int> divide(int n) {
    TOPGUN_TRY(fail_at_zero(n));
    return 12 / n;
}

Status try_divide(int n) {
    TOPGUN_TRY(divide(n));
    return {};
}

struct MoveOnly {
    explicit MoveOnly(int n) : number(std::make_unique<int>(n)) {}
    std::unique_ptr<int> number;
};

Result<MoveOnly> make(int n) {
    return MoveOnly(n);
}

}  // namespace

TEST_CASE("an error names its frames from the outermost in, then the message", "[base][error]") {
    const auto error = Error(Errc::bad_input, "checksum differs").within("block 3").within("a.tgs");
    CHECK(error.text() == "a.tgs: block 3: checksum differs");
    CHECK(error.message() == "checksum differs");
    CHECK(error.code() == Errc::bad_input);
}

TEST_CASE("a clone is independent of the error that it came from", "[base][error]") {
    auto original = Error(Errc::io, "disk full").within("write");
    const auto copy = original.clone();
    const auto longer = std::move(original).within("merge");
    CHECK(copy.text() == "write: disk full");
    CHECK(copy.code() == Errc::io);
    CHECK(longer.text() == "merge: write: disk full");
}

TEST_CASE("each code has a word of its own", "[base][error]") {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(Errc::cancelled); ++i) {
        names.insert(errc_name(static_cast<Errc>(i)));
    }
    CHECK(names.size() == static_cast<std::size_t>(Errc::cancelled) + 1);
    CHECK(names.count("unknown") == 0);
    CHECK(errc_name(Errc::bad_input) == "bad_input");
    CHECK(errc_name(Errc::already_exists) == "already_exists");
    CHECK(errc_name(static_cast<Errc>(99)) == "unknown");
}

TEST_CASE("a result holds a value or an error, never both", "[base][error]") {
    const auto good = divide(4);
    REQUIRE(good);
    CHECK(*good == 3);
    const auto bad = divide(0);
    REQUIRE_FALSE(bad);
    CHECK(bad.error().text() == "n is zero");
    CHECK(Status().has_value());
}

TEST_CASE("using a result unchecked is a bug, not bad luck", "[base][error]") {
    const auto bad = divide(0);
    const auto good = divide(1);
    CHECK_THROWS_AS(bad.value(), Bug);
    CHECK_THROWS_AS(*bad, Bug);
    CHECK_THROWS_AS(good.error(), Bug);
    CHECK_THROWS_AS(Status().error(), Bug);
    CHECK_THROWS_WITH(bad.value(), Catch::Contains("checked before its value is used"));
}

TEST_CASE("TOPGUN_TRY hands the first error on and otherwise goes ahead", "[base][error]") {
    CHECK(try_divide(3));
    const auto bad = try_divide(0);
    REQUIRE_FALSE(bad);
    CHECK(bad.error().code() == Errc::limit);
    CHECK(bad.error().text() == "n is zero");
}

TEST_CASE("a value that can only be moved leaves its result by moving", "[base][error]") {
    auto made = make(7);
    REQUIRE(made);
    CHECK(*made->number == 7);
    const MoveOnly taken = std::move(made).value();
    CHECK(*taken.number == 7);
}

TEST_CASE("a failed assertion says what was promised and where", "[base][check]") {
    const auto broken = [] { TOPGUN_ASSERT(1 + 1 == 3, "arithmetic holds"); };
    CHECK_THROWS_AS(broken(), Bug);
    CHECK_THROWS_WITH(broken(), Catch::Contains("arithmetic holds") &&
                                    Catch::Contains("1 + 1 == 3") &&
                                    Catch::Contains("error_test.cpp"));
    CHECK_NOTHROW([] { TOPGUN_ASSERT(true, "always"); }());
}
