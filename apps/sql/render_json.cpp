// SPDX-License-Identifier: Apache-2.0
// Rows as JSON objects, in one array or one a line.
#include "render.hpp"
#include "topgun/sql/value_text.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::cli {
namespace {

bool is_json_number(std::string_view text) {
    // NaN, Infinity and -Infinity.
    return text.find_first_of("NI") == std::string_view::npos;
}

void append_number(std::string_view text, std::string& out) {
    if (is_json_number(text))
        out += text;
    else
        append_json_string(text, out);
}

// One element of a list of `type`, read from `reader`.
void append_element(msgpack::Reader& reader, TypeId type, std::string& out) {
    BytesView bytes;
    if (!reader.skip(bytes)) return;
    msgpack::Reader inner(bytes);
    msgpack::Token token;
    if (type == TypeId::json || !inner.next(token)) return append_json(bytes, out);
    switch (token.kind) {
        case msgpack::Kind::integer:
            out += token.negative ? std::to_string(token.as_signed()) : std::to_string(token.bits);
            break;
        case msgpack::Kind::real: {
            Column one(TypeId::real);
            one.add_real(token.real);
            append_number(sql::value_text(one, 0), out);
            break;
        }
        case msgpack::Kind::string:
            if (type == TypeId::numeric)
                append_number(token.bytes, out);
            else
                append_json_string(token.bytes, out);
            break;
        case msgpack::Kind::array: {
            // An array within an array, of the same elements.
            out += '[';
            for (std::uint32_t i = 0; i < token.count; ++i) {
                if (i > 0) out += ',';
                append_element(inner, type, out);
            }
            out += ']';
            break;
        }
        default: append_json(bytes, out);
    }
}

class Objects final : public Renderer {
public:
    Objects(const RenderOptions& options, Output& out)
        : out_(out), lines_(options.mode == OutputMode::ndjson) {}

    void begin(const std::vector<sql::ResultColumn>& columns) override {
        for (const auto& name : unique_names(columns)) {
            std::string key;
            append_json_string(name, key);
            keys_.push_back(key + ':');
        }
        if (!lines_) out_ << '[';
    }

    void rows(const Batch& batch) override {
        for (std::size_t row = 0; row < batch.rows && !out_.failed(); ++row) {
            line_.clear();
            if (!lines_) line_ += any_ ? ",\n" : "\n";
            any_ = true;
            line_ += '{';
            for (std::size_t i = 0; i < keys_.size(); ++i) {
                if (i > 0) line_ += ',';
                line_ += keys_[i];
                append_json_value(*batch.columns[i], row, line_);
            }
            line_ += '}';
            if (lines_) line_ += '\n';
            out_ << line_;
        }
    }

    void end() override {
        if (!lines_) out_ << (any_ ? "\n]\n" : "]\n");
    }

private:
    Output& out_;
    bool lines_, any_ = false;
    std::vector<std::string> keys_;
    std::string line_;
};

}  // namespace

void append_json_value(const Column& column, std::size_t row, std::string& out) {
    if (column.is_null(row)) {
        out += "null";
        return;
    }
    switch (column.type().id) {
        case TypeId::null: out += "null"; break;
        case TypeId::boolean:
        case TypeId::bigint:
        case TypeId::real:
        case TypeId::numeric: append_number(sql::value_text(column, row), out); break;
        case TypeId::json: append_json(column.bytes(row), out); break;
        case TypeId::list: {
            msgpack::Reader reader(column.bytes(row));
            append_element(reader, column.type().element, out);
            break;
        }
        default: append_json_string(sql::value_text(column, row), out);
    }
}

std::unique_ptr<Renderer> make_json_renderer(const RenderOptions& options, Output& out) {
    return std::make_unique<Objects>(options, out);
}

}  // namespace topgun::cli
