// SPDX-License-Identifier: Apache-2.0
#include "json_text.hpp"
#include "topgun/sql/value_text.hpp"

#include "cast.hpp"
#include "list.hpp"
#include "topgun/value/json.hpp"

namespace topgun::sql {
namespace {

// Calls visit(c, quoted) for each character of a JSON text; `quoted` is true inside of strings.
template <typename Visit>
void for_each_character(std::string_view json, Visit&& visit) {
    bool quoted = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        visit(c, quoted);
        if (quoted && c == '\\') {
            visit(json[++i], true);
        } else if (c == '"') {
            quoted = !quoted;
        }
    }
}

std::string compact_json(BytesView canonical) {
    std::string out;
    append_json(canonical, out);
    return out;
}

// "2024-01-02 03:04:05+00" as ISO 8601 has it: a T between, and minutes of the zone.
std::string iso_text(std::string text, bool zone) {
    if (const auto space = text.find(' '); space != std::string::npos) text[space] = 'T';
    if (!zone || text.find('T') == std::string::npos) return text;  // Infinity has no zone.
    const auto sign = text.find_last_of("+-");
    if (text.size() - sign == 3) return text + ":00";
    // Before Christ the era stands last.
    return text.insert(sign + 3, ":00");
}

void write_list(ValueView list, TypeId element, msgpack::Writer& out) {
    out.array(list.size());
    list.for_each_element([&](ValueView value) {
        if (value.is_nil()) return out.nil();
        if (value.kind() == msgpack::Kind::array && element != TypeId::json) {
            return write_list(value, element, out);
        }
        Column one(element);
        // What a list holds was checked when it was made.
        if (!add_element(value, one)) return out.nil();
        write_json(one, 0, out);
    });
}

}  // namespace

void append_json_text(BytesView canonical, std::string& out) {
    const auto start = out.size();
    append_json(canonical, out);
    std::size_t wider = 0;
    const std::string_view compact = std::string_view(out).substr(start);
    for_each_character(
        compact, [&](char c, bool quoted) { wider += !quoted && (c == ':' || c == ',') ? 1 : 0; });
    if (wider == 0) return;
    std::string spaced;
    spaced.reserve(compact.size() + wider);
    for_each_character(compact, [&](char c, bool quoted) {
        spaced += c;
        if (!quoted && (c == ':' || c == ',')) spaced += ' ';
    });
    out.replace(start, std::string::npos, spaced);
}

std::string pretty_json(BytesView canonical) {
    std::string out;
    std::size_t depth = 0;
    const auto line = [&] {
        out += '\n';
        out.append(depth * 4, ' ');
    };
    for_each_character(compact_json(canonical), [&](char c, bool quoted) {
        if (quoted) {
            out += c;
        } else if (c == '{' || c == '[') {
            out += c;
            ++depth;
            line();
        } else if (c == '}' || c == ']') {
            // An empty container has its line already, indented for a member that is not there.
            --depth;
            if (const auto last = out.find_last_not_of(' '); out[last] == '\n') out.resize(last);
            line();
            out += c;
        } else {
            out += c;
            if (c == ',') line();
            if (c == ':') out += ' ';
        }
    });
    return out;
}

std::string_view json_as_text(ValueView value, std::string& scratch) {
    if (const auto text = value.as_string()) return *text;
    scratch.clear();
    if (const auto whole = value.as_int64()) return scratch = std::to_string(*whole);
    append_json_text(value.bytes(), scratch);
    return scratch;
}

void write_json(const Column& column, std::size_t row, msgpack::Writer& out) {
    if (column.is_null(row)) return out.nil();
    switch (column.type().id) {
        case TypeId::null: return out.nil();
        case TypeId::boolean: return out.boolean(column.boolean(row));
        case TypeId::bigint: return out.signed_integer(column.integer(row));
        case TypeId::real: return out.real(column.real(row));
        case TypeId::numeric: {
            const auto& value = column.decimal(row);
            const auto whole = value.to_int64();
            if (value.scale() == 0 && whole) return out.signed_integer(*whole);
            return out.real(value.to_double());
        }
        case TypeId::json: return out.raw(column.bytes(row));
        case TypeId::list:
            return write_list(ValueView(column.bytes(row)), column.type().element, out);
        case TypeId::timestamp: return out.string(iso_text(value_text(column, row), false));
        case TypeId::timestamptz: return out.string(iso_text(value_text(column, row), true));
        default: return out.string(value_text(column, row));
    }
}

Result<ColumnPtr> to_json_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                               DataType result) {
    Bytes bytes;
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        bytes.clear();
        msgpack::Writer writer(bytes);
        write_json(*arguments[0], row, writer);
        out.add_bytes(bytes);
        return {};
    });
}

void append_value(const Column& column, std::size_t row, Bytes& out) {
    msgpack::Writer writer(out);
    write_json(column, row, writer);
}

}  // namespace topgun::sql
