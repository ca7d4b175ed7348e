# What `cmake --install` puts below the prefix, apart from headers and commands, which are installed
# where they are declared.
include(CMakePackageConfigHelpers)

# Relative, so that the installed tree can be moved as a whole.
file(RELATIVE_PATH TOPGUN_PREFIX_FROM_PKGCONFIG
     ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})

get_property(separate GLOBAL PROPERTY TOPGUN_SEPARATE_MODULES)
list(TRANSFORM separate PREPEND libtopgun-)
install(TARGETS topgun ${separate} EXPORT topgunTargets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/topgun)
install(EXPORT topgunTargets NAMESPACE topgun:: DESTINATION ${package_dir})
configure_package_config_file(lib/cmake/topgunConfig.cmake.in topgunConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
# Before 1.0, a new minor version may break the interface.
write_basic_package_version_file(topgunConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/topgunConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/topgunConfigVersion.cmake DESTINATION ${package_dir})
configure_file(lib/cmake/topgun.pc.in topgun.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/topgun.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(DIRECTORY man/ DESTINATION ${CMAKE_INSTALL_MANDIR}
        FILES_MATCHING REGEX "man[0-9]/.*\\.[0-9]$")
install(FILES completions/topgun-cli.bash RENAME topgun-cli
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES completions/_topgun-cli DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES completions/topgun-cli.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
