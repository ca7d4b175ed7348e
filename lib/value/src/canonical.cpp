// SPDX-License-Identifier: Apache-2.0
#include "topgun/value/canonical.hpp"

#include <algorithm>
#include <vector>

#include "topgun/base/utf.hpp"
#include "topgun/value/js_text.hpp"

namespace topgun {
namespace {

using msgpack::Fault;
using msgpack::Kind;
using msgpack::Reader;
using msgpack::Token;
using msgpack::Writer;

// Where one map entry stands in the output.
struct Entry {
    std::size_t begin;      // first byte of the encoded key
    std::size_t key_begin;  // first byte of the key's text
    std::size_t key_size;
    std::size_t end;
    std::size_t order;  // arrival; later wins
};

class Canonicalizer {
public:
    Canonicalizer(Reader& reader, Bytes& out) : reader_(reader), writer_(out), out_(out) {}

    bool value(std::size_t depth) {
        Token token;
        if (!reader_.next(token)) return false;
        switch (token.kind) {
            case Kind::nil: writer_.nil(); return true;
            case Kind::boolean: writer_.boolean(token.boolean); return true;
            case Kind::integer: integer(token); return true;
            case Kind::real: writer_.real(token.real); return true;
            case Kind::string: return text(token.bytes);
            case Kind::binary: writer_.binary(token.bytes); return true;
            case Kind::extension:
                if (token.extension_type == 0 && token.bytes == BytesView("\0", 1)) {
                    writer_.nil();
                } else {
                    writer_.extension(token.extension_type, token.bytes);
                }
                return true;
            case Kind::array: return array(token.count, depth);
            case Kind::map: return map(token.count, depth);
        }
        return false;
    }

private:
    void integer(const Token& token) {
        if (token.negative) writer_.signed_integer(token.as_signed());
        else writer_.unsigned_integer(token.bits);
    }

    bool text(std::string_view text) {
        if (!accept_text(text, scratch_)) return reader_.fail(Fault::bad_utf8);
        writer_.string(text);
        return true;
    }

    bool array(std::uint32_t count, std::size_t depth) {
        if (count != 0 && depth == msgpack::kMaxDepth) return reader_.fail(Fault::too_deep);
        writer_.array(count);
        for (std::uint32_t i = 0; i < count; ++i) {
            if (!value(depth + 1)) return false;
        }
        return true;
    }

    // Keys become strings here: {1: "x"} and {"1": "x"} are one value to both TopGun codecs.
    bool key() {
        Token token;
        if (!reader_.next(token)) return false;
        switch (token.kind) {
            case Kind::string: return text(token.bytes);
            case Kind::integer:
                writer_.string(token.negative ? std::to_string(token.as_signed())
                                              : std::to_string(token.bits));
                return true;
            case Kind::real: writer_.string(js_number_text(token.real)); return true;
            case Kind::boolean: writer_.string(token.boolean ? "true" : "false"); return true;
            case Kind::nil: writer_.string("null"); return true;
            default: return reader_.fail(Fault::wrong_kind);
        }
    }

    bool map(std::uint32_t count, std::size_t depth) {
        if (count != 0 && depth == msgpack::kMaxDepth) return reader_.fail(Fault::too_deep);
        const auto header = out_.size();
        writer_.map(count);
        const auto first = entries_.size();
        bool sorted = true;
        for (std::uint32_t i = 0; i < count; ++i) {
            Entry entry{out_.size(), 0, 0, 0, i};
            if (!key()) return false;
            Reader written(BytesView(out_).substr(entry.begin));
            std::string_view name;
            written.read_string(name);
            entry.key_size = name.size();
            entry.key_begin = out_.size() - name.size();
            if (i > 0 && !(key_of(entries_.back()) < key_of(entry))) sorted = false;
            entries_.push_back(entry);
            if (!value(depth + 1)) return false;
            entries_.back().end = out_.size();
        }
        if (!sorted) rewrite(header, first);
        entries_.resize(first);
        return true;
    }

    std::string_view key_of(const Entry& entry) const {
        return std::string_view(out_).substr(entry.key_begin, entry.key_size);
    }

    void rewrite(std::size_t header, std::size_t first) {
        const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(first);
        std::sort(begin, entries_.end(), [this](const Entry& a, const Entry& b) {
            const auto order = key_of(a).compare(key_of(b));
            return order != 0 ? order < 0 : a.order < b.order;
        });
        std::size_t kept = 0;
        const auto is_last = [this](auto at) {
            return at + 1 == entries_.end() || key_of(*at) != key_of(*(at + 1));
        };
        for (auto at = begin; at != entries_.end(); ++at) kept += is_last(at) ? 1 : 0;
        Bytes sorted;
        sorted.reserve(out_.size() - header);
        Writer(sorted).map(kept);
        for (auto at = begin; at != entries_.end(); ++at) {
            if (is_last(at)) sorted.append(out_, at->begin, at->end - at->begin);
        }
        out_.resize(header);
        out_ += sorted;
    }

    Reader& reader_;
    Writer writer_;
    Bytes& out_;
    Bytes scratch_;
    std::vector<Entry> entries_;
};

}  // namespace

bool accept_text(std::string_view& text, Bytes& scratch) {
    const auto bad = find_invalid_utf8(text);
    if (bad == text.size()) return true;
    // Only what JavaScript really writes is repaired: a surrogate as the three bytes ED A0..BF xx.
    for (std::size_t at = bad; at < text.size();) {
        const auto rest = text.substr(at);
        const auto decoded = decode_utf8(rest);
        if (decoded.valid) {
            at += decoded.length;
            continue;
        }
        const bool surrogate = rest.size() >= 3 && static_cast<unsigned char>(rest[0]) == 0xed &&
                               static_cast<unsigned char>(rest[1]) >= 0xa0 &&
                               static_cast<unsigned char>(rest[1]) <= 0xbf &&
                               (static_cast<unsigned char>(rest[2]) & 0xc0) == 0x80;
        if (!surrogate) return false;
        at += 3;
    }
    scratch = repair_utf8(text);
    text = scratch;
    return true;
}

bool append_canonical(Reader& reader, Bytes& out) {
    const auto before = out.size();
    if (Canonicalizer(reader, out).value(0)) return true;
    out.resize(before);
    return false;
}

Result<Bytes> canonical(BytesView input) {
    Reader reader(input);
    Bytes out;
    out.reserve(input.size());
    if (!append_canonical(reader, out)) return reader.error();
    if (!reader.at_end()) {
        reader.fail(Fault::trailing);
        return reader.error();
    }
    return out;
}

}  // namespace topgun
