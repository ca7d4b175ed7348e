// SPDX-License-Identifier: Apache-2.0
// What the tests of redb files share: files of testdata, their content, and files made here.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "topgun/base/bytes.hpp"
#include "topgun/base/hash.hpp"
#include "topgun/redb/database.hpp"
#include "topgun_test/runs.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {

using Entries = std::vector<std::pair<std::string, std::string>>;

inline std::string redb_bytes(const std::string& name) {
    return unpack_runs(testdata("redb/" + name + ".redb.runs"));
}

inline Result<Entries> try_entries(const redb::Database& database, std::size_t table) {
    auto cursor = database.cursor(table);
    if (!cursor) return std::move(cursor).error();
    Entries out;
    for (;;) {
        auto more = (*cursor)->next();
        if (!more) return std::move(more).error();
        if (!*more) return out;
        out.emplace_back((*cursor)->key(), (*cursor)->value());
    }
}

/// All tables of a file whose keys are texts.
inline Result<std::map<std::string, Entries>> try_content(const std::string& path,
                                                          const redb::OpenOptions& options = {}) {
    auto database = redb::Database::open(path, options);
    if (!database) return std::move(database).error();
    std::map<std::string, Entries> out;
    for (std::size_t i = 0; i < (*database)->tables().size(); ++i) {
        const auto& table = (*database)->tables()[i];
        if (table.key_type != "&str" || table.multimap) continue;
        auto entries = try_entries(**database, i);
        if (!entries) return std::move(entries).error();
        out[table.name] = std::move(*entries);
    }
    return out;
}

/// Writes files of redb's format 2, page by page, with small pages and whatever one likes in them.
class Forge {
public:
    static constexpr std::size_t kPage = 512;
    static constexpr std::size_t kRegionPages = 64;

    Forge() : bytes_(2 * kPage, '\0') {}

    struct Child {
        std::uint64_t page = 0;
        Hash128 checksum;
    };
    /// Adds a page of as many bytes as it needs; its checksum is over `content`.
    Child page(const std::string& content) {
        std::uint64_t order = 0;
        while ((kPage << order) < content.size()) ++order;
        // A page of an order stands at a multiple of its size in the region's data.
        const std::size_t size = kPage << order;
        while ((bytes_.size() - 2 * kPage) % size != 0) bytes_.append(kPage, '\0');
        const auto index = (bytes_.size() - 2 * kPage) / size;
        bytes_ += content;
        bytes_.append(size - content.size(), '\0');
        return {order << 59 | index, xxh3_128(content)};
    }
    static std::string leaf_content(const Entries& entries) {
        std::string out("\x01\0", 2), values;
        append_le(out, static_cast<std::uint16_t>(entries.size()));
        std::size_t end = 4 + 8 * entries.size();
        for (const auto& [key, value] : entries) {
            append_le(out, static_cast<std::uint32_t>(end += key.size()));
        }
        for (const auto& [key, value] : entries) {
            append_le(out, static_cast<std::uint32_t>(end += value.size()));
        }
        for (const auto& [key, value] : entries) out += key;
        for (const auto& [key, value] : entries) out += value;
        return out;
    }
    static std::string branch_content(const std::vector<Child>& children,
                                      const std::vector<std::string>& keys) {
        std::string out("\x02\0", 2);
        append_le(out, static_cast<std::uint16_t>(keys.size()));
        out.append(4, '\0');
        for (const auto& child : children) {
            append_le(out, child.checksum.low);
            append_le(out, child.checksum.high);
        }
        for (const auto& child : children) append_le(out, child.page);
        std::size_t end = out.size() + 4 * keys.size();
        for (const auto& key : keys) append_le(out, static_cast<std::uint32_t>(end += key.size()));
        for (const auto& key : keys) out += key;
        return out;
    }
    Child leaf(const Entries& entries) { return page(leaf_content(entries)); }
    Child branch(const std::vector<Child>& children, const std::vector<std::string>& keys) {
        return page(branch_content(children, keys));
    }
    static std::string root(const Child& child, std::uint64_t length) {
        std::string out;
        append_le(out, child.page);
        append_le(out, child.checksum.low);
        append_le(out, child.checksum.high);
        append_le(out, length);
        return out;
    }
    static std::string definition(const Child& child, std::uint64_t length,
                                  const std::string& key_type = "&str") {
        std::string out(1, '\x03');
        append_le(out, length);
        out += '\x01' + root(child, length) + std::string(10, '\0');
        append_le(out, std::uint32_t{1});
        append_le(out, std::uint32_t{1});
        append_le(out, static_cast<std::uint32_t>(key_type.size() + 1));
        return out + '\x01' + key_type + "\x01&[u8]";
    }
    static std::string slot(const std::string& user_root, std::uint64_t transaction,
                            char format = 2) {
        std::string out(1, format);
        out += user_root.empty() ? '\0' : '\1';
        out.resize(8);
        out += user_root;
        out.resize(104);
        append_le(out, transaction);
        const auto checksum = xxh3_128(out);
        append_le(out, checksum.low);
        append_le(out, checksum.high);
        return out;
    }
    /// The file, with the two commits; `flags` is the god byte.
    std::string file(const std::string& slot0, const std::string& slot1, char flags = 0) const {
        std::string head("redb\x1a\x0a\xa9\x0d\x0a", 9);
        head += flags;
        head.resize(12);
        append_le(head, static_cast<std::uint32_t>(kPage));
        append_le(head, std::uint32_t{1});
        append_le(head, static_cast<std::uint32_t>(kRegionPages));
        head.resize(64);
        head += slot0 + slot1;
        auto out = bytes_;
        out.replace(0, head.size(), head);
        return out;
    }
    /// The file with one table in its first commit.
    std::string with_table(const Child& tree, std::uint64_t length,
                           const std::string& key_type = "&str", char flags = 0) {
        const auto tables = leaf({{"map__t", definition(tree, length, key_type)}});
        return file(slot(root(tables, 1), 7), slot({}, 6), flags);
    }

private:
    std::string bytes_;
};

}  // namespace topgun::test
