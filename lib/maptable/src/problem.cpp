// SPDX-License-Identifier: Apache-2.0
#include "topgun/maptable/problem.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace topgun::maptable {
namespace {

using P = Problem;
using S = Severity;
using R = Repair;

// clang-format off
constexpr std::array<ProblemInfo, kProblems> kInfos = {{
    {P::older_than_other, "D1", "older-than-other", S::warning, R::never,
     "records that are older here than in the other source",
     "merge the other source into the table: topgun-cli pg import"},
    {P::removed_tag, "D2", "removed-tag", S::error, R::safe,
     "records of OR-Maps whose tag has been removed",
     "repair drops the record: the removal is the later word"},
    {P::journal_restart, "D3", "journal-restart", S::warning, R::never,
     "the event journal began anew, and dropped events whose number was taken",
     "the events are lost; compare the maps with another replica by --against"},
    {P::journal_gap, "D3", "journal-gap", S::warning, R::never,
     "numbers that are missing in the event journal",
     "the events are lost; compare the maps with another replica by --against"},
    {P::tombstones_only, "D4", "tombstones-only", S::warning, R::on_request,
     "keys of which an older server kept the removals alone",
     "members may have been lost: merge a backup or a client; --fix D4 brings the row into "
     "today's form"},
    {P::deleted_flag, "D5", "deleted-flag", S::warning, R::safe,
     "is_deleted and value contradict each other",
     "repair makes it the tombstone that the server reads"},
    {P::deleted_or_row, "D5", "deleted-or-row", S::warning, R::never,
     "rows of OR-Maps that are marked deleted",
     "the server has no such rows: look at them by hand"},
    {P::no_records, "D6", "no-records", S::notice, R::safe,
     "keys of OR-Maps without any record", "repair deletes the row"},
    {P::mixed_kinds, "D7", "mixed-kinds", S::error, R::never,
     "maps with rows of LWW and OR kind: the server shows one kind and hides the other",
     "export both kinds (pg export keeps them apart) and import one under another name"},
    {P::repeated_tag, "D8", "repeated-tag", S::warning, R::safe,
     "tags that occur twice in a key, or as record and as removed",
     "repair keeps the record with the greatest stamp, and the removal above all"},
    {P::tag_form, "D9", "tag-form", S::warning, R::never,
     "tags that are not the stamp of their record, or node ids with a colon",
     "the tag is the record's identity: nothing is changed"},
    {P::orphan_tombstone, "D10", "orphan-tombstone", S::notice, R::never,
     "removed tags that the other source knows nothing of",
     "harmless; they can be dropped when no replica has the record any more"},
    {P::old_tombstone, "D10", "old-tombstone", S::notice, R::on_request,
     "tombstones older than --tombstone-age",
     "--fix old-tombstone drops them; a replica that was away for longer brings the data back"},
    {P::future_stamp, "D11", "future-stamp", S::error, R::never,
     "stamps ahead of the clock: clients refuse every later write until then",
     "find the node whose clock is wrong (inspect --nodes); write the keys anew behind that "
     "moment"},
    {P::odd_stamp, "D11", "odd-stamp", S::warning, R::never,
     "stamps without time or node, in seconds, or with a counter about to overflow",
     "such a record loses against every other; write the keys anew"},
    {P::beyond_limits, "D11", "beyond-limits", S::error, R::safe,
     "stamps or values beyond what clients can read",
     "repair moves the row to the side table, or from an OR-Map's row what is beyond; write the "
     "keys anew"},
    {P::clock_back, "D12", "clock-back", S::notice, R::never,
     "rows stored later with an earlier stamp of the same node",
     "the node's clock went back, or two nodes have one name"},
    {P::undecodable, "D13", "undecodable", S::error, R::safe,
     "rows that cannot be decoded: one of them keeps the server from starting",
     "repair moves the row to the side table, or drops what cannot be decoded of an OR-Map's row"},
    {P::refused_form, "D13", "refused-form", S::error, R::safe,
     "rows that the server refuses, but whose meaning is plain",
     "repair writes the record in the server's form"},
    {P::other_form, "D13", "other-form", S::warning, R::safe,
     "rows in a form that the server reads, but does not write",
     "repair writes the record in the server's form"},
    {P::no_record, "D14", "no-record", S::error, R::safe,
     "rows whose JSON is no record",
     "repair moves the row to the side table, or drops what is no record of an OR-Map's row"},
    {P::misplaced, "D14", "misplaced", S::error, R::never,
     "removed tags under another key than __tombstones__, or records under it",
     "the server does not read them: look at them by hand"},
    {P::newer_backup, "D15", "newer-backup", S::error, R::safe,
     "replica copies that are newer than the row they are of",
     "repair merges the copy into the row"},
    {P::lone_backup, "D15", "lone-backup", S::warning, R::on_request,
     "replica copies without the row they are of",
     "deleted, or lost: --fix lone-backup makes it the row"},
    {P::expired, "D16", "expired", S::warning, R::safe,
     "rows past their expiration_time, which the server serves all the same",
     "repair deletes the row; --expired clear keeps it for ever instead"},
    {P::expiration_unit, "D16", "expiration-unit", S::warning, R::never,
     "an expiration_time below zero, or in seconds", "set it by hand"},
    {P::row_times, "D17", "row-times", S::notice, R::safe,
     "created_at or updated_at missing, in seconds, ahead of the clock or in the wrong order",
     "repair takes them from the record's stamps"},
    {P::empty_key, "D18", "empty-key", S::warning, R::never,
     "keys of no length: the server's scans never return them", "move the record to another key"},
    {P::unicode_twins, "D18", "unicode-twins", S::warning, R::never,
     "keys that look the same and differ in their Unicode form",
     "choose one form in the application, and merge the records"},
    {P::collation, "D18", "collation", S::warning, R::never,
     "a collation that compares different keys as equal, or has changed since the index was built",
     "REINDEX the table after ALTER DATABASE ... REFRESH COLLATION VERSION; use a deterministic "
     "collation"},
    {P::policy_index, "D19", "policy-index", S::error, R::safe,
     "the index of the policies is not that of their rows: the server does not start",
     "repair writes the index anew"},
    {P::policy_row, "D19", "policy-row", S::error, R::never,
     "policies that cannot be read: the server does not start", "restore the row from a backup"},
    {P::credential, "D19", "credential", S::warning, R::never,
     "device secrets that are not 32 bytes",
     "the device cannot prove itself: delete the row, and it gets a new one"},
    {P::cursor, "D19", "cursor", S::warning, R::safe,
     "positions of clients that are not 8 bytes",
     "repair deletes the row; the client is then tracked anew"},
    {P::reserved_key, "D19", "reserved-key", S::notice, R::never,
     "keys in the server's own maps that are no identity", "delete them by hand"},
    {P::old_cursors, "D19", "old-cursors", S::notice, R::on_request,
     "positions of clients in the map of an older server, which nobody reads",
     "--fix old-cursors deletes them"},
    {P::null_value, "D20", "null-value", S::notice, R::on_request,
     "live records whose value is null, as a write without a value leaves them",
     "--fix D20 deletes them; clients that have the record bring it back"},
    {P::suspicious_value, "D21", "suspicious-value", S::notice, R::never,
     "values as a conversion leaves them: large negative integers, empty texts, nulls",
     "compare with the client that wrote them", true},
    {P::log_tail, "D22", "log-tail", S::notice, R::never,
     "frames of the write-ahead log that were cut off at the end",
     "nobody was told that such a write is kept; the server cuts it off when it starts"},
    {P::log_damage, "D22", "log-damage", S::error, R::never,
     "damage in the write-ahead log",
     "recover what is sound: topgun-cli convert topgun-wal out.tgs --salvage"},
    {P::log_order, "D22", "log-order", S::warning, R::never,
     "numbers of the write-ahead log that repeat or go back",
     "the log was used by two servers, or put together by hand"},
    {P::log_place, "D22", "log-place", S::warning, R::never,
     "entries of the write-ahead log in the wrong partition or file",
     "recover what is sound: topgun-cli convert topgun-wal out.tgs --salvage"},
    {P::log_watermark, "D22", "log-watermark", S::warning, R::never,
     "marks of the write-ahead log that cannot be right",
     "without its mark a log is replayed whole, which is safe"},
    {P::log_ahead, "D23", "log-ahead", S::notice, R::never,
     "writes in the write-ahead log that the table may lack",
     "keep the log with the table: a backup of the table alone misses them"},
    {P::base_newer, "D24", "base-newer", S::warning, R::never,
     "rows newer than an unflushed write to them: several servers on one table",
     "the later stamp is right; give each server a table of its own"},
    {P::index_file, "D25", "index-file", S::warning, R::never,
     "definitions of indexes that cannot be read, or whose map or attribute does not exist",
     "correct the file while the server is stopped"},
    {P::embedding, "D26", "embedding", S::warning, R::never,
     "embeddings that cannot be read, have no source, or another dimension than the others",
     "write the source field anew: the server embeds it again"},
    {P::same_value, "D27", "same-value", S::notice, R::on_request,
     "equal values under different tags of one server in one key",
     "perhaps a removal that missed its record; --fix D27 keeps the latest"},
    {P::duplicate_row, "E1", "duplicate-row", S::error, R::never,
     "several rows of one key: the primary key is missing or its index is damaged",
     "delete the older row, then create the primary key or REINDEX"},
    {P::no_primary_key, "E2", "no-primary-key", S::error, R::never,
     "the table lacks the primary key that the servers' writes rely on",
     "ALTER TABLE ... ADD PRIMARY KEY"},
    {P::same_stamp, "E3", "same-stamp", S::error, R::never,
     "one stamp, different content here and in the other source: no sync will ever repair it",
     "write the keys anew"},
}};
// clang-format on

bool same_class(std::string_view id, std::string_view word) {
    return id.size() == word.size() && (id[0] == word[0] || id[0] + ('a' - 'A') == word[0]) &&
           id.substr(1) == word.substr(1);
}

}  // namespace

std::string_view severity_name(Severity severity) noexcept {
    constexpr std::string_view kNames[] = {"notice", "warning", "error"};
    return kNames[static_cast<std::size_t>(severity)];
}

std::span<const ProblemInfo> problem_infos() noexcept {
    return kInfos;
}

const ProblemInfo& problem_info(Problem problem) noexcept {
    return kInfos[static_cast<std::size_t>(problem)];
}

Result<ProblemSet> parse_problems(const std::vector<std::string>& words) {
    ProblemSet out;
    for (const auto& word : words) {
        bool known = false;
        for (const auto& info : kInfos) {
            if (info.word != word && !same_class(info.id, word)) continue;
            out.set(static_cast<std::size_t>(info.problem));
            known = true;
        }
        if (!known) {
            return Error(Errc::usage, "'" + word + "' is no class (D1 to D27, E1 to E3) and no " +
                                          "word of one: see the manual page");
        }
    }
    return out;
}

}  // namespace topgun::maptable
