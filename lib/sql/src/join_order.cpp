// SPDX-License-Identifier: Apache-2.0
#include "join_order.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <unordered_map>

#include "binder.hpp"
#include "estimate.hpp"
#include "topgun/dag/stop.hpp"

namespace topgun::sql {
namespace {

class JoinOrder {
public:
    JoinOrder(std::vector<PlanBox> relations, std::vector<Scalar> conditions)
        : relations_(std::move(relations)) {
        for (std::size_t i = 0; i < relations_.size(); ++i) {
            for (const auto& column : relations_[i]->columns) {
                homes_[column.id] = {i, column.id, distinct_max(*relations_[i], column.id)};
            }
        }
        for (auto& condition : conditions) {
            if (is_volatile(condition))
                last_.push_back(std::move(condition));
            else
                add(std::move(condition));
        }
        find_domains();
        pairs_.resize(relations_.size());
        for (std::size_t a = 0; a < relations_.size(); ++a) weigh_all(a);
    }

    PlanBox run() {
        for (std::size_t left = relations_.size(); left > 1; --left) {
            if (dag::stop_requested()) fail({}, "cancelled", {}, Errc::cancelled);
            join_best();
        }
        const auto all = std::find_if(relations_.begin(), relations_.end(),
                                      [](const PlanBox& one) { return one != nullptr; });
        auto out = std::move(*all);
        for (auto& one : conditions_) {
            if (!one.used) last_.push_back(std::move(one.scalar));
        }
        if (last_.empty()) return out;
        return make_plan(plan::Filter{all_of(std::move(last_))}, std::move(out));
    }

private:
    /// Where a column comes from.
    struct Home {
        std::size_t relation = 0;  ///< That it is in now.
        ColumnId same_as = 0;      ///< Towards the one that stands for all columns equal to it.
        double rows = 0;           ///< Different values at most.
    };
    struct Condition {
        Scalar scalar;
        std::set<std::size_t> relations;
        bool is_key = false;
        bool used = false;
    };
    /// What joining two relations would give.
    struct Pair {
        double rows = 0;
        bool connected = false;
        bool operator<(const Pair& other) const {
            return connected != other.connected ? connected : rows < other.rows;
        }
    };

    void add(Scalar scalar) {
        Condition out;
        std::set<ColumnId> reads;
        add_columns(scalar, reads);
        for (const auto id : reads) {
            const auto found = homes_.find(id);
            if (found != homes_.end()) out.relations.insert(found->second.relation);
        }
        out.is_key = is_equality(scalar);
        out.scalar = std::move(scalar);
        conditions_.push_back(std::move(out));
    }

    // Columns set equal, directly or over others, have the values that the smallest table has.
    void find_domains() {
        for (const auto& one : conditions_) {
            const auto& parts = one.scalar.children;
            if (!one.is_key || !parts[0].is_column() || !parts[1].is_column()) continue;
            const auto a = root(parts[0].column), b = root(parts[1].column);
            if (a == b || !homes_.contains(a) || !homes_.contains(b)) continue;
            homes_[a].same_as = b;
            domains_[b] = std::min(domain(a), domain(b));
        }
    }
    ColumnId root(ColumnId id) const {
        for (;;) {
            const auto found = homes_.find(id);
            if (found == homes_.end() || found->second.same_as == id) return id;
            id = found->second.same_as;
        }
    }
    double domain(ColumnId root) const {
        const auto found = domains_.find(root);
        return found != domains_.end() ? found->second : homes_.at(root).rows;
    }

    // All that is known of a key between the relations a and b.
    JoinKeyEstimate key_of(const Condition& condition, std::size_t a) const {
        constexpr double kUnknown = std::numeric_limits<double>::infinity();
        JoinKeyEstimate out{kUnknown, kUnknown, kUnknown};
        for (const auto& part : condition.scalar.children) {
            if (!part.is_column()) continue;
            const auto found = homes_.find(part.column);
            if (found == homes_.end()) continue;
            (found->second.relation == a ? out.left : out.right) = found->second.rows;
            out.distinct = std::min(out.distinct, domain(root(part.column)));
        }
        return out;
    }

    bool applies(const Condition& condition, std::size_t a, std::size_t b) const {
        return !condition.used &&
               std::all_of(condition.relations.begin(), condition.relations.end(),
                           [a, b](std::size_t one) { return one == a || one == b; });
    }

    Pair weigh(std::size_t a, std::size_t b) const {
        Pair out;
        std::vector<JoinKeyEstimate> keys;
        double others = 1;
        for (const auto& one : conditions_) {
            if (!applies(one, a, b)) continue;
            if (one.is_key)
                keys.push_back(key_of(one, a));
            else
                others *= selectivity(one.scalar);
        }
        out.connected = !keys.empty();
        out.rows = join_rows(relations_[a]->estimate, relations_[b]->estimate, keys) * others;
        out.rows = std::max(1.0, out.rows);
        return out;
    }
    // Of a with all relations before it.
    void weigh_all(std::size_t a) {
        pairs_[a].resize(a);
        for (std::size_t b = 0; b < a; ++b) {
            if (relations_[b] != nullptr) pairs_[a][b] = weigh(a, b);
        }
    }

    void join_best() {
        std::size_t best_a = 0, best_b = 0;
        for (std::size_t a = 1; a < relations_.size(); ++a) {
            if (relations_[a] == nullptr) continue;
            for (std::size_t b = 0; b < a; ++b) {
                if (relations_[b] == nullptr) continue;
                if (best_a == 0 || pairs_[a][b] < pairs_[best_a][best_b]) {
                    best_a = a;
                    best_b = b;
                }
            }
        }
        join(best_b, best_a);
    }

    // The second becomes part of the first.
    void join(std::size_t a, std::size_t b) {
        std::vector<Scalar> mine;
        for (auto& one : conditions_) {
            if (!applies(one, a, b)) continue;
            one.used = true;
            mine.push_back(std::move(one.scalar));
        }
        const double rows = pairs_[b][a].rows;
        auto left = std::move(relations_[a]), right = std::move(relations_[b]);
        // The smaller one is kept in memory: it stands on the right.
        if (right->estimate > left->estimate) std::swap(left, right);
        plan::Join join;
        join.condition = all_of(std::move(mine));
        relations_[a] = make_plan(std::move(join), std::move(left), std::move(right));
        relations_[a]->estimate = rows;
        for (auto& [id, home] : homes_) {
            if (home.relation == b) home.relation = a;
        }
        for (auto& one : conditions_) {
            if (one.relations.erase(b) > 0) one.relations.insert(a);
        }
        weigh_all(a);
        for (std::size_t other = a + 1; other < relations_.size(); ++other) {
            if (relations_[other] != nullptr) pairs_[other][a] = weigh(other, a);
        }
    }

    std::vector<PlanBox> relations_;  // null: part of another one
    std::vector<Condition> conditions_;
    std::vector<Scalar> last_;
    std::unordered_map<ColumnId, Home> homes_;
    std::unordered_map<ColumnId, double> domains_;  // by root
    std::vector<std::vector<Pair>> pairs_;          // [greater][smaller]
};

}  // namespace

PlanBox order_joins(std::vector<PlanBox> relations, std::vector<Scalar> conditions) {
    return JoinOrder(std::move(relations), std::move(conditions)).run();
}

}  // namespace topgun::sql
