# SPDX-License-Identifier: Apache-2.0
# The page's script and style, built from page/ and committed, become strings of blendsim_page.
set(BLENDSIM_PAGE_BUNDLE ${CMAKE_SOURCE_DIR}/src/page/bundle)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
             ${BLENDSIM_PAGE_BUNDLE}/page.js ${BLENDSIM_PAGE_BUNDLE}/page.css)
file(READ ${BLENDSIM_PAGE_BUNDLE}/page.js BLENDSIM_PAGE_SCRIPT)
file(READ ${BLENDSIM_PAGE_BUNDLE}/page.css BLENDSIM_PAGE_STYLE)
configure_file(${CMAKE_SOURCE_DIR}/src/page/bundle.cpp.in ${CMAKE_BINARY_DIR}/generated/page/bundle.cpp @ONLY)
target_sources(blendsim_page PRIVATE ${CMAKE_BINARY_DIR}/generated/page/bundle.cpp)
