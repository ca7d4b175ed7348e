// SPDX-License-Identifier: Apache-2.0
#include "grouping.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "topgun/value/json.hpp"

namespace topgun::query {

using msgpack::Kind;
using msgpack::Token;
using msgpack::Writer;

namespace {

// The name of a value among groups: each kind has a letter of its own and texts their length, so
// that no two combinations of values share a name.
void append_group_part(std::optional<ValueView> value, std::string& out) {
    Token token;
    msgpack::Reader reader(value ? value->bytes() : BytesView());
    if (!value || !reader.next(token) || token.kind == Kind::nil) {
        out += 'N';
        return;
    }
    switch (token.kind) {
        case Kind::boolean: out += token.boolean ? "B1" : "B0"; return;
        case Kind::integer:
            out += 'I';
            out += token.negative ? std::to_string(token.as_signed()) : std::to_string(token.bits);
            break;
        case Kind::real:
            out += 'F' + std::to_string(std::bit_cast<std::uint64_t>(token.real));
            break;
        case Kind::string:
            out += 'S' + std::to_string(token.bytes.size()) + ':';
            out += token.bytes;
            return;
        default: out += 'O'; append_json(value->bytes(), out);
    }
    out += ';';
}

}  // namespace

void Accumulator::add(ValueView value) {
    msgpack::Reader reader(value.bytes());
    Token token;
    if (!reader.next(token)) return;
    if (token.kind == Kind::integer) {
        whole_ += token.negative ? Wide{token.as_signed()} : Wide{token.bits};
    } else if (token.kind == Kind::real) {
        // Neumaier's sum: the part of the smaller number that the addition drops is kept.
        const double sum = real_ + token.real;
        error_ += std::abs(real_) >= std::abs(token.real) ? (real_ - sum) + token.real
                                                          : (token.real - sum) + real_;
        real_ = sum;
        ++reals_;
    } else {
        return;
    }
    if (count_ == 0 || compare_values(value, ValueView(least_)) < 0) least_ = value.bytes();
    if (count_ == 0 || compare_values(value, ValueView(greatest_)) > 0) greatest_ = value.bytes();
    ++count_;
}

double Accumulator::real_sum() const noexcept {
    const auto whole = static_cast<double>(whole_);
    if (reals_ == 0) return whole;
    const double sum = real_ + whole;
    // An infinite or NaN sum has an error term that says nothing.
    return std::isfinite(sum) && std::isfinite(error_) ? sum + error_ : sum;
}

bool Accumulator::write_sum(Writer& writer) const {
    constexpr auto kLeast = Wide{std::numeric_limits<std::int64_t>::min()};
    constexpr auto kMost = Wide{std::numeric_limits<std::uint64_t>::max()};
    if (reals_ == 0 && whole_ >= kLeast && whole_ <= kMost) {
        if (whole_ < 0) {
            writer.signed_integer(static_cast<std::int64_t>(whole_));
        } else {
            writer.unsigned_integer(static_cast<std::uint64_t>(whole_));
        }
        return false;
    }
    const double sum = real_sum();
    if (reals_ != 0 && sum >= -0x1p63 && sum < 0x1p63 && std::trunc(sum) == sum) {
        writer.signed_integer(static_cast<std::int64_t>(sum));
        return false;
    }
    writer.real(sum);
    return reals_ == 0;
}

bool Accumulator::write(AggregateFunction function, Bytes& out) const {
    Writer writer(out);
    if (function == AggregateFunction::sum) return write_sum(writer);
    if (count_ == 0) {
        writer.nil();
    } else if (function == AggregateFunction::avg) {
        writer.real(real_sum() / static_cast<double>(count_));
    } else {
        writer.raw(function == AggregateFunction::min ? least_ : greatest_);
    }
    return false;
}

Grouping::Grouping(const Query& query) : group_by_(query.group_by) {
    for (const auto& one : query.aggregations) {
        if (!one.field || one.function == AggregateFunction::count) continue;
        const auto at = std::find(fields_.begin(), fields_.end(), *one.field);
        const auto index = static_cast<std::size_t>(at - fields_.begin());
        if (at == fields_.end()) fields_.push_back(*one.field);
        outputs_.push_back({"__" + std::string(aggregate_word(one.function)) + "_" + *one.field,
                            index, one.function});
    }
}

void Grouping::add(const Record& record) {
    key_.clear();
    for (const auto& name : group_by_) {
        append_group_part(find_field(record, name, scratch_), key_);
    }
    auto& group = groups_[key_];
    if (group.count++ == 0) {
        group.numbers.resize(fields_.size());
        memory_ += key_.size() + sizeof(Group) + fields_.size() * sizeof(Accumulator);
        for (const auto& name : group_by_) {
            const auto value = find_field(record, name, scratch_).value_or(ValueView());
            group.first.emplace_back(value.bytes());
            memory_ += sizeof(Bytes) + value.bytes().size();
        }
    }
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        if (const auto value = find_field(record, fields_[i], scratch_)) {
            group.numbers[i].add(*value);
        }
    }
}

Bytes Grouping::row_of(const std::string& key, const Group& group) {
    std::map<std::string_view, Bytes> members;  // sorted, and the first of a name stays
    Writer(members["__key"]).string(key);
    Writer(members["__count"]).unsigned_integer(group.count);
    for (const auto& output : outputs_) {
        auto& value = members[output.name];
        if (!value.empty()) continue;
        const bool rounded = group.numbers[output.field].write(output.function, value);
        const bool is_known =
            std::find(inexact_.begin(), inexact_.end(), output.name) != inexact_.end();
        if (rounded && !is_known) inexact_.push_back(output.name);
    }
    for (std::size_t i = 0; i < group_by_.size(); ++i) {
        members.try_emplace(group_by_[i], group.first[i]);
    }
    Bytes out;
    Writer writer(out);
    writer.map(members.size());
    for (const auto& [name, value] : members) {
        writer.string(name);
        writer.raw(value);
    }
    return out;
}

}  // namespace topgun::query
