// SPDX-License-Identifier: Apache-2.0
// What fuzz targets share: properties that stop the program, files to read from, offsets in errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "topgun/base/bytes.hpp"
#include "topgun/base/error.hpp"

// The names that libFuzzer calls; tests/fuzz/driver.cpp calls the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed);
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t size_max);

namespace topgun::fuzz {

/// Prints what did not hold and aborts, so that the driver or libFuzzer keeps the input.
[[noreturn]] void fail(const char* file, int line, const char* property, std::string_view detail);

inline BytesView view_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// Fails when an error's text names a byte outside an input of `size` bytes: "byte 17", "bytes 3 to
/// 9".
void check_offsets(std::string_view text, std::size_t size);

/// Fails when an error's text names a line or column that `text` does not have.
void check_place(std::string_view message, std::string_view text);

/// Input as a file, for readers that take a path. The folder is this process's own and goes when
/// the program ends.
/// @param name  a file name; what was there is replaced.
/// @return the path.
std::string plant(std::string_view name, BytesView content);
/// The folder that plant() writes to.
const std::string& planted_folder();

}  // namespace topgun::fuzz

/// Stops when a property does not hold. `detail` is a text that helps to see why; it is only made
/// then.
#define TOPGUN_FUZZ_CHECK_WITH(condition, detail)                           \
    do {                                                                    \
        if (!(condition)) [[unlikely]]                                      \
            ::topgun::fuzz::fail(__FILE__, __LINE__, #condition, (detail)); \
    } while (false)
#define TOPGUN_FUZZ_CHECK(condition) TOPGUN_FUZZ_CHECK_WITH(condition, std::string_view())
