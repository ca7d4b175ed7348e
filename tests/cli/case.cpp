// SPDX-License-Identifier: Apache-2.0
#include "case.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "match.hpp"

namespace topgun::test {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kSpecialFiles = {"args", "stdin", "stdout", "stderr", "status",
                                                "pre",  "files", "env",    "absent"};

std::string read_text(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + path.filename().string());
    return {std::istreambuf_iterator<char>(in), {}};
}

void write_text(const fs::path& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

long long number(const std::string& text) {
    long long value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc() || result.ptr != text.data() + text.size()) {
        throw std::runtime_error("'" + text + "' is no number");
    }
    return value;
}

// Literal bytes behind their length and runs of one byte in turn.
std::string unpack_runs(const std::string& packed) {
    std::string out;
    std::size_t at = 0;
    const auto need = [&](std::size_t size) {
        if (packed.size() - at < size) throw std::runtime_error("the packed file is cut short");
    };
    const auto length = [&] {
        need(4);
        std::size_t value = 0;
        for (int i = 3; i >= 0; --i) {
            value = value << 8 | static_cast<unsigned char>(packed[at + static_cast<unsigned>(i)]);
        }
        at += 4;
        return value;
    };
    while (at < packed.size()) {
        const auto literal = length();
        need(literal);
        out.append(packed, at, literal);
        at += literal;
        if (at == packed.size()) break;
        const auto run = length();
        need(1);
        out.append(run, packed[at++]);
    }
    return out;
}

// A place counted from the start, or, when negative, from the end.
std::size_t place(const std::string& text, std::size_t size) {
    const auto value = number(text);
    const auto at = value < 0 ? static_cast<long long>(size) + value : value;
    if (at < 0 || static_cast<std::size_t>(at) > size) {
        throw std::runtime_error("place " + text + " is outside the file");
    }
    return static_cast<std::size_t>(at);
}

std::string from_hex(const std::string& hex) {
    std::string out;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        unsigned byte = 0;
        const auto end = hex.data() + i + 2;
        if (std::from_chars(hex.data() + i, end, byte, 16).ptr != end) {
            throw std::runtime_error("'" + hex + "' is not hexadecimal");
        }
        out += static_cast<char>(byte);
    }
    return out;
}

// Takes "< FILE" or "> FILE" off the end of a command line.
std::string take_redirection(std::vector<std::string>& words, const std::string& sign) {
    const auto found = std::find(words.begin(), words.end(), sign);
    if (found == words.end() || found + 1 == words.end()) return "";
    auto name = found[1];
    words.erase(found, found + 2);
    return name;
}

}  // namespace

CliCase::CliCase(fs::path program, fs::path testdata, fs::path folder)
    : program_(std::move(program)), testdata_(std::move(testdata)), folder_(std::move(folder)) {
    auto pattern = (fs::temp_directory_path() / "topgun-case-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
        throw std::runtime_error("cannot make a scratch folder");
    scratch_ = pattern;
}

CliCase::~CliCase() {
    std::error_code ignored;
    fs::remove_all(scratch_, ignored);
}

bool CliCase::has(const std::string& name) const {
    return fs::exists(folder_ / name);
}
std::string CliCase::read(const std::string& name) const {
    return read_text(folder_ / name);
}

void CliCase::prepare() {
    constexpr auto kHow = fs::copy_options::recursive | fs::copy_options::overwrite_existing;
    for (const auto& item : fs::directory_iterator(folder_)) {
        const auto name = item.path().filename().string();
        const bool special =
            std::find(kSpecialFiles.begin(), kSpecialFiles.end(), name) != kSpecialFiles.end();
        if (!special && !name.starts_with("out.")) fs::copy(item.path(), scratch_ / name, kHow);
    }
    if (has("files")) {
        for (const auto& name : split_lines(read("files"))) {
            fs::copy(testdata_ / name, scratch_ / fs::path(name).filename(), kHow);
        }
    }
    if (has("pre")) {
        for (const auto& line : split_lines(read("pre"))) {
            if (!line.empty() && line.front() != '#') run_step(line);
        }
    }
}

void CliCase::run_step(const std::string& line) {
    auto words = split_words(line);
    try {
        if (line.front() == '.') {
            change_file(words);
        } else {
            run_command_step(std::move(words));
        }
    } catch (const std::exception& error) {
        throw std::runtime_error("step '" + line + "': " + error.what());
    }
}

void CliCase::change_file(const std::vector<std::string>& words) {
    const auto& verb = words.front();
    const bool takes_one = verb == ".mkdir" || verb == ".remove";
    if (words.size() != (takes_one ? 2u : 3u)) throw std::runtime_error("wrong number of words");
    const auto path = scratch_ / words[1];
    if (verb == ".copy") {
        fs::copy(path, scratch_ / words[2], fs::copy_options::recursive);
    } else if (verb == ".mkdir") {
        fs::create_directories(path);
    } else if (verb == ".remove") {
        if (fs::remove_all(path) == 0) throw std::runtime_error("no such file");
    } else if (verb == ".flip") {
        auto bytes = read_text(path);
        const auto at = place(words[2], bytes.size());
        if (at == bytes.size()) throw std::runtime_error("offset at the end of the file");
        bytes[at] = static_cast<char>(~bytes[at]);
        write_text(path, bytes);
    } else if (verb == ".cut") {
        fs::resize_file(path, place(words[2], fs::file_size(path)));
    } else if (verb == ".append") {
        write_text(path, read_text(path) + from_hex(words[2]));
    } else if (verb == ".unpack") {
        write_text(scratch_ / words[2], unpack_runs(read_text(path)));
    } else if (verb == ".same") {
        if (read_text(path) != read_text(scratch_ / words[2]))
            throw std::runtime_error("they differ");
    } else {
        throw std::runtime_error("unknown step");
    }
}

void CliCase::run_command_step(std::vector<std::string> words) {
    int expected = 0;
    if (words.front().ends_with(':')) {
        expected = static_cast<int>(number(words.front().substr(0, words.front().size() - 1)));
        words.erase(words.begin());
    }
    const auto input = take_redirection(words, "<");
    const auto output = take_redirection(words, ">");
    auto options = options_for(std::move(words));
    if (!input.empty()) options.input = read_text(scratch_ / input);
    const auto result = run_process(program_, options);
    if (result.status != expected) {
        throw std::runtime_error("status " + std::to_string(result.status) + ": " + result.err);
    }
    if (!output.empty()) write_text(scratch_ / output, result.out);
}

ProcessOptions CliCase::options_for(std::vector<std::string> arguments) const {
    ProcessOptions options;
    options.arguments = std::move(arguments);
    options.folder = scratch_;
    if (has("env")) {
        for (const auto& line : split_lines(read("env"))) {
            const auto equals = line.find('=');
            options.environment[line.substr(0, equals)] =
                equals == std::string::npos ? "" : line.substr(equals + 1);
        }
    }
    return options;
}

std::vector<std::string> CliCase::run(bool update_goldens) {
    update_ = update_goldens;
    if (!has("args")) throw std::runtime_error("the file args is missing");
    prepare();
    const auto arguments = split_words(read("args"));
    auto options = options_for(arguments);
    if (has("stdin")) options.input = read("stdin");
    const auto result = run_process(program_, options);
    if (result.timed_out) complain("did not end in time");
    check_status(result.status);
    check_text("stdout", result.out);
    check_text("stderr", result.err);
    check_json(arguments, result.out);
    check_files();
    return faults_;
}

void CliCase::check_status(int status) {
    const auto expected =
        has("status") ? static_cast<int>(number(split_lines(read("status")).at(0))) : 0;
    if (expected == status) return;
    if (!update_) {
        complain("status: expected " + std::to_string(expected) + ", found " +
                 std::to_string(status));
    } else if (status == 0) {
        fs::remove(folder_ / "status");
    } else {
        write_text(folder_ / "status", std::to_string(status) + '\n');
    }
}

void CliCase::check_text(const std::string& name, const std::string& actual) {
    const auto expected = has(name) ? read(name) : "";
    const auto difference = first_difference(expected, actual);
    if (difference.empty()) return;
    if (!update_) {
        complain(name + ": " + difference);
    } else if (actual.empty()) {
        fs::remove(folder_ / name);
    } else {
        write_text(folder_ / name, actual);
    }
}

void CliCase::check_json(const std::vector<std::string>& arguments, const std::string& out) {
    const auto given = [&](const char* option) {
        return std::find(arguments.begin(), arguments.end(), option) != arguments.end();
    };
    if (out.empty() || given("--help")) return;
    if (given("--json")) {
        const auto report = nlohmann::json::parse(out, nullptr, false);
        if (!report.is_object() || !report.contains("schema_version") ||
            !report.contains("complete")) {
            complain("stdout: expected a JSON object with schema_version and complete");
        }
    }
    if (!given("--ndjson")) return;
    for (const auto& line : split_lines(out)) {
        if (!nlohmann::json::accept(line)) complain("stdout: no JSON: '" + line + "'");
    }
}

void CliCase::check_files() {
    for (const auto& item : fs::directory_iterator(folder_)) {
        const auto golden = item.path().filename().string();
        if (!golden.starts_with("out.")) continue;
        const auto name = golden.substr(4);
        if (fs::exists(scratch_ / name)) {
            check_text(golden, read_text(scratch_ / name));
        } else {
            complain("file " + name + " was not written");
        }
    }
    if (has("absent")) {
        for (const auto& name : split_lines(read("absent"))) {
            if (fs::exists(scratch_ / name)) complain("file " + name + " must not exist");
        }
    }
    for (const auto& item : fs::recursive_directory_iterator(scratch_)) {
        if (item.path().extension() == ".tmp") {
            complain("temporary file left over: " + item.path().filename().string());
        }
    }
}

}  // namespace topgun::test
