// A logger's line is one line of valid JSON whatever its texts are, with as much of them as is
// UTF-8; in the console form it is one line, too.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "lokitail/telemetry/logger.h"

namespace {

using namespace lokitail::telemetry;

struct LastLine final : Sink {
  void write(Level, std::string_view lines) override { text = lines; }
  std::string text;
};

void require(bool holds, const char* what, std::string_view line) {
  if (holds) return;
  std::cerr << "log line: " << what << ": " << line << std::endl;
  std::abort();
}

std::string line_of(Format format, std::string_view text, std::string_view other, double number) {
  const auto last = std::make_shared<LastLine>();
  const Logger logger({.service = std::string(other), .format = format, .sink = last});
  logger.with({{other, text}})
      .info(text, {{text, other},
                   {"number", number},
                   {"bytes", std::as_bytes(std::span(text))},
                   object(other, {{text, text}})});
  return last->text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::string_view text = all.substr(0, size / 2);
  const std::string_view other = all.substr(size / 2);
  double number = 0;
  std::memcpy(&number, data, std::min(size, sizeof number));
  const std::string line = line_of(Format::kJson, text, other, number);
  require(line.find('\n') == line.size() - 1, "not one line", line);
  static simdjson::dom::parser parser;
  simdjson::dom::element value;
  std::string_view message;
  require(parser.parse(line).get(value) == simdjson::SUCCESS, "no JSON", line);
  require(value["message"].get(message) == simdjson::SUCCESS, "no message", line);
  require(!simdjson::validate_utf8(text) || message == text, "another message", line);
  const std::string console = line_of(Format::kConsole, text, other, number);
  require(console.find('\n') == console.size() - 1, "not one line for people", console);
  return 0;
}
