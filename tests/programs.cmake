# Tests that run the real agent: e2e and chaos (C++, against the receiver in agent/loki/receiver.h),
# recorded cases, and the Docker engine.
#
# A test that cannot run on this machine prints "SKIPPED: why" and ends well; ctest counts it as skipped.
set(agent_environment "LOKITAIL_BINARY=$<TARGET_FILE:lokitail>")
set(skip_sign "SKIPPED: ")

# [alone]: measures time or memory, so nothing else may run beside it.
if(TARGET e2e_tests)
  add_dependencies(e2e_tests lokitail)
  # Run the examples of a page.
  set_source_files_properties(e2e/commands_test.cc e2e/syslog_test.cc PROPERTIES
    COMPILE_DEFINITIONS "LOKITAIL_DOCS=\"${CMAKE_SOURCE_DIR}/docs\"")
  catch_discover_tests(e2e_tests TEST_SPEC "~[alone]" TEST_PREFIX "e2e: " PROPERTIES
    ENVIRONMENT ${agent_environment} SKIP_REGULAR_EXPRESSION ${skip_sign} LABELS e2e TIMEOUT 180)
  catch_discover_tests(e2e_tests TEST_SPEC "[alone]" TEST_PREFIX "e2e: " PROPERTIES
    ENVIRONMENT ${agent_environment} SKIP_REGULAR_EXPRESSION ${skip_sign} LABELS e2e TIMEOUT 180
    RUN_SERIAL ON)
endif()

if(TARGET chaos_tests)
  add_dependencies(chaos_tests lokitail)
  catch_discover_tests(chaos_tests TEST_PREFIX "chaos: " PROPERTIES
    ENVIRONMENT ${agent_environment} SKIP_REGULAR_EXPRESSION ${skip_sign} LABELS chaos TIMEOUT 600)
endif()

# The tests are no other under a sanitizer, only the agent is: another build's are run with ours, a
# file at a time.
if(LOKITAIL_E2E_PROGRAM)
  get_filename_component(programs ${LOKITAIL_E2E_PROGRAM} DIRECTORY)
  foreach(folder e2e chaos)
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/*_test.cc)
    # The engine's test runs alone, and the verifier's has no agent in it.
    list(FILTER sources EXCLUDE REGEX "/(docker_engine|verifier)_test")
    foreach(source ${sources})
      get_filename_component(file ${source} NAME_WE)
      set(name "${folder}: ${file} under ${LOKITAIL_SANITIZE}")
      add_test(NAME ${name} COMMAND ${programs}/${folder}_tests --filenames-as-tags
        --warn NoTests "[#${file}]~[alone]")
      set_tests_properties(${name} PROPERTIES LABELS ${folder} TIMEOUT 600
        ENVIRONMENT "${agent_environment};LOKITAIL_SANITIZED=1;LOKITAIL_CHAOS_KILLS=20")
    endforeach()
  endforeach()
endif()

# The recorded cases are about what comes out, which no sanitizer changes.
if(NOT LOKITAIL_SANITIZE)
  # Debian's, for which python3-yaml is installed, rather than another that comes first in PATH.
  find_program(LOKITAIL_PYTHON python3 HINTS /usr/bin REQUIRED)
  file(GLOB cases CONFIGURE_DEPENDS conformance/cases/*.yaml)
  foreach(path ${cases})
    get_filename_component(name ${path} NAME_WE)
    add_test(NAME "conformance: ${name}"
      COMMAND ${LOKITAIL_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/conformance/run.py
        --agent $<TARGET_FILE:lokitail> --jobs 12 --start-delay 0.2 ${path})
    set_tests_properties("conformance: ${name}" PROPERTIES LABELS conformance TIMEOUT 300
      PROCESSORS 2)
    add_test(NAME "conformance: check of ${name}"
      COMMAND ${LOKITAIL_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/conformance/check_cases.py
        --agent $<TARGET_FILE:lokitail> ${path})
    set_tests_properties("conformance: check of ${name}" PROPERTIES LABELS conformance TIMEOUT 300)
  endforeach()
endif()
