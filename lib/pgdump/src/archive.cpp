// SPDX-License-Identifier: Apache-2.0
#include "archive.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "topgun/base/utf.hpp"
#include "topgun/pgdump/dump.hpp"

extern char** environ;

namespace topgun::pgdump {
namespace {

constexpr std::string_view kCustom = "PGDMP";
// A tar file's first member is the table of contents.
constexpr std::string_view kTarMember = "toc.dat";
constexpr std::size_t kTarMagicAt = 257;
constexpr std::size_t kTarBlock = 512, kTarSizeAt = 124, kTarSizeDigits = 12;

Error system_error(const std::string& name, const char* action, int error) {
    return Error(Errc::io, name + ": cannot " + action + ": " + std::strerror(error));
}

// A descriptor of a temporary file that has no name any more.
class Temporary {
public:
    static Result<Temporary> create() {
        const char* folder = std::getenv("TMPDIR");
        Temporary out;
        out.path_ = std::string(folder != nullptr && *folder != '\0' ? folder : "/tmp") +
                    "/topgun-restore-XXXXXX";
        out.fd_ = ::mkostemp(out.path_.data(), O_CLOEXEC);
        if (out.fd_ < 0) return system_error(out.path_, "create a temporary", errno);
        return out;
    }
    Temporary(Temporary&& other) noexcept { std::swap(fd_, other.fd_), path_.swap(other.path_); }
    Temporary& operator=(Temporary&&) = delete;
    ~Temporary() {
        if (fd_ < 0) return;
        ::close(fd_);
        ::unlink(path_.c_str());
    }
    int fd() const noexcept { return fd_; }
    const std::string& path() const noexcept { return path_; }

private:
    Temporary() = default;
    int fd_ = -1;
    std::string path_;
};

std::string first_lines(const std::string& path) {
    auto file = InputFile::open(path);
    Bytes text;
    if (!file || !file->read_at(0, std::min<std::uint64_t>(file->size(), 400), text)) return {};
    while (!text.empty() && text.back() == '\n') text.pop_back();
    std::replace(text.begin(), text.end(), '\n', ' ');
    return repair_utf8(text);
}

// Runs pg_restore without a shell; its output goes to one temporary, its messages to another.
Status restore(const std::string& path, const std::string& name, const Temporary& out,
               const Temporary& messages) {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, out.fd(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, messages.fd(), STDERR_FILENO);
    // A name that begins with a dash must not be taken for an option.
    std::string program = "pg_restore", file = path.starts_with('-') ? "./" + path : path;
    std::string output = "--file=-";
    std::array<char*, 4> arguments = {program.data(), output.data(), file.data(), nullptr};
    pid_t child = 0;
    const int error =
        ::posix_spawnp(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (error == ENOENT) {
        return Error(Errc::usage,
                     name +
                         ": this dump is read through the program pg_restore, which is not "
                         "installed; make a plain one with pg_restore -f FILE.sql");
    }
    if (error != 0) return system_error(name, "run pg_restore", error);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return system_error(name, "wait for pg_restore", errno);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    const auto said = first_lines(messages.path());
    return Error(Errc::bad_input, name + ": pg_restore failed" + (said.empty() ? "" : ": " + said));
}

Result<InputFile> through_restore(const std::string& path, const std::string& name) {
    auto out = Temporary::create();
    if (!out) return std::move(out).error();
    auto messages = Temporary::create();
    if (!messages) return std::move(messages).error();
    TOPGUN_TRY(restore(path, name, *out, *messages));
    // What is open stays readable when its name goes.
    return InputFile::open(out->path(), name);
}

bool is_tar(BytesView head) {
    return head.starts_with(kTarMember) && head.size() > kTarMagicAt + 5 &&
           head.substr(kTarMagicAt, 5) == "ustar";
}

bool is_archive(BytesView head) {
    return head.starts_with(kCustom) || is_tar(head);
}

// A member's size: octal digits or, as pg_dump writes what has no room in them, 0x80 and a number.
std::optional<std::uint64_t> tar_size(BytesView header) {
    const auto field = header.substr(kTarSizeAt, kTarSizeDigits);
    std::uint64_t out = 0;
    if (static_cast<unsigned char>(field[0]) == 0x80) {
        for (const char c : field.substr(4)) out = out << 8 | static_cast<unsigned char>(c);
        return out;
    }
    bool any = false;
    for (const char c : field) {
        if (c >= '0' && c <= '7') {
            out = out << 3 | static_cast<std::uint64_t>(c - '0');
            any = true;
        } else if (any || c != ' ') {
            break;
        }
    }
    return any ? std::optional(out) : std::nullopt;
}

// pg_restore takes the end of the file for the end of a member: whether a tar file has all of its
// members is for us to see. Two blocks of zeros end it.
Status check_tar(const InputFile& file) {
    const Bytes zeros(kTarBlock, '\0');
    const auto cut = [&](std::uint64_t at) {
        return Error(Errc::bad_input, file.path() + ": byte " + std::to_string(at) +
                                          ": the file was cut short: its end mark is missing");
    };
    Bytes block;
    std::uint64_t at = 0;
    for (unsigned ends = 0; ends < 2;) {
        if (file.size() < kTarBlock || at > file.size() - kTarBlock) return cut(file.size());
        TOPGUN_TRY(file.read_at(at, kTarBlock, block));
        if (block == zeros) {
            ++ends;
            at += kTarBlock;
            continue;
        }
        const auto size = tar_size(block);
        if (ends != 0 || !size || BytesView(block).substr(kTarMagicAt, 5) != "ustar") {
            return Error(Errc::bad_input,
                         file.path() + ": byte " + std::to_string(at) + ": no header of a member");
        }
        if (*size > file.size()) return cut(file.size());
        at += kTarBlock + (*size + kTarBlock - 1) / kTarBlock * kTarBlock;
    }
    return {};
}

// Words that a line of a plain dump begins with, and that no other text format of ours does.
bool begins_as_sql(std::string_view line) {
    constexpr std::array<std::string_view, 10> kWords = {
        "--",         "/*",          "SET ",         "COPY ",  "CREATE ",
        "\\connect ", "\\restrict ", "INSERT INTO ", "ALTER ", "SELECT pg_catalog."};
    return std::any_of(kWords.begin(), kWords.end(),
                       [line](auto word) { return line.starts_with(word); });
}

}  // namespace

Result<InputFile> open_plain(const std::string& path, const std::string& name) {
    if (is_dump_directory(path)) return through_restore(path, name);
    auto file = InputFile::open(path, name);
    if (!file) return file;
    Bytes head;
    TOPGUN_TRY(file->read_at(
        0, static_cast<std::size_t>(std::min<std::uint64_t>(file->size(), 512)), head));
    if (is_tar(head)) TOPGUN_TRY(check_tar(*file));
    return is_archive(head) ? through_restore(path, name) : std::move(file);
}

bool looks_like_dump(BytesView head) noexcept {
    if (is_archive(head)) return true;
    if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
    const auto first = head.find_first_not_of(" \t\r\n");
    return first != BytesView::npos && begins_as_sql(head.substr(first));
}

bool is_dump_directory(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
           ::stat((path + "/toc.dat").c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace topgun::pgdump
