// SPDX-License-Identifier: Apache-2.0
#include "topgun/value/json.hpp"
