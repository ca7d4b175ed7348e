// SPDX-License-Identifier: Apache-2.0
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#if defined(__SANITIZE_THREAD__)
// libstdc++ 12 looks at both counts of a shared_ptr as one word when the last owner goes. That is
// sound, but the sanitizer does not see the counts' own atomic operations synchronise with it.
extern "C" [[gnu::visibility("default")]] const char* __tsan_default_suppressions();
extern "C" [[gnu::visibility("default")]] const char* __tsan_default_suppressions() {
    return "race:std::_Sp_counted_base\nrace:std::_Sp_counted_ptr_inplace\n";
}
#endif
