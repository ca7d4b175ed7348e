// SPDX-License-Identifier: Apache-2.0
// Rows and arrays as JSON, and the names that PostgreSQL gives the operators of jsonb.
#include "function.hpp"
#include "json_text.hpp"
#include "text_kernels.hpp"

namespace topgun::sql {

void add_json_rows(std::vector<Function>& to) {
    const DataType json(TypeId::json), truth(TypeId::boolean);
    // The second argument asks for line breaks, which jsonb forgets.
    for (const auto pretty : {false, true}) {
        std::vector<DataType> list{kElements}, row{json};
        if (pretty) list.push_back(truth);
        if (pretty) row.push_back(truth);
        to.push_back({"array_to_json", list, json, to_json_rows});
        to.push_back({"row_to_json", row, json, to_json_rows});
    }
}

}  // namespace topgun::sql
