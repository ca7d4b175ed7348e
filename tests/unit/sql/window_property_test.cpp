// SPDX-License-Identifier: Apache-2.0
// Moving frames against a quadratic evaluator that asks of each row whether it is in the frame.
#include <cmath>

#include "window_support.hpp"

using namespace topgun;
using namespace topgun::sql;
using test::WindowTest;

namespace {

using Unit = WindowFrame::Unit;
using Bound = WindowFrame::Bound;
using Exclude = WindowFrame::Exclude;

// How far row `other` stands behind row `row`, in the frame's unit: less than 0 is before.
std::int64_t distance_of(const test::OrderedPartition& partition, std::size_t row,
                         std::size_t other) {
    const auto& batch = partition.batch;
    const auto& call = partition.call;
    if (call.frame.unit == Unit::rows) {
        return static_cast<std::int64_t>(other) - static_cast<std::int64_t>(row);
    }
    const auto& key = *batch.columns[call.order[0].column];
    if (call.frame.unit == Unit::range && !key.is_null(row) && !key.is_null(other)) {
        const auto apart = key.integer(other) - key.integer(row);
        return call.order[0].descending ? -apart : apart;
    }
    std::int64_t groups = 0;
    for (auto at = std::min(row, other); at < std::max(row, other); ++at) {
        groups += compare_rows(batch, at, batch, at + 1, call.order) != 0 ? 1 : 0;
    }
    return other < row ? -groups : groups;
}

bool within(const test::OrderedPartition& partition, std::size_t row, std::size_t other,
            bool is_end) {
    const auto& call = partition.call;
    const auto bound = is_end ? call.frame.end : call.frame.start;
    if (bound == Bound::unbounded_preceding || bound == Bound::unbounded_following) return true;
    const auto& distances =
        partition.batch.columns[is_end ? call.frame.end_distance : call.frame.start_distance];
    std::int64_t limit = 0;
    if (bound == Bound::preceding) limit = -distances->integer(row);
    if (bound == Bound::following) limit = distances->integer(row);
    const auto at = distance_of(partition, row, other);
    // With a distance in values, NULLs are at none of values, and at 0 of each other.
    const auto& key = *partition.batch.columns[call.order[0].column];
    if (call.frame.unit == Unit::range && (key.is_null(row) || key.is_null(other))) {
        const bool distant = bound == Bound::preceding || bound == Bound::following;
        if (key.is_null(row)) return is_end ? at <= 0 : at >= 0;
        if (!distant) return is_end ? at <= 0 : at >= 0;
        return is_end ? at < 0 : at > 0;
    }
    return is_end ? at <= limit : at >= limit;
}

bool in_frame(const test::OrderedPartition& partition, std::size_t row, std::size_t other) {
    if (!within(partition, row, other, false) || !within(partition, row, other, true)) return false;
    const bool peer =
        compare_rows(partition.batch, row, partition.batch, other, partition.call.order) == 0;
    switch (partition.call.frame.exclude) {
        case Exclude::nothing: return true;
        case Exclude::current_row: return row != other;
        case Exclude::group: return !peer;
        case Exclude::ties: return !peer || row == other;
    }
    return false;
}

// The call over each frame by itself.
Column naive(const test::OrderedPartition& partition) {
    const auto& call = partition.call;
    const auto& batch = partition.batch;
    Column out(call.result);
    for (std::size_t row = 0; row < batch.rows; ++row) {
        std::vector<std::uint32_t> frame;
        for (std::uint32_t other = 0; other < batch.rows; ++other) {
            const bool passes = !call.filter || (!batch.columns[*call.filter]->is_null(other) &&
                                                 batch.columns[*call.filter]->boolean(other));
            if (passes && in_frame(partition, row, other)) frame.push_back(other);
        }
        std::vector<ColumnPtr> arguments;
        for (const auto at : call.arguments) {
            arguments.push_back(Column::gather(*batch.columns[at], frame));
        }
        const auto states = make_accumulators(*call.aggregate);
        states->resize(1);
        test::must(states->update({}, arguments, std::vector<std::uint32_t>(frame.size())));
        test::must(states->finish(0, out));
    }
    return out;
}

Bound random_bound(Random& rng, bool is_end) {
    const auto at = rng.below(4);
    if (at == 0) return is_end ? Bound::unbounded_following : Bound::unbounded_preceding;
    return at == 1 ? Bound::current_row : at == 2 ? Bound::preceding : Bound::following;
}

ColumnPtr random_distances(Random& rng, std::size_t rows, std::int64_t most) {
    auto out = std::make_shared<Column>(TypeId::bigint);
    // Nearly always the same for all rows, but nothing relies on that.
    const bool varies = rng.chance(0.2);
    auto distance = rng.between(0, most);
    for (std::size_t row = 0; row < rows; ++row) {
        if (varies) distance = rng.between(0, most);
        out->add_integer(distance);
    }
    return out;
}

struct Case {
    std::string_view name;
    std::vector<DataType> types;
};

bool same_text(const Column& a, const Column& b) {
    for (std::size_t row = 0; row < a.size(); ++row) {
        if (test::text_at(a, row) == test::text_at(b, row)) continue;
        if (a.storage() != Storage::real || a.is_null(row) || b.is_null(row)) return false;
        if (!(std::fabs(a.real(row) - b.real(row)) <= 1e-9 * (1 + std::fabs(b.real(row))))) {
            return false;
        }
    }
    return a.size() == b.size();
}

}  // namespace

// Goal:   whichever way a frame moves, its result is that of its rows alone.
// Method: random partitions with ties and NULLs, random frames of all units, aggregates of each
//         way of computing: by removal, by blocks, anew.
TEST_CASE("aggregates over moving frames agree with a quadratic evaluator",
          "[sql][window][property]") {
    const DataType whole = TypeId::bigint, real = TypeId::real, numeric = TypeId::numeric;
    const std::vector<Case> cases{{"count", {}},
                                  {"sum", {whole}},
                                  {"sum", {real}},
                                  {"sum", {numeric}},
                                  {"avg", {whole}},
                                  {"avg", {numeric}},
                                  {"min", {TypeId::text}},
                                  {"max", {whole}},
                                  {"stddev", {whole}},
                                  {"var_pop", {real}},
                                  {"bit_xor", {whole}},
                                  {"array_agg", {whole}},
                                  {"sum", {TypeId::interval}},
                                  {"last", {whole}}};
    const auto seed = test::seed(20261125);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 200; ++round) {
        const auto& which = cases[rng.below(cases.size())];
        // Long enough for frames that the tree of blocks is used for.
        const auto rows = rng.chance(0.3) ? 200 + rng.below(150) : rng.below(40);
        const auto most = static_cast<std::int64_t>(rng.chance(0.5) ? rows : 4);
        WindowTest call{which.name, {}, {}, {{0, rng.chance(0.3), rng.chance(0.5)}}};
        auto key = std::make_shared<Column>(TypeId::bigint);
        for (std::size_t row = 0; row < rows; ++row) {
            if (rng.chance(0.1))
                key->add_null();
            else
                key->add_integer(rng.between(0, static_cast<std::int64_t>(rows)));
        }
        call.order = {key};
        for (const auto type : which.types) {
            auto column = std::make_shared<Column>(type);
            for (std::size_t row = 0; row < rows; ++row) {
                const auto small = rng.between(-50, 50);
                if (rng.chance(0.1))
                    column->add_null();
                else if (type == real)
                    column->add_real(static_cast<double>(small) / 3);
                else if (type == whole)
                    column->add_integer(small);
                else
                    test::add_random(*column, rng);
            }
            call.arguments.push_back(column);
        }
        const Unit units[] = {Unit::rows, Unit::range, Unit::groups};
        const Exclude excludes[] = {Exclude::nothing, Exclude::current_row, Exclude::group,
                                    Exclude::ties};
        call.frame = {units[rng.below(3)],
                      random_bound(rng, false),
                      random_bound(rng, true),
                      0,
                      1,
                      excludes[rng.chance(0.6) ? 0 : rng.below(4)]};
        call.distances = {random_distances(rng, rows, most), random_distances(rng, rows, most)};
        if (rng.chance(0.3)) call.filter = test::random_column(TypeId::boolean, rows, rng);
        const auto partition = test::prepared(call, rows);
        const auto result = test::must(compute_window({}, partition.call, partition.batch));
        CAPTURE(round, which.name, rows, static_cast<int>(call.frame.unit),
                static_cast<int>(call.frame.start), static_cast<int>(call.frame.end),
                static_cast<int>(call.frame.exclude));
        CHECK(same_text(*result, naive(partition)));
    }
}
