// SPDX-License-Identifier: Apache-2.0
// The status page as a browser shows it, and what no link, map or frame may make it do.
// For the listener that skips all of it.
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "browser.hpp"
#include "endpoint.hpp"
#include "socket.hpp"
#include "topgun/base/bytes.hpp"
#include "topgun/base/sha2.hpp"
#include "topgun/value/json.hpp"

namespace topgun::test {
namespace {

using nlohmann::json;

constexpr const char* kHostileName = "<img src=x onerror=document.title='pwned'>";

std::string record(const std::string& map, const std::string& key, const json& value) {
    const json line{{"map", map}, {"key", key}, {"value", value}, {"ts", "1700000000000:0:a"}};
    return line.dump() + "\n";
}

// An endpoint with a few maps, and a browser that has its page open.
struct Page {
    explicit Page(std::vector<std::string> options = {}) {
        std::ofstream(folder.path() / "a.ndjson")
            << record("todos", "x", {{"title", "milk"}, {"n", 1}})
            << record("todos", "y", {{"title", "<b>bread</b>"}, {"n", 2}})
            << record(kHostileName, "z", {{"n", 3}});
        const auto filled = run_cli(folder.path(), {"replay", "a.ndjson", "--into", "node/"});
        REQUIRE(filled.status == 0);
        options.insert(options.end(), {"--data", "node"});
        node = std::make_unique<Endpoint>(folder.path(), options);
        home = "http://127.0.0.1:" + std::to_string(node->port()) + "/";
        browser = std::make_unique<Browser>(*Browser::find(), folder.path());
        browser->open(home);
    }
    ~Page() {
        browser.reset();
        // It may still be writing its profile when it is killed.
        std::error_code ignored;
        std::filesystem::remove_all(folder.path() / "profile", ignored);
    }
    std::string text(const std::string& id) {
        return browser->evaluate("document.getElementById('" + id + "').innerText");
    }
    bool eventually_shows(const std::string& id, const std::string& text) {
        return browser->eventually("document.getElementById('" + id + "').innerText.includes(" +
                                   json(text).dump() + ")");
    }
    void type_and_run(const std::string& statement) {
        browser->evaluate("document.getElementById('text').value = " + json(statement).dump() +
                          "; document.querySelector('#query button').click()");
    }
    // Everything that was asked for came from the endpoint, and nothing went wrong.
    void check_quiet() const {
        for (const auto& url : browser->requests()) {
            CAPTURE(url);
            CHECK(url.starts_with(home));
        }
        CHECK(browser->complaints() == std::vector<std::string>{});
    }
    std::size_t statements_sent() const {
        const auto all = browser->requests();
        return static_cast<std::size_t>(std::count(all.begin(), all.end(), home + "api/v1/sql"));
    }

    ScratchDir folder;
    std::unique_ptr<Endpoint> node;
    std::string home;
    std::unique_ptr<Browser> browser;
};

// Without a browser nothing here can be said. Catch2 2 has no word for that; ctest has this status.
struct NeedsBrowser : Catch::TestEventListenerBase {
    using TestEventListenerBase::TestEventListenerBase;
    void testRunStarting(const Catch::TestRunInfo&) override {
        if (Browser::find()) return;
        std::puts("SKIPPED: no chromium, chromium-browser or google-chrome on PATH");
        std::exit(kSkipped);
    }
    static constexpr int kSkipped = 77;
};
CATCH_REGISTER_LISTENER(NeedsBrowser)

}  // namespace

TEST_CASE("the page shows maps, counts and connections, and asks nobody else", "[browser]") {
    Page page;
    CHECK(page.eventually_shows("maps", "todos"));
    // Two records, no tombstone.
    CHECK(page.browser->evaluate("[...document.querySelectorAll('#maps tr')].map(r => "
                                 "[...r.children].slice(0, 4).map(c => c.textContent))") ==
          json::parse(R"([["name","kind","records","tombstones"],
                          [")" +
                      std::string(kHostileName) + R"(","lww","1","0"],
                          ["todos","lww","2","0"]])"));
    CHECK_THAT(page.text("cards"), Catch::Contains("0\nconnections"));
    CHECK_THAT(page.text("who"), Catch::Contains("serve-") && Catch::Contains("version"));
    CHECK(page.text("nodes") == "None.");
    {
        WebSocket peer(static_cast<std::uint16_t>(page.node->port()));
        CHECK(page.eventually_shows("cards", "1\nconnections"));
    }
    CHECK(page.eventually_shows("cards", "0\nconnections"));
    CHECK(page.browser->evaluate("document.querySelectorAll('img, iframe, link, script[src]')"
                                 ".length") == 0);
    CHECK(page.browser->evaluate("document.title") == "TopGun endpoint");
    page.check_quiet();
}

TEST_CASE("the page looks like something, in light and on a small screen", "[browser]") {
    Page page;
    REQUIRE(page.eventually_shows("maps", "todos"));
    for (const auto& [width, height] : {std::pair(1000u, 800u), std::pair(400u, 700u)}) {
        const auto png = page.browser->screenshot(width, height);
        CHECK(png.size() > 5'000);
        REQUIRE(png.starts_with("\x89PNG\r\n\x1a\n"));
        CHECK(load_be<std::uint32_t>(png.data() + 16) == width);
        CHECK(load_be<std::uint32_t>(png.data() + 20) == height);
        // Nothing sticks out to the side.
        CHECK(page.browser->evaluate("document.documentElement.scrollWidth <= innerWidth") == true);
        // For who wants to look at it.
        std::ofstream("status-page-" + std::to_string(width) + ".png", std::ios::binary) << png;
    }
}

TEST_CASE("a statement runs from the page, and its errors are shown", "[browser]") {
    Page page;
    page.type_and_run("SELECT _key, title FROM todos ORDER BY _key");
    REQUIRE(page.eventually_shows("result", "SELECT 2"));
    CHECK_THAT(page.text("result"), Catch::Contains("milk"));
    // What people store is text, whatever it looks like.
    CHECK_THAT(page.text("result"), Catch::Contains("<b>bread</b>"));
    CHECK(page.browser->evaluate("document.querySelectorAll('#result b').length") == 0);
    page.type_and_run("DELETE FROM todos WHERE n = 1");
    REQUIRE(page.eventually_shows("result", "DELETE 1"));
    CHECK(page.eventually_shows("maps", "todos\tlww\t1\t1"));
    page.check_quiet();
    page.type_and_run("SELECT FROM WHERE");
    REQUIRE(page.browser->eventually("!!document.querySelector('#result .error')"));
    CHECK_THAT(page.text("result"), Catch::Contains("syntax error"));
}

TEST_CASE("a link brings a statement, and whoever opens it decides", "[browser]") {
    Page page;
    const std::string statement = "DELETE FROM todos WHERE title = 'milk' -- 100% sure, & so on";
    page.type_and_run("SELECT 1");
    REQUIRE(page.eventually_shows("result", "SELECT 1"));
    page.browser->evaluate("location.hash = '#sql=' + encodeURIComponent(" +
                           json(statement).dump() + ")");
    REQUIRE(page.eventually_shows("note", "not run"));
    CHECK(page.browser->evaluate("document.getElementById('text').value") == statement);
    // In a page that is opened with it, too; nothing is sent, however long one waits.
    const std::string link = page.browser->evaluate("location.href");
    page.browser->open("about:blank");
    page.browser->open(link);
    REQUIRE(page.eventually_shows("maps", "todos"));
    CHECK(page.browser->evaluate("document.getElementById('text').value") == statement);
    page.browser->evaluate("new Promise(done => setTimeout(done, 500))");
    CHECK(page.statements_sent() == 1);
    CHECK_THAT(page.text("maps"), Catch::Contains("todos\tlww\t2\t0"));
    page.browser->evaluate("document.querySelector('#query button').click()");
    CHECK(page.eventually_shows("maps", "todos\tlww\t1\t1"));
    CHECK(page.browser->evaluate("decodeURIComponent(location.hash)") == "#sql=" + statement);
    // A broken link is none.
    page.browser->evaluate("location.hash = '#sql=%E0%A4%A'");
    CHECK(page.eventually_shows("note", "no readable statement"));
}

TEST_CASE("with tokens the page asks for one, and keeps it out of its address", "[browser]") {
    ScratchDir secrets;
    const auto file = secrets.file("secret");
    std::ofstream(file) << "s3cret";
    Page page({"--jwt-secret-file", file, "--admin", "ann"});
    REQUIRE(page.browser->eventually(
        "getComputedStyle(document.getElementById('login')).display === 'block'"));
    CHECK(page.text("maps").empty());
    const auto body = base64url_encode(R"({"alg":"HS256"})") + '.' +
                      base64url_encode(R"({"sub":"ann","exp":4000000000})");
    const auto token = body + '.' + base64url_encode(hmac_sha256("s3cret", body));
    page.browser->evaluate("document.getElementById('token').value = '" + token +
                           "'; document.querySelector('#login button').click()");
    CHECK(page.eventually_shows("maps", "todos"));
    for (const auto& url : page.browser->requests()) CHECK(url.find(token) == std::string::npos);
    CHECK(page.browser->evaluate("location.href") == page.home);
}

TEST_CASE("pages of other origins neither write here nor show this one in a frame", "[browser]") {
    Page page;
    // The same endpoint under another name is another origin.
    Endpoint other(page.folder.path(), {"--storage", "memory"});
    page.browser->open("http://127.0.0.1:" + std::to_string(other.port()) + "/health");
    const std::string send =
        "fetch(" + json(page.home + "api/v1/sql").dump() +
        ", {method: 'POST', mode: 'no-cors', body: 'DELETE FROM todos'}).then(() => true)";
    CHECK(page.browser->evaluate(send) == true);
    page.browser->evaluate(
        "document.body.append(Object.assign(document.createElement('iframe'), "
        "{src: " +
        json(page.home).dump() + "}))");
    CHECK(page.browser->eventually("document.querySelector('iframe').contentDocument === null"));
    const auto complaints = page.browser->complaints();
    CHECK(std::any_of(complaints.begin(), complaints.end(), [](const std::string& one) {
        return one.find("frame") != std::string::npos;
    }));
    page.browser->open(page.home);
    REQUIRE(page.eventually_shows("maps", "todos"));
    CHECK_THAT(page.text("maps"), Catch::Contains("todos\tlww\t2\t0"));
}

}  // namespace topgun::test
