# The functions every folder's CMakeLists.txt uses, so that compiler options, the layer list and the
# registration of tests are decided in one place.

# nautilus_compile_options(TARGET)
# The warnings that hold for all of the project's own code.
function(nautilus_compile_options target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow $<$<BOOL:${NAUTILUS_WERROR}>:-Werror>)
  if(NAUTILUS_CT_CHECK)
    target_compile_definitions(${target} PRIVATE NAUTILUS_CT_CHECK)
  endif()
endfunction()

# nautilus_build_quickly(TARGET)
# For what only uses the library: template libraries take long to optimise, for nothing there. The
# library itself is always optimised in full.
function(nautilus_build_quickly target)
  if(NAUTILUS_SANITIZE)
    target_compile_options(${target} PRIVATE -O0)
  else()
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
endfunction()

# nautilus_layer(NAME SOURCES ... [LAYERS ...] [LIBRARIES ...] [PUBLIC_LIBRARIES ...])
# One layer of the library: a static target nautilus_NAME that links only its row of the table. Its
# objects and its libraries also go into the one library that users link.
function(nautilus_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LAYERS;LIBRARIES;PUBLIC_LIBRARIES" ${ARGN})
  add_library(nautilus_${name} STATIC ${ARG_SOURCES})
  set_target_properties(nautilus_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_include_directories(nautilus_${name} PUBLIC
    ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src ${NAUTILUS_GENERATED_INCLUDE_DIR})
  nautilus_compile_options(nautilus_${name})
  foreach(layer IN LISTS ARG_LAYERS)
    target_link_libraries(nautilus_${name} PUBLIC nautilus_${layer})
  endforeach()
  target_link_libraries(nautilus_${name}
    PUBLIC ${ARG_PUBLIC_LIBRARIES} PRIVATE ${ARG_LIBRARIES})
  set_property(GLOBAL APPEND PROPERTY NAUTILUS_LAYERS nautilus_${name})
  set_property(GLOBAL APPEND PROPERTY NAUTILUS_LIBRARIES ${ARG_LIBRARIES} ${ARG_PUBLIC_LIBRARIES})
endfunction()

# nautilus_label_target(LABEL [TARGET ...])
# Makes the targets part of tests_LABEL, so that a tree can build only the tests of one label.
function(nautilus_label_target label)
  if(NOT TARGET tests_${label})
    add_custom_target(tests_${label})
  endif()
  if(ARGN)
    add_dependencies(tests_${label} ${ARGN})
  endif()
endfunction()

# nautilus_test(NAME SOURCES ... LAYERS ... [LIBRARIES ...] [LABELS ...])
# A GoogleTest program over the named layers, registered as one ctest entry. It also writes its
# cases to results/gtest/NAME.xml, from which the scripts count what was skipped.
function(nautilus_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LAYERS;LIBRARIES;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  nautilus_compile_options(${name})
  nautilus_build_quickly(${name})
  foreach(layer IN LISTS ARG_LAYERS)
    target_link_libraries(${name} PRIVATE nautilus_${layer})
  endforeach()
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES} GTest::gmock GTest::gtest_main)
  add_test(NAME ${name}
    COMMAND ${name} --gtest_output=xml:${PROJECT_BINARY_DIR}/results/gtest/${name}.xml)
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 300)
  foreach(label IN LISTS ARG_LABELS)
    nautilus_label_target(${label} ${name})
  endforeach()
endfunction()
