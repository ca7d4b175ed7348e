// SPDX-License-Identifier: Apache-2.0
// The seam to an engine for SQL, which this module does not know.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/replica/state.hpp"
#include "topgun/storage/owned_op.hpp"
#include "topgun/storage/request_context.hpp"

namespace topgun::sync {

struct SqlResult {
    std::vector<std::string> columns;
    std::vector<std::vector<Bytes>> rows;  ///< Canonical values, as many as columns.
    std::string tag;                       ///< "SELECT 3".
    /// Writes of the statement. The hub stamps them anew and stores them.
    std::vector<OwnedOp> ops;
};

/// Runs statements somewhere, so that the hub goes on meanwhile.
class TOPGUN_API SqlRunner {
public:
    virtual ~SqlRunner();
    /// @param state    what the asker may read; released before `done` is called.
    /// @param done     called once, on the hub's thread, possibly within this call. Errors: those
    ///                 of the statement, usage and limit as bad_input; limit when too much waits
    ///                 already.
    virtual void run(std::string sql, std::unique_ptr<StateReader> state,
                     const RequestContext& context,
                     std::function<void(Result<SqlResult> result)> done) = 0;
};

}  // namespace topgun::sync
