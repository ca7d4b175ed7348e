// SPDX-License-Identifier: Apache-2.0
#include "topgun/pg/gathered_state.hpp"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "topgun/reconcile/merge.hpp"
#include "topgun/storage/snapshot.hpp"

namespace topgun::pg {
namespace {

// How much may come in between two looks at the memory in use.
constexpr std::uint64_t kBytesBetweenChecks = std::uint64_t{1} << 20;

}  // namespace

GatheredState::GatheredState(std::string folder, std::uint64_t memory_max)
    : parent_(std::move(folder)), memory_max_(memory_max), replica_(std::make_unique<Replica>()) {}

GatheredState::~GatheredState() {
    whole_.reset();
    parts_.clear();
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

Status GatheredState::take(const Op& op) {
    auto merged = replica_->apply(op);
    if (!merged) return std::move(merged).error();
    bytes_unchecked_ += op.key.size() + op.value.size() + op.tag.size();
    if (bytes_unchecked_ < kBytesBetweenChecks) return {};
    bytes_unchecked_ = 0;
    return replica_->memory() > memory_max_ ? spill() : Status();
}

Status GatheredState::spill() {
    if (folder_.empty()) {
        auto pattern = parent_ + "/topgun-gathered-XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr) {
            return Error(Errc::io, pattern + ": cannot create a temporary folder");
        }
        folder_ = std::move(pattern);
    }
    const auto file = folder_ + "/" + std::to_string(files_.size()) + ".tgs";
    const auto state = own_replica(std::exchange(replica_, std::make_unique<Replica>()));
    SnapshotOptions writing;
    writing.threads = 0;
    auto written = write_snapshot(*state, file, writing);
    if (!written) return std::move(written).error();
    files_.push_back(file);
    return {};
}

Result<const StateReader*> GatheredState::finish() {
    parts_.push_back(own_replica(std::move(replica_)));
    for (const auto& file : files_) {
        auto part = SnapshotReader::open(file);
        if (!part) return std::move(part).error();
        parts_.push_back(std::move(*part));
    }
    std::vector<const StateReader*> states;
    for (const auto& part : parts_) states.push_back(part.get());
    whole_ = merge_states(std::move(states));
    return static_cast<const StateReader*>(whole_.get());
}

}  // namespace topgun::pg
