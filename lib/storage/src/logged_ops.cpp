// SPDX-License-Identifier: Apache-2.0
#include "logged_ops.hpp"

#include "topgun/storage/log.hpp"

namespace topgun::storage {

LoggedOps::LoggedOps(std::span<const Op> ops) : ops_(ops.begin(), ops.end()) {
    read_again();
    // A frame's head, the words of an op, and short texts: most ops are no longer.
    constexpr std::size_t kGuess = 256;
    frames_.reserve(ops_.size() * kGuess);
    starts_.reserve(ops_.size() + 1);
    for (std::size_t i = 0; i < ops_.size(); ++i) {
        starts_.push_back(frames_.size());
        if (refusal(i) != nullptr) continue;
        if (auto appended = append_log_frame(ops_[i], frames_); !appended) {
            refuse(i, std::move(appended).error());
        }
    }
    starts_.push_back(frames_.size());
}

void LoggedOps::refuse(std::size_t at, Error error) {
    errors_.resize(ops_.size());
    errors_[at].emplace(std::move(error));
}

// Ops mostly are what a reader would make of them. The others become that, or are refused.
void LoggedOps::read_again() {
    struct Odd {
        std::size_t op = 0;
        std::size_t begin = 0, end = 0;  // in payloads_
    };
    std::vector<Odd> odd;
    for (std::size_t i = 0; i < ops_.size(); ++i) {
        if (wire::reads_back(ops_[i])) continue;
        const auto begin = payloads_.size();
        wire::encode_op(ops_[i], payloads_);
        odd.push_back({i, begin, payloads_.size()});
    }
    std::vector<std::size_t> found;  // of the odd ones, those that were read
    for (const auto& one : odd) {
        msgpack::Reader reader(BytesView(payloads_).substr(one.begin, one.end - one.begin));
        const auto before = batch_.mark();
        if (!batch_.read(reader)) {
            refuse(one.op, batch_.error(reader).within("op"));
        } else if (!reader.at_end() || batch_.size() != before.ops + 1) {
            batch_.roll_back(before);
            refuse(one.op, Error(Errc::bad_input, "op: would not read back as one op"));
        } else {
            found.push_back(one.op);
        }
    }
    const auto& read = batch_.ops();
    for (std::size_t i = 0; i < found.size(); ++i) ops_[found[i]] = read[i];
}

std::span<const Op> LoggedOps::run(std::size_t at) const {
    auto end = at;
    while (end < ops_.size() && refusal(end) == nullptr) ++end;
    return std::span(ops_).subspan(at, end - at);
}

}  // namespace topgun::storage
