// SPDX-License-Identifier: Apache-2.0
// A query made ready: what runs and live windows share, so that they cannot answer differently.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "topgun/query/run.hpp"

namespace topgun::query {

struct Plan {
    std::optional<Predicate> filter;
    RowOrder order{{}};
    std::vector<std::string> warnings;

    bool matches(const Record& record) const { return !filter || filter->matches(record); }
};

Result<Plan> make_plan(const Query& query, const QueryOptions& options);

const CursorSigner& signer_of(const QueryOptions& options) noexcept;

/// The value with the listed fields only. @pre `fields` is sorted.
Bytes project(ValueView value, const std::vector<std::string>& fields);
/// The query's fields, sorted for project(); empty when it has none.
std::optional<std::vector<std::string>> sorted_fields(const Query& query);

}  // namespace topgun::query
