// SPDX-License-Identifier: Apache-2.0
// What the tree of tables says of one table.
#pragma once

#include <memory>
#include <vector>

#include "topgun/redb/database.hpp"
#include "tree_walk.hpp"

namespace topgun::redb {

struct TableDefinition {
    Table table;
    std::optional<Root> root;
    Widths widths;

    KeyOrder order() const noexcept {
        return table.key_type == "&str" || table.key_type == "String" || table.key_type == "&[u8]"
                   ? KeyOrder::bytes
                   : KeyOrder::unknown;
    }
    /// Widths of the tree itself: a multimap's values are collections, whatever their type.
    Widths tree_widths() const noexcept { return table.multimap ? Widths{widths.key, {}} : widths; }
};

/// Errors: bad_input with the byte in the definition.
Result<TableDefinition> parse_table_definition(BytesView name, BytesView bytes);

/// Reads a tree of tables. What cannot be read is noted in `damage`; without one it is the Error.
Result<std::vector<TableDefinition>> read_tables(const std::shared_ptr<const OpenFile>& file,
                                                 const std::optional<Root>& root,
                                                 std::vector<std::string>* damage,
                                                 std::uint64_t* pages = nullptr,
                                                 std::uint64_t* bytes = nullptr);

/// A name for messages.
std::string shown(BytesView name);

}  // namespace topgun::redb
