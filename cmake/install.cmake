# SPDX-License-Identifier: Apache-2.0
# cmake --install: the binary, its configuration, the licence, the pages, completion and manual pages. cpack -G DEB: the
# same as a package.
include(GNUInstallDirs)
install(TARGETS blendsim RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(BLENDSIM_MPI)
  install(TARGETS blendsim-mpi RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/blendsim)
install(DIRECTORY python DESTINATION ${CMAKE_INSTALL_DATADIR}/blendsim USE_SOURCE_PERMISSIONS
        PATTERN __pycache__ EXCLUDE)  # the studies name its programs
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})

# What the binary says of its own options. Debian's zsh looks into vendor-completions, others into site-functions.
set(pages ${CMAKE_BINARY_DIR}/pages)
add_custom_command(OUTPUT ${pages}/bash ${pages}/zsh ${pages}/fish ${pages}/man1/blendsim.1
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${pages}
  COMMAND blendsim man -q ${pages}/man1
  COMMAND blendsim completion bash > ${pages}/bash
  COMMAND blendsim completion zsh > ${pages}/zsh
  COMMAND blendsim completion fish > ${pages}/fish
  DEPENDS blendsim VERBATIM)
add_custom_target(blendsim_pages ALL DEPENDS ${pages}/man1/blendsim.1)
install(DIRECTORY ${pages}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
install(FILES ${pages}/bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME blendsim)
foreach(folder site-functions vendor-completions)
  install(FILES ${pages}/zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/${folder} RENAME _blendsim)
endforeach()
install(FILES ${pages}/fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d RENAME blendsim.fish)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME blendsim)
set(CPACK_PACKAGE_CONTACT "BlendSim maintainers <blendsim@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
find_program(DPKG_SHLIBDEPS dpkg-shlibdeps)
if(DPKG_SHLIBDEPS)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
endif()
include(CPack)
