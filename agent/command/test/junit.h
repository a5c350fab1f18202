// The results of tests as JUnit's XML, which build servers read: a <testsuite> per file, a
// <testcase> per test, with a <failure> or an <error> in it.
//
// Threads: a pure function. What XML 1.0 cannot hold becomes U+FFFD.
#pragma once

#include <string>
#include <vector>

#include "agent/command/test/report.h"

namespace lokitail::agent::testing {

std::string junit_xml(const std::vector<FileReport>& files);

}  // namespace lokitail::agent::testing
