// SPDX-License-Identifier: Apache-2.0
// SQL messages, answered by whoever the host says.
#pragma once

#include <functional>

#include "service.hpp"
#include "topgun/sync/sql.hpp"

namespace topgun::sync {

/// A statement sees the maps that its sender may read, and its writes are those of the sender:
/// stamped by the hub, checked by the guard, acknowledged when durable.
class SqlQueries final : public Service {
public:
    using Service::Service;
    ~SqlQueries() { *alive_ = false; }

    void on(Connection& peer, const wire::SqlQuery& message);

    struct Answer {
        SqlResult result;
        std::uint64_t sequence = 0;  ///< Of its writes.
    };
    /// For who has no connection. @param writer  connection, or 0.
    void run(std::string sql, const RequestContext& context, std::uint64_t writer,
             std::function<void(Result<Answer>)> done);

private:
    Result<Answer> store(SqlResult result, const RequestContext& context, std::uint64_t writer);

    // False once this has gone: an answer may come later.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace topgun::sync
