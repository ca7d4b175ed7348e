// SPDX-License-Identifier: Apache-2.0
#include "topgun/redb/database.hpp"

#include <algorithm>

#include "table_definition.hpp"
#include "verify.hpp"

namespace topgun::redb {

TableCursor::~TableCursor() = default;
Database::~Database() = default;

namespace {

constexpr std::uint8_t kOldFormat = 1, kFormat2 = 2, kFormat3 = 3;

Error unknown_format(std::uint8_t format) {
    const auto said = "redb's file format " + std::to_string(format) + "; 2 and 3 are known";
    if (format == kOldFormat) {
        return Error(Errc::unsupported_version,
                     said + ": open the file once with redb 1.3 to 2.x, which upgrades it");
    }
    return Error(Errc::unsupported_version, said + ": a newer redb wrote the file");
}

Error slot_error(std::size_t slot) {
    return Error(Errc::bad_input, "byte " + std::to_string(kSlots + kSlotSize * slot) +
                                      ": the checksum of commit " + "slot " + std::to_string(slot) +
                                      " differs");
}

class Cursor final : public TableCursor {
public:
    Cursor(std::shared_ptr<const OpenFile> file, const TableDefinition& table)
        : place_(file->file.path() + ": table " + shown(table.table.name)),
          walk_(std::move(file), table.root, table.tree_widths(), table.order()) {}

    Result<bool> next() override {
        auto more = walk_.next();
        if (!more) return std::move(more).error().within(place_);
        return more;
    }
    BytesView key() const noexcept override { return walk_.key(); }
    BytesView value() const noexcept override { return walk_.value(); }
    std::uint64_t bytes_read() const noexcept override { return walk_.bytes(); }

private:
    std::string place_;
    TreeWalk walk_;
};

class OpenDatabase final : public Database {
public:
    OpenDatabase(std::shared_ptr<const OpenFile> file, const OpenOptions& options)
        : file_(std::move(file)), options_(options) {}

    Status choose_commit();
    Status list_tables();

    const std::string& name() const noexcept override { return file_->file.path(); }
    const Commit& commit() const noexcept override { return commit_; }
    const std::vector<Table>& tables() const noexcept override { return tables_; }
    const std::vector<std::string>& damage() const noexcept override { return damage_; }
    Result<std::unique_ptr<TableCursor>> cursor(std::size_t table) const override;
    Result<VerifyReport> verify() const override { return verify_commit(file_, slot()); }

private:
    const Slot& slot() const { return file_->header.slots[slot_]; }
    Status use(std::size_t slot, std::size_t newest);
    Status whole(std::size_t slot) const;
    void note(const Error& error) { damage_.push_back(name() + ": " + error.text()); }

    std::shared_ptr<const OpenFile> file_;
    OpenOptions options_;
    std::size_t slot_ = 0;
    Commit commit_;
    std::vector<Table> tables_;
    std::vector<TableDefinition> definitions_;
    std::vector<std::string> damage_;
};

// Whether a commit can be read from its roots to its last page.
Status OpenDatabase::whole(std::size_t at) const {
    const auto& slot = file_->header.slots[at];
    if (!slot.sound) return slot_error(at);
    if (slot.format != kFormat2 && slot.format != kFormat3) return unknown_format(slot.format);
    auto report = verify_commit(file_, slot);
    if (!report) return std::move(report).error();
    if (!report->damage.empty()) return Error(Errc::bad_input, report->damage.front());
    return {};
}

Status OpenDatabase::use(std::size_t at, std::size_t newest) {
    const auto& slot = file_->header.slots[at];
    if (slot.format != kFormat2 && slot.format != kFormat3) return unknown_format(slot.format);
    slot_ = at;
    commit_.id = slot.transaction;
    commit_.format = slot.format;
    commit_.closed = !file_->header.recovery_required;
    commit_.rolled_back = at != newest;
    return {};
}

// The rules of redb's repair, and what they imply for a file that was closed.
Status OpenDatabase::choose_commit() {
    const auto& header = file_->header;
    const auto primary = header.primary, secondary = primary ^ 1;
    const auto& first = header.slots[primary];
    const auto& second = header.slots[secondary];
    const bool newer = second.sound && second.transaction > first.transaction;
    const auto newest = newer ? secondary : primary;
    // Flushed before it became the primary, or long before the file was closed: it must be whole.
    // A file that was closed has nothing newer, unless the byte that names the primary is wrong.
    const bool trusted = !header.recovery_required || header.two_phase;
    if (trusted && first.sound && (header.recovery_required || !newer)) {
        return use(primary, primary);
    }
    const bool damaged = trusted && !first.sound;
    if (damaged && !options_.keep_going) return slot_error(primary);

    // Otherwise the newest commit may be half written.
    const auto start = first.sound ? newest : secondary;
    std::string faults;
    for (const auto at : {start, start ^ 1}) {
        auto status = whole(at);
        if (status) {
            if (damaged) note(slot_error(primary));
            return use(at, newest);
        }
        if (status.error().code() != Errc::bad_input) return status;
        faults += (faults.empty() ? "" : "; ") + status.error().text();
    }
    Error error(Errc::bad_input, "neither of its two commits is whole: " + faults);
    if (!options_.keep_going || (!first.sound && !second.sound)) return error;
    note(error);
    return use(header.slots[start].sound ? start : start ^ 1, newest);
}

Status OpenDatabase::list_tables() {
    std::vector<std::string> damage;
    auto tables = read_tables(file_, slot().user, options_.keep_going ? &damage : nullptr);
    if (!tables) return std::move(tables).error();
    for (const auto& place : damage) damage_.push_back(name() + ": " + place);
    definitions_ = std::move(*tables);
    for (const auto& definition : definitions_) tables_.push_back(definition.table);
    return {};
}

Result<std::unique_ptr<TableCursor>> OpenDatabase::cursor(std::size_t table) const {
    if (table >= definitions_.size()) {
        return Error(Errc::usage, name() + ": has no table " + std::to_string(table));
    }
    const auto& definition = definitions_[table];
    if (definition.table.multimap) {
        return Error(Errc::usage,
                     name() + ": table " + shown(definition.table.name) + " is a multimap");
    }
    return std::unique_ptr<TableCursor>(std::make_unique<Cursor>(file_, definition));
}

}  // namespace

Result<std::shared_ptr<const Database>> Database::open(const std::string& path,
                                                       const OpenOptions& options) {
    auto input = InputFile::open(path, options.name);
    if (!input) return std::move(input).error();
    const auto size = input->size();
    Bytes head;
    TOPGUN_TRY(input->read_at(
        0, static_cast<std::size_t>(std::min<std::uint64_t>(size, kHeaderSize)), head));
    auto header = parse_header(head, size);
    if (!header) return std::move(header).error().within(input->path());
    auto file =
        std::make_shared<const OpenFile>(std::move(*input), std::move(head), std::move(*header));
    auto database = std::make_shared<OpenDatabase>(file, options);
    auto status = database->choose_commit();
    if (status) status = database->list_tables();
    // A header that was read while it was written is no damage.
    if (!status) return file->explain(std::move(status).error()).within(file->file.path());
    return std::shared_ptr<const Database>(std::move(database));
}

}  // namespace topgun::redb
