// SPDX-License-Identifier: Apache-2.0
// PostgreSQL's text of arrays to canonical MessagePack.
#include <algorithm>

#include "decode.hpp"
#include "lexer.hpp"
#include "moment_text.hpp"
#include "topgun/base/utf.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::pgdump {
namespace {

using msgpack::Writer;

class ArrayParser {
public:
    ArrayParser(std::string_view text, TypeId element) : text_(text), element_(element) {}

    Result<Bytes> run() {
        if (text_.starts_with('[')) {
            // Bounds other than from 1 are not kept: "[0:1]={1,2}".
            const auto bounds = text_.find("]={");
            if (bounds != std::string_view::npos) at_ = bounds + 2;
        }
        if (!array(0)) return error();
        if (at_ != text_.size()) {
            fail("text behind the array");
            return error();
        }
        return std::move(out_);
    }

private:
    bool array(std::size_t depth) {
        // PostgreSQL's arrays have six dimensions at most.
        constexpr std::size_t kMaxDimensions = 6;
        if (depth >= kMaxDimensions) return fail("more than six dimensions");
        if (!take('{')) return fail("expected '{'");
        const auto header = out_.size();
        Writer(out_).array(0);
        std::size_t count = 0;
        if (!take('}')) {
            do {
                const bool nested = at_ < text_.size() && text_[at_] == '{';
                if (!(nested ? array(depth + 1) : element())) return false;
                ++count;
            } while (take(','));
            if (!take('}')) return fail("expected ',' or '}'");
        }
        Bytes full;
        Writer(full).array(count);
        out_.replace(header, 1, full);
        return true;
    }

    bool take(char c) {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    bool element() {
        scratch_.clear();
        if (take('"')) {
            for (;;) {
                if (at_ >= text_.size()) return fail("a quote is not closed");
                const char c = text_[at_++];
                if (c == '"') break;
                if (c == '\\' && at_ >= text_.size()) return fail("a quote is not closed");
                scratch_ += c == '\\' ? text_[at_++] : c;
            }
            return value(scratch_);
        }
        const auto end = std::min(text_.find_first_of(",{}\"", at_), text_.size());
        const auto word = text_.substr(at_, end - at_);
        if (word.empty()) return fail("expected an element");
        at_ = end;
        if (word == "NULL") {
            Writer(out_).nil();
            return true;
        }
        if (word.find('\\') == std::string_view::npos) return value(word);
        for (std::size_t i = 0; i < word.size(); ++i) {
            if (word[i] == '\\' && ++i == word.size()) return fail("a backslash at the end");
            scratch_ += word[i];
        }
        return value(scratch_);
    }

    // Numbers, booleans and JSON as such, all else as text: as lists of columns have it.
    bool value(std::string_view text) {
        if (element_ == TypeId::json) {
            auto value = parse_plain_json(text);
            if (!value) return fail(value.error().text());
            out_ += *value;
            return true;
        }
        if (element_ == TypeId::text) {
            if (!is_utf8(text)) return fail("an element is not valid UTF-8");
            Writer(out_).string(text);
            return true;
        }
        Column one{DataType(element_)};
        const Field field(text);
        DecodeFault fault;
        if (!decode_fields({&field, 1}, true, one, fault)) return fail(fault.what);
        Writer writer(out_);
        switch (element_) {
            case TypeId::boolean: writer.boolean(one.boolean(0)); break;
            case TypeId::bigint: writer.signed_integer(one.integer(0)); break;
            case TypeId::real: writer.real(one.real(0)); break;
            case TypeId::numeric: writer.string(one.decimal(0).text()); break;
            case TypeId::timestamptz: writer.string(timestamptz_text(one.integer(0))); break;
            default: writer.string(text); break;
        }
        return true;
    }

    bool fail(std::string what) {
        what_ = std::move(what);
        return false;
    }
    Error error() const {
        return Error(Errc::bad_input,
                     "malformed array at character " + std::to_string(at_ + 1) + ": " + what_);
    }

    std::string_view text_;
    TypeId element_;
    std::size_t at_ = 0;
    std::string scratch_;
    Bytes out_;
    std::string what_;
};

}  // namespace

Result<Bytes> decode_array(std::string_view text, TypeId element) {
    return ArrayParser(text, element).run();
}

}  // namespace topgun::pgdump
