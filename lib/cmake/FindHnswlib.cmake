# hnswlib, nearest neighbours by small-world graphs: headers only, without a package file, as
# Hnswlib::Hnswlib. Its own vector instructions are left out: they define global functions, and the
# distances are ours.
find_path(Hnswlib_INCLUDE_DIR hnswlib/hnswlib.h)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Hnswlib REQUIRED_VARS Hnswlib_INCLUDE_DIR)
if(Hnswlib_FOUND AND NOT TARGET Hnswlib::Hnswlib)
  add_library(Hnswlib::Hnswlib INTERFACE IMPORTED)
  set_target_properties(Hnswlib::Hnswlib PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES ${Hnswlib_INCLUDE_DIR}
    INTERFACE_COMPILE_DEFINITIONS NO_MANUAL_VECTORIZATION)
endif()
mark_as_advanced(Hnswlib_INCLUDE_DIR)
