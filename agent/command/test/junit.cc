#include "agent/command/test/junit.h"

#include <string_view>

#include <fmt/format.h>

#include "pipeline/utf8.h"

namespace lokitail::agent::testing {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The characters of XML 1.0, section 2.2; surrogates are no valid UTF-8.
bool is_xml(char32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
  return code != 0xFFFE && code != 0xFFFF;
}

// For text and for attributes. White space other than the space is written as a reference, since a
// reader would change it.
std::string escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto character = pipeline::first_character(text);
    const std::string_view bytes = text.substr(0, character.size);
    text.remove_prefix(character.size);
    if (!character.valid || !is_xml(character.code)) {
      out += kReplacement;
    } else if (character.code < 0x20 || std::string_view("&<>\"'").find(bytes) != bytes.npos) {
      out += fmt::format("&#{};", static_cast<unsigned>(character.code));
    } else {
      out += bytes;
    }
  }
  return out;
}

// In an element newlines stay as they are, to be read.
std::string escaped_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out += escaped(text.substr(0, end));
    if (end == text.npos) break;
    out += '\n';
    text.remove_prefix(end + 1);
  }
  return out;
}

std::string problem_element(std::string_view element, std::string_view message, std::string_view text) {
  return fmt::format("      <{0} message=\"{1}\">{2}</{0}>\n", element, escaped(message),
                     escaped_lines(text));
}

std::string titles(const CaseResult& result) {
  std::string text;
  for (const Problem& problem : result.problems) {
    text += (text.empty() ? "" : "; ") + problem.title;
  }
  return text;
}

std::string testcase(const std::string& path, const CaseReport& test) {
  std::string out =
      fmt::format("    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\" time=\"{:.3f}\"",
                  escaped(test.name), escaped(path), escaped(path), test.place.line, test.seconds);
  if (test.passed()) return out + "/>\n";
  out += ">\n";
  out += test.error.empty()
             ? problem_element("failure", titles(test.result), "\n" + failure_text(test, Painter(false)))
             : problem_element("error", test.error, "");
  return out + "    </testcase>\n";
}

// A file that could not be read stands for a test of its own.
std::vector<CaseReport> cases_of(const FileReport& file) {
  if (file.error.empty()) return file.cases;
  return {{.name = file.path, .error = file.error}};
}

std::string attributes(const Totals& totals, double seconds) {
  return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3f}\"",
                     totals.passed + totals.failed + totals.errors, totals.failed, totals.errors, seconds);
}

double seconds_of(const FileReport& file) {
  double sum = 0;
  for (const CaseReport& test : file.cases) sum += test.seconds;
  return sum;
}

}  // namespace

std::string junit_xml(const std::vector<FileReport>& files) {
  double seconds = 0;
  for (const FileReport& file : files) seconds += seconds_of(file);
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += fmt::format("<testsuites name=\"lokitail\" {}>\n", attributes(count(files), seconds));
  for (const FileReport& file : files) {
    out += fmt::format("  <testsuite name=\"{}\" {}>\n", escaped(file.path),
                       attributes(count({file}), seconds_of(file)));
    for (const CaseReport& test : cases_of(file)) out += testcase(file.path, test);
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

}  // namespace lokitail::agent::testing
