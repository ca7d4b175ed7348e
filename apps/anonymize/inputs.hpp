// SPDX-License-Identifier: Apache-2.0
// Sources that are read more than once: first to learn what they hold, then to replace it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/sources.hpp"
#include "topgun/source/source.hpp"
#include "topgun/synth/anonymize.hpp"

namespace topgun::cli {

/// A source of which nothing is gone after the first reading: what comes through a pipe is kept in
/// a temporary, removed on destruction.
class Input {
public:
    /// Errors: io, not_found.
    static Result<Input> open(const std::string& path);
    Input(Input&& other) noexcept;
    Input& operator=(Input&&) = delete;
    ~Input();

    /// What the user called it.
    const std::string& name() const noexcept { return name_; }
    /// Reads its ops; errors and damage name it as the user did.
    Result<ReadReport> read(const ReadOptions& options, const OpVisitor& visit) const;
    /// As a state, if it is a snapshot; null for anything else. Opening it is cheap.
    Result<std::unique_ptr<StateReader>> snapshot(const ReadOptions& options,
                                                  ReadReport& report) const;

private:
    explicit Input(std::string name) : name_(std::move(name)), path_(name_) {}
    std::string name_;
    std::string path_;
    int kept_ = -1;  // descriptor of the file without a name
};

/// What is known of all sources after the first reading.
struct Learned {
    std::vector<std::unique_ptr<StateReader>> states;  ///< One per input, in their order.
    std::vector<ReadReport> reports;
    bool first_is_snapshot = false;
};

/// Reads every input once, so that `anonymizer` knows its keys, nodes and equal stamps, and
/// finishes it. The first input is the one to be replaced. Errors: those of reading, and of
/// finish().
Result<Learned> learn(synth::Anonymizer& anonymizer, const std::vector<Input>& inputs,
                      const ReadOptions& options, Streams io);

}  // namespace topgun::cli
