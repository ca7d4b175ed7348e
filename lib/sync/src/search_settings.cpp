// SPDX-License-Identifier: Apache-2.0
#include "search_settings.hpp"

#include "topgun/search/embedder.hpp"
#include "topgun/value/json.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::sync {

Status check_settings(const SearchSettings& settings) {
    if (const auto words = search::Words::create(settings.words); !words) {
        return words.error().clone();
    }
    if (settings.embedding_provider.empty()) return {};
    const auto embedder =
        search::make_embedder(settings.embedding_provider, settings.embedding_dimension);
    if (!embedder) return embedder.error().clone();
    for (const auto& [map, vectors] : settings.vector_maps) {
        if (vectors.dimension == 0 || vectors.dimension == settings.embedding_dimension) continue;
        return Error(Errc::usage,
                     "vector map '" + map + "': dimension " + std::to_string(vectors.dimension) +
                         ", but the provider's is " + std::to_string(settings.embedding_dimension));
    }
    return {};
}

Result<VectorMaps> parse_vector_maps(std::string_view json) {
    const auto value = parse_plain_json(json);
    if (!value) return value.error().clone();
    const ValueView maps(*value);
    if (maps.kind() != msgpack::Kind::map) {
        return Error(Errc::bad_input, "expected an object of maps");
    }
    VectorMaps out;
    std::string fault;
    maps.for_each_field([&](std::string_view name, ValueView given) {
        VectorMap map;
        const auto fields = given.find("fields");
        bool good = fields && fields->kind() == msgpack::Kind::array;
        if (good) {
            fields->for_each_element([&](ValueView field) {
                const auto text = field.as_string();
                good = good && text;
                if (text) map.fields.emplace_back(*text);
            });
        }
        if (const auto dimension = given.find("dimension")) {
            const auto number = dimension->as_uint64();
            good = good && number && *number <= 0xffffffffu;
            map.dimension = static_cast<std::uint32_t>(number.value_or(0));
        }
        if (!good && fault.empty()) fault = "map '" + std::string(name) + "': expected ";
        out.emplace(name, std::move(map));
    });
    if (fault.empty()) return out;
    return Error(Errc::bad_input, fault + R"({"fields": [names], "dimension": number})");
}

}  // namespace topgun::sync
