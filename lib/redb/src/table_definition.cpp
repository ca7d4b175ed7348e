// SPDX-License-Identifier: Apache-2.0
#include "table_definition.hpp"

#include "topgun/base/utf.hpp"

namespace topgun::redb {
namespace {

// The tables' tree maps names to definitions; both are as long as they are.
constexpr Widths kTablesWidths = {};

constexpr char kNormal = 3, kMultimap = 4;

// Offsets in a definition.
constexpr std::size_t kLength = 1, kHasRoot = 9, kRoot = 10, kKeyWidth = 42, kValueWidth = 47,
                      kKeyTypeSize = 60, kKeyType = 64;

Error bad(std::size_t at, const char* what) {
    return Error(Errc::bad_input,
                 "byte " + std::to_string(at) + " of the definition: " + std::string(what));
}

std::optional<std::uint32_t> width(BytesView bytes, std::size_t at) {
    if (bytes[at] == 0) return std::nullopt;
    return load_le<std::uint32_t>(bytes.data() + at + 1);
}

// A type is a byte for who defined it, and a name.
bool type_name(BytesView bytes, std::string& out) {
    if (bytes.empty() || !is_utf8(bytes.substr(1))) return false;
    out = bytes.substr(1);
    return true;
}

}  // namespace

std::string shown(BytesView name) {
    return repair_utf8(name.substr(0, 64));
}

Result<TableDefinition> parse_table_definition(BytesView name, BytesView bytes) {
    if (bytes.size() < kKeyType) return bad(bytes.size(), "it is cut short");
    if (!is_utf8(name)) return Error(Errc::bad_input, "its name is not UTF-8");
    TableDefinition out;
    out.table.name = name;
    if (bytes[0] != kNormal && bytes[0] != kMultimap) return bad(0, "no known kind of table");
    out.table.multimap = bytes[0] == kMultimap;
    out.table.length = load_le<std::uint64_t>(bytes.data() + kLength);
    if (bytes[kHasRoot] != 0) out.root = load_root(bytes.data() + kRoot);
    out.widths = {width(bytes, kKeyWidth), width(bytes, kValueWidth)};
    const std::size_t key_type_size = load_le<std::uint32_t>(bytes.data() + kKeyTypeSize);
    if (key_type_size > bytes.size() - kKeyType) return bad(kKeyTypeSize, "it is cut short");
    if (!type_name(bytes.substr(kKeyType, key_type_size), out.table.key_type) ||
        !type_name(bytes.substr(kKeyType + key_type_size), out.table.value_type)) {
        return bad(kKeyType, "no name of a type");
    }
    return out;
}

Result<std::vector<TableDefinition>> read_tables(const std::shared_ptr<const OpenFile>& file,
                                                 const std::optional<Root>& root,
                                                 std::vector<std::string>* damage,
                                                 std::uint64_t* pages, std::uint64_t* bytes) {
    std::vector<TableDefinition> out;
    TreeWalk walk(file, root, kTablesWidths, KeyOrder::bytes);
    const auto note = [&](Error error) -> Status {
        if (damage == nullptr || error.code() != Errc::bad_input) return error;
        if (damage->size() < kMaxListedDamage) damage->push_back(error.text());
        return {};
    };
    for (;;) {
        auto more = walk.next();
        if (!more) {
            TOPGUN_TRY(note(std::move(more).error().within("list of tables")));
            continue;
        }
        if (!*more) break;
        auto table = parse_table_definition(walk.key(), walk.value());
        if (!table) {
            TOPGUN_TRY(note(std::move(table).error().within("table " + shown(walk.key()))));
            continue;
        }
        out.push_back(std::move(*table));
    }
    if (pages != nullptr) *pages += walk.pages();
    if (bytes != nullptr) *bytes += walk.bytes();
    return out;
}

}  // namespace topgun::redb
