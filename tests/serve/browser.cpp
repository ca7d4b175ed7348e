// SPDX-License-Identifier: Apache-2.0
#include "browser.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <thread>

#include "topgun/value/json.hpp"

namespace topgun::test {
namespace {

using nlohmann::json;

constexpr int kPatienceMs = 60'000;  // a loaded machine starts a browser slowly

void run_browser(const std::filesystem::path& program, const std::filesystem::path& folder,
                 int commands, int answers) {
    // Above 3 and 4 first: either may be one of them already.
    const int in = ::fcntl(commands, F_DUPFD, 10), out = ::fcntl(answers, F_DUPFD, 10);
    ::dup2(in, 3);
    ::dup2(out, 4);
    ::close(in);
    ::close(out);
    const int nothing = ::open("/dev/null", O_RDWR);
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        ::dup2(nothing, standard);
    }
    ::setpgid(0, 0);
    ::setenv("HOME", folder.c_str(), 1);
    const auto profile = "--user-data-dir=" + (folder / "profile").string();
    // The sandbox needs rights that a container's root has not; the page is our own.
    ::execl(program.c_str(), program.c_str(), "--headless", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", profile.c_str(),
            "--remote-debugging-pipe", "about:blank", static_cast<char*>(nullptr));
    ::_exit(127);
}

}  // namespace

std::optional<std::filesystem::path> Browser::find() {
    const char* path = std::getenv("PATH");
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');) {
        for (const char* name : {"chromium", "chromium-browser", "google-chrome"}) {
            const auto program = std::filesystem::path(folder) / name;
            if (::access(program.c_str(), X_OK) == 0) return program;
        }
    }
    return std::nullopt;
}

Browser::Browser(const std::filesystem::path& program, const std::filesystem::path& folder) {
    int commands[2], answers[2];
    REQUIRE(::pipe2(commands, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(answers, O_CLOEXEC) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) run_browser(program, folder, commands[0], answers[1]);
    ::close(commands[0]);
    ::close(answers[1]);
    to_ = commands[1];
    from_ = answers[0];
    const std::string target = call("Target.createTarget", {{"url", "about:blank"}}).at("targetId");
    session_ =
        call("Target.attachToTarget", {{"targetId", target}, {"flatten", true}}).at("sessionId");
    for (const char* domain : {"Page", "Network", "Runtime", "Log"}) {
        call(std::string(domain) + ".enable");
    }
}

Browser::~Browser() {
    ::close(to_);
    ::close(from_);
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

json Browser::read_message() {
    for (;;) {
        const auto end = waiting_.find('\0');
        if (end != std::string::npos) {
            auto message = json::parse(waiting_.substr(0, end));
            waiting_.erase(0, end + 1);
            return message;
        }
        pollfd wait{from_, POLLIN, 0};
        REQUIRE(::poll(&wait, 1, kPatienceMs) > 0);
        char buffer[65536];
        const auto got = ::read(from_, buffer, sizeof buffer);
        REQUIRE(got > 0);
        waiting_.append(buffer, static_cast<std::size_t>(got));
    }
}

void Browser::note(const json& event) {
    const auto method = event.value("method", "");
    if (method == "Page.loadEventFired") loaded_ = true;
    if (method == "Network.requestWillBeSent") {
        requests_.push_back(event["params"]["request"]["url"]);
    }
    if (method == "Log.entryAdded") complaints_.push_back(event["params"]["entry"]["text"]);
    if (method == "Runtime.exceptionThrown") {
        complaints_.push_back(event["params"]["exceptionDetails"].dump());
    }
}

json Browser::call(const std::string& method, json parameters) {
    json message{{"id", ++last_id_}, {"method", method}};
    if (!parameters.is_null()) message["params"] = std::move(parameters);
    if (!session_.empty()) message["sessionId"] = session_;
    const auto text = message.dump() + '\0';
    for (std::size_t sent = 0; sent < text.size();) {
        const auto wrote = ::write(to_, text.data() + sent, text.size() - sent);
        REQUIRE(wrote > 0);
        sent += static_cast<std::size_t>(wrote);
    }
    for (;;) {
        auto answer = read_message();
        if (answer.value("id", 0) != last_id_) {
            note(answer);
            continue;
        }
        CAPTURE(method, answer.dump());
        REQUIRE_FALSE(answer.contains("error"));
        return answer.at("result");
    }
}

void Browser::open(const std::string& url) {
    loaded_ = false;
    call("Page.navigate", {{"url", url}});
    while (!loaded_) note(read_message());
}

json Browser::evaluate(const std::string& expression) {
    const auto answer =
        call("Runtime.evaluate",
             {{"expression", expression}, {"returnByValue", true}, {"awaitPromise", true}});
    CAPTURE(expression, answer.dump());
    REQUIRE_FALSE(answer.contains("exceptionDetails"));
    return answer.at("result").value("value", json());
}

bool Browser::eventually(const std::string& expression) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(15);
    while (evaluate(expression) != true) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return true;
}

std::string Browser::screenshot(unsigned width, unsigned height) {
    call("Emulation.setDeviceMetricsOverride",
         {{"width", width}, {"height", height}, {"deviceScaleFactor", 1}, {"mobile", false}});
    const std::string data = call("Page.captureScreenshot", {{"format", "png"}}).at("data");
    const auto decoded = base64_decode(data);
    REQUIRE(decoded);
    return *decoded;
}

}  // namespace topgun::test
