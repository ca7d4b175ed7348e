// SPDX-License-Identifier: Apache-2.0
// How runs end: complete, early, with an error, or not at all if nobody looked.
#include "topgun/dag/executor.hpp"

#include <condition_variable>
#include <thread>

#include "dag_support.hpp"

using namespace topgun;
using namespace topgun::dag;
using test::Received;

namespace {

// Counts what was opened and closed.
struct Ledger {
    std::atomic<int> opened{0}, closed{0};
};

class Counted : public Processor {
public:
    explicit Counted(Ledger* ledger) : ledger_(ledger) {}
    Status init(const ProcessorContext&) override {
        ++ledger_->opened;
        return {};
    }
    Status close() override {
        ++ledger_->closed;
        return {};
    }

private:
    Ledger* ledger_;
};

// Passes on `limit` rows and wants no more.
class First final : public Processor {
public:
    explicit First(std::size_t limit) : left_(limit) {}
    Status process(std::size_t, Inbox& inbox, Outbox& outbox) override {
        while (!inbox.empty() && left_ > 0) {
            auto batch = inbox.front();
            if (batch.rows > left_) {
                std::vector<std::uint32_t> rows;
                for (std::uint32_t row = 0; row < left_; ++row) rows.push_back(row);
                batch = batch.gather(rows);
            }
            if (!outbox.offer(batch)) return {};
            left_ -= batch.rows;
            (void)inbox.take();
        }
        while (left_ == 0 && !inbox.empty()) (void)inbox.take();
        return {};
    }
    bool is_satisfied() const override { return left_ == 0; }

private:
    std::size_t left_;
};

class Endless : public Processor {
public:
    Result<bool> complete(Outbox& outbox) override {
        (void)outbox.offer(test::numbers({1, 2, 3}));
        return false;
    }
};

class Failing final : public Counted {
public:
    enum class How { error, exception, bug, at_end, at_close };
    Failing(Ledger* ledger, How how) : Counted(ledger), how_(how) {}
    Status process(std::size_t, Inbox& inbox, Outbox&) override {
        (void)inbox.take();
        if (++seen_ < 3) return {};
        switch (how_) {
            case How::error: return Error(Errc::bad_input, "row 3 is wrong");
            case How::exception: throw std::runtime_error("thrown");
            case How::bug: throw Bug("a bug");
            default: return {};
        }
    }
    Result<bool> complete(Outbox&) override {
        if (how_ == How::at_end) return Error(Errc::limit, "too many");
        return true;
    }
    Status close() override {
        (void)Counted::close();
        return how_ == How::at_close ? Status(Error(Errc::io, "cannot close")) : Status();
    }

private:
    How how_;
    int seen_ = 0;
};

// Reads input 0 to its end before it looks at input 1, or says so.
class InOrder final : public Processor {
public:
    explicit InOrder(std::atomic<bool>* wrong) : wrong_(wrong) {}
    Status process(std::size_t ordinal, Inbox& inbox, Outbox&) override {
        if (ordinal == 1 && !first_ended_) *wrong_ = true;
        (void)inbox.take();
        return {};
    }
    Result<bool> complete_edge(std::size_t ordinal, Outbox&) override {
        if (ordinal == 0) first_ended_ = true;
        return true;
    }

private:
    std::atomic<bool>* wrong_;
    bool first_ended_ = false;
};

Dag failing(Ledger& ledger, Failing::How how) {
    Dag dag;
    dag.add({"source", test::numbers_below(10'000), 1, {}});
    dag.add({"other", test::making<Counted>(&ledger), 2, {}});
    dag.add({"fails", test::making<Failing>(&ledger, how), 1, {}});
    dag.connect(0, 1, Routing::unicast);
    dag.connect(1, 2, Routing::to_one);
    return dag;
}

}  // namespace

TEST_CASE("an error ends the run, names its vertex, and everything is closed", "[dag]") {
    using How = Failing::How;
    const std::vector<std::pair<How, std::string>> rows{
        {How::error, "vertex 'fails': row 3 is wrong"},
        {How::exception, "thrown"},
        {How::at_end, "vertex 'fails': too many"},
    };
    for (const auto& [how, text] : rows) {
        CAPTURE(text);
        Ledger ledger;
        const auto result = run(failing(ledger, how));
        REQUIRE_FALSE(result);
        CHECK(result.error().text() == text);
        CHECK(ledger.opened == 3);
        CHECK(ledger.closed == 3);
    }
}

TEST_CASE("a bug inside a processor comes out of run() as the bug it is", "[dag]") {
    Ledger ledger;
    CHECK_THROWS_AS(run(failing(ledger, Failing::How::bug)), Bug);
    CHECK(ledger.closed == 3);
}

TEST_CASE("an error of close() is told when the run was well otherwise", "[dag]") {
    Ledger ledger;
    const auto result = run(failing(ledger, Failing::How::at_close));
    REQUIRE_FALSE(result);
    CHECK(result.error().text() == "vertex 'fails': cannot close");
}

TEST_CASE("a supplier's error closes what was opened before it", "[dag]") {
    Ledger ledger;
    Dag dag;
    dag.add({"first", test::making<Counted>(&ledger), 1, {}});
    dag.add({"second",
             [](std::size_t, std::size_t) -> Result<std::unique_ptr<Processor>> {
                 return Error(Errc::not_found, "no such file");
             },
             1,
             {}});
    dag.connect(0, 1, Routing::unicast);
    const auto result = run(dag);
    REQUIRE_FALSE(result);
    CHECK(result.error().text() == "vertex 'second': no such file");
    CHECK(ledger.opened == 1);
    CHECK(ledger.closed == 1);
}

TEST_CASE("a consumer that has enough ends an endless source", "[dag]") {
    for (const std::size_t threads : {1u, 2u}) {
        Received received;
        Dag dag;
        dag.add({"endless", test::making<Endless>(), 2, {}});
        dag.add({"first", test::making<First>(std::size_t{10}), 1, {}});
        dag.add({"sink", test::into(received), 1, {}});
        dag.connect(0, 1, Routing::to_one);
        dag.connect(1, 2, Routing::unicast);
        ExecutorOptions options;
        options.threads = threads;
        (void)test::must(run(dag, options));
        CHECK(received.sorted().size() == 10);
    }
}

TEST_CASE("an input of lower priority is begun when the one before it has ended", "[dag]") {
    std::atomic<bool> wrong{false};
    Dag dag;
    dag.add({"build", test::numbers_below(20'000), 2, {}});
    dag.add({"probe", test::numbers_below(20'000), 2, {}});
    dag.add({"join", test::making<InOrder>(&wrong), 2, {}});
    Edge build, probe;
    build.from = 0, build.to = 2, build.to_ordinal = 0, build.routing = Routing::broadcast;
    probe.from = 1, probe.to = 2, probe.to_ordinal = 1, probe.priority = 1;
    dag.connect(build);
    dag.connect(probe);
    const auto report = test::must(run(dag));
    CHECK_FALSE(wrong);
    CHECK(report.vertices[2].rows_in == 60'000);
}

TEST_CASE("a plan in which all wait for each other is told, not waited for", "[dag]") {
    std::atomic<bool> wrong{false};
    Dag dag;
    dag.add({"numbers", test::numbers_below(20'000), 1, {}});
    dag.add({"join", test::making<InOrder>(&wrong), 1, {}});
    Edge build, probe;
    build.to = 1, build.to_ordinal = 0;
    probe.to = 1, probe.to_ordinal = 1, probe.priority = 1;
    dag.connect(build);
    dag.connect(probe);
    const auto result = run(dag);
    REQUIRE_FALSE(result);
    CHECK(result.error().text().find("every processor waits for another one") != std::string::npos);
    // With room for everything it runs.
    Dag roomy;
    for (const auto& vertex : dag.vertices()) roomy.add(vertex);
    probe.capacity = 1'000'000;
    roomy.connect(build);
    roomy.connect(probe);
    (void)test::must(run(roomy));
}

TEST_CASE("a run stops when it is cancelled or takes too long", "[dag]") {
    Dag dag;
    dag.add({"endless", test::making<Endless>(), 1, {}});
    dag.add({"pass", test::making<Processor>(), 1, {}});
    dag.connect(0, 1, Routing::unicast);
    CancelToken token;
    std::thread canceller([&token] {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        token.cancel();
    });
    ExecutorOptions options;
    options.cancel = &token;
    const auto cancelled = run(dag, options);
    canceller.join();
    REQUIRE_FALSE(cancelled);
    CHECK(cancelled.error().code() == Errc::cancelled);
    options.cancel = nullptr;
    options.timeout = std::chrono::milliseconds(30);
    const auto late = run(dag, options);
    REQUIRE_FALSE(late);
    CHECK(late.error().text() == "not done within 30 ms");
}

namespace {
// Blocks until as many of its kind run at the same time: impossible on one shared thread.
class Rendezvous final : public Processor {
public:
    struct Place {
        std::mutex mutex;
        std::condition_variable all;
        int here = 0;
    };
    explicit Rendezvous(Place* place) : place_(place) {}
    bool is_cooperative() const override { return false; }
    Result<bool> complete(Outbox& outbox) override {
        std::unique_lock lock(place_->mutex);
        ++place_->here;
        place_->all.notify_all();
        place_->all.wait(lock, [this] { return place_->here >= 3; });
        return outbox.offer(test::numbers({1}));
    }

private:
    Place* place_;
};
}  // namespace

TEST_CASE("processors that block have threads of their own", "[dag]") {
    Rendezvous::Place place;
    Received received;
    Dag dag;
    dag.add({"blocking", test::making<Rendezvous>(&place), 3, {}});
    dag.add({"sink", test::into(received), 1, {}});
    dag.connect(0, 1, Routing::to_one);
    ExecutorOptions options;
    options.threads = 1;
    (void)test::must(run(dag, options));
    CHECK(received.sorted().size() == 3);
}

TEST_CASE("a processor that does nothing for ever is found out", "[dag]") {
    class Lazy final : public Processor {
        Status process(std::size_t, Inbox&, Outbox&) override { return {}; }
    };
    Dag dag;
    dag.add({"numbers", test::numbers_below(10), 1, {}});
    dag.add({"lazy", test::making<Lazy>(), 1, {}});
    dag.connect(0, 1, Routing::unicast);
    const auto result = run(dag);
    REQUIRE_FALSE(result);
    CHECK(result.error().text().find("vertex 'lazy': the processor takes nothing") == 0);
}

// Goal:   rows are neither lost nor doubled in any plan.
// Method: random layers with random routings, parallelism and queue sizes; the number of rows that
//         must arrive follows from the broadcasts on the way.
TEST_CASE("random plans deliver what their routings promise", "[dag][property]") {
    const auto seed = test::seed(99);
    CAPTURE(seed);
    Random rng(seed);
    for (int round = 0; round < 60; ++round) {
        CAPTURE(round);
        Received received;
        Dag dag;
        const auto rows = static_cast<std::int64_t>(rng.below(3000));
        auto before = 1 + rng.below(3);
        dag.add({"v0", test::numbers_below(rows, 1 + rng.below(50)), before, {}});
        std::size_t copies = 1;
        const auto layers = 1 + rng.below(4);
        for (std::size_t layer = 1; layer <= layers; ++layer) {
            Edge edge;
            edge.from = layer - 1;
            edge.to = layer;
            edge.routing = static_cast<Routing>(rng.below(5));
            edge.capacity = 1 + rng.below(4);
            edge.keys = {0};
            const auto parallelism = edge.routing == Routing::isolated ? before : 1 + rng.below(4);
            if (edge.routing == Routing::broadcast) copies *= parallelism;
            auto supplier = layer == layers ? test::into(received) : test::making<Processor>();
            dag.add({"v" + std::to_string(layer), std::move(supplier), parallelism, {}});
            dag.connect(edge);
            before = parallelism;
        }
        ExecutorOptions options;
        options.threads = 1 + rng.below(3);
        (void)test::must(run(dag, options));
        std::vector<std::int64_t> expected;
        for (std::int64_t i = 0; i < rows; ++i) expected.insert(expected.end(), copies, i);
        CHECK(received.sorted() == expected);
    }
}
