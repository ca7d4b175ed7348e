// SPDX-License-Identifier: Apache-2.0
#include "slt_files.hpp"

#include <algorithm>
#include <filesystem>

#include "common/text.hpp"
#include "topgun/base/file.hpp"

namespace topgun::cli {
namespace {

namespace fs = std::filesystem;

// Lines shown of a long result.
constexpr std::size_t kLinesShown = 20;

Result<std::vector<std::string>> files_of(const std::vector<std::string>& paths) {
    std::vector<std::string> files;
    for (const auto& path : paths) {
        std::error_code failed;
        if (!fs::is_directory(path, failed)) {
            files.push_back(path);
            continue;
        }
        const auto first = files.size();
        for (const auto& item : fs::recursive_directory_iterator(path, failed)) {
            const auto extension = item.path().extension();
            if (extension == ".slt" || extension == ".test") files.push_back(item.path().string());
        }
        if (failed) return Error(Errc::io, path + ": " + failed.message());
        std::sort(files.begin() + static_cast<std::ptrdiff_t>(first), files.end());
    }
    return files;
}

void print_block(Output& out, std::string_view title, std::string_view text) {
    out << "  " << title << ":\n";
    std::size_t shown = 0;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        if (++shown > kLinesShown) {
            out << "    ...\n";
            return;
        }
        out << "    " << printable(text.substr(at, end - at)) << '\n';
        at = end + 1;
    }
}

std::string counts_text(const sql::slt::Report& report) {
    return std::to_string(report.passed) + " passed, " + std::to_string(report.failed) +
           " failed, " + std::to_string(report.skipped) + " skipped";
}

Result<sql::slt::Report> run_file(const std::string& path, const MakeSession& make, Streams io) {
    auto text = read_file(path);
    if (!text) return std::move(text).error();
    auto session = make();
    if (!session) return std::move(session).error();
    sql::slt::SessionDatabase database(**session);
    sql::slt::Options options;
    options.on_failure = [&](const sql::slt::Failure& failure) {
        io.out << printable(path) << ':' << failure.line << ": "
               << io.out.styled(Style::bad, "failed") << '\n';
        print_block(io.out, "statement", failure.statement);
        print_block(io.out, "expected", failure.expected);
        print_block(io.out, "got", failure.got);
    };
    return sql::slt::run(*text, database, options);
}

}  // namespace

Result<ExitCode> run_slt_files(const std::vector<std::string>& paths, const MakeSession& make,
                               Streams io) {
    auto files = files_of(paths);
    if (!files) return std::move(files).error();
    sql::slt::Report total;
    for (const auto& path : *files) {
        auto report = run_file(path, make, io);
        if (!report) return std::move(report).error();
        io.out << printable(path) << ": " << counts_text(*report) << '\n';
        io.out.flush();
        total.passed += report->passed;
        total.failed += report->failed;
        total.skipped += report->skipped;
    }
    io.out << counts_text(total) << '\n';
    if (total.failed > 0) return ExitCode::differences;
    if (total.passed > 0) return ExitCode::ok;
    io.err.error("no test ran");
    return ExitCode::incomplete;
}

}  // namespace topgun::cli
