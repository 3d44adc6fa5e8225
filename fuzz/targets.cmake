# The fuzz targets: fuzz_target(NAME [LAYERS ...] [LIBRARIES ...]) for each. Whoever includes this
# defines that function: with libFuzzer in fuzz/, with a plain main() in tests/fuzz_replay.
function(fuzz_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  list(TRANSFORM ARG_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/fuzz/)
  add_library(${name} STATIC ${ARG_SOURCES})
  nautilus_compile_options(${name})
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/fuzz)
  target_link_libraries(${name} PUBLIC ${ARG_LIBRARIES})
endfunction()

if(NOT TARGET fuzz_support)
  fuzz_library(fuzz_support
    SOURCES support.cpp fake_provider.cpp
    LIBRARIES nautilus_pki nautilus_crypto_openssl nautilus_crypto)
  fuzz_library(fuzz_engine
    SOURCES engine_cast.cpp engine_duel.cpp engine_end.cpp engine_wire.cpp
    LIBRARIES fuzz_support nautilus_connection nautilus_pki_openssl)
endif()

fuzz_target(record LAYERS handshake record)
fuzz_target(handshake_messages LAYERS wire)
fuzz_target(tickets LAYERS session)
fuzz_target(keys LAYERS providers pki)
fuzz_target(client LIBRARIES fuzz_engine)
fuzz_target(server LIBRARIES fuzz_engine)
fuzz_target(mlkem LAYERS crypto_pq)
fuzz_target(mldsa LAYERS crypto_pq)
fuzz_target(curve25519 LAYERS crypto_curve25519)
