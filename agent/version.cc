#include "agent/version.h"

#include <fmt/format.h>

#include "pipeline/processor.h"

namespace lokitail::agent {
namespace {

#if defined(__clang__)
constexpr const char* kCompiler = "clang " __clang_version__;
#else
constexpr const char* kCompiler = "g++ " __VERSION__;
#endif

// As Go names it.
#if defined(__x86_64__)
constexpr const char* kMachine = "amd64";
#elif defined(__aarch64__)
constexpr const char* kMachine = "arm64";
#else
constexpr const char* kMachine = "unknown";
#endif

}  // namespace

std::string version_text() {
  return fmt::format(
      "lokitail, version {} (branch: {}, revision: {})\n"
      "  compiler:         {}\n"
      "  platform:         linux/{}\n"
      "  code for:         {}\n",
      kVersion, LOKITAIL_BRANCH, LOKITAIL_REVISION, kCompiler, kMachine,
      pipeline::processor_name(pipeline::processor()));
}

std::string version_line() {
  return fmt::format("(version={}, branch={}, revision={})", kVersion, LOKITAIL_BRANCH, LOKITAIL_REVISION);
}

}  // namespace lokitail::agent
