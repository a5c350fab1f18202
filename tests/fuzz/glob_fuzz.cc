// An arbitrary pattern against an arbitrary path: the first line is the pattern, the rest the path.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "agent/source/file/glob.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lokitail::agent;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = text.find('\n');
  const std::string pattern = '/' + std::string(text.substr(0, line));
  const std::string path = '/' + std::string(line == std::string_view::npos ? text : text.substr(line + 1));
  const Glob glob(pattern);
  static_cast<void>(glob.matches(path));
  // A pattern always means the file of its own name.
  if (!glob.matches(glob.literal())) std::abort();
  if (glob.branches().size() > Glob::kMostBranches) std::abort();
  if (clean_path(clean_path(path)) != clean_path(path)) std::abort();
  return 0;
}
