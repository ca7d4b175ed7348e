// SPDX-License-Identifier: Apache-2.0
// The maps that the Rust server keeps for itself (storage reference 11.1).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "row_findings.hpp"

namespace topgun::maptable {

inline constexpr std::string_view kPolicies = "__topgun_policies";
inline constexpr std::string_view kCredentials = "_topgun_device_credentials";
inline constexpr std::string_view kCursors = "_topgun_tombstone_cursors_v2";
inline constexpr std::string_view kOldCursors = "_topgun_tombstone_cursors";
inline constexpr std::string_view kPolicyIndex = "__index", kPolicyMarker = "__configured";

bool is_servers_own(std::string_view map) noexcept;

/// One of these maps.
class ReservedMap {
public:
    explicit ReservedMap(std::string_view map) : map_(map) {}
    /// @param record  null when it cannot be decoded.
    void row(const TableRow& row, const serverfiles::StoredRecord* record, RowFindings& findings);
    Status finish(const TableChecker::Found& found) const;

private:
    void policy(const TableRow& row, std::optional<BytesView> content, RowFindings& findings);
    void read_index(std::optional<BytesView> content);

    std::string map_;
    std::uint64_t rows_ = 0;
    std::set<std::string> policies_, indexed_;
    bool marker_ = false, has_index_ = false, sound_index_ = false;
};

/// The texts of a MessagePack list. Empty for anything else.
std::optional<std::vector<std::string>> read_text_list(BytesView content);

}  // namespace topgun::maptable
