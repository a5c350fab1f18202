// Any bytes through the redact stage, with all patterns and some of a user's. A secret that was put into the
// text is gone.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "tests/unit/pipeline/support.h"

namespace {

using lokitail::pipeline::test::PipelineRunner;

void require(bool holds, const char* what, std::string_view text) {
  if (holds) return;
  std::cerr << "redact: " << what << ": " << text << std::endl;
  std::abort();
}

std::string redacted(PipelineRunner& stages, std::string_view line) {
  stages.push_without_origin(line);
  std::string result = stages.entries().back().line;
  stages.entries().clear();
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static PipelineRunner all("- redact: {patterns: all}");
  static PipelineRunner custom(
      "- redact: {patterns: [], custom: [{name: a, expression: 'user=(\\w+)'}, {name: b, "
      "expression: "
      "'(?i)ticket|[A-Z]{3}-[0-9]+'}], replacement: ''}");
  static const std::string kSecret = "ghp_" + std::string(36, 'a');
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  const std::size_t middle = size / 2;
  const std::string planted =
      std::string(text.substr(0, middle)) + ' ' + kSecret + ' ' + std::string(text.substr(middle));
  const std::string clean = redacted(all, planted);
  const bool was_there = text.find(kSecret) != std::string_view::npos;  // in the midst of a word
  require(was_there || clean.find(kSecret) == std::string::npos, "a secret was left", clean);

  const std::string without = redacted(custom, text);
  require(without.size() <= text.size(), "a text without its secrets is longer", without);
  return 0;
}
