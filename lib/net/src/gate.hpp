// SPDX-License-Identifier: Apache-2.0
// What all sockets of a server share: limits, counts, the way to the hub, and who is connected.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "intake.hpp"
#include "page_rule.hpp"

namespace topgun::net {

/// Limits of sockets; see ServerOptions.
struct GateOptions {
    std::size_t connections = 0, connections_per_address = 0;
    std::size_t message_bytes = 0, body_bytes = 0;
    std::uint64_t header_ms = 0, body_ms = 0;
    bool compress = false;
    std::optional<PageRule> pages{};  ///< None: tokens protect, whatever page brings them.
    /// Told of each request that `pages` refuses. May be empty.
    std::function<void(const std::string& origin, const std::string& host)> page_refused{};
};

/// Threads: all members from any thread.
class Gate {
public:
    Gate(GateOptions chosen, Intake& to) : options(std::move(chosen)), intake(to) {}

    /// Counts a socket in. False when there are too many, of the address or in all.
    bool admit(const std::string& address) {
        const std::lock_guard lock(mutex_);
        auto& of_address = addresses_[address];
        const bool full =
            open_ >= options.connections ||
            (options.connections_per_address != 0 && of_address >= options.connections_per_address);
        if (full) {
            if (of_address == 0) addresses_.erase(address);
            ++refused;
            return false;
        }
        ++of_address;
        ++open_;
        ++accepted;
        return true;
    }
    void leave(const std::string& address) {
        const std::lock_guard lock(mutex_);
        const auto found = addresses_.find(address);
        if (found != addresses_.end() && --found->second == 0) addresses_.erase(found);
        --open_;
    }
    std::size_t open() const {
        const std::lock_guard lock(mutex_);
        return open_;
    }
    /// Called by stop() for every socket that has not gone by itself.
    std::uint64_t watch(std::function<void()> end_now) {
        const std::lock_guard lock(mutex_);
        enders_.emplace(++last_watch_, std::move(end_now));
        return last_watch_;
    }
    void unwatch(std::uint64_t number) {
        const std::lock_guard lock(mutex_);
        enders_.erase(number);
    }
    void cut_all() {
        std::map<std::uint64_t, std::function<void()>> enders;
        {
            const std::lock_guard lock(mutex_);
            enders = enders_;
        }
        for (const auto& [number, end_now] : enders) end_now();
    }

    const GateOptions options;
    Intake& intake;
    std::atomic<bool> draining{false};
    std::atomic<std::uint64_t> accepted{0}, refused{0}, tls_failures{0}, http_requests{0},
        text_frames{0};

private:
    mutable std::mutex mutex_;
    std::size_t open_ = 0;
    std::unordered_map<std::string, std::size_t> addresses_;
    std::uint64_t last_watch_ = 0;
    std::map<std::uint64_t, std::function<void()>> enders_;
};

/// One socket's place in the gate.
class Admission {
public:
    Admission(Gate& gate, std::string address) : gate_(&gate), address_(std::move(address)) {}
    Admission(Admission&& other) noexcept
        : gate_(std::exchange(other.gate_, nullptr)), address_(std::move(other.address_)) {}
    Admission& operator=(Admission&&) = delete;
    ~Admission() {
        if (gate_ != nullptr) gate_->leave(address_);
    }
    const std::string& address() const noexcept { return address_; }

private:
    Gate* gate_;
    std::string address_;
};

}  // namespace topgun::net
