// SPDX-License-Identifier: Apache-2.0
#include "entry_paths.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace topgun::sync {
namespace {

constexpr std::size_t kLongestPath = 32;

std::optional<std::uint32_t> index_of(std::string_view part) {
    std::uint32_t out = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), out);
    if (error != std::errc() || end != part.data() + part.size()) return std::nullopt;
    return out;
}

Result<Bytes> set_below(const Value& value, const Path& path, std::size_t depth,
                        const ValueView& next);

Result<Bytes> set_element(const ValueView& array, const Path& path, std::size_t depth,
                          const ValueView& next) {
    const auto index = index_of(path[depth]);
    if (!index || *index > array.size()) return refused("the path leaves an array");
    auto inner = set_below(array.at(*index), path, depth + 1, next);
    if (!inner) return inner;
    return made([&](msgpack::Writer& writer) {
        writer.array(std::max(array.size(), *index + 1));
        std::uint32_t at = 0;
        array.for_each_element([&](const ValueView& one) {
            writer.raw(at++ == *index ? BytesView(*inner) : one.bytes());
        });
        if (*index == at) writer.raw(*inner);
    });
}

Result<Bytes> set_below(const Value& value, const Path& path, std::size_t depth,
                        const ValueView& next) {
    if (depth == path.size()) return Bytes(next.bytes());
    const bool empty = !value || value->is_nil();
    const auto kind = empty ? msgpack::Kind::map : value->kind();
    if (kind == msgpack::Kind::array) return set_element(*value, path, depth, next);
    if (kind != msgpack::Kind::map) return refused("the path goes through what has no fields");
    const auto part = path[depth];
    const auto there = empty ? std::nullopt : value->find(part);
    auto inner = set_below(there, path, depth + 1, next);
    if (!inner) return inner;
    return made([&](msgpack::Writer& writer) {
        writer.map((empty ? 0 : value->size()) + (there ? 0 : 1));
        if (!there) {
            writer.string(part);
            writer.raw(*inner);
        }
        if (empty) return;
        value->for_each_field([&](std::string_view name, const ValueView& one) {
            writer.string(name);
            writer.raw(name == part ? BytesView(*inner) : one.bytes());
        });
    });
}

Bytes drop_below(const ValueView& value, const Path& path, std::size_t depth) {
    const auto part = path[depth];
    const bool last = depth + 1 == path.size();
    return made([&](msgpack::Writer& writer) {
        if (value.kind() == msgpack::Kind::array) {
            writer.array(value.size());
            std::uint32_t at = 0;
            // JavaScript leaves a hole in an array, which every encoder makes nil.
            value.for_each_element([&](const ValueView& one) {
                if (at++ != index_of(part))
                    writer.raw(one.bytes());
                else if (last)
                    writer.nil();
                else
                    writer.raw(drop_below(one, path, depth + 1));
            });
            return;
        }
        writer.map(value.size() - (last ? 1 : 0));
        value.for_each_field([&](std::string_view name, const ValueView& one) {
            if (name == part && last) return;
            writer.string(name);
            if (name == part)
                writer.raw(drop_below(one, path, depth + 1));
            else
                writer.raw(one.bytes());
        });
    });
}

}  // namespace

Result<Path> path_of(const Value& text) {
    const auto whole = text ? text->as_string() : std::nullopt;
    if (!whole) return refused("there is no path");
    Path out;
    for (auto rest = *whole;;) {
        const auto dot = rest.find('.');
        out.push_back(rest.substr(0, dot));
        if (out.size() > kLongestPath) return Error(Errc::limit, "the path has too many parts");
        if (dot == std::string_view::npos) return out;
        rest.remove_prefix(dot + 1);
    }
}

Value find_property(const Value& value, const Path& path) {
    auto at = value;
    for (const auto part : path) {
        if (!at) return at;
        if (at->kind() == msgpack::Kind::array) {
            const auto index = index_of(part);
            at = index ? at->at(*index) : std::nullopt;
        } else {
            at = at->find(part);
        }
    }
    return at;
}

Result<Bytes> with_property(const Value& value, const Path& path, const ValueView& next) {
    return set_below(value, path, 0, next);
}

Bytes without_property(const ValueView& value, const Path& path) {
    return drop_below(value, path, 0);
}

Bytes merged(const Value& base, const Value& over) {
    using Fields = std::vector<std::pair<std::string_view, ValueView>>;
    const auto fields_of = [](const Value& map) {
        Fields out;
        if (!map) return out;
        map->for_each_field(
            [&](std::string_view name, const ValueView& one) { out.emplace_back(name, one); });
        return out;
    };
    const auto by_name = [](const auto& a, const auto& b) { return a.first < b.first; };
    // Both are sorted; of equal names set_union() takes those of the first range.
    Fields all;
    const auto first = fields_of(over), second = fields_of(base);
    std::set_union(first.begin(), first.end(), second.begin(), second.end(),
                   std::back_inserter(all), by_name);
    return made([&](msgpack::Writer& writer) {
        writer.map(all.size());
        for (const auto& [name, one] : all) {
            writer.string(name);
            writer.raw(one.bytes());
        }
    });
}

}  // namespace topgun::sync
