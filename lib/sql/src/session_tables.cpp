// SPDX-License-Identifier: Apache-2.0
// The toolkit as tables: diff(), ops(), conflicts(), nodes(); and TopGun's query DSL.
#include "session_impl.hpp"

namespace topgun::sql {

bool SessionImpl::has_table_function(const std::string&) const {
    return false;
}

Result<std::shared_ptr<const Table>> SessionImpl::table_function(
    const std::string& name, const std::vector<std::string>&) const {
    return Error(Errc::not_found, "function " + name + " does not exist");
}

Result<Summary> SessionImpl::query(std::string_view, std::string_view, ResultSink&) {
    return Error(Errc::usage, "not yet");
}

Result<std::string> explain_query(const ast::Query&, const Catalog&) {
    return Error(Errc::usage, "not yet");
}

}  // namespace topgun::sql
