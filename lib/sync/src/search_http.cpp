// SPDX-License-Identifier: Apache-2.0
// Searches that come with POST /sync: the same answers in that request's own form.
#include "searches.hpp"

namespace topgun::sync {
namespace {

std::optional<double> number(ValueView options, std::string_view field) {
    const auto value = options.find(field);
    if (!value || value->is_nil()) return std::nullopt;
    return value->as_double();
}

Result<std::optional<wire::SearchOptions>> options_of(const std::optional<wire::AnyValue>& given) {
    std::optional<wire::SearchOptions> out;
    if (!given || given->is_nil()) return out;
    const ValueView options(given->bytes);
    if (options.kind() != msgpack::Kind::map)
        return Error(Errc::bad_input, "options: expected a map");
    out.emplace();
    if (const auto limit = number(options, "limit")) {
        // Written so that NaN fails, too.
        if (!(*limit >= 0 && *limit <= 4294967295.0)) {
            return Error(Errc::bad_input, "options.limit: expected a whole number");
        }
        out->limit = static_cast<std::uint32_t>(*limit);
    }
    out->min_score = number(options, "minScore");
    if (const auto boost = options.find("boost")) {
        out->boost.emplace();
        boost->for_each_field([&](std::string_view field, ValueView weight) {
            if (const auto value = weight.as_double()) out->boost->set(std::string(field), *value);
        });
    }
    return out;
}

wire::AnyValue result_of(const wire::SearchHit& hit) {
    wire::AnyValue out;
    out.bytes.clear();
    msgpack::Writer writer(out.bytes);
    writer.map(4);
    writer.string("key");
    writer.string(hit.key);
    writer.string("matchedTerms");
    writer.array(hit.matched_terms.size());
    for (const auto& term : hit.matched_terms) writer.string(term);
    writer.string("score");
    writer.real(hit.score);
    writer.string("value");
    writer.raw(hit.value.bytes);
    return out;
}

}  // namespace

Result<wire::HttpSearchResult> Searches::answer(const wire::HttpSearch& asked,
                                                const RequestContext& context) {
    TOPGUN_TRY(may_search(context, asked.map_name));
    const auto options = options_of(asked.options);
    if (!options) return options.error().clone();
    auto found = search_text(asked.map_name, asked.query, *options, context);
    if (!found) return std::move(found).error();
    wire::HttpSearchResult out;
    out.search_id = asked.search_id;
    out.total_count = found->total_count;
    for (const auto& hit : found->results) out.results.push_back(result_of(hit));
    return out;
}

}  // namespace topgun::sync
