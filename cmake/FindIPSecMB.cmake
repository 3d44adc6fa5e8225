# Finds Intel's Multi-Buffer Crypto for IPsec library, which ships neither a .pc nor a CMake config.
# Defines IPSecMB_FOUND, IPSecMB_VERSION and the target IPSecMB::IPSecMB.
find_path(IPSecMB_INCLUDE_DIR intel-ipsec-mb.h)
find_library(IPSecMB_LIBRARY NAMES IPSec_MB)
mark_as_advanced(IPSecMB_INCLUDE_DIR IPSecMB_LIBRARY)

if(IPSecMB_INCLUDE_DIR)
  file(STRINGS ${IPSecMB_INCLUDE_DIR}/intel-ipsec-mb.h IPSecMB_version_line
    REGEX "^#define[ \t]+IMB_VERSION_STR[ \t]+\"")
  string(REGEX REPLACE ".*\"([0-9.]+).*" "\\1" IPSecMB_VERSION "${IPSecMB_version_line}")
  unset(IPSecMB_version_line)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(IPSecMB
  REQUIRED_VARS IPSecMB_LIBRARY IPSecMB_INCLUDE_DIR
  VERSION_VAR IPSecMB_VERSION)

if(IPSecMB_FOUND AND NOT TARGET IPSecMB::IPSecMB)
  add_library(IPSecMB::IPSecMB UNKNOWN IMPORTED GLOBAL)
  set_target_properties(IPSecMB::IPSecMB PROPERTIES
    IMPORTED_LOCATION ${IPSecMB_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${IPSecMB_INCLUDE_DIR})
endif()
