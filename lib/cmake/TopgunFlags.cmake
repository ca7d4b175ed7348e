# One interface target carries every flag, so that no target can miss one.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")

add_library(topgun_flags INTERFACE)
target_compile_options(topgun_flags INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wnon-virtual-dtor -Wundef
  # The sketch's index sequence must come out alike on every machine: no fused multiply-add.
  -ffp-contract=off
  # Nobody reads errno after a square root; without it the processor's own instruction will do.
  -fno-math-errno
  # Assertions name their file as it stands in the tree, not where somebody's copy of it was.
  -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)
if(TOPGUN_WERROR)
  target_compile_options(topgun_flags INTERFACE -Werror)
endif()
if(TOPGUN_SANITIZE)
  target_compile_options(topgun_flags INTERFACE
    -fsanitize=${TOPGUN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(topgun_flags INTERFACE -fsanitize=${TOPGUN_SANITIZE})
  # Of threads the tests' own code, too: atomic operations that are not instrumented look like races
  # of the code that is.
  if(TOPGUN_SANITIZE STREQUAL "thread")
    add_compile_options(-fsanitize=thread)
  endif()
endif()
# libFuzzer is clang's; it must see the branches of what it feeds, not only of the targets.
if(TOPGUN_LIBFUZZER)
  target_compile_options(topgun_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(TOPGUN_CCACHE ccache)
if(TOPGUN_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TOPGUN_CCACHE})
endif()
