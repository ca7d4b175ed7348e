// SPDX-License-Identifier: Apache-2.0
// parse_ident(): a name with dots taken apart as the grammar would.
#include "function.hpp"
#include "list.hpp"
#include "text_kernels.hpp"
#include "text_maker.hpp"

namespace topgun::sql {
namespace {

using T = std::string_view;

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}
bool starts_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}
bool continues_name(char c) {
    return starts_name(c) || (c >= '0' && c <= '9') || c == '$';
}

class NameParser {
public:
    explicit NameParser(T text) : text_(text), rest_(text) {}

    /// @param strict  whether nothing may stand behind the name.
    Status parse(bool strict, Column& parts) {
        spaces();
        for (bool behind_dot = false;; behind_dot = true) {
            TOPGUN_TRY(check_stop());
            if (rest_.starts_with('"')) {
                TOPGUN_TRY(quoted(parts));
            } else if (!rest_.empty() && starts_name(rest_[0])) {
                plain(parts);
            } else if (rest_.starts_with('.')) {
                return invalid("no valid identifier before \".\"");
            } else {
                return invalid(behind_dot ? "no valid identifier after \".\"" : "");
            }
            spaces();
            if (!rest_.starts_with('.')) break;
            rest_.remove_prefix(1);
            spaces();
        }
        if (strict && !rest_.empty()) return invalid("");
        return {};
    }

private:
    Error invalid(T detail) const {
        constexpr std::size_t kShown = 64;
        auto text =
            "string is not a valid identifier: \"" + std::string(text_.substr(0, kShown)) + '"';
        if (!detail.empty()) text += ": " + std::string(detail);
        return Error(Errc::bad_input, std::move(text));
    }
    void spaces() {
        while (!rest_.empty() && is_space(rest_[0])) rest_.remove_prefix(1);
    }

    Status quoted(Column& parts) {
        std::string name;
        for (;;) {
            rest_.remove_prefix(1);
            const auto end = rest_.find('"');
            if (end == T::npos) return invalid("string has unclosed double quotes");
            name += rest_.substr(0, end);
            rest_.remove_prefix(end + 1);
            if (!rest_.starts_with('"')) break;
            name += '"';
        }
        if (name.empty()) return invalid("quoted identifier must not be empty");
        parts.add_bytes(name);
        return {};
    }

    void plain(Column& parts) {
        std::size_t size = 1;
        while (size < rest_.size() && continues_name(rest_[size])) ++size;
        std::string name(rest_.substr(0, size));
        for (auto& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
        parts.add_bytes(name);
        rest_.remove_prefix(size);
    }

    T text_, rest_;
};

Result<ColumnPtr> parse_rows(const EvalContext&, Arguments arguments, std::size_t rows,
                             DataType result) {
    return strict_rows(arguments, rows, result, [&](std::size_t row, Column& out) -> Status {
        const bool strict = arguments.size() < 2 || arguments[1]->boolean(row);
        Column parts(TypeId::text);
        TOPGUN_TRY(NameParser(arguments[0]->bytes(row)).parse(strict, parts));
        append_list(parts, 0, parts.size(), out);
        return {};
    });
}

}  // namespace

void add_identifiers(std::vector<Function>& to) {
    const DataType text(TypeId::text), truth(TypeId::boolean);
    const auto texts = DataType::list_of(TypeId::text);
    to.push_back({"parse_ident", {text}, texts, parse_rows});
    to.push_back({"parse_ident", {text, truth}, texts, parse_rows});
}

}  // namespace topgun::sql
