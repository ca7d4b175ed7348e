// SPDX-License-Identifier: Apache-2.0
// Writes that lose: told line by line, and kept in a ledger from which they can be issued again.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "common/sources.hpp"
#include "topgun/replica/replica.hpp"

namespace topgun::cli {

/// --report FILE and --losers FILE.
struct ConflictOptions {
    std::string report;
    std::string losers;
};
void add_conflict_options(CLI::App& app, ConflictOptions& options);

/// Errors: usage when report, ledger, the command's own output (`by_output`) or its JSON
/// (`by_json`) would meet on standard output.
Status check_stdout_taken_once(const ConflictOptions& options, bool by_output, bool by_json);

/// Reads all rows of a merge so that its observer hears every conflict, and keeps nothing.
Status hear_conflicts(const StateReader& merged);

/// Counts conflicts by what decided them, and writes report and ledger while the merge runs.
class ConflictRecorder final : public ConflictObserver {
public:
    /// @param io  outlives the recorder. Errors: usage, io.
    static Result<std::unique_ptr<ConflictRecorder>> create(const ConflictOptions& options,
                                                            Streams io);

    void on_conflict(const Conflict& conflict) override;
    /// Makes report and ledger appear. Errors: the first one met while writing.
    Status finish();

    std::uint64_t total() const noexcept;
    /// One line: "17 conflicts: 15 decided by time, 2 by removed tags".
    std::string summary() const;
    /// {"total": n, "time": n, "counter": n, "node": n, "equalStamp": n, "removedTag": n}
    void write_json(JsonWriter& json) const;

private:
    enum Reason { by_time, by_counter, by_node, by_content, by_removal, kReasons };
    explicit ConflictRecorder(Streams io) : io_(io) {}
    static Reason reason_of(const Conflict& conflict) noexcept;
    void write_text(const Conflict& conflict, Reason reason);
    void write_object(const Conflict& conflict, Reason reason);

    Streams io_;
    std::optional<ChosenOutput> report_;
    std::optional<JsonWriter> objects_;
    std::unique_ptr<OpWriter> losers_;
    Status failed_;
    std::array<std::uint64_t, kReasons> counts_{};
};

}  // namespace topgun::cli
