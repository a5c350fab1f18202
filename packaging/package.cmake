# What is installed, and the packages that hold it: make package. Everything that a package is made of is in
# packaging/ and systemd/; the version is the project's.
#
# LOKITAIL_PACKAGED_BINARY: an agent that was built elsewhere, instead of this build's.
set(LOKITAIL_PACKAGED_BINARY "" CACHE FILEPATH "Package this agent rather than this build's")
include(GNUInstallDirs)

set(packaging ${CMAKE_SOURCE_DIR}/packaging)
set(made ${CMAKE_BINARY_DIR}/package)
if(LOKITAIL_PACKAGED_BINARY)
  install(PROGRAMS ${LOKITAIL_PACKAGED_BINARY} DESTINATION bin RENAME lokitail)
else()
  install(TARGETS lokitail RUNTIME DESTINATION bin)
endif()
install(FILES ${CMAKE_SOURCE_DIR}/systemd/lokitail.service DESTINATION lib/systemd/system)
install(FILES ${CMAKE_SOURCE_DIR}/systemd/lokitail.sysusers DESTINATION lib/sysusers.d RENAME lokitail.conf)
install(FILES ${CMAKE_SOURCE_DIR}/systemd/lokitail.tmpfiles DESTINATION lib/tmpfiles.d RENAME lokitail.conf)
install(FILES ${packaging}/etc/config.yaml DESTINATION /etc/lokitail)
# packaging/package.sh makes these before it calls CPack.
install(FILES ${made}/lokitail.1.gz DESTINATION share/man/man1)
install(FILES ${made}/lokitail.bash DESTINATION share/bash-completion/completions RENAME lokitail)
install(FILES ${made}/lokitail.zsh DESTINATION share/zsh/vendor-completions RENAME _lokitail)
install(FILES ${made}/lokitail.fish DESTINATION share/fish/vendor_completions.d)
install(FILES ${made}/changelog.gz DESTINATION share/doc/lokitail)
install(FILES ${made}/lokitail.spdx.json DESTINATION share/doc/lokitail)
install(FILES ${packaging}/debian/copyright DESTINATION share/doc/lokitail)
install(FILES ${packaging}/debian/lintian-overrides DESTINATION share/lintian/overrides RENAME lokitail)

set(CPACK_PACKAGE_NAME lokitail)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_VENDOR lokitail)
set(CPACK_PACKAGE_CONTACT "lokitail maintainers <lokitail@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "log agent for Grafana Loki")
set(CPACK_PACKAGE_DESCRIPTION "Tails files, the logs of containers and the systemd journal, and takes
syslog, Kafka and pushes, runs each line through a pipeline, and delivers the
result to Grafana Loki. Reads the configuration and the positions of Promtail.")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)  # for /etc
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_GENERATOR "DEB;RPM;TGZ")
set(CPACK_PRE_BUILD_SCRIPTS ${packaging}/times.cmake)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates, tzdata")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "librdkafka1, libsystemd0")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${packaging}/debian/conffiles ${packaging}/debian/postinst
  ${packaging}/debian/prerm ${packaging}/debian/postrm)

set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE Apache-2.0)
set(CPACK_RPM_PACKAGE_GROUP System/Daemons)
set(CPACK_RPM_PACKAGE_RELEASE 1)
set(CPACK_RPM_USER_FILELIST "%config(noreplace) /etc/lokitail/config.yaml"
  "%exclude /usr/share/lintian/overrides/lokitail")
set(CPACK_RPM_PACKAGE_RELOCATABLE OFF)
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION /etc /etc/lokitail /usr/lib/systemd /usr/lib/systemd/system
  /usr/lib/sysusers.d /usr/lib/tmpfiles.d /usr/share/man /usr/share/man/man1 /usr/share/bash-completion
  /usr/share/bash-completion/completions /usr/share/zsh /usr/share/zsh/vendor-completions /usr/share/fish
  /usr/share/fish/vendor_completions.d /usr/share/lintian /usr/share/lintian/overrides)
set(CPACK_RPM_POST_INSTALL_SCRIPT_FILE ${packaging}/rpm/post)
set(CPACK_RPM_PRE_UNINSTALL_SCRIPT_FILE ${packaging}/rpm/preun)
set(CPACK_RPM_POST_UNINSTALL_SCRIPT_FILE ${packaging}/rpm/postun)
# Equal sources give equal bytes.
set(CPACK_RPM_SPEC_MORE_DEFINE "%define use_source_date_epoch_as_buildtime 1
%define clamp_mtime_to_source_date_epoch 1
%define _buildhost reproducible
%define __spec_install_post %{nil}
%define _build_id_links none")

set(CPACK_PACKAGE_FILE_NAME lokitail-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR})
include(CPack)
