// SPDX-License-Identifier: Apache-2.0
#include "data.hpp"

#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include "topgun/base/random.hpp"
#include "topgun/storage/snapshot.hpp"
#include "topgun/value/msgpack.hpp"

namespace topgun::bench {
namespace {

constexpr std::string_view kNodes[] = {"node-a", "node-b", "node-c", "phone-1"};

Bytes make_value(Random& random) {
    Bytes value;
    msgpack::Writer writer(value);
    writer.map(6);
    writer.string("active");
    writer.boolean(random.chance(0.5));
    writer.string("bucket");
    writer.unsigned_integer(random.below(100));
    writer.string("email");
    writer.string("user" + std::to_string(random.below(1'000'000)) + "@example.com");
    writer.string("name");
    writer.string("Name " + std::to_string(random.below(100'000)));
    writer.string("plan");
    writer.string(random.chance(0.5) ? "free" : "pro");
    writer.string("score");
    writer.real(random.unit() * 100);
    return value;
}

struct Scratch {
    std::filesystem::path path;
    Scratch() {
        auto pattern = (std::filesystem::temp_directory_path() / "topgun-bench-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) std::abort();
        path = pattern;
    }
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
};

}  // namespace

Workload::Workload(std::size_t count) : keys_(count), values_(count), ops_(count) {
    Random random(1);
    for (std::size_t i = 0; i < count; ++i) {
        keys_[i] = "user-" + std::to_string(i);
        values_[i] = make_value(random);
        auto& op = ops_[i];
        op.map = "users";
        op.key = keys_[i];
        op.value = values_[i];
        op.stamp = {1'700'000'000'000 + random.below(1'000'000'000),
                    static_cast<std::uint32_t>(random.below(3)), kNodes[random.below(4)]};
        bytes_ += keys_[i].size() + values_[i].size();
    }
}

std::vector<Op> Workload::later(std::uint64_t by_ms) const {
    auto ops = ops_;
    for (auto& op : ops) op.stamp.millis += by_ms;
    return ops;
}

const Workload& workload(std::size_t count) {
    static std::map<std::size_t, std::unique_ptr<Workload>> made;
    auto& slot = made[count];
    if (!slot) slot = std::make_unique<Workload>(count);
    return *slot;
}

std::unique_ptr<Replica> replica_of(std::size_t count, std::size_t differences) {
    auto replica = std::make_unique<Replica>();
    const auto& ops = workload(count).ops();
    for (const auto& op : ops) (void)replica->apply(op).has_value();
    Random random(7);
    for (std::size_t i = 0; i < differences; ++i) {
        auto op = ops[random.below(count)];
        op.stamp.millis += 100'000'000'000;
        (void)replica->apply(op).has_value();
    }
    return replica;
}

const std::string& snapshot_of(std::size_t count, std::size_t differences) {
    static const Scratch scratch;
    static std::map<std::pair<std::size_t, std::size_t>, std::string> written;
    auto& path = written[{count, differences}];
    if (path.empty()) {
        path = (scratch.path / (std::to_string(count) + "-" + std::to_string(differences) + ".tgs"))
                   .string();
        auto replica = replica_of(count, differences);
        if (!write_snapshot(*read_replica(*replica), path)) std::abort();
    }
    return path;
}

std::uint64_t peak_memory() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace topgun::bench
