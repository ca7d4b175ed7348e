// SPDX-License-Identifier: Apache-2.0
// Aligned columns: psql's plain table, and one with drawn lines. The first rows are kept to find
// the widths; what comes after them streams, and is never cut for being wider.
#include <algorithm>

#include "layout.hpp"
#include "render.hpp"
#include "topgun/base/utf.hpp"

namespace topgun::cli {
namespace {

struct Frame {
    std::string_view left, between, right, horizontal;
    std::string_view rule_left, rule_cross, rule_right;
};
constexpr Frame kPlain = {" ", " | ", "", "-", "-", "-+-", "-"};
constexpr Frame kDrawn = {"\u2502 ",      " \u2502 ",           " \u2502",     "\u2500",
                          "\u251c\u2500", "\u2500\u253c\u2500", "\u2500\u2524"};

class Grid final : public Renderer {
public:
    Grid(const RenderOptions& options, Output& out)
        : options_(options),
          out_(out),
          drawn_(options.mode == OutputMode::box),
          frame_(drawn_ ? kDrawn : kPlain),
          null_text_(options.null_text.value_or(kNullForPeople)) {}

    void begin(const std::vector<sql::ResultColumn>& columns) override {
        columns_ = columns;
        for (const auto& column : columns) {
            titles_.push_back(make_cell(column.name));
            widths_.push_back(options_.header ? titles_.back().width : 0);
        }
    }

    void rows(const Batch& batch) override {
        rows_ += batch.rows;
        if (expanded_) return expanded_->rows(batch);
        if (settled_) return print_batch(batch);
        kept_.push_back(batch);
        for (std::size_t i = 0; i < columns_.size(); ++i) measure(*batch.columns[i], i);
        kept_rows_ += batch.rows;
        if (kept_rows_ >= kRowsToMeasure) settle();
    }

    void end() override {
        if (!settled_ && !expanded_) settle();
        if (expanded_) return expanded_->end();
        if (drawn_ && !columns_.empty()) {
            rule("\u2514\u2500", "\u2500\u2534\u2500", "\u2500\u2518");
        }
        if (options_.footer) out_ << row_count_line(rows_) << '\n';
    }

private:
    void measure(const Column& column, std::size_t i) {
        for (std::size_t row = 0; row < column.size(); ++row) {
            widths_[i] = std::max(widths_[i], make_cell(column, row, null_text_).width);
            if (column.is_constant()) return;
        }
    }

    void settle() {
        if (options_.columns_max > 0) {
            const auto between = display_width(frame_.between) * (columns_.size() - 1) +
                                 display_width(frame_.rule_left) + display_width(frame_.rule_right);
            const auto fitted = fit(widths_, columns_.empty() ? 0 : between, options_.columns_max);
            if (options_.expand_wide && fitted != widths_) return expand();
            cuts_ = fitted != widths_;
            widths_ = fitted;
        }
        settled_ = true;
        print_head();
        for (const auto& batch : kept_) print_batch(batch);
        kept_.clear();
    }

    void expand() {
        expanded_ = make_expanded_renderer(options_, out_);
        expanded_->begin(columns_);
        for (const auto& batch : kept_) expanded_->rows(batch);
        kept_.clear();
    }

    void print_head() {
        if (columns_.empty()) return;
        if (drawn_) rule("\u250c\u2500", "\u2500\u252c\u2500", "\u2500\u2510");
        if (!options_.header) return;
        auto titles = titles_;
        print_row(titles, Style::bold);
        rule(frame_.rule_left, frame_.rule_cross, frame_.rule_right);
    }

    void rule(std::string_view left, std::string_view cross, std::string_view right) {
        out_ << left;
        for (std::size_t i = 0; i < widths_.size(); ++i) {
            if (i > 0) out_ << cross;
            for (std::size_t n = 0; n < widths_[i]; ++n) out_ << frame_.horizontal;
        }
        out_ << right << '\n';
    }

    void print_batch(const Batch& batch) {
        std::vector<Cell> cells(columns_.size());
        for (std::size_t row = 0; row < batch.rows && !out_.failed(); ++row) {
            for (std::size_t i = 0; i < columns_.size(); ++i) {
                cells[i] = make_cell(*batch.columns[i], row, null_text_);
            }
            print_row(cells, Style::plain);
        }
    }

    void print_row(std::vector<Cell>& cells, Style style) {
        if (cells.empty()) return;
        out_ << frame_.left;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (i > 0) out_ << frame_.between;
            auto& cell = cells[i];
            if (cuts_) cut(cell, widths_[i]);
            const auto missing = widths_[i] > cell.width ? widths_[i] - cell.width : 0;
            const bool right = stands_right(columns_[i].type);
            // No blanks at the end of a line.
            const bool last = !drawn_ && i + 1 == cells.size();
            pad(right ? missing : 0);
            out_ << out_.styled(cell.is_null ? Style::dim : style, cell.text);
            pad(right || last ? 0 : missing);
        }
        out_ << frame_.right << '\n';
    }

    void pad(std::size_t columns) {
        for (; columns > 0; --columns) out_ << ' ';
    }

    RenderOptions options_;
    Output& out_;
    bool drawn_;
    Frame frame_;
    std::string null_text_;
    std::vector<sql::ResultColumn> columns_;
    std::vector<Cell> titles_;
    std::vector<std::size_t> widths_;
    bool settled_ = false, cuts_ = false;
    std::vector<Batch> kept_;
    std::size_t kept_rows_ = 0;
    std::uint64_t rows_ = 0;
    std::unique_ptr<Renderer> expanded_;
};

class Expanded final : public Renderer {
public:
    Expanded(const RenderOptions& options, Output& out)
        : options_(options), out_(out), null_text_(options.null_text.value_or(kNullForPeople)) {}

    void begin(const std::vector<sql::ResultColumn>& columns) override {
        for (const auto& column : columns) {
            titles_.push_back(make_cell(column.name));
            width_ = std::max(width_, titles_.back().width);
        }
    }

    void rows(const Batch& batch) override {
        for (std::size_t row = 0; row < batch.rows && !out_.failed(); ++row) {
            const auto head = "-[ RECORD " + std::to_string(++rows_) + " ]";
            out_ << head;
            const auto end = std::max(width_ + 2, head.size() + 1);
            for (auto n = head.size(); n < end; ++n) out_ << '-';
            out_ << '\n';
            for (std::size_t i = 0; i < titles_.size(); ++i) print_field(*batch.columns[i], row, i);
        }
    }

    void end() override {
        if (options_.footer) out_ << row_count_line(rows_) << '\n';
    }

private:
    void print_field(const Column& column, std::size_t row, std::size_t i) {
        constexpr std::string_view kBetween = " | ";
        auto cell = make_cell(column, row, null_text_);
        const auto used = width_ + kBetween.size();
        // A narrow terminal wraps rather than showing nothing of a value.
        if (options_.columns_max > used + kNarrowest) cut(cell, options_.columns_max - used);
        out_ << out_.styled(Style::bold, titles_[i].text);
        for (auto n = titles_[i].width; n < width_; ++n) out_ << ' ';
        out_ << (cell.text.empty() ? std::string_view(" |") : kBetween)
             << out_.styled(cell.is_null ? Style::dim : Style::plain, cell.text) << '\n';
    }

    RenderOptions options_;
    Output& out_;
    std::string null_text_;
    std::vector<Cell> titles_;
    std::size_t width_ = 0;
    std::uint64_t rows_ = 0;
};

}  // namespace

std::unique_ptr<Renderer> make_grid_renderer(const RenderOptions& options, Output& out) {
    return std::make_unique<Grid>(options, out);
}

std::unique_ptr<Renderer> make_expanded_renderer(const RenderOptions& options, Output& out) {
    return std::make_unique<Expanded>(options, out);
}

}  // namespace topgun::cli
