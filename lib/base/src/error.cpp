// SPDX-License-Identifier: Apache-2.0
// Error keeps its frames behind one pointer, so that a Result stays small on the success path.
#include "topgun/base/error.hpp"

#include <string>
#include <vector>

namespace topgun {

struct Error::State {
    Errc code;
    std::string message;
    std::vector<std::string> frames;  // innermost first
};

Error::Error(Errc code, std::string message)
    : state_(std::make_unique<State>(State{code, std::move(message), {}})) {}
Error::Error(Error&&) noexcept = default;
Error& Error::operator=(Error&&) noexcept = default;
Error::~Error() = default;

Errc Error::code() const noexcept {
    return state_->code;
}
const std::string& Error::message() const noexcept {
    return state_->message;
}

std::string Error::text() const {
    std::string out;
    for (auto frame = state_->frames.rbegin(); frame != state_->frames.rend(); ++frame) {
        out += *frame;
        out += ": ";
    }
    return out + state_->message;
}

Error Error::within(std::string frame) && {
    state_->frames.push_back(std::move(frame));
    return std::move(*this);
}

Error Error::clone() const {
    Error copy(state_->code, state_->message);
    copy.state_->frames = state_->frames;
    return copy;
}

std::string_view errc_name(Errc code) noexcept {
    switch (code) {
        case Errc::bad_input: return "bad_input";
        case Errc::unsupported_version: return "unsupported_version";
        case Errc::usage: return "usage";
        case Errc::not_found: return "not_found";
        case Errc::already_exists: return "already_exists";
        case Errc::locked: return "locked";
        case Errc::io: return "io";
        case Errc::unreachable: return "unreachable";
        case Errc::limit: return "limit";
        case Errc::cancelled: return "cancelled";
    }
    return "unknown";
}

namespace detail {
void fail_assertion(const char* condition, const char* why, const char* file, int line) {
    std::string text = file;
    text += ':' + std::to_string(line) + ": broken promise: " + why + " (" + condition + ")";
    throw Bug(text);
}
}  // namespace detail

}  // namespace topgun
