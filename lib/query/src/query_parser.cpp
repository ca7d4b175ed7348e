// SPDX-License-Identifier: Apache-2.0
#include "query_parser.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "nearest.hpp"
#include "topgun/wire/enums.hpp"

namespace topgun::query {

using msgpack::Kind;
using namespace std::string_view_literals;

namespace {

constexpr std::array kQueryMembers = {"where"sv,  "predicate"sv, "sort"sv,
                                      "limit"sv,  "offset"sv,    "cursor"sv,
                                      "fields"sv, "groupBy"sv,   "aggregations"sv};
constexpr std::array kNodeMembers = {"op"sv, "attribute"sv, "value"sv, "valueRef"sv, "children"sv};
constexpr std::array kSortMembers = {"field"sv, "direction"sv};
constexpr std::array kAggregationMembers = {"func"sv, "field"sv};
constexpr std::array kFunctions = {"count"sv, "sum"sv, "min"sv, "max"sv, "avg"sv};
// The TypeScript client evaluates these itself and never sends them.
constexpr std::array kClientOnly = {"contains"sv, "match"sv, "matchPhrase"sv, "matchPrefix"sv};

Error bad(const std::string& place, const std::string& why) {
    return Error(Errc::bad_input, place.empty() ? why : place + ": " + why);
}

Error expected(const std::string& place, std::string_view what, ValueView value) {
    return bad(place, "expected " + std::string(what) + ", found " +
                          std::string(msgpack::kind_name(value.kind())));
}

std::string join(const std::string& place, std::string_view name) {
    return place.empty() ? std::string(name) : place + "." + std::string(name);
}

Status whole(ValueView value, const std::string& place, std::uint64_t max, std::uint64_t& out) {
    msgpack::Reader reader(value.bytes());
    if (reader.read_unsigned(out, max)) return {};
    return bad(place, "expected a whole number from 0 to " + std::to_string(max));
}

}  // namespace

std::string_view aggregate_word(AggregateFunction function) noexcept {
    return kFunctions[static_cast<std::size_t>(function)];
}

Result<Operator> parse_op(std::string_view word, const std::string& place) {
    if (const auto op = op_of_word(word)) return *op;
    if (std::find(kClientOnly.begin(), kClientOnly.end(), word) != kClientOnly.end()) {
        return bad(place, "operator '" + std::string(word) +
                              "' is known to TopGun's client only, not to its server");
    }
    std::vector<std::string_view> known;
    for (std::size_t i = 0; i <= static_cast<std::size_t>(Operator::ends_with); ++i) {
        known.push_back(op_word(static_cast<Operator>(i)));
    }
    return bad(place, unknown_word("operator", word, known));
}

Result<AggregateFunction> parse_function(std::string_view word, const std::string& place) {
    const auto at = std::find(kFunctions.begin(), kFunctions.end(), word);
    if (at == kFunctions.end()) return bad(place, unknown_word("function", word, kFunctions));
    return static_cast<AggregateFunction>(at - kFunctions.begin());
}

Status QueryParser::members(ValueView value, const std::string& place, Words known,
                            const Member& visit) {
    if (value.kind() != Kind::map) return expected(place, "a map", value);
    Status status;
    value.for_each_field([&](std::string_view name, ValueView member) {
        if (!status) return;
        const bool is_known = std::find(known.begin(), known.end(), name) != known.end();
        if (!is_known && !options_.ignore_unknown) {
            status = bad(place, unknown_word("member", name, known));
        } else if (is_known && !member.is_nil()) {
            status = visit(name, member);
        }
    });
    return status;
}

Status QueryParser::elements(ValueView value, const std::string& place, const Element& visit) {
    if (value.kind() != Kind::array) return expected(place, "an array", value);
    Status status;
    std::size_t index = 0;
    value.for_each_element([&](ValueView element) {
        if (status) status = visit(place + "[" + std::to_string(index) + "]", element);
        ++index;
    });
    return status;
}

Status QueryParser::text(ValueView value, const std::string& place, std::string& out) {
    const auto found = value.as_string();
    if (!found) return expected(place, "a text", value);
    out = std::string(*found);
    return {};
}

Status QueryParser::texts(ValueView value, const std::string& place,
                          std::vector<std::string>& out) {
    return elements(value, place, [&out](const std::string& here, ValueView element) {
        return text(element, here, out.emplace_back());
    });
}

Status QueryParser::direction(ValueView value, const std::string& place, bool& descending) {
    const auto word = value.as_string();
    const auto known = word ? wire::from_word<wire::SortDirection>(*word) : std::nullopt;
    if (!known) return bad(place, "expected 'asc' or 'desc'");
    descending = *known == wire::SortDirection::desc;
    return {};
}

Result<PredicateNode> QueryParser::node(ValueView value, const std::string& place,
                                        std::size_t depth) {
    if (depth > Predicate::kDeepest) return Error(Errc::limit, place + ": nested too deeply");
    PredicateNode out;
    TOPGUN_TRY(members(value, place, kNodeMembers, [&](std::string_view name, ValueView member) {
        return node_member(name, member, join(place, name), depth, out);
    }));
    return out;
}

Status QueryParser::node_member(std::string_view name, ValueView value, const std::string& place,
                                std::size_t depth, PredicateNode& out) {
    if (name == "value") {
        out.value = Bytes(value.bytes());
        return {};
    }
    if (name == "attribute") return text(value, place, out.attribute.emplace());
    if (name == "valueRef") return text(value, place, out.value_ref.emplace());
    if (name == "op") {
        std::string word;
        TOPGUN_TRY(text(value, place, word));
        auto op = parse_op(word, place);
        if (!op) return std::move(op).error();
        out.op = *op;
        return {};
    }
    return elements(value, place, [&](const std::string& here, ValueView element) -> Status {
        auto child = node(element, here, depth + 1);
        if (!child) return std::move(child).error();
        out.children.push_back(std::move(*child));
        return {};
    });
}

Result<SortField> QueryParser::sort_field(ValueView value, const std::string& place) {
    SortField out;
    bool has_field = false;
    const auto visit = [&](std::string_view name, ValueView member) -> Status {
        const auto here = join(place, name);
        if (name == "direction") return direction(member, here, out.descending);
        has_field = true;
        return text(member, here, out.field);
    };
    TOPGUN_TRY(members(value, place, kSortMembers, visit));
    if (!has_field) return bad(place, "a sort needs 'field'");
    return out;
}

Status QueryParser::sort_object(ValueView value, std::vector<SortField>& out) {
    Status status;
    value.for_each_field([&](std::string_view name, ValueView member) {
        if (!status) return;
        out.push_back({std::string(name), false});
        status = direction(member, join("sort", name), out.back().descending);
    });
    const auto rank = [this](const SortField& field) {
        return std::find(sort_names_.begin(), sort_names_.end(), field.field) - sort_names_.begin();
    };
    std::stable_sort(out.begin(), out.end(),
                     [&rank](const SortField& a, const SortField& b) { return rank(a) < rank(b); });
    return status;
}

Status QueryParser::sort(ValueView value, std::vector<SortField>& out) {
    if (value.kind() == Kind::map) return sort_object(value, out);
    return elements(value, "sort", [&](const std::string& here, ValueView element) -> Status {
        auto field = sort_field(element, here);
        if (!field) return std::move(field).error();
        out.push_back(std::move(*field));
        return {};
    });
}

Result<Aggregation> QueryParser::aggregation(ValueView value, const std::string& place) {
    Aggregation out;
    bool has_function = false;
    const auto visit = [&](std::string_view name, ValueView member) -> Status {
        const auto here = join(place, name);
        if (name == "field") return text(member, here, out.field.emplace());
        std::string word;
        TOPGUN_TRY(text(member, here, word));
        auto function = parse_function(word, here);
        if (!function) return std::move(function).error();
        out.function = *function;
        has_function = true;
        return {};
    };
    TOPGUN_TRY(members(value, place, kAggregationMembers, visit));
    if (!has_function) return bad(place, "an aggregation needs 'func'");
    return out;
}

Status QueryParser::query_member(std::string_view name, ValueView value, Query& out) {
    const std::string place(name);
    std::uint64_t number = 0;
    if (name == "where") {
        if (value.kind() != Kind::map) return expected(place, "a map", value);
        out.where = Bytes(value.bytes());
    } else if (name == "predicate") {
        auto root = node(value, place);
        if (!root) return std::move(root).error();
        out.predicate = std::move(*root);
    } else if (name == "sort") {
        return sort(value, out.sort);
    } else if (name == "limit") {
        TOPGUN_TRY(whole(value, place, std::numeric_limits<std::uint32_t>::max(), number));
        out.limit = static_cast<std::uint32_t>(number);
    } else if (name == "offset") {
        return whole(value, place, wire::kMaxWhole, out.offset);
    } else if (name == "cursor") {
        return text(value, place, out.cursor.emplace());
    } else if (name == "groupBy") {
        return texts(value, place, out.group_by);
    } else if (name == "fields") {
        return texts(value, place, out.fields.emplace());
    } else {
        return elements(value, place, [&](const std::string& here, ValueView element) -> Status {
            auto one = aggregation(element, here);
            if (!one) return std::move(one).error();
            out.aggregations.push_back(std::move(*one));
            return {};
        });
    }
    return {};
}

Result<Query> QueryParser::query(ValueView value) {
    Query out;
    TOPGUN_TRY(members(value, "", kQueryMembers, [&](std::string_view name, ValueView member) {
        return query_member(name, member, out);
    }));
    return out;
}

}  // namespace topgun::query
