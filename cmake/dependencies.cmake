# SPDX-License-Identifier: Apache-2.0
# Everything from Debian 12 packages; scripts/test.sh and scripts/demo.sh install them.
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(PNG REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Protobuf REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.74 REQUIRED)  # headers
find_package(Eigen3 3.4 REQUIRED NO_MODULE)  # exploration: linear algebra,
find_package(NLopt REQUIRED)                # and the fit of hyper-parameters
if(BLENDSIM_MPI)
  find_package(MPI REQUIRED COMPONENTS CXX)
  find_package(Boost 1.74 REQUIRED COMPONENTS mpi)
endif()
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(hwy REQUIRED libhwy)
pkg_check_modules(libedit REQUIRED IMPORTED_TARGET libedit)  # lines of `blendsim debug` at a terminal

# Highway is its headers: what they ask of its library is in src/numerics/kernels/targets.cpp, which says why.
add_library(blendsim_highway INTERFACE)
target_include_directories(blendsim_highway SYSTEM INTERFACE ${hwy_INCLUDE_DIRS})

# libsystemc is built as C++17; C++20 code must present itself as C++17 to its link-time version check.
pkg_check_modules(systemc_pc REQUIRED IMPORTED_TARGET systemc)
add_library(SystemC::systemc INTERFACE IMPORTED)
target_link_libraries(SystemC::systemc INTERFACE PkgConfig::systemc_pc)
target_compile_definitions(SystemC::systemc INTERFACE SC_CPLUSPLUS=201703L)

# The ONNX schema comes with libonnx; only its protobuf messages are used, never its checker or shape inference.
find_library(ONNX_PROTO_LIBRARY onnx_proto REQUIRED)
find_path(ONNX_INCLUDE_DIR onnx/onnx-ml.pb.h REQUIRED)
add_library(blendsim_onnx INTERFACE)
target_include_directories(blendsim_onnx SYSTEM INTERFACE ${ONNX_INCLUDE_DIR})
target_compile_definitions(blendsim_onnx INTERFACE ONNX_ML=1 ONNX_NAMESPACE=onnx)
target_link_libraries(blendsim_onnx INTERFACE ${ONNX_PROTO_LIBRARY} protobuf::libprotobuf)

# The program container's schema, compiled by flatc.
find_program(FLATC flatc REQUIRED)
set(BLENDSIM_SCHEMA ${CMAKE_SOURCE_DIR}/src/isa/program.fbs)
set(BLENDSIM_SCHEMA_HEADER ${CMAKE_BINARY_DIR}/generated/isa/program_generated.h)
add_custom_command(OUTPUT ${BLENDSIM_SCHEMA_HEADER}
  COMMAND ${FLATC} --cpp --scoped-enums -o ${CMAKE_BINARY_DIR}/generated/isa ${BLENDSIM_SCHEMA}
  DEPENDS ${BLENDSIM_SCHEMA} VERBATIM)
add_custom_target(blendsim_schema DEPENDS ${BLENDSIM_SCHEMA_HEADER})
add_library(blendsim_flatbuffers INTERFACE)
add_dependencies(blendsim_flatbuffers blendsim_schema)
find_library(FLATBUFFERS_LIBRARY flatbuffers REQUIRED)
target_link_libraries(blendsim_flatbuffers INTERFACE ${FLATBUFFERS_LIBRARY})
target_include_directories(blendsim_flatbuffers SYSTEM INTERFACE ${CMAKE_BINARY_DIR}/generated)

# Traces: SQLite, GTKWave's writer of waves as Verilator ships it, and Perfetto's messages, compiled by protoc.
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_path(FSTAPI_DIR fstapi.c PATHS /usr/share/verilator/include/gtkwave /usr/local/share/verilator/include/gtkwave
          NO_DEFAULT_PATH REQUIRED)
add_library(blendsim_fstapi STATIC ${FSTAPI_DIR}/fstapi.c ${FSTAPI_DIR}/fastlz.c ${FSTAPI_DIR}/lz4.c)
# It is C that compiles as C++, which is how Verilator takes it too.
set_source_files_properties(${FSTAPI_DIR}/fstapi.c ${FSTAPI_DIR}/fastlz.c ${FSTAPI_DIR}/lz4.c PROPERTIES LANGUAGE CXX)
set_target_properties(blendsim_fstapi PROPERTIES POSITION_INDEPENDENT_CODE ON UNITY_BUILD OFF)
target_compile_options(blendsim_fstapi PRIVATE -w $<$<BOOL:${BLENDSIM_FUZZ}>:-fno-sanitize=all>)
target_compile_definitions(blendsim_fstapi PRIVATE FST_CONFIG_INCLUDE="fst_config.h")
target_include_directories(blendsim_fstapi SYSTEM PUBLIC ${FSTAPI_DIR})
target_link_libraries(blendsim_fstapi PUBLIC ZLIB::ZLIB)

set(PERFETTO_MESSAGES ${CMAKE_BINARY_DIR}/generated/trace/perfetto.pb.cc ${CMAKE_BINARY_DIR}/generated/trace/perfetto.pb.h)
add_custom_command(OUTPUT ${PERFETTO_MESSAGES}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/generated
  COMMAND protobuf::protoc --proto_path=${CMAKE_SOURCE_DIR}/src --cpp_out=${CMAKE_BINARY_DIR}/generated trace/perfetto.proto
  DEPENDS ${CMAKE_SOURCE_DIR}/src/trace/perfetto.proto VERBATIM)
add_library(blendsim_perfetto STATIC ${PERFETTO_MESSAGES})
set_target_properties(blendsim_perfetto PROPERTIES POSITION_INDEPENDENT_CODE ON UNITY_BUILD OFF)
target_compile_options(blendsim_perfetto PRIVATE -w)
target_include_directories(blendsim_perfetto SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/generated)
target_link_libraries(blendsim_perfetto PUBLIC protobuf::libprotobuf)
