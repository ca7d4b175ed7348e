// SPDX-License-Identifier: Apache-2.0
// The seam between an endpoint and a database that gets what the endpoint has, a little later.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "topgun/base/error.hpp"
#include "topgun/crdt/op.hpp"

namespace topgun {

/// What reading a backing met.
struct BackingRead {
    std::uint64_t rows = 0;
    std::uint64_t unread = 0;         ///< Rows that hold nothing readable; they are left alone.
    std::vector<std::string> damage;  ///< What is wrong with them, with its place; not all of it.
};

/// What a backing did not take, because it never will.
struct BackingRefusals {
    std::uint64_t count = 0;           ///< Keys, or ops of none.
    std::vector<std::string> reasons;  ///< With map and key; not all of them.
};

/// A database of merged ops. Threads: one at a time.
class TOPGUN_API Backing {
public:
    virtual ~Backing();
    /// As people name it, without a password.
    virtual const std::string& name() const = 0;
    /// A text that changes when what was merged may be gone: another database, the same one made
    /// anew or rolled back. Errors: unreachable.
    virtual Result<std::string> identity() = 0;
    /// Visits all that is there, as ops in no order. Errors: those of reading, and of `visit`.
    virtual Status load(const std::function<Status(const Op&)>& visit, BackingRead& read) = 0;
    /// Merges ops; on return they are durable there, but for those that it refuses. Errors: it
    /// cannot be reached, or takes nothing at the moment; ops may be merged in part then.
    virtual Result<BackingRefusals> merge(std::span<const Op> ops) = 0;
};

struct BackingOptions {
    std::size_t batch_keys = 10'000;  ///< Merged in one transaction.
    /// Asked while something runs; true ends it with Errc::cancelled.
    std::function<bool()> stop{};
};

/// Opens backings of one kind. Threads: any.
class TOPGUN_API BackingOpener {
public:
    virtual ~BackingOpener();
    /// Makes the place for the maps when there is none. Errors: unreachable, also for a user who
    /// may not write; usage; those of the other side.
    virtual Result<std::unique_ptr<Backing>> open(const std::string& url,
                                                  BackingOptions options) = 0;
};

}  // namespace topgun
