# Language level, visibility, instrumentation. Directory-wide on purpose: a sanitizer that covers
# only some objects misses or invents errors.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
  endif()
  if(NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    find_program(NAUTILUS_CCACHE ccache)
    mark_as_advanced(NAUTILUS_CCACHE)
    if(NAUTILUS_CCACHE)
      set(CMAKE_CXX_COMPILER_LAUNCHER ${NAUTILUS_CCACHE})
    endif()
  endif()
endif()

if(NAUTILUS_SANITIZE)
  add_compile_options(-fsanitize=${NAUTILUS_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  # fuzzer-no-link instruments without libFuzzer's main(); only the fuzz targets link that.
  add_link_options(-fsanitize=${NAUTILUS_SANITIZE})
endif()
if(NAUTILUS_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
  add_compile_definitions(NAUTILUS_COVERAGE)
  add_link_options(-fprofile-instr-generate)
endif()
