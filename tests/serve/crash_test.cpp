// SPDX-License-Identifier: Apache-2.0
// What was acknowledged is there after the program was killed, by key.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "endpoint.hpp"
#include "topgun/base/random.hpp"
#include "topgun_test/support.hpp"

namespace topgun::test {
namespace {

TEST_CASE("a killed endpoint loses nothing that it acknowledged", "[serve]") {
    const ScratchDir folder;
    const auto here = folder.path();
    Random random(seed(20261121));
    unsigned port = 0;
    std::size_t acknowledged = 0;
    for (int round = 0; round < 5; ++round) {
        Endpoint node(here, {"--data", "node", "--checkpoint-bytes", "20000"}, port);
        port = node.port();
        // What earlier rounds got acknowledged must be there before anything is sent again.
        if (round > 0) {
            const auto diff = run_cli(here, {"diff", "--json", "sent.ndjson", node.url()});
            INFO(diff.out);
            CHECK(diff.status == 0);
        }
        // One batch is acknowledged; during the next one the program dies.
        std::ofstream sent(here / "sent.ndjson", std::ios::app);
        std::ofstream batch(here / "batch.ndjson");
        for (int i = 0; i < 200; ++i) {
            const auto line = R"({"map":"m","key":"k)" + std::to_string(acknowledged + i) +
                              R"(","value":{"round":)" + std::to_string(round) +
                              R"(},"ts":"170000000)" + std::to_string(1000 + round) + R"(:0:a"})" +
                              "\n";
            sent << line;
            batch << line;
        }
        sent.close();
        batch.close();
        REQUIRE(run_cli(here, {"replay", "batch.ndjson", "--into", node.url()}).status == 0);
        acknowledged += 200;
        std::thread writer([&] {
            // The same ops again change nothing, acknowledged or not.
            (void)run_cli(here, {"replay", "--rate", "2000", "sent.ndjson", "--into", node.url()});
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(random.below(120)));
        CHECK(node.end(SIGKILL) == 128 + SIGKILL);
        writer.join();
    }
    CHECK(run_cli(here, {"diff", "sent.ndjson", "node"}).status == 0);
}

}  // namespace
}  // namespace topgun::test
