// SPDX-License-Identifier: Apache-2.0
// Marks what the shared library exports; everything else stays hidden.
#pragma once

#if defined(__GNUC__)
#define TOPGUN_API [[gnu::visibility("default")]]
#else
#define TOPGUN_API
#endif
