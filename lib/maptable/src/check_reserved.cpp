// SPDX-License-Identifier: Apache-2.0
#include "check_reserved.hpp"

#include <algorithm>
#include <charconv>

#include "check_record.hpp"
#include "topgun/value/value_view.hpp"

namespace topgun::maptable {
namespace {

constexpr std::size_t kSecretBytes = 32, kCursorBytes = 8;

// "n:DEVICE", or "a" and the length of the principal, ":", the principal, "|", the device.
bool is_identity(std::string_view key) {
    if (key.starts_with("n:")) return key.size() > 2;
    if (!key.starts_with('a')) return false;
    std::size_t length = 0;
    const char* const end = key.data() + key.size();
    const auto parsed = std::from_chars(key.data() + 1, end, length);
    if (parsed.ec != std::errc() || parsed.ptr == end || *parsed.ptr != ':') return false;
    const auto rest = key.substr(static_cast<std::size_t>(parsed.ptr + 1 - key.data()));
    return rest.size() > length && rest[length] == '|';
}

}  // namespace

bool is_servers_own(std::string_view map) noexcept {
    return map == kPolicies || map == kCredentials || map == kCursors || map == kOldCursors;
}

std::optional<std::vector<std::string>> read_text_list(BytesView content) {
    msgpack::Reader reader(content);
    std::uint32_t count = 0;
    if (!reader.read_array(count)) return std::nullopt;
    std::vector<std::string> out;
    for (std::uint32_t i = 0; i < count; ++i) {
        std::string_view text;
        if (!reader.read_string(text)) return std::nullopt;
        out.emplace_back(text);
    }
    if (!reader.at_end()) return std::nullopt;
    return out;
}

void ReservedMap::row(const TableRow& row, const serverfiles::StoredRecord* record,
                      RowFindings& findings) {
    ++rows_;
    std::optional<BytesView> content;
    if (record != nullptr && record->kind == MapKind::lww) {
        content = ValueView(record->entries.front().value).as_binary();
    }
    if (map_ == kPolicies) return policy(row, content, findings);
    if (map_ == kOldCursors) return;
    if (!is_identity(row.key)) {
        findings.add(Problem::reserved_key, [&] { return quoted(row.key); });
    }
    const auto size = map_ == kCredentials ? kSecretBytes : kCursorBytes;
    if (content && content->size() == size) return;
    findings.add(map_ == kCredentials ? Problem::credential : Problem::cursor, [&] {
        return content
                   ? std::to_string(content->size()) + " bytes instead of " + std::to_string(size)
                   : std::string("no bytes at all");
    });
}

void ReservedMap::policy(const TableRow& row, std::optional<BytesView> content,
                         RowFindings& findings) {
    if (row.key == kPolicyMarker) {
        marker_ = true;
    } else if (row.key == kPolicyIndex) {
        read_index(content);
    } else {
        policies_.emplace(row.key);
        if (!content || !msgpack::validate(*content)) {
            findings.add(Problem::policy_row, [] { return "it is no MessagePack in bytes"; });
        }
    }
}

void ReservedMap::read_index(std::optional<BytesView> content) {
    has_index_ = true;
    const auto ids = content ? read_text_list(*content) : std::nullopt;
    sound_index_ = ids.has_value();
    if (ids) indexed_.insert(ids->begin(), ids->end());
}

Status ReservedMap::finish(const TableChecker::Found& found) const {
    if (map_ == kOldCursors) {
        return found({Problem::old_cursors,
                      map_,
                      {},
                      false,
                      std::to_string(rows_) + " rows of an older server"});
    }
    if (map_ != kPolicies) return {};
    std::string what;
    const auto missing = std::find_if(policies_.begin(), policies_.end(),
                                      [&](const auto& id) { return !indexed_.contains(id); });
    const auto without_row = std::find_if(indexed_.begin(), indexed_.end(),
                                          [&](const auto& id) { return !policies_.contains(id); });
    if (!has_index_) {
        if (marker_ || !policies_.empty()) what = "there is none";
    } else if (!sound_index_) {
        what = "it cannot be read";
    } else if (missing != policies_.end()) {
        what = "policy " + quoted(*missing) + " is not in it";
    } else if (without_row != indexed_.end()) {
        what = "policy " + quoted(*without_row) + " is in it, and has no row";
    }
    if (what.empty()) return {};
    return found({Problem::policy_index, map_, kPolicyIndex, false, std::move(what)});
}

}  // namespace topgun::maptable
