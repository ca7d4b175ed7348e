// SPDX-License-Identifier: Apache-2.0
// Queries and filters in their two written forms, MessagePack and JSON.
#include <nlohmann/json.hpp>

#include "query_parser.hpp"
#include "topgun/value/canonical.hpp"
#include "topgun/value/json.hpp"

namespace topgun::query {

using msgpack::Writer;

namespace {

// Names of the object `sort` as they stand in the bytes. Of equal members the last counts.
std::vector<std::string> sort_names_of(BytesView input) {
    msgpack::Reader reader(input);
    std::vector<std::string> names;
    std::uint32_t pairs = 0;
    if (input.empty() || reader.peek() != msgpack::Kind::map || !reader.read_map(pairs)) return {};
    for (std::uint32_t i = 0; i < pairs; ++i) {
        msgpack::Token name;
        BytesView value;
        // A key that is a container cannot be here: the value has been read as a whole before.
        if (!reader.next(name) || !reader.skip(value)) return names;
        if (name.kind != msgpack::Kind::string || name.bytes != "sort") continue;
        names.clear();
        msgpack::Reader inner(value);
        std::uint32_t fields = 0;
        if (inner.peek() != msgpack::Kind::map || !inner.read_map(fields)) continue;
        for (std::uint32_t j = 0; j < fields; ++j) {
            std::string_view field;
            if (!inner.read_string(field) || !inner.skip()) break;
            Bytes repaired;
            if (accept_text(field, repaired)) names.emplace_back(field);
        }
    }
    return names;
}

// The same in JSON. Reads the text a second time, and only where its order says something.
Result<std::vector<std::string>> json_sort_names(std::string_view text) {
    const auto whole = nlohmann::ordered_json::parse(text, nullptr, false);
    std::vector<std::string> names;
    if (whole.is_discarded()) {
        return Error(Errc::bad_input,
                     "sort: the order of its members cannot be told here; write "
                     "an array of {field, direction}");
    }
    for (const auto& member : whole["sort"].items()) names.push_back(member.key());
    return names;
}

void write_node(const PredicateNode& node, Writer& writer) {
    const bool has_children = !node.children.empty();
    writer.map(std::size_t{1} + (node.attribute ? 1 : 0) + (has_children ? 1 : 0) +
               (node.value ? 1 : 0) + (node.value_ref ? 1 : 0));
    if (node.attribute) {
        writer.string("attribute");
        writer.string(*node.attribute);
    }
    if (has_children) {
        writer.string("children");
        writer.array(node.children.size());
        for (const auto& child : node.children) write_node(child, writer);
    }
    writer.string("op");
    writer.string(op_word(node.op));
    if (node.value) {
        writer.string("value");
        writer.raw(*node.value);
    }
    if (node.value_ref) {
        writer.string("valueRef");
        writer.string(*node.value_ref);
    }
}

void write_texts(const std::vector<std::string>& texts, Writer& writer) {
    writer.array(texts.size());
    for (const auto& text : texts) writer.string(text);
}

void write_aggregations(const std::vector<Aggregation>& aggregations, Writer& writer) {
    writer.array(aggregations.size());
    for (const auto& one : aggregations) {
        writer.map(one.field ? 2 : 1);
        if (one.field) {
            writer.string("field");
            writer.string(*one.field);
        }
        writer.string("func");
        writer.string(aggregate_word(one.function));
    }
}

void write_sort(const std::vector<SortField>& sort, Writer& writer) {
    writer.array(sort.size());
    for (const auto& field : sort) {
        writer.map(2);
        writer.string("direction");
        writer.string(field.descending ? "desc" : "asc");
        writer.string("field");
        writer.string(field.field);
    }
}

std::string json_of(BytesView canonical_value) {
    std::string text;
    append_json(canonical_value, text);
    return text;
}

}  // namespace

Result<PredicateNode> parse_predicate(BytesView input, const ParseOptions& options) {
    const auto value = canonical(input);
    if (!value) return value.error().clone().within("predicate");
    return QueryParser(options).node(ValueView(*value), "predicate");
}

Result<PredicateNode> parse_predicate_json(std::string_view text, const ParseOptions& options) {
    const auto value = parse_json(text);
    if (!value) return value.error().clone().within("predicate");
    return QueryParser(options).node(ValueView(*value), "predicate");
}

Result<Query> parse_query(BytesView input, const ParseOptions& options) {
    const auto value = canonical(input);
    if (!value) return value.error().clone().within("query");
    return QueryParser(options, sort_names_of(input)).query(ValueView(*value));
}

Result<Query> parse_query_json(std::string_view text, const ParseOptions& options) {
    const auto value = parse_json(text);
    if (!value) return value.error().clone().within("query");
    const auto sort = ValueView(*value).find("sort");
    std::vector<std::string> names;
    if (sort && sort->kind() == msgpack::Kind::map && sort->size() > 1) {
        auto found = json_sort_names(text);
        if (!found) return std::move(found).error();
        names = std::move(*found);
    }
    return QueryParser(options, std::move(names)).query(ValueView(*value));
}

Bytes format_predicate(const PredicateNode& node) {
    Bytes out;
    Writer writer(out);
    write_node(node, writer);
    return out;
}

std::string format_predicate_json(const PredicateNode& node) {
    return json_of(format_predicate(node));
}

Bytes format_query(const Query& query) {
    Bytes body;
    Writer writer(body);
    std::size_t members = 0;
    // In the order of canonical maps: by the bytes of the names.
    const auto member = [&](bool present, std::string_view name, const auto& write) {
        if (!present) return;
        ++members;
        writer.string(name);
        write();
    };
    member(!query.aggregations.empty(), "aggregations",
           [&] { write_aggregations(query.aggregations, writer); });
    member(query.cursor.has_value(), "cursor", [&] { writer.string(*query.cursor); });
    member(query.fields.has_value(), "fields", [&] { write_texts(*query.fields, writer); });
    member(!query.group_by.empty(), "groupBy", [&] { write_texts(query.group_by, writer); });
    member(query.limit.has_value(), "limit", [&] { writer.unsigned_integer(*query.limit); });
    member(query.offset != 0, "offset", [&] { writer.unsigned_integer(query.offset); });
    member(query.predicate.has_value(), "predicate", [&] { write_node(*query.predicate, writer); });
    member(!query.sort.empty(), "sort", [&] { write_sort(query.sort, writer); });
    member(query.where.has_value(), "where", [&] { writer.raw(*query.where); });
    Bytes out;
    Writer(out).map(members);
    return out + body;
}

std::string format_query_json(const Query& query) {
    return json_of(format_query(query));
}

}  // namespace topgun::query
