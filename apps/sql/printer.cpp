// SPDX-License-Identifier: Apache-2.0
#include "printer.hpp"

#include <unistd.h>

#include <algorithm>

namespace topgun::cli {

Printer::Printer(Streams io, const Settings& settings)
    : io_(io), settings_(settings), screen_(screen_of(STDOUT_FILENO)) {}

Printer::~Printer() = default;

bool Printer::to_terminal() const {
    return screen_.is_terminal && !file_;
}

Output& Printer::target() {
    if (file_) return *file_;
    return paged_ ? *memory_ : io_.out;
}

Status Printer::begin(const std::vector<sql::ResultColumn>& columns) {
    screen_ = screen_of(STDOUT_FILENO);
    RenderOptions options;
    options.mode = settings_.mode;
    const bool grid = options.mode == OutputMode::table || options.mode == OutputMode::box;
    if (grid && settings_.expand == Expand::on) options.mode = OutputMode::expanded;
    options.header = settings_.header;
    options.null_text = settings_.null_text;
    options.columns_max = to_terminal() ? screen_.columns : 0;
    options.footer = to_terminal();
    options.expand_wide = settings_.expand == Expand::automatic;
    options.insert_table = settings_.insert_table;
    if (options.mode == OutputMode::msgpack && to_terminal()) {
        return Error(Errc::usage, "msgpack is no text: send it to a file or a pipe");
    }
    paged_ =
        to_terminal() && settings_.pager && !pager_command().empty() && ::isatty(STDIN_FILENO) == 1;
    if (paged_) {
        kept_.clear();
        memory_ = Output::memory(kept_);
        memory_->set_color(io_.out.color());
    }
    row_count_ = 0;
    renderer_ = make_renderer(options, target());
    renderer_->begin(columns);
    return {};
}

// Text that fits the screen waits; once it does not, a pager takes it and all that follows.
void Printer::drain() {
    memory_->flush();
    const auto lines = static_cast<std::size_t>(std::count(kept_.begin(), kept_.end(), '\n'));
    if (!pager_.is_open()) {
        if (lines + 1 < screen_.lines) return;
        io_.out.flush();
        if (!pager_.open(pager_command())) {
            io_.out << kept_;
            kept_.clear();
            return;
        }
    }
    if (!pager_.write(kept_)) left_ = true;
    kept_.clear();
}

Status Printer::rows(const Batch& batch) {
    *row_count_ += batch.rows;
    renderer_->rows(batch);
    if (paged_) drain();
    if (left_) return Error(Errc::cancelled, "the pager was left");
    if (target().failed()) return Error(Errc::io, "cannot write the result");
    return {};
}

Status Printer::finish() {
    if (!renderer_) {
        row_count_.reset();
        return {};
    }
    renderer_->end();
    renderer_.reset();
    if (paged_) {
        drain();
        pager_.close();
        io_.out << kept_;
        kept_.clear();
        paged_ = false;
        left_ = false;
    }
    if (!file_) io_.out.flush();
    return {};
}

void Printer::abandon() {
    renderer_.reset();
    pager_.close();
    paged_ = false;
    left_ = false;
    row_count_.reset();
}

void Printer::text(std::string_view text) {
    target() << text;
    if (!file_) io_.out.flush();
}

Status Printer::set_output(const std::string& path) {
    TOPGUN_TRY(close());
    if (path.empty() || path == "-") return {};
    auto file = Output::file(path);
    if (!file) return std::move(file).error();
    file_ = std::move(*file);
    return {};
}

Status Printer::close() {
    if (!file_) return {};
    auto finished = file_->finish();
    file_.reset();
    return finished;
}

}  // namespace topgun::cli
