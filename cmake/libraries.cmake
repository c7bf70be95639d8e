# SPDX-License-Identifier: Apache-2.0

# blendsim_library(NAME PUBLIC targets... PRIVATE targets... [EXCLUDE pattern]): a static library from every source of
# src/NAME but those of the pattern (models and sim live at the top). Includes are written from the root of that tree:
# "base/table.h", "models/unit.h".
function(blendsim_library name)
  cmake_parse_arguments(ARG "" "EXCLUDE" "PUBLIC;PRIVATE" ${ARGN})
  set(folder ${CMAKE_SOURCE_DIR}/src/${name})
  if(NOT EXISTS ${folder})
    set(folder ${CMAKE_SOURCE_DIR}/${name})
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cpp ${folder}/*.h)
  if(ARG_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX ${ARG_EXCLUDE})
  endif()
  if(NOT sources MATCHES "\\.cpp")
    add_library(blendsim_${name} INTERFACE)
    target_include_directories(blendsim_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})
    target_link_libraries(blendsim_${name} INTERFACE ${ARG_PUBLIC})
    return()
  endif()
  add_library(blendsim_${name} STATIC ${sources})
  set_target_properties(blendsim_${name} PROPERTIES LINKER_LANGUAGE CXX POSITION_INDEPENDENT_CODE ON)
  target_include_directories(blendsim_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})
  target_link_libraries(blendsim_${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  foreach(dependency ${ARG_PRIVATE})
    if(dependency STREQUAL "blendsim_flatbuffers")
      add_dependencies(blendsim_${name} blendsim_schema)
    endif()
  endforeach()
endfunction()

# What no fuzz target links: built by the fuzzers' build for its second compiler alone, in half the time without sanitizers.
function(blendsim_not_fuzzed target)
  if(BLENDSIM_FUZZ)
    target_compile_options(${target} PRIVATE -fno-sanitize=all)
  endif()
endfunction()
