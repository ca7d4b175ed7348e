# topgun_module(NAME [SEPARATE] DEPENDS other... SOURCES file... LIBS target...)
#
# A module is an object library with an include root of its own: it sees its own headers and those
# of its DEPENDS, so an include against the direction of the architecture does not compile.
# SEPARATE: not a part of libtopgun but a shared library of its own, libtopgun-NAME, because it
# loads what most programs do not need.
function(topgun_module name)
  cmake_parse_arguments(ARG "SEPARATE" "" "DEPENDS;SOURCES;LIBS" ${ARGN})
  set(target topgun_${name})
  add_library(${target} OBJECT ${ARG_SOURCES})
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>)
  target_link_libraries(${target} PUBLIC topgun_flags)
  foreach(dependency IN LISTS ARG_DEPENDS)
    target_link_libraries(${target} PUBLIC topgun_${dependency})
  endforeach()
  target_link_libraries(${target} PRIVATE ${ARG_LIBS})
  install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  if(ARG_SEPARATE)
    set_property(GLOBAL APPEND PROPERTY TOPGUN_SEPARATE_MODULES ${name})
    set_property(GLOBAL PROPERTY TOPGUN_LIBS_OF_${name} ${ARG_LIBS})
    return()
  endif()
  set_property(GLOBAL APPEND PROPERTY TOPGUN_MODULES ${name})
  set_property(GLOBAL APPEND PROPERTY TOPGUN_MODULE_LIBS ${ARG_LIBS})
  set_property(GLOBAL APPEND PROPERTY TOPGUN_INCLUDE_ROOTS ${CMAKE_CURRENT_SOURCE_DIR}/include)
endfunction()
