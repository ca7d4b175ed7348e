// SPDX-License-Identifier: Apache-2.0
// LIMIT as a processor: what others cannot show is what happens when there is no room for a batch.
#include "column_support.hpp"
#include "operators.hpp"

using namespace topgun;
using namespace topgun::sql;
using namespace topgun::test;

namespace {

/// Takes a batch only when it was told to.
class ShyOutbox final : public dag::Outbox {
public:
    bool offer(std::size_t, const Batch& batch) override {
        if (room == 0) return false;
        --room;
        rows += batch.rows;
        return true;
    }
    std::size_t room = 0, rows = 0;
};

Batch numbers(std::size_t rows) {
    Column column(TypeId::bigint);
    for (std::size_t row = 0; row < rows; ++row) column.add_integer(7);
    Batch out;
    out.rows = rows;
    out.columns = {std::make_shared<const Column>(std::move(column))};
    return out;
}

}  // namespace

TEST_CASE("a limit is not satisfied before its last rows are sent", "[sql][limit]") {
    RunContext run;
    const bool ties = GENERATE(false, true);
    CAPTURE(ties);
    LimitSpec spec;
    spec.count = 10;
    if (ties) spec.ties = {{0, false, false}};
    const auto supplier = limit_operator(run, std::make_shared<const Pipeline>(), spec);
    const auto limit = must(supplier(0, 1));
    ShyOutbox outbox;
    dag::Inbox inbox;
    auto batch = numbers(12);
    if (ties) {
        // The last one differs, so that the ties end within the batch.
        Column column(TypeId::bigint);
        for (int row = 0; row < 12; ++row) column.add_integer(row < 10 ? 7 : 8);
        batch.columns = {std::make_shared<const Column>(std::move(column))};
    }
    inbox.put(std::move(batch));
    must(limit->process(0, inbox, outbox));
    CHECK(outbox.rows == 0);
    CHECK_FALSE(limit->is_satisfied());
    CHECK_FALSE(must(limit->complete_edge(0, outbox)));
    outbox.room = 1;
    CHECK(must(limit->complete_edge(0, outbox)));
    CHECK(outbox.rows == 10);
    CHECK(limit->is_satisfied());
}
