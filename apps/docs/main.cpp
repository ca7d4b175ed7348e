// SPDX-License-Identifier: Apache-2.0
// topgun-docs: brings completions/ and man/ in step with the programs, or says what is not.
#include <sys/wait.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "common/command.hpp"
#include "common/options.hpp"
#include "docs.hpp"
#include "topgun/base/file.hpp"

namespace topgun::cli::docs {
namespace {

namespace fs = std::filesystem;

std::string shell_quoted(std::string_view word) {
    std::string out = "'";
    for (const char c : word) {
        if (c == '\'') {
            out += "'\\''";
        } else {
            out += c;
        }
    }
    return out + '\'';
}

// Standard output of a program of the build tree, or of pandoc.
Result<std::string> output_of(const std::vector<std::string>& words) {
    std::string line;
    for (const auto& word : words) line += shell_quoted(word) + ' ';
    FILE* pipe = ::popen(line.c_str(), "r");
    if (pipe == nullptr) return Error(Errc::io, "cannot run " + words.front());
    std::string out;
    char buffer[4096];
    while (const auto got = std::fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, got);
    const int status = ::pclose(pipe);
    if (status != 0) return Error(Errc::io, line + "failed with status " + std::to_string(status));
    return out;
}

class Docs final : public Command {
public:
    const char* name() const noexcept override { return "docs"; }
    const char* summary() const noexcept override {
        return "Bring completions and man pages in step with the programs";
    }
    void add_options(CLI::App& app) override {
        app.add_option("--front", front_, "The front program")->type_name("FILE")->required();
        app.add_option("--source", source_, "Top of the source tree")->type_name("DIR")->required();
        app.add_option("--release", release_, "Version for the footer of man pages")->required();
        app.add_option("--pandoc", pandoc_, "pandoc, when there is one")->type_name("FILE");
        app.add_flag("--check", check_, "Change nothing; exit with 1 when something would change");
        app.add_option("commands", names_, "Names of all commands")->required();
    }

    Result<ExitCode> run(Streams io) override {
        TOPGUN_TRY(load_toolkit());
        TOPGUN_TRY(put(io, source_ / "completions/topgun-cli.bash", bash_script(toolkit_)));
        TOPGUN_TRY(put(io, source_ / "completions/_topgun-cli", zsh_script(toolkit_)));
        TOPGUN_TRY(put(io, source_ / "completions/topgun-cli.fish", fish_script(toolkit_)));
        for (const auto& command : toolkit_.commands) {
            const auto page = source_ / ("man/topgun-cli-" + command.name + ".1.md");
            TOPGUN_TRY(update_page(io, page,
                                   {{"synopsis", synopsis_markdown(command)},
                                    {"options", options_markdown(command)}}));
        }
        TOPGUN_TRY(update_page(io, source_ / "man/topgun-cli.1.md",
                               {{"commands", commands_markdown(toolkit_)}}));
        TOPGUN_TRY(build_pages(io));
        if (check_ && changed_ > 0) io.err.error("run the target update-docs, and read the result");
        io.out << "compared " << compared_ << ", out of step " << changed_ << ", not compared "
               << skipped_ << '\n';
        return check_ && changed_ > 0 ? ExitCode::differences : ExitCode::ok;
    }

private:
    struct Part {
        std::string name, content;
    };

    Status load_toolkit() {
        auto load = [this](const std::vector<std::string>& words) -> Result<CommandInfo> {
            auto text = output_of(words);
            if (!text) return std::move(text).error();
            auto info = parse_dump(*text);
            if (!info) return std::move(info).error().within("options of " + words[1]);
            return info;
        };
        auto front = load({front_, "--dump-options"});
        if (!front) return std::move(front).error();
        toolkit_.front = std::move(*front);
        for (const auto& name : names_) {
            auto info = load({front_, name, "--dump-options"});
            if (!info) return std::move(info).error();
            toolkit_.commands.push_back(std::move(*info));
        }
        // The front program knows which commands there are, but not what help may be asked for.
        for (auto& word : toolkit_.front.subcommands) {
            for (auto& argument : word.arguments) {
                if (argument.names.front() == "COMMAND") argument.choices = names_;
            }
        }
        return {};
    }

    // Writes `content`, or with --check only compares.
    Status put(Streams io, const fs::path& path, const std::string& content) {
        ++compared_;
        auto old = fs::exists(path) ? read_file(path) : Result<Bytes>(Bytes());
        if (!old) return std::move(old).error();
        if (*old == content) return {};
        ++changed_;
        io.err.note((check_ ? "out of step: " : "updated ") + fs::relative(path, source_).string());
        if (check_) return {};
        fs::create_directories(path.parent_path());
        auto file = Output::file(path);
        if (!file) return std::move(file).error();
        *file << content;
        return file->finish();
    }

    Status update_page(Streams io, const fs::path& path, const std::vector<Part>& parts) {
        auto fragment = read_file(source_ / "man/exit-status.md");
        if (!fragment) return std::move(fragment).error();
        auto page = read_file(path);
        if (!page) return std::move(page).error();
        auto all = parts;
        all.push_back({"exit status", *fragment});
        for (const auto& part : all) {
            auto next = replace_between(*page, part.name, part.content);
            if (!next) return std::move(next).error().within(path.filename().string());
            page = std::move(next);
        }
        return put(io, path, *page);
    }

    // pandoc's version changes its output: a comparison needs the one that wrote the page.
    static std::string pandoc_in(const std::string& roff) {
        constexpr std::string_view kMark = "Automatically generated by Pandoc ";
        const auto at = roff.find(kMark);
        if (at == std::string::npos) return "";
        const auto start = at + kMark.size();
        return roff.substr(start, roff.find('\n', start) - start);
    }

    Result<std::string> pandoc_version() const {
        if (pandoc_.empty()) return std::string();
        auto text = output_of({pandoc_, "--version"});
        if (!text) return std::move(text).error();
        const auto start = text->find(' ') + 1;
        return text->substr(start, text->find('\n') - start);
    }

    Status build_pages(Streams io) {
        auto installed = pandoc_version();
        if (!installed) return std::move(installed).error();
        std::vector<fs::path> pages;
        for (const auto& item : fs::directory_iterator(source_ / "man")) {
            // NAME.SECTION.md; other Markdown here is for people or a fragment.
            const auto stem = item.path().stem();
            if (item.path().extension() == ".md" && stem.has_extension())
                pages.push_back(item.path());
        }
        std::sort(pages.begin(), pages.end());
        for (const auto& page : pages) TOPGUN_TRY(build_page(io, page, *installed));
        return {};
    }

    Status build_page(Streams io, const fs::path& page, const std::string& installed) {
        const auto roff_name = page.stem().string();
        const auto name = fs::path(roff_name).stem().string();
        const auto section = fs::path(roff_name).extension().string().substr(1);
        const auto target = source_ / "man" / ("man" + section) / roff_name;
        auto old = fs::exists(target) ? read_file(target) : Result<Bytes>(Bytes());
        if (!old) return std::move(old).error();
        if (check_ && old->empty()) {
            return Error(Errc::not_found, "man page " + roff_name + " is not built");
        }
        if (installed.empty() || (check_ && pandoc_in(*old) != installed)) {
            ++skipped_;
            io.err.detail(roff_name + ": not compared, it needs pandoc " + pandoc_in(*old));
            return {};
        }
        std::string title;
        for (const char c : name) title += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        auto roff =
            output_of({pandoc_, "-s", "-f", "markdown-smart", "-t", "man", "-M", "title=" + title,
                       "-M", "section=" + section, "-M", "footer=topgun-cli " + release_, "-M",
                       "header=TopGun manual", page.string()});
        if (!roff) return std::move(roff).error();
        return put(io, target, with_minus_signs(*roff));
    }

    std::string front_, pandoc_, release_;
    fs::path source_;
    bool check_ = false;
    std::vector<std::string> names_;
    Toolkit toolkit_;
    std::size_t compared_ = 0, changed_ = 0, skipped_ = 0;
};

}  // namespace
}  // namespace topgun::cli::docs

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::docs::Docs>(argc, argv);
}
