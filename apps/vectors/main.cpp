// SPDX-License-Identifier: Apache-2.0
// topgun-cli vectors: checks, makes and shows wire vectors, pairs of a frame and its JSON view.
#include <algorithm>
#include <filesystem>
#include <map>

#include "common/command.hpp"
#include "common/json_writer.hpp"
#include "common/options.hpp"
#include "common/text.hpp"
#include "topgun/base/file.hpp"
#include "topgun/value/json.hpp"
#include "topgun/wire/vectors.hpp"

namespace topgun::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLargestVector = std::uint64_t{64} << 20;

struct Pair {
    std::string name;
    std::string msgpack;  // path; empty when missing
    std::string json;
};

// All NAME.msgpack and NAME.json of a folder, by name.
Result<std::vector<Pair>> find_pairs(const std::string& folder) {
    std::error_code failed;
    std::map<std::string, Pair> pairs;
    fs::directory_iterator entries(folder, failed);
    if (failed) {
        return Error(failed == std::errc::no_such_file_or_directory ? Errc::not_found : Errc::io,
                     folder + ": " + failed.message());
    }
    for (const auto& entry : entries) {
        const auto& path = entry.path();
        const bool frame = path.extension() == ".msgpack";
        if (!frame && path.extension() != ".json") continue;
        auto& pair = pairs[path.stem().string()];
        pair.name = path.stem().string();
        (frame ? pair.msgpack : pair.json) = path.string();
    }
    std::vector<Pair> out;
    for (auto& [name, pair] : pairs) {
        // A JSON file beside the frames that is no vector, such as a manifest, has no frame.
        if (!pair.msgpack.empty()) out.push_back(std::move(pair));
    }
    return out;
}

std::string xml_escape(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            default:
                // XML 1.0 has no control characters but these.
                if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t')
                    out += c;
                else
                    out += "\xef\xbf\xbd";
        }
    }
    return out;
}

class Vectors final : public Command {
public:
    const char* name() const noexcept override { return "vectors"; }
    const char* summary() const noexcept override {
        return "Verify, generate and show wire-protocol vectors";
    }
    const char* examples() const noexcept override {
        return "topgun-cli vectors verify testdata/wire\n"
               "topgun-cli vectors verify testdata/wire --junit report.xml\n"
               "topgun-cli vectors generate ./vectors --seed 7\n"
               "topgun-cli vectors show testdata/wire/CLIENT_OP.msgpack";
    }
    void add_options(CLI::App& app) override {
        auto* verify = app.add_subcommand("verify", "Check every NAME.msgpack against NAME.json");
        verify->add_option("directory", folder_, "The folder with the pairs")
            ->type_name("DIR")
            ->required();
        verify->add_flag("--strict", strict_, "Frames must also be in canonical form");
        add_file_option(*verify, "--junit", junit_, "Also write the results as JUnit XML");
        add_repeatable_option(*verify, "--only", only_, "Check only the pairs of this name",
                              "NAME");
        auto* generate = app.add_subcommand("generate", "Write pairs for every message type");
        generate->add_option("directory", folder_, "The folder to write to; created when missing")
            ->type_name("DIR")
            ->required();
        add_count_option(*generate, "--seed", seed_,
                         "The same seed makes the same pairs (default 1)");
        auto* show = app.add_subcommand("show", "Print frames as JSON");
        show->add_option("files", files_, "Files that hold one frame each; - is standard input")
            ->type_name("FILE")
            ->required();
        app.require_subcommand(1);
        add_json_option(app, json_);
        verify_ = verify;
        generate_ = generate;
    }

    Result<ExitCode> run(Streams io) override {
        if (verify_->parsed()) return verify(io);
        if (generate_->parsed()) return generate(io);
        return show(io);
    }

private:
    Result<ExitCode> verify(Streams io) {
        auto pairs = find_pairs(folder_);
        if (!pairs) return std::move(pairs).error();
        std::vector<wire::VectorCheck> checks;
        for (const auto& pair : *pairs) {
            const bool wanted =
                only_.empty() || std::find(only_.begin(), only_.end(), pair.name) != only_.end();
            if (wanted) checks.push_back(check(pair));
        }
        if (json_)
            report_json(io, checks);
        else
            report_tap(io, checks);
        if (!junit_.empty()) TOPGUN_TRY(report_junit(io, checks));
        const auto failed = count(checks, [](const auto& c) { return !c.ok; });
        const auto passed = count(checks, [](const auto& c) { return c.ok && !c.skipped; });
        if (passed + failed == 0) {
            io.err.error(folder_ + ": no vector was checked");
            return ExitCode::incomplete;
        }
        if (failed > 0) return ExitCode::differences;
        return passed < checks.size() ? ExitCode::incomplete : ExitCode::ok;
    }

    wire::VectorCheck check(const Pair& pair) const {
        const auto fail = [&pair](std::string why) {
            wire::VectorCheck out;
            out.name = pair.name;
            out.detail = std::move(why);
            return out;
        };
        if (pair.json.empty()) return fail("there is no " + pair.name + ".json");
        auto frame = read_file(pair.msgpack, kLargestVector);
        if (!frame) return fail(frame.error().text());
        auto json = read_file(pair.json, kLargestVector);
        if (!json) return fail(json.error().text());
        return wire::verify_vector(pair.name, *frame, *json, strict_);
    }

    template <typename Test>
    static std::uint64_t count(const std::vector<wire::VectorCheck>& checks, Test&& test) {
        return static_cast<std::uint64_t>(std::count_if(checks.begin(), checks.end(), test));
    }

    static void report_tap(Streams io, const std::vector<wire::VectorCheck>& checks) {
        io.out << "TAP version 13\n1.." << checks.size() << '\n';
        std::size_t number = 0;
        for (const auto& check : checks) {
            io.out << (check.ok ? "ok " : "not ok ") << ++number << " - " << printable(check.name);
            if (check.skipped) io.out << " # SKIP " << printable(check.detail);
            io.out << '\n';
            if (!check.ok) io.out << "  # " << printable(check.detail) << '\n';
        }
        const auto passed = count(checks, [](const auto& c) { return c.ok && !c.skipped; });
        const auto failed = count(checks, [](const auto& c) { return !c.ok; });
        io.err.note(counted(checks.size(), "vector", "vectors") + ": " + human_count(passed) +
                    " passed, " + human_count(failed) + " failed, " +
                    human_count(checks.size() - passed - failed) + " skipped");
    }

    void report_json(Streams io, const std::vector<wire::VectorCheck>& checks) const {
        JsonWriter json(io.out);
        const auto passed = count(checks, [](const auto& c) { return c.ok && !c.skipped; });
        const auto failed = count(checks, [](const auto& c) { return !c.ok; });
        json.begin_report().field("directory", folder_).field("checked", passed + failed);
        json.field("passed", passed).field("failed", failed);
        json.field("skipped", checks.size() - passed - failed).key("vectors").begin_array();
        for (const auto& check : checks) {
            json.begin_object().field("name", check.name).field("ok", check.ok);
            json.field("skipped", check.skipped).field("detail", check.detail).end_object();
        }
        json.end_array().end_report(!checks.empty() && passed + failed == checks.size());
    }

    Status report_junit(Streams io, const std::vector<wire::VectorCheck>& checks) const {
        auto file = ChosenOutput::open(junit_, io);
        if (!file) return std::move(file).error();
        auto& out = **file;
        const auto skipped = count(checks, [](const auto& c) { return c.skipped; });
        const auto failed = count(checks, [](const auto& c) { return !c.ok; });
        out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"vectors\" tests=\""
            << checks.size() << "\" failures=\"" << failed << "\" skipped=\"" << skipped << "\">\n";
        for (const auto& check : checks) {
            out << "  <testcase classname=\"wire\" name=\"" << xml_escape(check.name) << '"';
            if (check.ok && !check.skipped) {
                out << "/>\n";
                continue;
            }
            out << ">\n    <" << (check.ok ? "skipped" : "failure") << " message=\""
                << xml_escape(check.detail) << "\"/>\n  </testcase>\n";
        }
        out << "</testsuite>\n";
        return file->finish();
    }

    Result<ExitCode> generate(Streams io) {
        std::error_code failed;
        fs::create_directories(folder_, failed);
        if (failed) return Error(Errc::io, folder_ + ": cannot create: " + failed.message());
        const auto vectors = wire::generate_vectors(seed_);
        for (const auto& vector : vectors) {
            TOPGUN_TRY(write(folder_ + "/" + vector.name + ".json", vector.json));
            TOPGUN_TRY(write(folder_ + "/" + vector.name + ".msgpack", vector.msgpack));
        }
        if (json_) {
            JsonWriter json(io.out);
            json.begin_report().field("directory", folder_).field("seed", seed_);
            json.field("written", vectors.size()).end_report(true);
        } else {
            io.err.note(folder_ + ": " + counted(vectors.size(), "pair", "pairs"));
        }
        return ExitCode::ok;
    }

    static Status write(const std::string& path, BytesView bytes) {
        auto file = AtomicFile::create(path);
        if (!file) return std::move(file).error();
        TOPGUN_TRY(file->write(bytes));
        return file->commit();
    }

    Result<ExitCode> show(Streams io) {
        JsonWriter json(io.out);
        if (json_) json.begin_report().key("messages").begin_array();
        for (const auto& path : files_) {
            auto frame = read_file(path, kLargestVector);
            if (!frame) return std::move(frame).error();
            auto view = wire::view_frame(*frame);
            if (!view) return std::move(view).error().within(path);
            if (json_) {
                auto parsed = parse_json(*view);
                if (!parsed) return std::move(parsed).error().within(path);
                json.begin_object()
                    .field("file", path)
                    .key("message")
                    .canonical(*parsed)
                    .end_object();
                continue;
            }
            io.out << *view;
            if (!view->ends_with('\n')) io.out << '\n';
        }
        if (json_) json.end_array().end_report(true);
        return ExitCode::ok;
    }

    std::string folder_, junit_;
    std::vector<std::string> files_, only_;
    std::uint64_t seed_ = 1;
    bool strict_ = false, json_ = false;
    CLI::App* verify_ = nullptr;
    CLI::App* generate_ = nullptr;
};

}  // namespace
}  // namespace topgun::cli

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::Vectors>(argc, argv);
}
