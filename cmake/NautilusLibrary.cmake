# The one library that users link: the objects of all layers, and what they link.
get_property(layers GLOBAL PROPERTY NAUTILUS_LAYERS)
get_property(libraries GLOBAL PROPERTY NAUTILUS_LIBRARIES)
list(REMOVE_DUPLICATES libraries)
# A layer finds its library for its own folder only.
if("IPSecMB::IPSecMB" IN_LIST libraries)
  find_package(IPSecMB REQUIRED)
endif()
if("Threads::Threads" IN_LIST libraries)
  find_package(Threads REQUIRED)
endif()

set(objects)
foreach(layer IN LISTS layers)
  list(APPEND objects $<TARGET_OBJECTS:${layer}>)
endforeach()

add_library(nautilus ${objects})
add_library(nautilus::nautilus ALIAS nautilus)
target_include_directories(nautilus PUBLIC
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
  $<BUILD_INTERFACE:${NAUTILUS_GENERATED_INCLUDE_DIR}>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(nautilus PUBLIC cxx_std_23)
target_link_libraries(nautilus PRIVATE OpenSSL::Crypto ${libraries})
set_target_properties(nautilus PROPERTIES
  LINKER_LANGUAGE CXX
  VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR})
if(BUILD_SHARED_LIBS)
  target_link_options(nautilus PRIVATE -Wl,--as-needed)
  if(NOT NAUTILUS_SANITIZE)
    target_link_options(nautilus PRIVATE -Wl,--no-undefined)
  endif()
endif()

# Asio support is headers only: nautilus/asio.hpp over Boost.Asio.
find_package(Boost 1.81 QUIET)
if(Boost_FOUND)
  find_package(Threads REQUIRED)
  add_library(nautilus_asio INTERFACE)
  add_library(nautilus::asio ALIAS nautilus_asio)
  target_link_libraries(nautilus_asio INTERFACE nautilus Boost::headers Threads::Threads)
  set_target_properties(nautilus_asio PROPERTIES EXPORT_NAME asio)
else()
  message(STATUS "Boost 1.81 not found: no nautilus::asio")
endif()
