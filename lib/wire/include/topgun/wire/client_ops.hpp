// SPDX-License-Identifier: Apache-2.0
// Ops of clients as views of the frame that they came in: writes come by the hundred thousand, and
// copying each text of each would cost more than storing it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "topgun/value/value_view.hpp"
#include "topgun/wire/messages_ops.hpp"

namespace topgun::wire {

/// LwwMapRecord, borrowing.
struct LwwRecordView {
    ValueView value{};
    Stamp timestamp{};
    std::optional<std::uint64_t> ttl_ms{};
};

/// OrMapRecord, borrowing.
struct OrRecordView {
    ValueView value{};
    Stamp timestamp{};
    std::string_view tag{};
    std::optional<std::uint64_t> ttl_ms{};
};

/// ClientOp, borrowing: the same fields with the same meaning.
struct ClientOpView {
    std::optional<std::string_view> id{};
    std::string_view map_name{};
    std::string_view key{};
    std::optional<std::string_view> op_type{};
    Nilable<LwwRecordView> record{};
    Nilable<OrRecordView> or_record{};
    Nilable<std::string_view> or_tag{};
    std::optional<WriteConcern> write_concern{};
    std::optional<std::uint64_t> timeout{};
    std::optional<Stamp> timestamp{};
    std::optional<bool> synced{};

    ClientOpView() = default;
    /// Borrows from `op`.
    TOPGUN_API explicit ClientOpView(const ClientOp& op);
};

/// The ops of one frame: views of it, and of what is held here because it had to be repaired or
/// brought into canonical form. Views stay valid when this is moved, but not when the frame is.
struct ClientOps {
    std::vector<ClientOpView> ops{};
    std::optional<WriteConcern> write_concern{};  ///< Of the batch, or of a single op.
    std::optional<std::uint64_t> timeout{};       ///< Milliseconds; of the batch.
    std::deque<Bytes> held{};

    ClientOps() = default;
    ClientOps(ClientOps&&) = default;
    ClientOps& operator=(ClientOps&&) = default;
};

}  // namespace topgun::wire
