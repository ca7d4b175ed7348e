// SPDX-License-Identifier: Apache-2.0
// What a TableWriter gathers for one transaction.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/crdt/op.hpp"
#include "topgun/maptable/key_state.hpp"
#include "topgun/pg/table_writer.hpp"

namespace topgun::pg {

/// Ops by the key that they concern, merged among themselves.
class TableBatch {
public:
    struct Key {
        std::string map, key;
        maptable::KeyState incoming;
    };
    using Tags = std::map<std::string, std::vector<std::string>>;  // by map

    /// Errors: bad_input for names that PostgreSQL does not take, and for a key that is known as
    /// one of a map of the other kind.
    Status add(const Op& op);
    /// True when the op's key is in it.
    bool has(const Op& op) const;
    bool empty() const { return keys_.empty() && tags_.empty() && counters_.empty(); }
    std::size_t keys() const { return keys_.size(); }
    std::size_t bytes() const { return bytes_; }
    /// Two batches that are this one together. Nothing when it is one op, or one key and
    /// `tear_keys` is false.
    std::optional<std::pair<TableBatch, TableBatch>> halves(bool tear_keys) const;
    /// Notes in the report that nothing of it is written.
    void refuse_all(const std::string& why, TableWriteReport& report) const;

    const std::vector<Key>& all() const { return keys_; }
    /// Removed without saying of which key.
    const Tags& tags() const { return tags_; }
    /// By map and node.
    const std::map<std::pair<std::string, std::string>, Bytes>& counters() const {
        return counters_;
    }

private:
    Status add_keyed(const Op& op);
    template <typename Take>
    void for_each_op(Take&& take) const;

    std::vector<Key> keys_;
    std::unordered_map<std::string, std::size_t> index_;  // by map, U+0000, key
    Tags tags_;
    std::map<std::pair<std::string, std::string>, Bytes> counters_;
    std::size_t bytes_ = 0;
};

/// Notes in the report that nothing of it is written.
void refuse(const Op& op, const std::string& why, TableWriteReport& report);
void refuse(const TableBatch::Key& key, const std::string& why, TableWriteReport& report);
void refuse_tag(const std::string& map, const std::string& tag, const std::string& why,
                TableWriteReport& report);

}  // namespace topgun::pg
