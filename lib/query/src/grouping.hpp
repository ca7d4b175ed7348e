// SPDX-License-Identifier: Apache-2.0
// Rows into groups, and numbers of a group into one.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "topgun/query/query.hpp"

namespace topgun::query {

/// Numbers of one field in one group. Values of other kinds are passed over.
class Accumulator {
public:
    void add(ValueView value);
    /// Appends the result. True when an exact sum did not fit into 64 bits and became a double.
    bool write(AggregateFunction function, Bytes& out) const;

private:
    bool write_sum(msgpack::Writer& writer) const;
    double real_sum() const noexcept;

    __extension__ using Wide = __int128;

    std::uint64_t count_ = 0;
    std::uint64_t reals_ = 0;
    Wide whole_ = 0;    // 2^64 values of 64 bits fit
    double real_ = 0;   // of the floats alone,
    double error_ = 0;  // and what its roundings lost
    Bytes least_, greatest_;
};

/// All groups of a query.
class Grouping {
public:
    explicit Grouping(const Query& query);

    void add(const Record& record);
    std::size_t size() const noexcept { return groups_.size(); }
    /// Bytes held, about.
    std::size_t memory() const noexcept { return memory_; }

    /// Calls visit(key, value) for each group, in no order.
    template <typename Visit>
    Status for_each(Visit&& visit) {
        for (const auto& [key, group] : groups_) TOPGUN_TRY(visit(key, row_of(key, group)));
        return {};
    }
    /// Names of sums that did not fit; known after for_each().
    const std::vector<std::string>& inexact() const noexcept { return inexact_; }

private:
    struct Group {
        std::uint64_t count = 0;
        std::vector<Accumulator> numbers;  // by fields_
        std::vector<Bytes> first;          // by group_by
    };
    // An output of a group: which accumulator, which function.
    struct Output {
        std::string name;
        std::size_t field = 0;
        AggregateFunction function = AggregateFunction::sum;
    };

    Bytes row_of(const std::string& key, const Group& group);

    std::vector<std::string> group_by_;
    std::vector<std::string> fields_;  // that are aggregated, each once
    std::vector<Output> outputs_;
    std::unordered_map<std::string, Group> groups_;
    std::size_t memory_ = 0;
    std::vector<std::string> inexact_;
    Bytes scratch_, key_;
};

}  // namespace topgun::query
