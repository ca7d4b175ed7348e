// SPDX-License-Identifier: Apache-2.0
#include "verify.hpp"

namespace topgun::redb {
namespace {

// What a multimap has for one key: a leaf on the spot, or a tree.
constexpr char kInline = 1, kSubtree = 3;

// Keys of the tree of freed pages, which format 2 has: a transaction and a page of its list.
constexpr Widths kFreedWidths = {16, {}};

class Verifier {
public:
    explicit Verifier(std::shared_ptr<const OpenFile> file) : file_(std::move(file)) {}

    Status run(const Slot& slot) {
        TOPGUN_TRY(tables(slot.user, true));
        TOPGUN_TRY(tables(slot.system, false));
        auto freed = count(slot.freed, kFreedWidths, KeyOrder::unknown, "freed pages");
        return freed ? Status() : Status(std::move(freed).error());
    }
    VerifyReport report;

private:
    void note(std::string what) {
        if (report.damage.size() < kMaxListedDamage) report.damage.push_back(std::move(what));
    }
    // Damage is noted; an error of the system ends the walk.
    Status note_error(Error error, const std::string& what) {
        if (error.code() != Errc::bad_input) return error;
        note(std::move(error).within(what).text());
        return {};
    }

    Status tables(const std::optional<Root>& root, bool of_user) {
        auto list = read_tables(file_, root, &report.damage, &report.pages, &report.bytes);
        if (!list) return std::move(list).error();
        if (report.damage.empty() && root && root->length != list->size()) {
            note("list of tables: has " + std::to_string(list->size()) + " entries instead of " +
                 std::to_string(root->length));
        }
        for (const auto& table : *list) {
            const auto name = (of_user ? "table " : "system table ") + shown(table.table.name);
            auto entries = table.table.multimap
                               ? count_multimap(table, name)
                               : count(table.root, table.widths, table.order(), name);
            if (!entries) return std::move(entries).error();
            // Where a page is missing, the number is another fault of the same damage.
            if (*entries && **entries != table.table.length) {
                note(name + ": has " + std::to_string(**entries) + " entries instead of " +
                     std::to_string(table.table.length));
            }
            if (!of_user) continue;
            ++report.tables;
            report.entries += entries->value_or(0);
        }
        return {};
    }

    // How many entries a tree has; none when it is damaged.
    Result<std::optional<std::uint64_t>> count(const std::optional<Root>& root,
                                               const Widths& widths, KeyOrder order,
                                               const std::string& name) {
        TreeWalk walk(file_, root, widths, order);
        return count(walk, name, [](TreeWalk&) -> Result<std::uint64_t> { return 1; });
    }

    Result<std::optional<std::uint64_t>> count_multimap(const TableDefinition& table,
                                                        const std::string& name) {
        TreeWalk walk(file_, table.root, table.tree_widths(), table.order());
        return count(walk, name, [&](TreeWalk& at) -> Result<std::uint64_t> {
            const auto value = at.value();
            // Values of a multimap are the keys of their collection, which has no values.
            const Widths widths = {table.widths.value, 0};
            if (!value.empty() && value[0] == kInline) {
                auto leaf = Page::leaf(Bytes(value.substr(1)), widths);
                if (!leaf) return std::move(leaf).error();
                return leaf->count();
            }
            if (value.size() < 1 + Root::kSize || value[0] != kSubtree) {
                return Error(Errc::bad_input, "a multimap's values are of no known form");
            }
            TreeWalk inner(file_, load_root(value.data() + 1), widths, KeyOrder::unknown);
            auto entries = count(inner, name, [](TreeWalk&) -> Result<std::uint64_t> { return 1; });
            if (!entries) return std::move(entries).error();
            return entries->value_or(0);
        });
    }

    template <typename Each>
    Result<std::optional<std::uint64_t>> count(TreeWalk& walk, const std::string& name,
                                               const Each& each) {
        std::uint64_t entries = 0;
        bool sound = true;
        for (;;) {
            auto more = walk.next();
            if (more && !*more) break;
            auto counted = more ? each(walk) : Result<std::uint64_t>(std::move(more).error());
            if (counted) {
                entries += *counted;
                continue;
            }
            sound = false;
            TOPGUN_TRY(note_error(std::move(counted).error(), name));
        }
        report.pages += walk.pages();
        report.bytes += walk.bytes();
        return sound ? std::optional(entries) : std::nullopt;
    }

    std::shared_ptr<const OpenFile> file_;
};

}  // namespace

Result<VerifyReport> verify_commit(const std::shared_ptr<const OpenFile>& file, const Slot& slot) {
    Verifier verifier(file);
    TOPGUN_TRY(verifier.run(slot));
    return std::move(verifier.report);
}

}  // namespace topgun::redb
