// SPDX-License-Identifier: Apache-2.0
// The seam between a client and the state that it syncs: a folder on disk, an endpoint, or memory.
#pragma once

#include <cstdint>
#include <span>

#include "topgun/base/error.hpp"
#include "topgun/storage/memory_storage.hpp"
#include "topgun/storage/outcome.hpp"
#include "topgun/storage/shared_replica.hpp"

namespace topgun {
class DataDirectory;
class ServerStorage;
}  // namespace topgun

namespace topgun::sync {

class Hub;

/// State that a client reads and merges into. Others may read and write it at the same time.
class TOPGUN_API LocalReplica {
public:
    virtual ~LocalReplica();
    /// What is there. The client only reads it. Lives as long as this.
    virtual SharedReplica& shared() = 0;
    /// Merges ops, and keeps them wherever this keeps things. Values are canonical.
    /// Errors: those of keeping them; the client then fails.
    virtual Result<StoreReport> store(std::span<const Op> ops) = 0;
    /// Makes durable what was stored. May wait for the disk.
    virtual Status flush() = 0;
};

/// Memory: for jobs that leave nothing behind, such as comparing two endpoints.
class TOPGUN_API MemoryReplica final : public LocalReplica {
public:
    SharedReplica& shared() override { return *storage_.resident(); }
    Result<StoreReport> store(std::span<const Op> ops) override { return storage_.store(ops); }
    Status flush() override { return {}; }

private:
    MemoryStorage storage_;
};

/// A data directory, which may have other writers in this process.
class TOPGUN_API DirectoryReplica final : public LocalReplica {
public:
    /// @param directory  outlives this; not opened read_only where anything is pulled.
    explicit DirectoryReplica(DataDirectory& directory) noexcept : directory_(directory) {}
    SharedReplica& shared() override;
    Result<StoreReport> store(std::span<const Op> ops) override;
    Status flush() override;

private:
    DataDirectory& directory_;
};

/// What an endpoint serves, so that its own clients hear of what comes from another endpoint, which
/// is trusted: see Hub::absorb().
class TOPGUN_API HubReplica final : public LocalReplica {
public:
    /// @param hub  outlives this. The client then belongs to the hub's thread.
    explicit HubReplica(Hub& hub) noexcept;
    /// By which Hub::listen() tells what came by this from everything else.
    std::uint64_t writer() const noexcept { return writer_; }
    SharedReplica& shared() override;
    Result<StoreReport> store(std::span<const Op> ops) override;
    Status flush() override;

private:
    Hub& hub_;
    std::uint64_t writer_;
    std::uint64_t stored_ = 0;  // sequence
};

}  // namespace topgun::sync
