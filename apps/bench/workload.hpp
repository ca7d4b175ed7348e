// SPDX-License-Identifier: Apache-2.0
// What one connection of a load generator writes: ops of a chosen mix, encoded as they go out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"
#include "topgun/base/random.hpp"
#include "topgun/clock/hlc.hpp"
#include "topgun/crdt/op.hpp"

namespace topgun::cli {

enum class LoadKind : std::uint8_t { put, remove, or_add, query };
inline constexpr std::size_t kLoadKinds = 4;

/// How often each kind comes, relative to the sum of all.
struct Mix {
    std::array<std::uint32_t, kLoadKinds> weights{100, 0, 0, 0};

    std::uint32_t of(LoadKind kind) const noexcept {
        return weights[static_cast<std::size_t>(kind)];
    }
};

/// Reads "lww=90,remove=2,or=5,query=3". Errors: usage: an unknown word, a weight above a million,
/// nothing at all, or queries alone, of which no write could be acknowledged.
Result<Mix> parse_mix(std::string_view text);

struct WorkloadOptions {
    Mix mix{};
    std::uint64_t keys = 10'000;     ///< Of one connection. At least 1.
    std::uint64_t value_bytes = 64;  ///< Of text in each value.
    std::uint64_t maps = 0;          ///< That all connections share; 0: one for each connection.
    std::uint64_t seed = 1;
};

/// One OP_BATCH, ready to be sent.
struct LoadBatch {
    Bytes frame;
    std::uint64_t last_id = 0;  ///< Of its last op: what an OP_ACK names.
    std::uint32_t ops = 0;
    std::uint32_t queries = 0;  ///< That the mix asks for beside it.
};

/// Threads: one at a time.
class Workload {
public:
    /// Hears of each op before it is sent. Borrowed for the call. `number` is also the field `n` of
    /// the op's value.
    using Observer = std::function<void(const Op& op, std::uint64_t number)>;

    /// @param connection  part of the keys and the node id, so that no two connections collide.
    Workload(const WorkloadOptions& options, std::size_t connection, Observer observer = {});

    /// The next `ops` items of the mix; queries among them are only counted.
    LoadBatch next(std::size_t ops);
    /// A query for ten records of the map that is written.
    Bytes query(const std::string& query_id) const;
    static Bytes end_of_query(const std::string& query_id);

    const std::string& map() const noexcept { return map_; }
    /// Everything that load on so many connections may write to. @return names of LWW maps.
    static std::string map_name(const WorkloadOptions& options, std::size_t connection);
    static std::string or_map_name(const WorkloadOptions& options, std::size_t connection);

private:
    LoadKind draw();
    void write_op(LoadKind kind, Bytes& out);
    void write_value(std::uint64_t number);

    const WorkloadOptions options_;
    Observer observer_;
    Random random_;
    Hlc clock_;
    std::uint32_t total_weight_;
    std::string map_, or_map_, key_prefix_;
    std::string text_;  // random letters, of which each value takes a slice
    std::uint64_t last_id_ = 0;
    std::string key_, id_, tag_;  // of the op at hand
    Bytes value_;
};

}  // namespace topgun::cli
