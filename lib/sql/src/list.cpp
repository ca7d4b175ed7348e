// SPDX-License-Identifier: Apache-2.0
#include "list.hpp"

#include "cast.hpp"
#include "json_text.hpp"

namespace topgun::sql {
namespace {

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool is_null_word(std::string_view text) {
    constexpr std::string_view kWord = "null";
    if (text.size() != kWord.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if ((text[i] | 0x20) != kWord[i]) return false;
    }
    return true;
}

bool needs_quotes(std::string_view text) {
    if (text.empty() || is_null_word(text)) return true;
    for (const char c : text) {
        if (c == '{' || c == '}' || c == ',' || c == '"' || c == '\\' || is_space(c)) return true;
    }
    return false;
}

void append_quoted(std::string_view text, std::string& out) {
    if (!needs_quotes(text)) {
        out += text;
        return;
    }
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

Error wrong_element(TypeId type) {
    return Error(Errc::bad_input, "a list holds an element that is no " + type_name(type));
}

// Reads the text of one list.
class ListParser {
public:
    ListParser(std::string_view text, TypeId element) : text_(text), element_(element) {}

    Result<Bytes> parse() {
        spaces();
        Bytes out;
        TOPGUN_TRY(list(out, 1));
        spaces();
        if (at_ != text_.size()) return malformed();
        return out;
    }

private:
    Error malformed() const {
        return Error(Errc::bad_input,
                     "malformed array literal: \"" + std::string(text_.substr(0, 64)) + "\"");
    }
    void spaces() {
        while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    }
    bool take(char c) {
        if (at_ == text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    Status list(Bytes& out, std::size_t depth) {
        constexpr std::size_t kDimensionsMax = 6;  // PostgreSQL's MAXDIM
        if (depth > kDimensionsMax) {
            return Error(Errc::limit, "number of array dimensions exceeds the maximum allowed (6)");
        }
        if (!take('{')) return malformed();
        Bytes members;
        std::size_t count = 0, lists = 0;
        spaces();
        while (!take('}')) {
            if (count > 0 && !take(',')) return malformed();
            spaces();
            const bool inner = at_ < text_.size() && text_[at_] == '{';
            lists += inner ? 1 : 0;
            TOPGUN_TRY(inner ? list(members, depth + 1) : member(members));
            ++count;
            spaces();
        }
        if (lists != 0 && lists != count) return malformed();
        msgpack::Writer writer(out);
        writer.array(count);
        writer.raw(members);
        return {};
    }

    Status member(Bytes& out) {
        std::string word;
        bool quoted = false;
        if (take('"')) {
            quoted = true;
            while (!take('"')) {
                if (at_ < text_.size() && text_[at_] == '\\') ++at_;
                if (at_ == text_.size()) return malformed();
                word += text_[at_++];
            }
        } else {
            // Spaces behind a word do not belong to it, unless a backslash says so.
            std::size_t kept = 0;
            while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '}') {
                const char c = text_[at_];
                if (c == '{' || c == '"') return malformed();
                const bool escaped = c == '\\';
                if (escaped) ++at_;
                if (at_ == text_.size()) return malformed();
                word += text_[at_++];
                if (escaped || !is_space(word.back())) kept = word.size();
                quoted = quoted || escaped;
            }
            word.resize(kept);
            if (word.empty() && !quoted) return malformed();
        }
        msgpack::Writer writer(out);
        if (!quoted && is_null_word(word)) {
            writer.nil();
            return {};
        }
        Column value(element_);
        TOPGUN_TRY(add_parsed(value, word));
        write_element(value, 0, writer);
        return {};
    }

    std::string_view text_;
    TypeId element_;
    std::size_t at_ = 0;
};

}  // namespace

void write_element(const Column& values, std::size_t row, msgpack::Writer& out) {
    if (values.is_null(row)) return out.nil();
    switch (values.type().id) {
        case TypeId::boolean: return out.boolean(values.boolean(row));
        case TypeId::bigint: return out.signed_integer(values.integer(row));
        case TypeId::real: return out.real(values.real(row));
        case TypeId::text: return out.string(values.bytes(row));
        case TypeId::json:
        case TypeId::list: return out.raw(values.bytes(row));
        default: return out.string(value_text(values, row));
    }
}

Status add_element(ValueView element, Column& out) {
    if (element.is_nil() && out.type().id != TypeId::json) {
        out.add_null();
        return {};
    }
    switch (out.type().id) {
        case TypeId::boolean:
            if (const auto value = element.as_bool()) {
                out.add_boolean(*value);
                return {};
            }
            break;
        case TypeId::bigint:
            if (const auto value = element.as_int64()) {
                out.add_integer(*value);
                return {};
            }
            break;
        case TypeId::real:
            if (const auto value = element.as_double()) {
                out.add_real(*value);
                return {};
            }
            break;
        case TypeId::json: out.add_bytes(element.bytes()); return {};
        default:
            if (const auto value = element.as_string()) return add_parsed(out, *value);
            break;
    }
    return wrong_element(out.type().id);
}

Status append_elements(const Column& lists, std::size_t row, Column& out) {
    Status status;
    for_each_leaf(ValueView(lists.bytes(row)), lists.type().element, [&](ValueView element) {
        if (status) status = add_element(element, out);
    });
    return status;
}

void append_list(const Column& elements, std::size_t first, std::size_t last, Column& out) {
    Bytes bytes;
    msgpack::Writer writer(bytes);
    writer.array(last - first);
    for (auto row = first; row < last; ++row) write_element(elements, row, writer);
    out.add_bytes(bytes);
}

std::size_t list_dimensions(ValueView list, TypeId element) {
    std::size_t dimensions = 0;
    for (auto level = list; level.kind() == msgpack::Kind::array && level.size() > 0;) {
        ++dimensions;
        if (element == TypeId::json) break;
        level = *level.at(0);
    }
    return dimensions;
}

void append_element_text(ValueView element, TypeId type, std::string& out) {
    if (type == TypeId::json) return append_json_text(element.bytes(), out);
    if (const auto truth = element.as_bool()) {
        out += *truth ? 't' : 'f';
    } else if (const auto whole = element.as_int64()) {
        out += std::to_string(*whole);
    } else if (const auto real = element.as_double()) {
        out += real_text(*real);
    } else if (const auto text = element.as_string()) {
        out += *text;
    } else {
        append_json_text(element.bytes(), out);
    }
}

void append_list_text(BytesView list, TypeId element, std::string& out) {
    out += '{';
    bool first = true;
    ValueView(list).for_each_element([&](ValueView value) {
        if (!first) out += ',';
        first = false;
        // A JSON null is an element of its own, NULL is none: both are nil, and NULL is meant.
        if (value.is_nil()) {
            out += "NULL";
        } else if (element != TypeId::json && value.kind() == msgpack::Kind::array) {
            append_list_text(value.bytes(), element, out);
        } else {
            std::string text;
            append_element_text(value, element, text);
            append_quoted(text, out);
        }
    });
    out += '}';
}

Result<Bytes> parse_list(std::string_view text, TypeId element) {
    return ListParser(text, element).parse();
}

}  // namespace topgun::sql
