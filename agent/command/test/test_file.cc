#include "agent/command/test/test_file.h"

#include <filesystem>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "config/load.h"
#include "config/value.h"
#include "pipeline/lang/rfc3339.h"

namespace lokitail::agent::testing {
namespace {

using config::Fields;
using config::Node;
using config::Warnings;

constexpr auto kRefuseUnknown = Fields::Strictness::kRefuseUnknown;

// 2025-01-01T00:00:00Z: one that stays, so that results do.
constexpr pipeline::Timestamp kNow{1'735'689'600, 0};

std::string beside(const std::string& test_file, const std::string& path) {
  return (std::filesystem::path(test_file).parent_path() / path).lexically_normal().string();
}

std::vector<InputLine> split_lines(std::string_view text) {
  std::vector<InputLine> lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    lines.push_back({std::string(line)});
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return lines;
}

class Reader {
 public:
  Reader(const std::string& path, const config::Options& options, Warnings& warnings)
      : path_(path), options_(options), warnings_(warnings) {}

  std::vector<TestCase> read() {
    const Node root = Node::parse(config::read_file(path_), path_);
    if (root.is_null()) throw config::Error({path_, 0, 0}, "there are no tests in this file");
    Fields fields(root, "test file", kRefuseUnknown, warnings_);
    const Node* const config_node = fields.find("config");
    fields.find("tests");
    fields.finish();  // first, since a misspelt key explains one that is missing
    const Node& tests = fields.require("tests");
    load_config(config_node);
    if (!tests.is_sequence() || tests.items().empty()) {
      throw tests.error("tests: expected a list of tests, found " +
                        (tests.is_sequence() ? "an empty one" : tests.describe()));
    }
    std::vector<TestCase> cases;
    for (const Node& item : tests.items()) cases.push_back(read_case(item));
    return cases;
  }

 private:
  void load_config(const Node* node) {
    config::Options options = options_;
    if (options.config_file.empty()) {
      if (node == nullptr) return;
      options.config_file = beside(path_, config::read_text(*node));
      if (!std::filesystem::exists(options.config_file)) {
        throw node->error(options.config_file + " does not exist");
      }
    }
    config::LoadedConfig loaded = config::load_file(options, config::process_env);
    for (const std::string& text : loaded.warnings.texts()) warnings_.add({}, text);
    config_ = std::move(loaded.config);
  }

  TestCase read_case(const Node& node) {
    Fields fields(node, "test", kRefuseUnknown, warnings_);
    fields.find("name");
    const Node* const job = fields.find("job");
    const Node* const stages = fields.find_present("stages");
    const Node* const labels = fields.find("labels");
    const Node* const now = fields.find("now");
    const Node* const input = fields.find("input");
    const Node* const input_file = fields.find("input_file");
    const Node* const expect = fields.find("expect");
    const Node* const dropped = fields.find("dropped");
    const Node* const dropped_by = fields.find("dropped_by");
    fields.finish();

    TestCase test;
    test.place = node.place();
    read_name(fields.require("name"), test);
    test.pipeline = read_pipeline(node, job, stages);
    if (labels != nullptr) test.pipeline.labels = config::read_label_map(*labels);
    test.now = now == nullptr ? kNow : read_time(*now);
    test.input = read_input(node, input, input_file);
    if (dropped_by != nullptr) test.dropped_by = Pattern::read_text(*dropped_by, warnings_);
    read_expect(node, expect, dropped, test);
    return test;
  }

  void read_name(const Node& node, TestCase& test) {
    test.name = config::read_text(node);
    if (test.name.empty()) throw node.error("name must not be empty");
    if (test.name.find('\n') != test.name.npos) throw node.error("name must be one line");
    const auto [first, is_new] = names_.emplace(test.name, node.place());
    if (!is_new) {
      throw node.error("the name \"" + test.name + "\" is already used at " +
                       config::to_string(first->second));
    }
  }

  PipelineSource read_pipeline(const Node& test, const Node* job, const Node* stages) const {
    if (stages != nullptr) {
      if (job != nullptr) throw job->error("job and stages exclude each other");
      return {*stages};
    }
    if (!config_) {
      throw test.error("there are no stages to test: give the test `stages`, or the file a `config`");
    }
    if (job == nullptr) return pipeline_of_job(*config_, "", test.place());
    return pipeline_of_job(*config_, config::read_text(*job), job->place());
  }

  static pipeline::Timestamp read_time(const Node& node) {
    pipeline::Timestamp time;
    if (pipeline::lang::parse_rfc3339(config::read_text(node), time)) return time;
    throw node.error("now: expected a time such as 2025-11-07T12:00:00Z");
  }

  std::vector<InputLine> read_input(const Node& test, const Node* input, const Node* file) {
    if ((input == nullptr) == (file == nullptr)) {
      throw test.error(input == nullptr ? "either input or input_file is required"
                                        : "input and input_file exclude each other");
    }
    if (file != nullptr) {
      const std::string path = beside(path_, config::read_text(*file));
      if (!std::filesystem::is_regular_file(path)) throw file->error(path + " is no file");
      return split_lines(config::read_file(path));
    }
    if (input->is_scalar()) return split_lines(config::read_text(*input));
    if (!input->is_sequence()) {
      throw input->error("input: expected a list of lines, found " + input->describe());
    }
    std::vector<InputLine> lines;
    for (const Node& item : input->items()) {
      // An empty item is more likely a slip than an empty line. Null has no place of its own.
      if (item.is_null()) {
        throw input->error(fmt::format("input: item {} is empty; an empty line is ''", lines.size() + 1));
      }
      lines.push_back(read_line(item));
    }
    return lines;
  }

  InputLine read_line(const Node& node) {
    if (!node.is_mapping()) return {config::read_text(node)};
    Fields fields(node, "input line", kRefuseUnknown, warnings_);
    fields.find("line");
    const Node* const after = fields.find("after");
    fields.finish();
    InputLine line{config::read_text(fields.require("line"))};
    if (after != nullptr) {
      line.after = config::read_duration_string(*after).count();
      if (line.after < 0) throw after->error("after: time does not go back");
    }
    return line;
  }

  void read_expect(const Node& node, const Node* expect, const Node* dropped, TestCase& test) {
    const bool all_dropped = dropped != nullptr && config::read_bool(*dropped);
    if (expect == nullptr && !all_dropped) {
      throw(dropped == nullptr ? node : *dropped).error("either expect or dropped: true is required");
    }
    if (expect == nullptr) return;
    if (!expect->is_sequence()) {
      throw expect->error("expect: expected a list of entries, found " + expect->describe());
    }
    if (all_dropped && !expect->items().empty()) {
      throw dropped->error("dropped: true and entries in expect exclude each other");
    }
    for (const Node& item : expect->items()) {
      test.expected.push_back(read_expected_entry(item, warnings_));
    }
  }

  const std::string& path_;
  const config::Options& options_;
  Warnings& warnings_;
  std::optional<config::Config> config_;
  std::map<std::string, config::Place> names_;
};

}  // namespace

std::vector<TestCase> read_test_file(const std::string& path, const config::Options& options,
                                     Warnings& warnings) {
  return Reader(path, options, warnings).read();
}

}  // namespace lokitail::agent::testing
