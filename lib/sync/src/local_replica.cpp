// SPDX-License-Identifier: Apache-2.0
#include "topgun/sync/local_replica.hpp"

#include <algorithm>

#include "topgun/storage/data_directory.hpp"
#include "topgun/sync/hub.hpp"

namespace topgun::sync {

LocalReplica::~LocalReplica() = default;

SharedReplica& DirectoryReplica::shared() {
    return directory_.shared();
}

Result<StoreReport> DirectoryReplica::store(std::span<const Op> ops) {
    return directory_.append(ops);
}

Status DirectoryReplica::flush() {
    return directory_.flush();
}

HubReplica::HubReplica(Hub& hub) noexcept : hub_(hub), writer_(hub.new_writer()) {}

SharedReplica& HubReplica::shared() {
    return hub_.maps().shared();
}

Result<StoreReport> HubReplica::store(std::span<const Op> ops) {
    auto written = hub_.absorb(ops, writer_);
    if (!written) return std::move(written).error();
    hub_.settle();
    StoreReport report;
    report.sequence = written->sequence;
    stored_ = std::max(stored_, written->sequence);
    report.outcomes.assign(ops.size(), OpOutcome::queued);
    for (const auto& rejection : written->rejections) {
        report.outcomes[rejection.index] = OpOutcome::refused;
        report.refusals.push_back({rejection.index, Error(Errc::bad_input, rejection.reason)});
    }
    return report;
}

Status HubReplica::flush() {
    auto& storage = hub_.maps().storage();
    // The hub's thread has others to serve: it does not wait for what is on disk already.
    return storage.durable() >= stored_ ? Status() : storage.flush();
}

}  // namespace topgun::sync
