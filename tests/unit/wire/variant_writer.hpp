// SPDX-License-Identifier: Apache-2.0
// Writes a message in one of the many forms that mean the same: what a tolerant reader must accept.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "describe.hpp"
#include "topgun/base/random.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::test {

class VariantWriter {
public:
    explicit VariantWriter(Random& random) : random_(random) {}

    Bytes message(const wire::Message& message) {
        const auto& [head, type] = wire::detail::entry(message.index());
        const void* const body = wire::detail::body_of(message);
        out_.clear();
        if (head.shape == wire::Shape::flat) {
            record(*type, body, [&] { text(head.name); });
            return out_;
        }
        const char* const place = head.shape == wire::Shape::event ? "event" : "payload";
        std::vector<std::function<void()>> pairs;
        pairs.push_back([&] {
            text("type");
            text(head.name);
        });
        pairs.push_back([&] {
            text(place);
            record(*type, body, nullptr);
        });
        add_unknown(pairs);
        map(pairs);
        return out_;
    }

    Bytes body(const wire::detail::Type& type, const void* object) {
        out_.clear();
        record(type, object, nullptr);
        return out_;
    }

private:
    using Kind = wire::detail::Kind;
    using Pairs = std::vector<std::function<void()>>;

    template <typename T>
    static const T& as(const void* object) {
        return *static_cast<const T*>(object);
    }
    template <typename T>
    void head(unsigned byte, T value) {
        out_.push_back(static_cast<char>(byte));
        append_be(out_, value);
    }

    void map_header(std::size_t pairs) {
        const auto form = random_.below(3);
        if (form == 0 && pairs < 16)
            out_.push_back(static_cast<char>(0x80 | pairs));
        else if (form < 2)
            head(0xde, static_cast<std::uint16_t>(pairs));
        else
            head(0xdf, static_cast<std::uint32_t>(pairs));
    }
    void array_header(std::size_t size) {
        const auto form = random_.below(3);
        if (form == 0 && size < 16)
            out_.push_back(static_cast<char>(0x90 | size));
        else if (form < 2)
            head(0xdc, static_cast<std::uint16_t>(size));
        else
            head(0xdd, static_cast<std::uint32_t>(size));
    }
    void text(std::string_view text) {
        const auto form = random_.below(4);
        if (form == 0 && text.size() < 32)
            out_.push_back(static_cast<char>(0xa0 | text.size()));
        else if (form == 1 && text.size() < 256)
            head(0xd9, static_cast<std::uint8_t>(text.size()));
        else if (form < 3)
            head(0xda, static_cast<std::uint16_t>(text.size()));
        else
            head(0xdb, static_cast<std::uint32_t>(text.size()));
        out_ += text;
    }
    void integer(std::uint64_t value, bool floats) {
        switch (random_.below(floats ? 7 : 5)) {
            case 0: msgpack::Writer(out_).unsigned_integer(value); return;
            case 1: head(0xcf, value); return;
            case 2:
                if (value >> 63 == 0) return head(0xd3, value);
                return head(0xcf, value);
            case 3:
                if (value <= 0xffffffff) return head(0xce, static_cast<std::uint32_t>(value));
                return head(0xcf, value);
            case 4:
                if (value <= 0x7fff) return head(0xd1, static_cast<std::uint16_t>(value));
                return head(0xcf, value);
            case 5: return head(0xcb, std::bit_cast<std::uint64_t>(static_cast<double>(value)));
            default: return real(static_cast<double>(value), false);
        }
    }
    void real(double value, bool integers) {
        const auto narrow = static_cast<float>(value);
        const bool whole =
            std::trunc(value) == value && std::fabs(value) < 1e15 && !std::signbit(value);
        if (integers && whole && random_.chance(0.5)) {
            integer(static_cast<std::uint64_t>(value), false);
        } else if (static_cast<double>(narrow) == value && random_.chance(0.5)) {
            head(0xca, std::bit_cast<std::uint32_t>(narrow));
        } else {
            head(0xcb, std::bit_cast<std::uint64_t>(value));
        }
    }

    void shuffle(Pairs& pairs) {
        for (std::size_t i = pairs.size(); i > 1; --i)
            std::swap(pairs[i - 1], pairs[random_.below(i)]);
    }
    void map(Pairs& pairs, bool keep_order = false) {
        if (!keep_order) shuffle(pairs);
        map_header(pairs.size());
        for (const auto& pair : pairs) pair();
    }
    void add_unknown(Pairs& pairs) {
        if (random_.chance(0.3))
            pairs.push_back([this] {
                text("x-later");
                out_ += "\x93\x01\x81\xa1k\xc0\xa1z";
            });
        if (random_.chance(0.2))
            pairs.push_back([this] {
                out_ += "\x05";
                out_ += "\xc3";
            });
    }

    // A raw value keeps its numbers' kinds; headers, widths and key order may change.
    void any(BytesView value) {
        msgpack::Reader reader(value);
        msgpack::Token token;
        reader.next(token);
        switch (token.kind) {
            case msgpack::Kind::integer:
                if (token.negative)
                    head(0xd3, token.bits);
                else
                    integer(token.bits, false);
                return;
            case msgpack::Kind::real: real(token.real, false); return;
            case msgpack::Kind::string: text(token.bytes); return;
            case msgpack::Kind::array:
                array_header(token.count);
                for (std::uint32_t i = 0; i < token.count; ++i) {
                    BytesView element;
                    reader.skip(element);
                    any(element);
                }
                return;
            case msgpack::Kind::map: {
                Pairs pairs;
                for (std::uint32_t i = 0; i < token.count; ++i) {
                    std::string_view key;
                    BytesView element;
                    reader.read_string(key);
                    reader.skip(element);
                    pairs.push_back([this, key, element] {
                        text(key);
                        any(element);
                    });
                }
                map(pairs);
                return;
            }
            default: out_ += value; return;
        }
    }

    void binary(BytesView bytes) {
        switch (random_.below(4)) {
            case 0: msgpack::Writer(out_).binary(bytes); return;
            case 1:
                head(0xc6, static_cast<std::uint32_t>(bytes.size()));
                out_ += bytes;
                return;
            case 2:
                array_header(bytes.size());
                for (const char c : bytes) integer(static_cast<unsigned char>(c), true);
                return;
            default: {
                Pairs pairs;
                for (std::size_t i = 0; i < bytes.size(); ++i) {
                    pairs.push_back([this, i, bytes] {
                        if (random_.chance(0.8))
                            text(std::to_string(i));
                        else
                            integer(i, false);
                        integer(static_cast<unsigned char>(bytes[i]), true);
                    });
                }
                map(pairs);
            }
        }
    }

    void sort(const std::vector<wire::SortField>& fields) {
        Pairs pairs;
        if (random_.chance(0.5)) {
            array_header(fields.size());
            for (const auto& field : fields)
                record(wire::detail::Describe<wire::SortField>::info, &field, nullptr);
            return;
        }
        for (const auto& field : fields) {
            pairs.push_back([&] {
                text(field.field);
                text(wire::word(field.direction));
            });
        }
        map(pairs, true);
    }

    void counter(const wire::CounterState& state) {
        const auto half = [this](const char* name, const wire::TextMap<double>& counts) {
            text(name);
            value(wire::detail::Describe<wire::TextMap<double>>::info, &counts);
        };
        const auto form = random_.below(3);
        Pairs pairs;
        if (form != 1) {
            pairs.push_back([&] { half("p", state.p); });
            pairs.push_back([&] { half("n", state.n); });
        }
        if (form != 0) {
            pairs.push_back([&] { half("positive", state.p); });
            pairs.push_back([&] { half("negative", state.n); });
        }
        map(pairs);
    }

    void record(const wire::detail::Type& type, const void* object,
                const std::function<void()>& head_pair) {
        Pairs pairs;
        if (head_pair)
            pairs.push_back([&] {
                text("type");
                head_pair();
            });
        for (const auto& field : type.fields) {
            const void* const member = field.in(object);
            if (!wire::detail::is_present(field, object)) {
                // Left out, or nil where that means the same.
                const bool nilable = field.type->kind == Kind::nilable;
                if (!nilable && random_.chance(0.5))
                    pairs.push_back([&] {
                        text(field.name);
                        out_ += '\xc0';
                    });
                continue;
            }
            const bool drops = field.rule == wire::detail::Rule::nil_if_absent &&
                               as<wire::AnyValue>(member).is_nil();
            if (drops && random_.chance(0.5)) continue;
            // Standing twice changes nothing: lists must not grow.
            for (auto times = random_.chance(0.1) ? 2 : 1; times > 0; --times) {
                pairs.push_back([&field, member, this] {
                    text(field.name);
                    value(*field.type, member);
                });
            }
        }
        add_unknown(pairs);
        map(pairs);
    }

    void value(const wire::detail::Type& type, const void* object) {
        switch (type.kind) {
            case Kind::text: text(as<std::string>(object)); return;
            case Kind::boolean: out_ += as<bool>(object) ? '\xc3' : '\xc2'; return;
            case Kind::u32: integer(as<std::uint32_t>(object), true); return;
            case Kind::whole: integer(as<std::uint64_t>(object), true); return;
            case Kind::real: real(as<double>(object), true); return;
            case Kind::text_view: text(as<std::string_view>(object)); return;
            case Kind::value_view: any(Bytes(as<ValueView>(object).bytes())); return;
            case Kind::any: any(as<wire::AnyValue>(object).bytes); return;
            case Kind::any_map: any(as<wire::AnyMap>(object).bytes); return;
            case Kind::any_array: any(as<wire::AnyArray>(object).bytes); return;
            case Kind::binary: binary(as<wire::Binary>(object).bytes); return;
            case Kind::word: text(type.words[as<unsigned char>(object)]); return;
            case Kind::record: record(type, object, nullptr); return;
            case Kind::optional:
            case Kind::nilable: {
                const void* const inner = type.optional->get(object);
                if (inner == nullptr)
                    out_ += '\xc0';
                else
                    value(*type.inner, inner);
                return;
            }
            case Kind::list: {
                const auto size = type.list->size(object);
                array_header(size);
                for (std::size_t i = 0; i < size; ++i) value(*type.inner, type.list->at(object, i));
                return;
            }
            case Kind::text_map: {
                Pairs pairs;
                for (std::size_t i = 0; i < type.map->size(object); ++i) {
                    pairs.push_back([&type, object, i, this] {
                        text(type.map->key(object, i));
                        value(*type.inner, type.map->at(object, i));
                    });
                }
                map(pairs);
                return;
            }
            case Kind::sort_order: sort(as<wire::SortOrder>(object).fields); return;
            case Kind::sort_object: sort(as<wire::SortObject>(object).fields); return;
            case Kind::counter_state: counter(as<wire::CounterState>(object)); return;
        }
    }

    Random& random_;
    Bytes out_;
};

}  // namespace topgun::test
