// SPDX-License-Identifier: Apache-2.0
#include "workload.hpp"

#include <charconv>

#include "topgun/value/msgpack.hpp"
#include "topgun/wire/codec.hpp"
#include "topgun/wire/op.hpp"

namespace topgun::cli {
namespace {

constexpr std::array<std::string_view, kLoadKinds> kWords{"lww", "remove", "or", "query"};
constexpr std::uint32_t kLargestWeight = 1'000'000;
// Slices of it begin anywhere, so that values differ without a letter drawn for each.
constexpr std::size_t kSpareText = 4096;
constexpr std::uint32_t kQueryLimit = 10;

Hlc clock_of(std::size_t connection) {
    auto clock = Hlc::create("bench-" + std::to_string(connection));
    TOPGUN_ASSERT(clock, "the node id has no colon");
    return std::move(*clock);
}

std::string random_text(Random& random, std::size_t length) {
    std::string out(length, ' ');
    for (auto& letter : out) letter = static_cast<char>('a' + random.below(26));
    return out;
}

std::size_t place_of(const WorkloadOptions& options, std::size_t connection) {
    return options.maps == 0 ? connection : connection % options.maps;
}

void assign_number(std::string& out, std::uint64_t number) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.assign(digits, end);
}

Error bad_mix(std::string_view text, const std::string& why) {
    return Error(Errc::usage, "'" + std::string(text.substr(0, 100)) + "': " + why);
}

}  // namespace

Result<Mix> parse_mix(std::string_view text) {
    Mix mix;
    mix.weights = {};
    for (std::size_t from = 0; from <= text.size();) {
        const auto comma = std::min(text.find(',', from), text.size());
        const auto part = text.substr(from, comma - from);
        from = comma + 1;
        const auto equals = std::min(part.find('='), part.size());
        const auto* word = std::find(kWords.begin(), kWords.end(), part.substr(0, equals));
        if (word == kWords.end()) {
            return bad_mix(text, "a mix is made of lww=N, remove=N, or=N and query=N");
        }
        const auto digits = part.substr(std::min(equals + 1, part.size()));
        std::uint32_t weight = 0;
        const auto [at, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), weight);
        const bool whole = error == std::errc() && at == digits.data() + digits.size();
        if (!whole || weight > kLargestWeight) {
            return bad_mix(
                text, "the share of " + std::string(*word) + " must be a number up to a million");
        }
        mix.weights[static_cast<std::size_t>(word - kWords.begin())] = weight;
    }
    if (mix.of(LoadKind::put) + mix.of(LoadKind::remove) + mix.of(LoadKind::or_add) == 0) {
        return bad_mix(text, "there is no write in it");
    }
    return mix;
}

std::string Workload::map_name(const WorkloadOptions& options, std::size_t connection) {
    return "bench-" + std::to_string(place_of(options, connection));
}

std::string Workload::or_map_name(const WorkloadOptions& options, std::size_t connection) {
    return "bench-or-" + std::to_string(place_of(options, connection));
}

Workload::Workload(const WorkloadOptions& options, std::size_t connection, Observer observer)
    : options_(options),
      observer_(std::move(observer)),
      random_(splitmix64(options.seed) + connection),
      clock_(clock_of(connection)),
      total_weight_(0),
      map_(map_name(options, connection)),
      or_map_(or_map_name(options, connection)),
      key_prefix_(std::to_string(connection) + "-"),
      text_(random_text(random_, static_cast<std::size_t>(options.value_bytes) + kSpareText)) {
    for (const auto weight : options.mix.weights) total_weight_ += weight;
}

LoadKind Workload::draw() {
    if (options_.mix.of(LoadKind::put) == total_weight_) return LoadKind::put;
    auto drawn = static_cast<std::uint32_t>(random_.below(total_weight_));
    std::size_t kind = 0;
    while (drawn >= options_.mix.weights[kind]) drawn -= options_.mix.weights[kind++];
    return static_cast<LoadKind>(kind);
}

void Workload::write_value(std::uint64_t number) {
    value_.clear();
    msgpack::Writer writer(value_);
    writer.map(2);
    writer.string("n");
    writer.unsigned_integer(number);
    writer.string("text");
    writer.string(std::string_view(text_).substr(random_.below(kSpareText),
                                                 static_cast<std::size_t>(options_.value_bytes)));
}

void Workload::write_op(LoadKind kind, Bytes& out) {
    const auto number = ++last_id_;
    const auto stamp = clock_.now();
    assign_number(key_, random_.below(options_.keys));
    key_.insert(0, key_prefix_);
    assign_number(id_, number);
    Op op;
    op.map = map_;
    op.key = key_;
    op.id = id_;
    op.stamp = stamp.view();
    if (kind == LoadKind::remove) {
        op.kind = OpKind::remove;
    } else {
        write_value(number);
        op.value = value_;
    }
    if (kind == LoadKind::or_add) {
        op.kind = OpKind::or_add;
        op.map = or_map_;
        format_stamp(op.stamp, tag_);
        op.tag = tag_;
    }
    wire::encode_op(op, out);
    if (observer_) observer_(op, number);
}

LoadBatch Workload::next(std::size_t ops) {
    LoadBatch out;
    Bytes encoded;
    encoded.reserve(ops * (200 + static_cast<std::size_t>(options_.value_bytes)));
    for (std::size_t i = 0; i < ops; ++i) {
        const auto kind = draw();
        if (kind == LoadKind::query) {
            ++out.queries;
            continue;
        }
        write_op(kind, encoded);
        ++out.ops;
    }
    // A batch that the mix made of queries alone would have nothing to be acknowledged.
    if (out.ops == 0) {
        write_op(LoadKind::put, encoded);
        out.ops = 1;
    }
    out.last_id = last_id_;
    out.frame.reserve(encoded.size() + 48);
    msgpack::Writer writer(out.frame);
    writer.map(2);
    writer.string("type");
    writer.string(wire::ClientOpBatch::kType.name);
    writer.string("payload");
    writer.map(1);
    writer.string("ops");
    writer.array(out.ops);
    writer.raw(encoded);
    return out;
}

Bytes Workload::query(const std::string& query_id) const {
    wire::QuerySub message;
    message.query_id = query_id;
    message.map_name = map_;
    message.query.limit = kQueryLimit;
    return wire::encoded(message);
}

Bytes Workload::end_of_query(const std::string& query_id) {
    return wire::encoded(wire::QueryUnsub{query_id});
}

}  // namespace topgun::cli
