# Headers, library, CMake package and pkg-config file.
include(CMakePackageConfigHelpers)

get_property(libraries GLOBAL PROPERTY NAUTILUS_LIBRARIES)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/nautilus)

install(TARGETS nautilus EXPORT nautilusTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(EXPORT nautilusTargets NAMESPACE nautilus:: DESTINATION ${package_dir})
if(TARGET nautilus_asio)
  install(TARGETS nautilus_asio EXPORT nautilusAsioTargets)
  install(EXPORT nautilusAsioTargets NAMESPACE nautilus:: DESTINATION ${package_dir})
endif()

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.hpp")
install(FILES ${NAUTILUS_GENERATED_INCLUDE_DIR}/nautilus/version.hpp
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/nautilus)

configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/nautilusConfig.cmake.in ${PROJECT_BINARY_DIR}/nautilusConfig.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may break the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/nautilusConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/nautilusConfig.cmake ${PROJECT_BINARY_DIR}/nautilusConfigVersion.cmake
  DESTINATION ${package_dir})
if(EXISTS ${PROJECT_SOURCE_DIR}/cmake/FindIPSecMB.cmake)
  install(FILES ${PROJECT_SOURCE_DIR}/cmake/FindIPSecMB.cmake DESTINATION ${package_dir})
endif()

# ipsec-mb ships no .pc file, so it is named as a library.
set(pc_libs_private "-lstdc++")
if("IPSecMB::IPSecMB" IN_LIST libraries)
  string(PREPEND pc_libs_private "-lIPSec_MB ")
endif()
# Relative to the .pc file, so that an installed tree can be moved.
file(RELATIVE_PATH pc_prefix
  ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
configure_file(${PROJECT_SOURCE_DIR}/cmake/nautilus.pc.in ${PROJECT_BINARY_DIR}/nautilus.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/nautilus.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
