// Any bytes as the number that a metric takes, and as the name and value of a metric's label.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "agent/telemetry/text_format.h"
#include "pipeline/metric_text.h"
#include "pipeline/stage/metrics_value.h"
#include "pipeline/utf8.h"

namespace {

using lokitail::pipeline::metric_value;

void require(bool holds, const char* what, std::string_view text) {
  if (holds) return;
  std::cerr << "metric: " << what << ": " << text << std::endl;
  std::abort();
}

// What is written of a number is read as the same number.
void check_number(std::string_view text) {
  const auto value = metric_value(text);
  if (!value) return;
  std::string written;
  lokitail::agent::append_go_number(written, *value);
  const auto again = metric_value(written);
  require(again && (*again == *value || (std::isnan(*again) && std::isnan(*value))),
          "differs when written anew", text);
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// name="value": the name plain, the value valid UTF-8 with quotes only where escaped, in one line.
void check_label(std::string_view text) {
  const std::string label = lokitail::pipeline::metric_labels({{text, text}});
  require(lokitail::pipeline::is_utf8(label), "no UTF-8", text);
  std::size_t at = 0;
  while (at < label.size() && is_plain(label[at])) ++at;
  require(label.compare(at, 2, "=\"") == 0, "bad name", text);
  require(!(label[0] >= '0' && label[0] <= '9'), "name begins with a digit", text);
  for (at += 2; at < label.size() && label[at] != '"'; ++at) {
    require(label[at] != '\n', "line break", text);
    if (label[at] == '\\') {
      ++at;
      require(at < label.size() && std::string_view("\\\"n").find(label[at]) != std::string_view::npos,
              "bad escape", text);
    }
  }
  require(at + 1 == label.size(), "value ends early", text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_number(text);
  check_label(text);
  return 0;
}
