// SPDX-License-Identifier: Apache-2.0
// The compiled part of Boost.Asio and Beast, so that no other file pays for it.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
