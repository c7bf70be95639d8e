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
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(hwy REQUIRED libhwy)

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
