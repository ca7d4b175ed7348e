// SPDX-License-Identifier: Apache-2.0
#include "entry_processors.hpp"

#include <cmath>
#include <string>

#include "entry_paths.hpp"
#include "topgun/query/order.hpp"
#include "topgun/value/canonical.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::sync {
namespace {

// Room for the records and messages around a value, whose containers count as well.
constexpr std::size_t kSpareDepth = 16;
constexpr double kMaxWhole = 9'007'199'254'740'991;  // 2^53 - 1

Bytes truth(bool value) {
    return made([value](msgpack::Writer& writer) { writer.boolean(value); });
}
Bytes whole(std::uint64_t value) {
    return made([value](msgpack::Writer& writer) { writer.unsigned_integer(value); });
}
Bytes bytes_of(const ValueView& value) {
    return Bytes(value.bytes());
}
std::optional<Bytes> bytes_of(const Value& value) {
    return value ? std::optional(bytes_of(*value)) : std::nullopt;
}

// Equal as JSON text would be, but for the order of fields, which no stored value has.
bool same(const Value& a, const Value& b) {
    if (!a || !b) return !a && !b;
    return query::compare_values(*a, *b) == 0;
}

Processed unchanged(const Value& value, std::optional<Bytes> result) {
    return {bytes_of(value), std::move(result), false};
}
Processed replaced(Bytes value, std::optional<Bytes> result) {
    return {std::move(value), std::move(result), true};
}

// A number as JavaScript has it, except that integers of 64 bits stay exact.
struct Number {
    std::optional<std::int64_t> exact;
    double real = 0;
};

Result<Number> number_of(const Value& value, std::int64_t fallback, const char* what) {
    if (!value) return Number{fallback, static_cast<double>(fallback)};
    const auto real = value->as_double();
    if (!real || !std::isfinite(*real)) return refused(std::string(what) + " is not a number");
    return Number{value->as_int64(), *real};
}

Result<Bytes> encode(const Number& number) {
    if (!number.exact && !std::isfinite(number.real)) {
        return refused("the result is not a finite number");
    }
    return made([&](msgpack::Writer& writer) {
        const bool is_whole =
            number.real == std::trunc(number.real) && std::fabs(number.real) <= kMaxWhole;
        if (number.exact)
            writer.signed_integer(*number.exact);
        else if (is_whole)
            writer.signed_integer(static_cast<std::int64_t>(number.real));
        else
            writer.real(number.real);
    });
}

enum class Arithmetic : std::uint8_t { add, subtract, multiply };

Number calculate(Arithmetic how, const Number& a, const Number& b) {
    Number out;
    if (a.exact && b.exact) {
        std::int64_t exact = 0;
        const bool over =
            how == Arithmetic::add        ? __builtin_add_overflow(*a.exact, *b.exact, &exact)
            : how == Arithmetic::subtract ? __builtin_sub_overflow(*a.exact, *b.exact, &exact)
                                          : __builtin_mul_overflow(*a.exact, *b.exact, &exact);
        if (!over) out.exact = exact;
    }
    out.real = how == Arithmetic::add        ? a.real + b.real
               : how == Arithmetic::subtract ? a.real - b.real
                                             : a.real * b.real;
    return out;
}

Result<Processed> arithmetic(Arithmetic how, const Value& value, const Value& args) {
    if (how == Arithmetic::multiply && !args) return refused("there is no factor");
    const auto a = number_of(value, how == Arithmetic::multiply ? 1 : 0, "the value");
    if (!a) return Error(a.error().code(), a.error().message());
    const auto b = number_of(args, 1, "the argument");
    if (!b) return Error(b.error().code(), b.error().message());
    auto out = encode(calculate(how, *a, *b));
    if (!out) return std::move(out).error();
    auto result = *out;
    return replaced(std::move(*out), std::move(result));
}

Result<Processed> increment(const Value& value, const Value& args) {
    return arithmetic(Arithmetic::add, value, args);
}
Result<Processed> decrement(const Value& value, const Value& args) {
    return arithmetic(Arithmetic::subtract, value, args);
}
Result<Processed> multiply(const Value& value, const Value& args) {
    return arithmetic(Arithmetic::multiply, value, args);
}

Result<Processed> decrement_floor(const Value& value, const Value& args) {
    auto out = decrement(value, args);
    if (!out) return out;
    const bool floored = *ValueView(*out->value).as_double() < 0;
    if (floored) out->value = whole(0);
    out->result = made([&](msgpack::Writer& writer) {
        writer.map(2);
        writer.string("newValue");
        writer.raw(*out->value);
        writer.string("wasFloored");
        writer.boolean(floored);
    });
    return out;
}

Result<Processed> put_if_absent(const Value& value, const Value& args) {
    if (value) return unchanged(value, truth(false));
    if (!args) return refused("there is no value to put");
    return replaced(bytes_of(*args), truth(true));
}

Result<Processed> replace(const Value& value, const Value& args) {
    if (!value) return unchanged(value, std::nullopt);
    if (!args) return refused("there is no value to put");
    return replaced(bytes_of(*args), bytes_of(*value));
}

Value field(const Value& of, std::string_view name) {
    const auto found = of ? of->find(name) : std::nullopt;
    return found && !found->is_nil() ? found : std::nullopt;
}

Result<Processed> replace_if_equals(const Value& value, const Value& args) {
    if (!same(value, field(args, "expected"))) return unchanged(value, truth(false));
    const auto next = field(args, "newValue");
    if (!next) return Processed{std::nullopt, truth(true), value.has_value()};
    return replaced(bytes_of(*next), truth(true));
}

Result<Processed> delete_if_equals(const Value& value, const Value& args) {
    if (!same(value, args)) return unchanged(value, truth(false));
    return Processed{std::nullopt, truth(true), value.has_value()};
}

Status must_be(const Value& value, msgpack::Kind kind) {
    if (!value || value->kind() == kind) return {};
    return refused("the value is not of kind " + std::string(msgpack::kind_name(kind)));
}

// An array without one of its elements, or with one more.
Bytes rebuilt(const Value& array, std::uint32_t without, const ValueView* more) {
    const auto size = array ? array->size() : 0;
    return made([&](msgpack::Writer& writer) {
        writer.array(size - (without < size ? 1 : 0) + (more == nullptr ? 0 : 1));
        std::uint32_t at = 0;
        if (array) {
            array->for_each_element([&](const ValueView& one) {
                if (at++ != without) writer.raw(one.bytes());
            });
        }
        if (more != nullptr) writer.raw(more->bytes());
    });
}
constexpr std::uint32_t kNone = ~std::uint32_t{0};

Result<Processed> array_push(const Value& value, const Value& args) {
    TOPGUN_TRY(must_be(value, msgpack::Kind::array));
    const auto item = args.value_or(ValueView());
    const std::uint64_t size = value ? value->size() : 0;
    return replaced(rebuilt(value, kNone, &item), whole(size + 1));
}

Result<Processed> array_pop(const Value& value, const Value&) {
    TOPGUN_TRY(must_be(value, msgpack::Kind::array));
    if (!value) return replaced(rebuilt(value, kNone, nullptr), std::nullopt);
    if (value->size() == 0) return unchanged(value, std::nullopt);
    const auto last = value->size() - 1;
    return replaced(rebuilt(value, last, nullptr), bytes_of(value->at(last)));
}

Result<Processed> array_remove(const Value& value, const Value& args) {
    TOPGUN_TRY(must_be(value, msgpack::Kind::array));
    if (!value) return replaced(rebuilt(value, kNone, nullptr), truth(false));
    const auto wanted = args.value_or(ValueView());
    std::uint32_t at = 0, found = kNone;
    value->for_each_element([&](const ValueView& one) {
        if (found == kNone && same(one, wanted)) found = at;
        ++at;
    });
    if (found == kNone) return unchanged(value, truth(false));
    return replaced(rebuilt(value, found, nullptr), truth(true));
}

Result<Processed> set_property(const Value& value, const Value& args) {
    const auto path = path_of(field(args, "path"));
    if (!path) return Error(path.error().code(), path.error().message());
    const auto next = field(args, "value").value_or(ValueView());
    auto out = with_property(value, *path, next);
    if (!out) return std::move(out).error();
    auto result = *out;
    return replaced(std::move(*out), std::move(result));
}

Result<Processed> delete_property(const Value& value, const Value& args) {
    const auto path = path_of(args);
    if (!path) return Error(path.error().code(), path.error().message());
    const auto at = find_property(value, *path);
    if (!at) return unchanged(value, std::nullopt);
    return replaced(without_property(*value, *path), bytes_of(*at));
}

Result<Processed> get(const Value& value, const Value&) {
    return unchanged(value, bytes_of(value));
}

Result<Processed> merge(const Value& value, const Value& args) {
    TOPGUN_TRY(must_be(value, msgpack::Kind::map));
    TOPGUN_TRY(must_be(args, msgpack::Kind::map));
    auto out = merged(value, args);
    auto result = out;
    return replaced(std::move(out), std::move(result));
}

Bytes update_result(bool updated) {
    return made([updated](msgpack::Writer& writer) {
        writer.map(2);
        writer.string("conflict");
        writer.boolean(!updated);
        writer.string("updated");
        writer.boolean(updated);
    });
}

Result<Processed> conditional_update(const Value& value, const Value& args) {
    const auto version = field(value, "version");
    if (!value || !same(version, field(args, "expectedVersion"))) {
        return unchanged(value, update_result(false));
    }
    const auto changes = field(args, "newData");
    TOPGUN_TRY(must_be(value, msgpack::Kind::map));
    TOPGUN_TRY(must_be(changes, msgpack::Kind::map));
    const auto before = number_of(version, 0, "the version");
    if (!before) return Error(before.error().code(), before.error().message());
    const auto after = encode(calculate(Arithmetic::add, *before, {1, 1}));
    if (!after) return Error(after.error().code(), after.error().message());
    const auto stamp = made([&](msgpack::Writer& writer) {
        writer.map(1);
        writer.string("version");
        writer.raw(*after);
    });
    const auto updated = canonical(merged(value, changes));
    if (!updated) return Error(updated.error().code(), updated.error().message());
    return replaced(merged(ValueView(*updated), ValueView(stamp)), update_result(true));
}

struct Row {
    std::string_view name;
    Result<Processed> (*run)(const Value& value, const Value& args);
};

constexpr Row kProcessors[] = {
    {"builtin:increment", increment},
    {"builtin:decrement", decrement},
    {"builtin:decrement_floor", decrement_floor},
    {"builtin:multiply", multiply},
    {"builtin:put_if_absent", put_if_absent},
    {"builtin:replace", replace},
    {"builtin:replace_if_equals", replace_if_equals},
    {"builtin:delete_if_equals", delete_if_equals},
    {"builtin:array_push", array_push},
    {"builtin:array_pop", array_pop},
    {"builtin:array_remove", array_remove},
    {"builtin:set_property", set_property},
    {"builtin:delete_property", delete_property},
    {"builtin:get", get},
    {"builtin:conditional_update", conditional_update},
    {"builtin:merge", merge},
};

const Row* find_processor(std::string_view name) {
    for (const auto& row : kProcessors) {
        if (row.name == name) return &row;
    }
    return nullptr;
}

// In one form, and with room for what messages put around it.
Status settle(std::optional<Bytes>& value) {
    if (!value) return {};
    auto one = canonical(*value);
    if (!one || !msgpack::validate(Bytes(kSpareDepth, '\x91') + *one)) {
        return Error(Errc::limit, "the result is nested too deeply");
    }
    // Nil is what a deletion looks like.
    if (ValueView(*one).is_nil())
        value.reset();
    else
        value = std::move(*one);
    return {};
}

}  // namespace

bool is_processor(std::string_view name) {
    return find_processor(name) != nullptr;
}

Result<Processed> run_processor(std::string_view name, std::optional<ValueView> value,
                                std::optional<ValueView> args) {
    const auto* row = find_processor(name);
    if (row == nullptr) return Error(Errc::not_found, "no such processor");
    if (value && value->is_nil()) value.reset();
    if (args && args->is_nil()) args.reset();
    auto out = row->run(value, args);
    if (!out) return out;
    if (out->changed) TOPGUN_TRY(settle(out->value));
    TOPGUN_TRY(settle(out->result));
    return out;
}

}  // namespace topgun::sync
