// SPDX-License-Identifier: Apache-2.0
// What the source tests share: ops as text, sources read whole, standard input from a file.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "topgun/source/source.hpp"
#include "topgun/storage/log.hpp"
#include "topgun/storage/snapshot.hpp"
#include "topgun/storage/text_formats.hpp"
#include "topgun/value/json.hpp"
#include "topgun_test/states.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {

using Lines = std::vector<std::string>;

/// An op as a line of NDJSON, which says everything.
inline std::string op_line(const Op& op) {
    std::string out;
    append_ndjson(op, out);
    return out;
}

struct OpsRead {
    Lines lines;
    ReadReport report;
};

inline Result<OpsRead> try_read_ops(const std::string& path, const ReadOptions& options = {}) {
    OpsRead out;
    auto report = read_ops(path, options, [&out](const Op& op) {
        out.lines.push_back(op_line(op));
        return Status();
    });
    if (!report) return std::move(report).error();
    out.report = std::move(*report);
    return out;
}

inline OpsRead all_ops(const std::string& path, const ReadOptions& options = {}) {
    return must(try_read_ops(path, options));
}

inline Lines state_lines(const std::string& path, const ReadOptions& options = {}) {
    const auto source = must(open_source(path, options));
    return lines_of(*source.state);
}

/// Why a source cannot be read to its end: by opening it, or by reading all of its rows. Fails the
/// test when it can.
inline Error refusal(const std::string& path, const ReadOptions& options = {}) {
    auto source = open_source(path, options);
    if (!source) return std::move(source).error();
    for (const auto& id : source->state->maps()) {
        const auto ignore = [](const Row&) {};
        for (const bool removed : {true, false}) {
            auto rows =
                removed ? source->state->removed_tags(id) : source->state->StateReader::rows(id);
            if (!rows) return std::move(rows).error();
            auto status = for_each_row(**rows, ignore);
            if (!status) return std::move(status).error();
        }
        if (auto facts = source->state->facts(id); !facts) return std::move(facts).error();
    }
    FAIL("'" + path + "' was read without an error");
    return Error(Errc::usage, "");
}

/// Ops as a log's bytes.
inline Bytes log_bytes(const std::vector<OwnedOp>& ops, const std::string& origin = {}) {
    Bytes out;
    append_log_header({kLogVersion, 0, origin}, out);
    for (const auto& op : ops) must(append_log_frame(op.view(), out));
    return out;
}

/// Bytes of a file become standard input until this goes.
class StandardInput {
public:
    explicit StandardInput(const std::string& path) : saved_(::dup(STDIN_FILENO)) {
        const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        REQUIRE(fd >= 0);
        REQUIRE(::dup2(fd, STDIN_FILENO) == STDIN_FILENO);
        ::close(fd);
    }
    ~StandardInput() {
        ::dup2(saved_, STDIN_FILENO);
        ::close(saved_);
    }
    StandardInput(const StandardInput&) = delete;
    StandardInput& operator=(const StandardInput&) = delete;

private:
    int saved_;
};

/// Sets TMPDIR until this goes.
class TemporaryFolder {
public:
    explicit TemporaryFolder(const std::string& path) {
        if (const char* old = std::getenv("TMPDIR")) old_ = old;
        ::setenv("TMPDIR", path.c_str(), 1);
    }
    ~TemporaryFolder() {
        if (old_)
            ::setenv("TMPDIR", old_->c_str(), 1);
        else
            ::unsetenv("TMPDIR");
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

private:
    std::optional<std::string> old_;
};

inline std::unique_ptr<StateReader> state_of(const std::vector<OwnedOp>& ops) {
    return own_replica(std::make_unique<Replica>(replica_of(ops)));
}

inline const std::vector<OwnedOp>& some_ops() {
    static const std::vector<OwnedOp> ops = {
        put("a", {1, 0, "n"}, int_value(1)), put("b", {2, 0, "n"}, int_value(2), 500),
        remove("c", {3, 0, "n"}), or_add("k", {4, 0, "n"}, int_value(4)), or_remove("gone")};
    return ops;
}

// The same state in every format that is one file.
inline std::vector<std::string> files_of_every_format(const ScratchDir& dir) {
    std::vector<std::string> out;
    for (const auto* name : {"s.tgs", "s.tgl", "s.msgpack", "s.ndjson", "s.json", "s.csv"}) {
        (void)must(write_state(*state_of(some_ops()), dir.file(name), Format::automatic));
        out.push_back(dir.file(name));
    }
    return out;
}

inline Lines expected_lines() {
    return lines_of(*state_of(some_ops()));
}

inline Bytes snapshot_bytes(const std::vector<OwnedOp>& ops) {
    ScratchDir dir;
    (void)must(write_snapshot(*state_of(ops), dir.file("s.tgs")));
    return slurp(dir.file("s.tgs"));
}

inline std::vector<OwnedOp> many_puts(int count) {
    std::vector<OwnedOp> ops;
    for (int i = 0; i < count; ++i) {
        ops.push_back(put("k" + std::to_string(i), {1, 0, "n"}, int_value(i)));
    }
    return ops;
}

}  // namespace topgun::test
