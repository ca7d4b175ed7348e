// SPDX-License-Identifier: Apache-2.0
#include "topgun/sync/local_replica.hpp"

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

SharedReplica& HubReplica::shared() {
    return hub_.maps().shared();
}

Result<StoreReport> HubReplica::store(std::span<const Op> ops) {
    RequestContext context;
    context.node_id = hub_.options().node_id;
    // The endpoint itself asks here, so that rejections can only be of what is malformed.
    auto written = hub_.apply(ops, context, 0);
    if (!written) return std::move(written).error();
    hub_.settle();
    StoreReport report;
    report.sequence = written->sequence;
    report.outcomes.assign(ops.size(), OpOutcome::queued);
    for (const auto& rejection : written->rejections) {
        report.outcomes[rejection.index] = OpOutcome::refused;
        report.refusals.push_back({rejection.index, Error(Errc::bad_input, rejection.reason)});
    }
    return report;
}

Status HubReplica::flush() {
    return hub_.maps().storage().flush();
}

}  // namespace topgun::sync
