// SPDX-License-Identifier: Apache-2.0
// One CLI case: a folder that says what to run and what must come out. README.md has the format.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "topgun_test/process.hpp"

namespace topgun::test {

class CliCase {
public:
    /// @param testdata  where the names in `files` start.
    CliCase(std::filesystem::path program, std::filesystem::path testdata,
            std::filesystem::path folder);
    ~CliCase();
    CliCase(const CliCase&) = delete;
    CliCase& operator=(const CliCase&) = delete;

    /// Runs it. @return what is wrong, empty when nothing is. Throws std::runtime_error when the
    /// case itself cannot be read.
    std::vector<std::string> run(bool update_goldens);

private:
    void prepare();
    void run_step(const std::string& line);
    void change_file(const std::vector<std::string>& words);
    void run_command_step(std::vector<std::string> words);
    ProcessOptions options_for(std::vector<std::string> arguments) const;
    void check_text(const std::string& name, const std::string& actual);
    void check_status(int status);
    void check_json(const std::vector<std::string>& arguments, const std::string& out);
    void check_files();

    bool has(const std::string& name) const;
    std::string read(const std::string& name) const;
    void complain(const std::string& text) { faults_.push_back(text); }

    std::filesystem::path program_, testdata_, folder_, scratch_;
    bool update_ = false;
    std::vector<std::string> faults_;
};

}  // namespace topgun::test
