// SPDX-License-Identifier: Apache-2.0
#include "plan.hpp"

#include <algorithm>

namespace topgun::query {
namespace {

void warn_of_idle_parts(const Query& query, std::vector<std::string>& warnings) {
    if (query.where && query.predicate) {
        warnings.push_back("predicate has no effect beside where, as on TopGun's server");
    }
    if (query.group_by.empty() && !query.aggregations.empty()) {
        warnings.push_back("aggregations have no effect without groupBy, as on TopGun's server");
        return;
    }
    for (std::size_t i = 0; i < query.aggregations.size(); ++i) {
        const auto& one = query.aggregations[i];
        if (one.field || one.function == AggregateFunction::count) continue;
        warnings.push_back("aggregations[" + std::to_string(i) + "] has no effect: " +
                           std::string(aggregate_word(one.function)) + " needs a field");
    }
}

}  // namespace

Result<Plan> make_plan(const Query& query, const QueryOptions& options) {
    Plan plan;
    plan.order = RowOrder(query.sort, options.nulls);
    warn_of_idle_parts(query, plan.warnings);
    std::optional<PredicateNode> root;
    if (query.where) {
        root = where_predicate(*query.where);
    } else if (query.predicate) {
        root = query.predicate;
    }
    if (!root) return plan;
    auto filter = Predicate::compile(std::move(*root), options.bad_pattern);
    if (!filter) return std::move(filter).error();
    plan.filter = std::move(*filter);
    return plan;
}

const CursorSigner& signer_of(const QueryOptions& options) noexcept {
    return options.signer != nullptr ? *options.signer : checksum_signer();
}

Bytes project(ValueView value, const std::vector<std::string>& fields) {
    if (value.kind() != msgpack::Kind::map) return Bytes(value.bytes());
    Bytes body;
    msgpack::Writer writer(body);
    std::size_t pairs = 0;
    value.for_each_field([&](std::string_view name, ValueView member) {
        if (!std::binary_search(fields.begin(), fields.end(), name, std::less<>())) return;
        writer.string(name);
        writer.raw(member.bytes());
        ++pairs;
    });
    Bytes out;
    msgpack::Writer(out).map(pairs);
    return out + body;
}

std::optional<std::vector<std::string>> sorted_fields(const Query& query) {
    auto fields = query.fields;
    if (fields) std::sort(fields->begin(), fields->end());
    return fields;
}

}  // namespace topgun::query
