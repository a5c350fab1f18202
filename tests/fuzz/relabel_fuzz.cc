// The lines of the input are a regular expression, a replacement, a target label and a value: what
// compiles must relabel to the same result each time, and what an anchored expression matches is the
// whole value.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "agent/discovery/relabel.h"
#include "pipeline/utf8.h"

namespace {

using namespace lokitail;

void require(bool condition) {
  if (!condition) std::abort();
}

std::string take_line(std::string_view& input) {
  const std::string_view line = input.substr(0, input.find('\n'));
  input.remove_prefix(std::min(line.size() + 1, input.size()));
  return std::string(line);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  config::RelabelConfig rule;
  rule.regex = take_line(input);
  rule.replacement = take_line(input);
  rule.target_label = take_line(input);
  rule.source_labels = {"source"};
  const config::LabelMap labels = {{"source", std::string(input)}, {"other", "value"}};
  for (const auto action :
       {config::RelabelAction::kReplace, config::RelabelAction::kKeep, config::RelabelAction::kLabelMap,
        config::RelabelAction::kLabelDrop, config::RelabelAction::kUppercase}) {
    rule.action = action;
    try {
      const agent::Relabeler relabeler({rule});
      config::LabelMap first = labels;
      config::LabelMap second = labels;
      require(relabeler.apply(first) == relabeler.apply(second) && first == second);
      for (const auto& [name, value] : first) require(!value.empty());
      if (rule.regex.empty() && action == config::RelabelAction::kKeep) {
        require(relabeler.apply(first) == input.empty());
      }
    } catch (const config::Error&) {
      return 0;  // no regular expression
    }
  }
  return 0;
}
