// SPDX-License-Identifier: Apache-2.0
// What can be wrong with the tables of TopGun's servers: one list for check, repair and their
// pages.
#pragma once

#include <bitset>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/base/export.hpp"

namespace topgun::maptable {

enum class Severity : std::uint8_t {
    notice,   ///< Worth knowing; nothing is lost.
    warning,  ///< Data is not what it seems, or will be read in another way.
    error,    ///< Data is hidden or lost, or a server refuses to work.
};

/// "notice", "warning", "error".
TOPGUN_API std::string_view severity_name(Severity severity) noexcept;

/// Whether `pg repair` has a fix.
enum class Repair : std::uint8_t {
    never,       ///< A person has to decide.
    on_request,  ///< It changes what the data says: only when asked for by name.
    safe,        ///< What is right follows from the data itself.
};

/// In the order of problem_infos().
enum class Problem : std::uint8_t {
    older_than_other,
    removed_tag,
    journal_restart,
    journal_gap,
    tombstones_only,
    deleted_flag,
    deleted_or_row,
    no_records,
    mixed_kinds,
    repeated_tag,
    tag_form,
    orphan_tombstone,
    old_tombstone,
    future_stamp,
    odd_stamp,
    beyond_limits,
    clock_back,
    undecodable,
    refused_form,
    other_form,
    no_record,
    misplaced,
    newer_backup,
    lone_backup,
    expired,
    expiration_unit,
    row_times,
    empty_key,
    unicode_twins,
    collation,
    policy_index,
    policy_row,
    credential,
    cursor,
    reserved_key,
    old_cursors,
    null_value,
    suspicious_value,
    log_tail,
    log_damage,
    log_order,
    log_place,
    log_watermark,
    log_ahead,
    base_newer,
    index_file,
    embedding,
    same_value,
    duplicate_row,
    no_primary_key,
    same_stamp,
};

inline constexpr std::size_t kProblems = static_cast<std::size_t>(Problem::same_stamp) + 1;
using ProblemSet = std::bitset<kProblems>;

struct ProblemInfo {
    Problem problem;
    std::string_view id;    ///< The class: "D13". E1 to E3 are those that have no number there.
    std::string_view word;  ///< "undecodable": stable, and unique.
    Severity severity;
    Repair repair;
    std::string_view title;   ///< "rows that cannot be decoded"
    std::string_view advice;  ///< What to do, or what repair does.
    /// Found only when it is asked for by name: it cannot be told from sound data.
    bool only_asked = false;
};

/// All of them, by class.
TOPGUN_API std::span<const ProblemInfo> problem_infos() noexcept;
TOPGUN_API const ProblemInfo& problem_info(Problem problem) noexcept;

/// The problems that a list of words names: classes ("D13", in any case) or words ("undecodable").
/// Errors: usage, for a word that is neither.
TOPGUN_API Result<ProblemSet> parse_problems(const std::vector<std::string>& words);

}  // namespace topgun::maptable
