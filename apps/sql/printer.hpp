// SPDX-License-Identifier: Apache-2.0
// Where results go: standard output, a file, or a pager, in the mode that is set.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/streams.hpp"
#include "pager.hpp"
#include "settings.hpp"

namespace topgun::cli {

class Printer final : public sql::ResultSink {
public:
    /// @param settings  outlives the printer; read at the beginning of each result.
    Printer(Streams io, const Settings& settings);
    ~Printer() override;

    Status begin(const std::vector<sql::ResultColumn>& columns) override;
    Status rows(const Batch& batch) override;
    /// Ends the result, if one was begun. Errors: io.
    Status finish();
    /// After an error: what was shown stays, nothing more comes.
    void abandon();

    /// Text that is no result: answers to commands, plans.
    void text(std::string_view text);

    /// Rows of the last result; empty when the statement returned none.
    std::optional<std::uint64_t> row_count() const { return row_count_; }
    /// Whether the user left the pager, so that the statement was stopped.
    bool left() const noexcept { return left_; }
    bool to_terminal() const;

    /// Results go to a file from now on, "" for standard output. The file appears when it is
    /// complete: at the next call, or at close(). Errors: io, not_found.
    Status set_output(const std::string& path);
    /// Ends the file, if there is one. Errors: io.
    Status close();

private:
    Output& target();
    void drain();

    Streams io_;
    const Settings& settings_;
    std::optional<Output> file_;
    std::string kept_;  ///< Text for the terminal that may need the pager.
    std::optional<Output> memory_;
    Pager pager_;
    Screen screen_;
    bool paged_ = false, left_ = false;
    std::unique_ptr<Renderer> renderer_;
    std::optional<std::uint64_t> row_count_;
};

}  // namespace topgun::cli
