# Tests that run the real agent: e2e and chaos (C++, against the receiver in agent/loki/receiver.h),
# recorded cases, and the Docker engine.
#
# A test that cannot run on this machine prints "SKIPPED: why" and ends well; ctest counts it as skipped.
set(agent_environment "LOKITAIL_BINARY=$<TARGET_FILE:lokitail>")
set(skip_sign "SKIPPED: ")

# [alone]: measures time or memory, so nothing else may run beside it.
if(TARGET e2e_tests)
  add_dependencies(e2e_tests lokitail)
  # Some run the examples of a page.
  target_compile_definitions(e2e_tests PRIVATE LOKITAIL_DOCS="${CMAKE_SOURCE_DIR}/docs")
  if(TARGET kafka_mock)
    target_compile_definitions(e2e_tests PRIVATE LOKITAIL_KAFKA_MOCK="$<TARGET_FILE:kafka_mock>")
  endif()
  catch_discover_tests(e2e_tests TEST_SPEC "~[alone]" TEST_PREFIX "e2e: " PROPERTIES
    ENVIRONMENT ${agent_environment} SKIP_REGULAR_EXPRESSION ${skip_sign} LABELS e2e TIMEOUT 180)
  catch_discover_tests(e2e_tests TEST_SPEC "[alone]" TEST_PREFIX "e2e: " PROPERTIES
    ENVIRONMENT ${agent_environment} SKIP_REGULAR_EXPRESSION ${skip_sign} LABELS e2e-alone TIMEOUT 180
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
    # The tests with an engine run alone, and the verifier's has no agent in it.
    list(FILTER sources EXCLUDE REGEX "/(docker|docker_engine|latency|verifier)_test")
    foreach(source ${sources})
      get_filename_component(file ${source} NAME_WE)
      set(name "${folder}: ${file} under ${LOKITAIL_SANITIZE}")
      # librdkafka makes its threads with C11's thrd_create, which the thread sanitizer does not see: they crash.
      if(LOKITAIL_SANITIZE STREQUAL thread AND file STREQUAL kafka_test)
        add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -E echo "SKIPPED: librdkafka's threads crash under it")
        set_tests_properties(${name} PROPERTIES LABELS ${folder} SKIP_REGULAR_EXPRESSION ${skip_sign})
        continue()
      endif()
      add_test(NAME ${name} COMMAND ${programs}/${folder}_tests --filenames-as-tags
        --warn NoTests "[#${file}]~[alone]")
      set_tests_properties(${name} PROPERTIES LABELS ${folder} TIMEOUT 600
        ENVIRONMENT "${agent_environment};LOKITAIL_SANITIZED=1;LOKITAIL_CHAOS_KILLS=20")
    endforeach()
  endforeach()
endif()

# What is shipped is packaged from this build's folder, by one at a time.
if(NOT LOKITAIL_SANITIZE AND CMAKE_BUILD_TYPE STREQUAL Release)
  foreach(name unit package service container image)
    add_test(NAME "packaging: ${name}"
      COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/packaging/${name}_test.py)
    set_tests_properties("packaging: ${name}" PROPERTIES LABELS packaging TIMEOUT 600 RESOURCE_LOCK packages
      ENVIRONMENT ${agent_environment} SKIP_REGULAR_EXPRESSION ${skip_sign})
  endforeach()
endif()

if(CMAKE_CROSSCOMPILING AND CMAKE_SYSTEM_PROCESSOR STREQUAL aarch64)
  add_test(NAME "arm64: agent" COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/packaging/arm64_test.py)
  set_tests_properties("arm64: agent" PROPERTIES TIMEOUT 600 SKIP_REGULAR_EXPRESSION ${skip_sign}
    ENVIRONMENT "${agent_environment};LOKITAIL_SYSROOT=${CMAKE_SYSROOT}")
endif()

# What lies in packaging/ beside packages, with the real agent.
if(NOT LOKITAIL_SANITIZE)
  foreach(name completion configurations documentation logql operations processor stack stack_run monitoring kubernetes
      telemetry)
    add_test(NAME "packaging: ${name}"
      COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/packaging/${name}_test.py)
    set_tests_properties("packaging: ${name}" PROPERTIES LABELS packaging TIMEOUT 600 PROCESSORS 2
      ENVIRONMENT ${agent_environment} SKIP_REGULAR_EXPRESSION ${skip_sign})
  endforeach()
endif()

# The agent's HTTP server, its API and its page.
if(NOT LOKITAIL_SANITIZE)
  foreach(name server api page terminal)
    add_test(NAME "ui: ${name}" COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/ui/${name}_test.py)
    set_tests_properties("ui: ${name}" PROPERTIES LABELS ui TIMEOUT 300 SKIP_REGULAR_EXPRESSION ${skip_sign}
      ENVIRONMENT "${agent_environment};LOKITAIL_SCREENSHOTS=${CMAKE_BINARY_DIR}/ui-screenshots")
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
  # Once more with the code for each earlier processor: what is above is with that for the one at hand.
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
    foreach(processor x86-64 x86-64-v2 x86-64-v3)
      add_test(NAME "conformance: with the code for ${processor}"
        COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/conformance/on_processor.sh ${processor} $<TARGET_FILE:lokitail>
          ${LOKITAIL_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/conformance/run.py
          --agent $<TARGET_FILE:lokitail> --jobs 32 --start-delay 0.2 ${cases})
      set_tests_properties("conformance: with the code for ${processor}" PROPERTIES LABELS conformance TIMEOUT 900
        SKIP_REGULAR_EXPRESSION ${skip_sign})
    endforeach()
  endif()
endif()
