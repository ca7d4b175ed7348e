// SPDX-License-Identifier: Apache-2.0
// A headless Chromium under the test's control, by the DevTools protocol over two pipes.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace topgun::test {

class Browser {
public:
    /// The program, by PATH; empty when none is installed.
    static std::optional<std::filesystem::path> find();

    /// @param folder  for its profile; outlives this.
    Browser(const std::filesystem::path& program, const std::filesystem::path& folder);
    ~Browser();
    Browser(const Browser&) = delete;
    Browser& operator=(const Browser&) = delete;

    /// Goes to a page and waits until it is loaded.
    void open(const std::string& url);
    /// What an expression gives; promises are waited for. Fails the test when it throws.
    nlohmann::json evaluate(const std::string& expression);
    /// Waits until an expression is true. @return false after 15 seconds.
    bool eventually(const std::string& expression);
    /// PNG of the page in a window of this size.
    std::string screenshot(unsigned width, unsigned height);

    /// Addresses that the page asked for, in order.
    std::vector<std::string> requests() const { return requests_; }
    /// What the browser complained of: exceptions, console errors, violated policies.
    std::vector<std::string> complaints() const { return complaints_; }

private:
    nlohmann::json call(const std::string& method, nlohmann::json parameters = {});
    nlohmann::json read_message();
    void note(const nlohmann::json& event);

    pid_t pid_ = -1;
    int to_ = -1, from_ = -1;
    std::string waiting_, session_;
    int last_id_ = 0;
    bool loaded_ = false;
    std::vector<std::string> requests_, complaints_;
};

}  // namespace topgun::test
