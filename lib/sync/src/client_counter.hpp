// SPDX-License-Identifier: Apache-2.0
// One counter with a server that does not reconcile: its counts are asked for, then sent.
#pragma once

#include "client_ops.hpp"
#include "client_session.hpp"

namespace topgun::sync::client {

class CounterSync {
public:
    CounterSync(Session& session, OpSender& sender, MapReport& report)
        : session_(session), sender_(sender), report_(report), origin_(sender.origin_of(report)) {}

    void begin();
    void pump();
    void tick();
    bool done() const noexcept { return done_; }
    bool waiting() const noexcept { return asked_ms_.has_value(); }
    void give_up(std::string why);
    /// COUNTER_RESPONSE, or a COUNTER_UPDATE that somebody caused.
    void hear(const wire::CounterState& state, bool answer);

private:
    void compare(const wire::CounterState& state);

    Session& session_;
    OpSender& sender_;
    MapReport& report_;
    OpOrigin& origin_;
    std::optional<std::uint64_t> asked_ms_;
    unsigned tries_ = 0;
    bool answered_ = false;
    bool done_ = false;
};

}  // namespace topgun::sync::client
