// SPDX-License-Identifier: Apache-2.0
// Opening a dump: one pass that finds its tables and where their rows lie.
#include "topgun/pgdump/dump.hpp"

#include <sys/stat.h>

#include "archive.hpp"
#include "catalog.hpp"
#include "scan.hpp"
#include "statement_reader.hpp"

namespace topgun::pgdump {

DumpScan::~DumpScan() = default;
Dump::~Dump() = default;

namespace {

class PlainDump final : public Dump {
public:
    explicit PlainDump(std::shared_ptr<const DumpState> state) : state_(std::move(state)) {}
    const std::string& name() const noexcept override { return state_->name; }
    const std::vector<DumpTable>& tables() const noexcept override { return state_->tables; }
    const std::vector<std::string>& damage() const noexcept override { return state_->damage; }
    Result<std::unique_ptr<DumpScan>> scan(std::size_t table, std::span<const std::size_t> columns,
                                           std::size_t part, std::size_t parts) const override {
        auto made = make_scan(state_, table, columns, part, parts);
        if (!made) return std::move(made).error().within(state_->name);
        return made;
    }
    const std::shared_ptr<const DumpState>& state() const noexcept { return state_; }

private:
    std::shared_ptr<const DumpState> state_;
};

// The word that a statement begins with, in lower case.
std::string first_word(std::string_view text) {
    std::string word;
    for (const char c : text.substr(0, 16)) {
        if (!is_word_part(c)) break;
        word += lower(c);
    }
    return word;
}

class Opener {
public:
    Opener(DumpState& state, const DumpOptions& options)
        : state_(state),
          options_(options),
          reader_(state.file, options.progress),
          catalog_(state) {}

    Status run() {
        Statement statement;
        for (;;) {
            auto more = reader_.next(statement);
            if (!more) return std::move(more).error();
            if (!*more) break;
            if (!statement.complete && !statement.command) {
                TOPGUN_TRY(damaged(statement, "the file ends within a statement"));
                break;
            }
            TOPGUN_TRY(take(statement));
            reader_.set_backslashes(catalog_.backslashes());
        }
        if (reader_.has_missing_end() && !cut_) {
            Statement end;
            end.offset = state_.file.size();
            end.line = reader_.line();
            TOPGUN_TRY(damaged(end, "the dump's end mark is missing: the file was cut short"));
        }
        catalog_.finish();
        return {};
    }

private:
    Status take(const Statement& statement) {
        if (statement.command) {
            last_insert_ = nullptr;
            return located(statement, catalog_.command(statement.text));
        }
        const auto word = first_word(statement.text);
        if (word == "insert") return insert(statement);
        last_insert_ = nullptr;
        if (word == "copy") return copy(statement);
        auto status = catalog_.declare(statement.text);
        if (status) return {};
        if (statement.cut) status = Error(Errc::limit, "a declaration of more than 4 MiB");
        if (status.error().code() == Errc::bad_input && word != "create") {
            return located(statement, std::move(status));
        }
        return damaged(statement, status.error().text());
    }

    Status copy(const Statement& statement) {
        RowTarget target;
        // COPY ... TO, or from a file, brings no rows along.
        if (!catalog_.copy_target(statement.text, target)) return {};
        Statement start;  // the text that `statement` views is gone behind its rows
        start.offset = statement.offset;
        start.line = statement.line;
        auto& runs = state_.data[target.table].runs;
        auto ended = reader_.copy_rows(kRunSize, [&](const RowRun& run) {
            runs.push_back({run.offset, run.length, run.line, run.rows, target.layout});
        });
        if (!ended) return std::move(ended).error();
        if (*ended) return {};
        cut_ = true;
        return damaged(
            start, "the file ends within the rows of table " + state_.tables[target.table].name);
    }

    // Statements that begin alike make one run.
    Status insert(const Statement& statement) {
        if (last_insert_ != nullptr && statement.after_blank &&
            statement.text.starts_with(last_insert_->header)) {
            auto& run = state_.data[last_target_.table].runs.back();
            if (run.length < kRunSize) {
                run.length = statement.end - run.offset;
                run.rows += rows_of(statement, *last_insert_);
                return {};
            }
        } else {
            last_insert_ = nullptr;
            if (!catalog_.insert_target(statement.text, last_target_)) {
                return damaged(statement, "this INSERT cannot be understood");
            }
        }
        auto& data = state_.data[last_target_.table];
        last_insert_ = &data.layouts[last_target_.layout];
        data.runs.push_back({statement.offset, statement.end - statement.offset, statement.line,
                             rows_of(statement, *last_insert_), last_target_.layout});
        return {};
    }

    static std::uint64_t rows_of(const Statement& statement, const Layout& layout) {
        if (layout.default_values) return 1;
        const std::uint64_t lists = layout.all_columns ? 0 : 1;
        return statement.groups - std::min(statement.groups, lists);
    }

    Status located(const Statement& statement, Status status) const {
        if (status) return {};
        return std::move(status).error().within(place(statement));
    }
    Status damaged(const Statement& statement, std::string what) {
        if (!options_.keep_going) return Error(Errc::bad_input, what).within(place(statement));
        cut_ = true;
        constexpr std::size_t kMost = 1000;
        if (state_.damage.size() < kMost) {
            state_.damage.push_back(place(statement) + ": " + std::move(what));
        }
        return {};
    }
    std::string place(const Statement& statement) const {
        return state_.name + ": byte " + std::to_string(statement.offset) + ", line " +
               std::to_string(statement.line);
    }

    DumpState& state_;
    const DumpOptions& options_;
    StatementReader reader_;
    Catalog catalog_;
    RowTarget last_target_;
    const Layout* last_insert_ = nullptr;  // of the INSERT right in front
    bool cut_ = false;                     // damage was met already
};

}  // namespace

Result<std::shared_ptr<const Dump>> Dump::open(const std::string& path,
                                               const DumpOptions& options) {
    const auto& name = options.name.empty() ? path : options.name;
    auto file = open_plain(path, name);
    if (!file) return std::move(file).error();
    auto state = std::make_shared<DumpState>(std::move(*file));
    state->name = name;
    TOPGUN_TRY(Opener(*state, options).run());
    return std::shared_ptr<const Dump>(std::make_shared<PlainDump>(std::move(state)));
}

std::optional<std::size_t> Dump::find(std::string_view schema, std::string_view table) const {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < tables().size(); ++i) {
        if (tables()[i].name != table || (!schema.empty() && tables()[i].schema != schema))
            continue;
        if (found) return std::nullopt;
        found = i;
    }
    return found;
}

std::shared_ptr<const DumpState> state_of(const Dump& dump) {
    return static_cast<const PlainDump&>(dump).state();
}

}  // namespace topgun::pgdump
