# What a packager and a user of the library rely on. Stops at the first thing that is missing.
cmake_minimum_required(VERSION 3.25)
separate_arguments(commands UNIX_COMMAND "${COMMANDS}")
set(first ${SCRATCH}/first)
set(moved "${SCRATCH}/moved here")
set(consumer_build ${SCRATCH}/consumer)
file(REMOVE_RECURSE ${SCRATCH})

# run(EXPECT regex COMMAND word...): the command succeeds, and prints something that matches.
function(run)
  cmake_parse_arguments(ARG "" "EXPECT" "COMMAND" ${ARGN})
  execute_process(COMMAND ${ARG_COMMAND} RESULT_VARIABLE status
                  OUTPUT_VARIABLE output ERROR_VARIABLE errors)
  if(NOT status EQUAL 0 OR NOT "${output}" MATCHES "${ARG_EXPECT}")
    message(FATAL_ERROR "${ARG_COMMAND}\nended with ${status}\n${output}${errors}")
  endif()
endfunction()

function(need prefix)
  foreach(file IN LISTS ARGN)
    if(NOT EXISTS "${prefix}/${file}")
      message(FATAL_ERROR "not installed: ${file}")
    endif()
  endforeach()
endfunction()

# Everything that works from one prefix must work after the prefix was moved.
function(use_installed prefix)
  run(EXPECT "^topgun-cli ${VERSION}\n$" COMMAND "${prefix}/${BINDIR}/topgun-cli" --version)
  run(EXPECT "right wins: counter decides"
      COMMAND "${prefix}/${BINDIR}/topgun-cli" hlc compare 5:1:a 5:2:a)
  foreach(command IN LISTS commands)
    run(EXPECT "^Usage: topgun-cli ${command} "
        COMMAND "${prefix}/${BINDIR}/topgun-cli" help ${command})
  endforeach()
  foreach(shell bash zsh fish)
    run(EXPECT "topgun-cli" COMMAND "${prefix}/${BINDIR}/topgun-cli" completion ${shell})
  endforeach()
  file(REMOVE_RECURSE ${consumer_build})
  run(COMMAND ${CMAKE_COMMAND} -S ${CONSUMER} -B ${consumer_build} -G ${GENERATOR}
      -DCMAKE_PREFIX_PATH=${prefix} -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_FLAGS=${FLAGS})
  run(COMMAND ${CMAKE_COMMAND} --build ${consumer_build})
  run(EXPECT "^the consumer works\n$" COMMAND ${consumer_build}/consumer)
endfunction()

run(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${first})
need(${first} ${BINDIR}/topgun-cli ${LIBDIR}/libtopgun.so ${LIBDIR}/pkgconfig/topgun.pc
     ${LIBDIR}/cmake/topgun/topgunConfig.cmake ${LIBDIR}/cmake/topgun/topgunConfigVersion.cmake
     ${INCLUDEDIR}/topgun/base/error.hpp ${MANDIR}/man1/topgun-cli.1
     ${DATADIR}/bash-completion/completions/topgun-cli ${DATADIR}/zsh/site-functions/_topgun-cli
     ${DATADIR}/fish/vendor_completions.d/topgun-cli.fish)
foreach(command IN LISTS commands)
  need(${first} ${LIBEXECDIR}/topgun/topgun-${command} ${MANDIR}/man1/topgun-cli-${command}.1)
endforeach()
use_installed(${first})

# pkg-config, as a plain makefile would use it.
separate_arguments(flags UNIX_COMMAND "${FLAGS}")
set(ENV{PKG_CONFIG_PATH} ${first}/${LIBDIR}/pkgconfig)
execute_process(COMMAND pkg-config --cflags --libs topgun RESULT_VARIABLE status
                OUTPUT_VARIABLE options OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "pkg-config does not know topgun")
endif()
separate_arguments(options UNIX_COMMAND "${options}")
run(COMMAND ${COMPILER} -std=c++20 ${flags} ${CONSUMER}/main.cpp -o ${SCRATCH}/by-pkg-config ${options}
    -Wl,-rpath,${first}/${LIBDIR})
run(EXPECT "^the consumer works\n$" COMMAND ${SCRATCH}/by-pkg-config)

file(RENAME ${first} "${moved}")
use_installed("${moved}")

# A version that promises less than was asked for must not be found.
file(WRITE ${SCRATCH}/newer/CMakeLists.txt
     "cmake_minimum_required(VERSION 3.25)\nproject(newer NONE)\nfind_package(topgun 99 REQUIRED)\n")
execute_process(COMMAND ${CMAKE_COMMAND} -S ${SCRATCH}/newer -B ${SCRATCH}/newer/build
                        "-DCMAKE_PREFIX_PATH=${moved}"
                RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
if(status EQUAL 0)
  message(FATAL_ERROR "find_package accepted version 99")
endif()
file(REMOVE_RECURSE ${SCRATCH})
