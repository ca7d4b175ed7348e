// SPDX-License-Identifier: Apache-2.0
#include "topgun/crdt/node_table.hpp"

#include <string>

#include "topgun_test/support.hpp"

using namespace topgun;

TEST_CASE("a node table gives each node id one number and its text back", "[crdt]") {
    NodeTable table;
    const auto a = table.intern("node-a");
    const auto b = table.intern("node-b");
    CHECK(a != b);
    CHECK(table.intern("node-b") == b);
    CHECK(table.intern("node-a") == a);
    CHECK(table.name(a) == "node-a");
    CHECK(table.intern("") != table.intern("node-a"));
    CHECK(table.size() == 3);
}

TEST_CASE("texts of a node table stay where they are while it grows", "[crdt]") {
    NodeTable table;
    const std::string_view first = table.name(table.intern("first"));
    const char* const at = first.data();
    for (int i = 0; i < 10'000; ++i) table.intern("node-" + std::to_string(i));
    CHECK(table.name(table.intern("first")).data() == at);
    for (int i = 0; i < 10'000; i += 97) {
        const auto name = "node-" + std::to_string(i);
        CHECK(table.name(table.intern(name)) == name);
    }
    CHECK(table.size() == 10'001);
}
