// SPDX-License-Identifier: Apache-2.0
// The library knows error codes, the shell knows exit statuses; only this file knows both.
#include "common/exit_code.hpp"

#include <csignal>

namespace topgun::cli {

int exit_status(Errc code) noexcept {
    switch (code) {
        case Errc::usage: return exit_status(ExitCode::usage);
        case Errc::bad_input:
        case Errc::unsupported_version:
        case Errc::limit: return exit_status(ExitCode::damaged);
        case Errc::not_found:
        case Errc::already_exists:
        case Errc::locked:
        case Errc::io:
        case Errc::unreachable: return exit_status(ExitCode::refused);
        case Errc::cancelled: return 128 + SIGINT;
    }
    return exit_status(ExitCode::internal);
}

ExitCode worse_of(ExitCode a, ExitCode b) noexcept {
    const auto rank = [](ExitCode code) {
        switch (code) {
            case ExitCode::ok: return 0;
            case ExitCode::differences: return 1;
            case ExitCode::incomplete: return 2;
            case ExitCode::damaged: return 3;
            case ExitCode::refused: return 4;
            case ExitCode::usage: return 5;
            case ExitCode::internal: return 6;
        }
        return 6;
    };
    return rank(a) < rank(b) ? b : a;
}

}  // namespace topgun::cli
