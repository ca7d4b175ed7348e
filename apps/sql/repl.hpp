// SPDX-License-Identifier: Apache-2.0
// The prompt: line editing, history and completion around a shell.
#pragma once

#include "shell.hpp"

namespace topgun::cli {

/// Reads from the terminal until the user leaves. Errors: io when there is no terminal to edit on.
Status run_prompt(Shell& shell);

/// "a=> ", in a transaction "a*> ", within a statement "a-> ".
std::string prompt_text(const std::string& name, bool in_transaction, bool pending);

}  // namespace topgun::cli
