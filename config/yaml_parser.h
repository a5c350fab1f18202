// Reads the first document of a YAML text with libyaml, of which gopkg.in/yaml.v2, with which Promtail reads its
// configuration, is a port: what the one takes the other takes, and it means the same.
//
// Threads: any; each call stands alone. Errors: throws YamlError at what is no YAML; what the handler throws passes
// through.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace lokitail::config {

// Both count from 0, columns in characters.
struct YamlMark {
  int line = 0;
  int column = 0;
};

struct YamlError : std::runtime_error {
  YamlError(YamlMark place, const std::string& problem) : std::runtime_error(problem), mark(place) {}
  YamlMark mark;
};

// What a node has besides its content; empty where there is none.
struct YamlProperties {
  YamlMark mark;  // where the node begins
  std::string anchor = {};
  std::string tag = {};  // with its prefix: "tag:yaml.org,2002:str"
};

class YamlHandler {
 public:
  virtual ~YamlHandler() = default;
  // `plain`: neither quotes nor a block. What is not there at all is an empty plain scalar.
  virtual void scalar(const YamlProperties& properties, const std::string& value, bool plain) = 0;
  virtual void alias(const YamlMark& mark, const std::string& anchor) = 0;
  virtual void begin_sequence(const YamlProperties& properties) = 0;
  virtual void end_sequence() = 0;
  virtual void begin_mapping(const YamlProperties& properties) = 0;
  virtual void end_mapping() = 0;
};

// Text without a document calls nothing.
void parse_yaml(std::string_view text, YamlHandler& handler);

}  // namespace lokitail::config
