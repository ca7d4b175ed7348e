// SPDX-License-Identifier: Apache-2.0
// Every row arrives once, where its routing says, whatever the queues' sizes and the threads.
#include "dag_support.hpp"

using namespace topgun;
using namespace topgun::dag;
using test::Received;

namespace {

Dag two_vertices(Received& received, Routing routing, std::size_t from, std::size_t to,
                 std::size_t capacity = 1, std::int64_t rows = 1000) {
    Dag dag;
    dag.add({"numbers", test::numbers_below(rows), from, {}});
    dag.add({"sink", test::into(received), to, {}});
    Edge edge;
    edge.to = 1;
    edge.routing = routing;
    edge.capacity = capacity;
    if (routing == Routing::partitioned) edge.keys = {0};
    dag.connect(edge);
    return dag;
}

}  // namespace

TEST_CASE("no routing loses or repeats a row", "[dag][routing]") {
    const auto routing = GENERATE(Routing::unicast, Routing::partitioned, Routing::to_one);
    const auto producers = GENERATE(1u, 3u);
    const auto consumers = GENERATE(1u, 4u);
    for (const std::size_t threads : {1u, 3u}) {
        CAPTURE(routing_name(routing), producers, consumers, threads);
        Received received;
        const auto dag = two_vertices(received, routing, producers, consumers);
        ExecutorOptions options;
        options.threads = threads;
        const auto report = test::must(run(dag, options));
        CHECK(received.sorted() == test::first_numbers(1000));
        CHECK(report.vertices[0].rows_out == 1000);
        CHECK(report.vertices[1].rows_in == 1000);
    }
}

TEST_CASE("isolated pairs keep their order to themselves", "[dag][routing]") {
    Received received;
    (void)test::must(run(two_vertices(received, Routing::isolated, 3, 3)));
    for (const auto& [from, values] : received.values) {
        CHECK(std::is_sorted(values.begin(), values.end()));
        for (const auto value : values) {
            CHECK(static_cast<std::size_t>(value) % 3 == from.first);
        }
    }
    CHECK(received.sorted() == test::first_numbers(1000));
}

TEST_CASE("a broadcast reaches every processor whole", "[dag][routing]") {
    Received received;
    (void)test::must(run(two_vertices(received, Routing::broadcast, 2, 3)));
    REQUIRE(received.values.size() == 3);
    for (auto& [from, values] : received.values) {
        std::sort(values.begin(), values.end());
        CHECK(values == test::first_numbers(1000));
    }
}

TEST_CASE("everything to one goes to the first", "[dag][routing]") {
    Received received;
    (void)test::must(run(two_vertices(received, Routing::to_one, 2, 3)));
    CHECK(received.values.size() == 1);
    CHECK(received.values.begin()->first.first == 0);
}

TEST_CASE("equal keys meet in one processor", "[dag][routing]") {
    Received received;
    Dag dag;
    // Each number below 500 comes from both producers.
    dag.add({"numbers", test::making<test::Numbers>(0, 500, 1, std::size_t{13}), 2, {}});
    dag.add({"sink", test::into(received), 4, {}});
    Edge edge;
    edge.to = 1;
    edge.routing = Routing::partitioned;
    edge.keys = {0};
    dag.connect(edge);
    (void)test::must(run(dag));
    std::map<std::int64_t, std::vector<std::size_t>> seen_by;
    for (const auto& [from, values] : received.values) {
        CHECK(values.size() > 100);  // the keys are spread
        for (const auto value : values) seen_by[value].push_back(from.first);
    }
    CHECK(seen_by.size() == 500);
    for (const auto& [value, processors] : seen_by) {
        REQUIRE(processors.size() == 2);
        CHECK(processors[0] == processors[1]);
    }
}

TEST_CASE("two edges of one output both carry all of it", "[dag][routing]") {
    Received left, right;
    Dag dag;
    dag.add({"numbers", test::numbers_below(5000), 1, {}});
    dag.add({"left", test::into(left), 1, {}});
    dag.add({"right", test::into(right), 1, {}});
    dag.connect(0, 1, Routing::unicast);
    dag.connect(0, 2, Routing::unicast);
    const auto report = test::must(run(dag));
    CHECK(left.sorted() == test::first_numbers(5000));
    CHECK(right.sorted() == test::first_numbers(5000));
    CHECK(report.vertices[0].rows_out == 5000);
}
