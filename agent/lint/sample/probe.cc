#include "agent/lint/sample/probe.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>
#include <vector>

#include "pipeline/flow/flow_reader.h"
#include "pipeline/lang/json_parse.h"
#include "pipeline/lang/logfmt.h"
#include "pipeline/lang/regex.h"
#include "pipeline/lang/selector.h"
#include "pipeline/lang/time_parser.h"

namespace lokitail::agent::lint {
namespace {

using config::Node;
using pipeline::Entry;
using pipeline::flow::member;
using pipeline::flow::text_of;

// The key `source`: an extracted value, or the line.
class Source {
 public:
  Source(const Node& body, const ProbeContext& context) {
    const std::string name = text_of(member(body, "source"));
    if (!name.empty()) symbol_ = context.symbols.intern(name);
  }
  std::optional<std::string_view> text(Entry& entry) const {
    return symbol_ ? entry.text(*symbol_) : entry.line;
  }

 private:
  std::optional<pipeline::Symbol> symbol_;
};

class RegexProbe final : public Probe {
 public:
  RegexProbe(const std::string& expression, Source source) : regex_(expression), source_(source) {}
  std::string_view verb() const override { return "matched"; }
  std::optional<std::string_view> text(Entry& entry) override { return source_.text(entry); }
  bool fits(Entry&, std::string_view text) override { return regex_.matches(text); }

 private:
  pipeline::lang::Regex regex_;
  Source source_;
};

// Any JSON object, or only one that has this key.
class JsonProbe final : public Probe {
 public:
  JsonProbe(Source source, std::string key) : source_(source), key_(std::move(key)) {}
  std::string_view verb() const override { return "read"; }
  std::optional<std::string_view> text(Entry& entry) override { return source_.text(entry); }
  bool fits(Entry& entry, std::string_view text) override {
    const auto document = parser_.parse_document(entry.arena.copy(text), entry.arena);
    if (!document || document->kind() != pipeline::lang::JsonValue::Kind::kObject) return false;
    return key_.empty() || document->find(key_) != nullptr;
  }

 private:
  Source source_;
  std::string key_;
  pipeline::lang::JsonParser parser_;
};

class LogfmtProbe final : public Probe {
 public:
  LogfmtProbe(Source source, const Node& mapping) : source_(source) {
    for (const auto& [name, key] : mapping.entries()) {
      keys_.push_back(text_of(key).empty() ? name.text() : text_of(key));
    }
  }
  std::string_view verb() const override { return "read"; }
  std::optional<std::string_view> text(Entry& entry) override { return source_.text(entry); }
  bool fits(Entry& entry, std::string_view text) override {
    pipeline::lang::LogfmtScanner scanner(text);
    while (scanner.next(entry.arena)) {
      if (std::ranges::find(keys_, scanner.key()) != keys_.end()) return true;
    }
    return false;
  }

 private:
  Source source_;
  std::vector<std::string> keys_;
};

class TimeProbe final : public Probe {
 public:
  TimeProbe(Source source, pipeline::lang::TimeParser parser, std::function<pipeline::Timestamp()> now)
      : source_(source), parser_(std::move(parser)), now_(std::move(now)) {}
  std::string_view verb() const override { return "read"; }
  std::optional<std::string_view> text(Entry& entry) override { return source_.text(entry); }
  bool fits(Entry&, std::string_view text) override {
    pipeline::Timestamp ignored;
    return parser_.parse(text, now_(), ignored);
  }

 private:
  Source source_;
  pipeline::lang::TimeParser parser_;
  std::function<pipeline::Timestamp()> now_;
};

class SelectorProbe final : public Probe {
 public:
  SelectorProbe(const std::string& selector, const ProbeContext& context)
      : selector_(selector, context.symbols) {}
  std::string_view verb() const override { return "selected"; }
  std::optional<std::string_view> text(Entry& entry) override { return entry.line; }
  bool fits(Entry& entry, std::string_view line) override { return selector_.matches(entry.labels, line); }

 private:
  pipeline::lang::Selector selector_;
};

std::unique_ptr<Probe> time_probe(const Node& body, const ProbeContext& context) {
  std::vector<std::string> fallbacks;
  for (const Node& format : member(body, "fallback_formats").items()) {
    fallbacks.push_back(text_of(format));
  }
  const Node location = member(body, "location");
  const std::string format = text_of(member(body, "format"));
  auto parser = location.is_null()
                    ? pipeline::lang::TimeParser::compile(format, fallbacks)
                    : pipeline::lang::TimeParser::compile(format, fallbacks, text_of(location));
  return std::make_unique<TimeProbe>(Source(body, context), std::move(parser), context.now);
}

std::unique_ptr<Probe> regex_probe(const Node& body, const char* key, const ProbeContext& context) {
  return std::make_unique<RegexProbe>(text_of(member(body, key)), Source(body, context));
}

// As the stage takes lines apart.
constexpr const char* kCriLine = R"(^(?s)\S+? (stdout|stderr) \S+? .*$)";

using Make = std::unique_ptr<Probe>(const Node& body, const ProbeContext& context);
struct Row {
  std::string_view stage;
  Make* make;
};
constexpr std::array kRows = {
    Row{"cri",
        [](const Node&, const ProbeContext& context) -> std::unique_ptr<Probe> {
          return std::make_unique<RegexProbe>(kCriLine, Source(Node(), context));
        }},
    Row{"docker",
        [](const Node&, const ProbeContext& context) -> std::unique_ptr<Probe> {
          return std::make_unique<JsonProbe>(Source(Node(), context), "log");
        }},
    Row{"json",
        [](const Node& body, const ProbeContext& context) -> std::unique_ptr<Probe> {
          return std::make_unique<JsonProbe>(Source(body, context), "");
        }},
    Row{"logfmt",
        [](const Node& body, const ProbeContext& context) -> std::unique_ptr<Probe> {
          return std::make_unique<LogfmtProbe>(Source(body, context), member(body, "mapping"));
        }},
    Row{"match",
        [](const Node& body, const ProbeContext& context) -> std::unique_ptr<Probe> {
          return std::make_unique<SelectorProbe>(text_of(member(body, "selector")), context);
        }},
    Row{"multiline", [](const Node& body,
                        const ProbeContext& context) { return regex_probe(body, "firstline", context); }},
    Row{"regex", [](const Node& body,
                    const ProbeContext& context) { return regex_probe(body, "expression", context); }},
    Row{"replace", [](const Node& body,
                      const ProbeContext& context) { return regex_probe(body, "expression", context); }},
    Row{"timestamp", time_probe},
};

}  // namespace

std::unique_ptr<Probe> make_probe(std::string_view stage, const Node& body, const ProbeContext& context) {
  const auto row = std::ranges::find(kRows, stage, &Row::stage);
  if (row == kRows.end()) return nullptr;
  try {
    return row->make(body, context);
  } catch (const std::invalid_argument&) {
    return nullptr;  // the stage takes a configuration that this does not
  }
}

}  // namespace lokitail::agent::lint
