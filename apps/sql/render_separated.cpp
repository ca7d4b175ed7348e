// SPDX-License-Identifier: Apache-2.0
// Comma-separated values by RFC 4180 (lines end as Unix tools expect), and PostgreSQL's COPY text
// format for tabs. NULL and an empty text stay apart in both.
#include "render.hpp"
#include "topgun/sql/value_text.hpp"

namespace topgun::cli {
namespace {

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '\t': out += "\\t"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\\': out += "\\\\"; break;
            default: out += c;
        }
    }
    return out;
}

class Separated final : public Renderer {
public:
    Separated(const RenderOptions& options, Output& out)
        : options_(options),
          out_(out),
          tabs_(options.mode == OutputMode::tsv),
          null_text_(options.null_text.value_or(tabs_ ? "\\N" : "")) {}

    void begin(const std::vector<sql::ResultColumn>& columns) override {
        if (!options_.header) return;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (i > 0) out_ << separator();
            out_ << field(columns[i].name);
        }
        out_ << '\n';
    }

    void rows(const Batch& batch) override {
        for (std::size_t row = 0; row < batch.rows && !out_.failed(); ++row) {
            for (std::size_t i = 0; i < batch.columns.size(); ++i) {
                if (i > 0) out_ << separator();
                const auto& column = *batch.columns[i];
                if (column.is_null(row))
                    out_ << null_text_;
                else
                    out_ << field(sql::value_text(column, row));
            }
            out_ << '\n';
        }
    }

    void end() override {}

private:
    char separator() const { return tabs_ ? '\t' : ','; }

    // A text that reads like NULL is quoted, and so would be two blanks that a reader might strip.
    std::string field(const std::string& text) const {
        if (tabs_) return escaped(text);
        const bool special = text == null_text_ ||
                             text.find_first_of(",\"\r\n") != std::string::npos ||
                             text.starts_with(' ') || text.ends_with(' ');
        return special ? quoted(text) : text;
    }

    RenderOptions options_;
    Output& out_;
    bool tabs_;
    std::string null_text_;
};

}  // namespace

std::unique_ptr<Renderer> make_separated_renderer(const RenderOptions& options, Output& out) {
    return std::make_unique<Separated>(options, out);
}

}  // namespace topgun::cli
