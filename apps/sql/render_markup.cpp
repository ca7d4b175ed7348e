// SPDX-License-Identifier: Apache-2.0
// Tables for documents: Markdown as GitHub reads it, and HTML.
#include "layout.hpp"
#include "render.hpp"
#include "topgun/sql/value_text.hpp"

namespace topgun::cli {
namespace {

std::string for_markdown(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '|' || c == '\\') out += '\\';
        if (c == '\n') {
            out += "<br>";
        } else if (c == '<') {
            out += "&lt;";
        } else if (c != '\r') {
            out += c;
        }
    }
    return out;
}

std::string for_html(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '&': out += "&amp;"; break;
            case '"': out += "&quot;"; break;
            default: out += c;
        }
    }
    return out;
}

class Markdown final : public Renderer {
public:
    Markdown(const RenderOptions& options, Output& out)
        : out_(out), null_text_(options.null_text.value_or(kNullForPeople)) {}

    // Markdown has no table without a heading, so there is always one.
    void begin(const std::vector<sql::ResultColumn>& columns) override {
        out_ << '|';
        for (const auto& column : columns) out_ << ' ' << for_markdown(column.name) << " |";
        out_ << "\n|";
        for (const auto& column : columns) {
            out_ << (stands_right(column.type) ? " ---: |" : " --- |");
        }
        out_ << '\n';
    }

    void rows(const Batch& batch) override {
        for (std::size_t row = 0; row < batch.rows && !out_.failed(); ++row) {
            out_ << '|';
            for (const auto& column : batch.columns) {
                out_ << ' '
                     << for_markdown(column->is_null(row) ? null_text_
                                                          : sql::value_text(*column, row))
                     << " |";
            }
            out_ << '\n';
        }
    }

    void end() override {}

private:
    Output& out_;
    std::string null_text_;
};

class Html final : public Renderer {
public:
    Html(const RenderOptions& options, Output& out)
        : options_(options), out_(out), null_text_(options.null_text.value_or("")) {}

    void begin(const std::vector<sql::ResultColumn>& columns) override {
        out_ << "<table>\n";
        if (!options_.header) return;
        out_ << "<tr>";
        for (const auto& column : columns) out_ << "<th>" << for_html(column.name) << "</th>";
        out_ << "</tr>\n";
    }

    void rows(const Batch& batch) override {
        for (std::size_t row = 0; row < batch.rows && !out_.failed(); ++row) {
            out_ << "<tr>";
            for (const auto& column : batch.columns) {
                const bool right = stands_right(column->type());
                out_ << (right ? "<td align=\"right\">" : "<td>")
                     << for_html(column->is_null(row) ? null_text_ : sql::value_text(*column, row))
                     << "</td>";
            }
            out_ << "</tr>\n";
        }
    }

    void end() override { out_ << "</table>\n"; }

private:
    RenderOptions options_;
    Output& out_;
    std::string null_text_;
};

}  // namespace

std::unique_ptr<Renderer> make_markup_renderer(const RenderOptions& options, Output& out) {
    if (options.mode == OutputMode::html) return std::make_unique<Html>(options, out);
    return std::make_unique<Markdown>(options, out);
}

}  // namespace topgun::cli
