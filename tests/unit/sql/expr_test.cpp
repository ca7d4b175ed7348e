// SPDX-License-Identifier: Apache-2.0
// Three-valued logic, and what must not be evaluated.
#include "expr.hpp"

#include "topgun_test/support.hpp"

using namespace topgun;
using namespace topgun::sql;

namespace {

// Columns a and b: NULL, 0, 1, 2 against each other.
Batch sixteen() {
    Column a(TypeId::bigint), b(TypeId::bigint);
    for (int i = 0; i < 16; ++i) {
        i / 4 == 0 ? a.add_null() : a.add_integer(i / 4 - 1);
        i % 4 == 0 ? b.add_null() : b.add_integer(i % 4 - 1);
    }
    Batch batch;
    batch.rows = 16;
    batch.columns = {std::make_shared<const Column>(std::move(a)),
                     std::make_shared<const Column>(std::move(b))};
    return batch;
}

ExpressionPtr a() {
    return make_column(0, TypeId::bigint, "a", 1);
}
ExpressionPtr b() {
    return make_column(1, TypeId::bigint, "b", 2);
}
ExpressionPtr number(std::int64_t value) {
    Column one(TypeId::bigint);
    one.add_integer(value);
    return make_constant(std::move(one), 3);
}

ExpressionPtr call(std::string_view name, ExpressionPtr left, ExpressionPtr right,
                   std::uint32_t offset = 9) {
    const ArgumentType types[] = {{left->type(), false}, {right->type(), false}};
    const auto resolved = test::must(resolve(name, types));
    std::vector<ExpressionPtr> arguments;
    arguments.push_back(std::move(left));
    arguments.push_back(std::move(right));
    return make_call(*resolved.function, resolved.result, std::move(arguments), offset);
}

template <typename... E>
std::vector<ExpressionPtr> list(E... expressions) {
    std::vector<ExpressionPtr> out;
    (out.push_back(std::move(expressions)), ...);
    return out;
}

// One character a row: t, f, digits, or n for NULL.
std::string values(const Expression& expression, const Batch& batch = sixteen()) {
    const auto column = test::must(expression.evaluate({}, batch));
    REQUIRE(column->size() == batch.rows);
    std::string out;
    for (std::size_t row = 0; row < column->size(); ++row) {
        if (column->is_null(row))
            out += 'n';
        else if (column->type().id == TypeId::boolean)
            out += column->boolean(row) ? 't' : 'f';
        else
            out += std::to_string(column->integer(row));
    }
    return out;
}

ExpressionPtr is(ExpressionPtr value, std::int64_t number_) {
    return call("=", std::move(value), number(number_));
}

}  // namespace

TEST_CASE("AND, OR and NOT are three-valued", "[sql][expr]") {
    // a and b as truths: NULL, false (0), true (1), true (2).
    const auto truth = [](ExpressionPtr value) { return call(">", std::move(value), number(0)); };
    CHECK(values(*make_logical(false, list(truth(a()), truth(b())), 0)) == "nfnnffffnfttnftt");
    CHECK(values(*make_logical(true, list(truth(a()), truth(b())), 0)) == "nnttnftttttttttt");
    CHECK(values(*make_not(truth(b()), 0)) == "ntffntffntffntff");
    CHECK(values(*make_is_null(a(), false, 0)) == "ttttffffffffffff");
    CHECK(values(*make_is_null(a(), true, 0)) == "fffftttttttttttt");
    CHECK(values(*make_is_truth(truth(b()), true, false, 0)) == "ffttffttffttfftt");
    CHECK(values(*make_is_truth(truth(b()), false, false, 0)) == "ftffftffftffftff");
    CHECK(values(*make_is_truth(truth(b()), false, true, 0)) == "tftttftttftttftt");
}

TEST_CASE("a decided row is not looked at again", "[sql][expr]") {
    const auto quotient = [] { return call("/", number(2), b(), 42); };
    const auto guarded =
        make_logical(false, list(call("<>", b(), number(0)), call(">", quotient(), number(1))), 0);
    CHECK(values(*guarded) == "nftfnftfnftfnftf");
    const auto either = make_logical(true, list(is(b(), 0), call(">", quotient(), number(1))), 0);
    CHECK(values(*either) == "nttfnttfnttfnttf");
    const auto unguarded = quotient()->evaluate({}, sixteen());
    REQUIRE_FALSE(unguarded);
    const auto where = failed_at(unguarded.error());
    CHECK(where.offset == 42);
    CHECK(where.message == "division by zero");
}

TEST_CASE("CASE evaluates only what it chooses", "[sql][expr]") {
    std::vector<CaseArm> arms;
    arms.push_back({is(b(), 0), number(7)});
    arms.push_back({make_is_null(b(), false, 0), a()});
    const auto choice = make_case(std::move(arms), call("/", number(2), b()), 0);
    CHECK(values(*choice) == "n721072117212721");
    CHECK(choice->text() == "CASE WHEN (b = 0) THEN 7 WHEN (b IS NULL) THEN a ELSE (2 / b) END");
}

TEST_CASE("COALESCE takes the first that is not NULL", "[sql][expr]") {
    CHECK(values(*make_coalesce(list(b(), a(), number(9)), 0)) == "9012001210122012");
    CHECK(values(*make_coalesce(list(b(), a()), 0)) == "n012001210122012");
    // The division is needed nowhere.
    CHECK(values(*make_coalesce(list(number(1), call("/", a(), number(0))), 0)) ==
          "1111111111111111");
}

TEST_CASE("constants are known as such", "[sql][expr]") {
    CHECK(call("+", number(1), number(2))->is_constant());
    CHECK_FALSE(call("+", number(1), a())->is_constant());
    CHECK(make_null(TypeId::text, 0)->is_constant());
    CHECK(make_null(TypeId::text, 0)->text() == "NULL");
    const auto sum = test::must(call("+", number(1), number(2))->evaluate({}, sixteen()));
    CHECK(sum->is_constant());
    CHECK(sum->integer(15) == 3);
}

TEST_CASE("batches without rows are evaluated without complaint", "[sql][expr]") {
    const Batch empty = sixteen().gather({});
    CHECK(values(*call("/", a(), number(0)), empty).empty());
    CHECK(values(*make_coalesce(list(a(), b()), 0), empty).empty());
    CHECK(values(*make_logical(false, list(is(a(), 1), is(b(), 1)), 0), empty).empty());
}
