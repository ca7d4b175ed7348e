// SPDX-License-Identifier: Apache-2.0
// Uses installed headers and the installed library the way a stranger's program would.
#include <iostream>

#include "topgun/base/hash.hpp"
#include "topgun/clock/hlc.hpp"
#include "topgun/clock/timestamp.hpp"
#include "topgun/value/json.hpp"

namespace {

bool timestamps_work() {
    const auto left = topgun::parse_timestamp("5:1:a");
    const auto right = topgun::parse_timestamp("5:2:a");
    const auto bad = topgun::parse_timestamp("5:x:a");
    return left && right && *left < *right && !bad && bad.error().code() == topgun::Errc::bad_input;
}

bool values_work() {
    const auto value = topgun::parse_json(R"({"done":true})");
    if (!value) return false;
    std::string text;
    topgun::append_json(*value, text);
    return text == R"({"done":true})" && topgun::fnv1a("hello") == 1335831723u;
}

// An exception of the library must be caught by its type in another binary.
bool bugs_are_caught() {
    try {
        TOPGUN_ASSERT(1 > 2, "to see it caught");
    } catch (const topgun::Bug&) {
        return true;
    }
    return false;
}

}  // namespace

int main() {
    topgun::ManualTime time(1000);
    auto clock = topgun::Hlc::create("consumer", time);
    if (!clock || clock->now().millis != 1000 || !timestamps_work() || !values_work() ||
        !bugs_are_caught()) {
        return 1;
    }
    std::cout << "the consumer works\n";
    return 0;
}
