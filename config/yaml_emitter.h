// Writes a YAML document with libyaml, in the form in which Promtail prints its configuration.
//
// Threads: one at a time. Errors: REQUIRES what YAML has: a mapping's keys and values in turn, and an end for each
// beginning.
#pragma once

#include <yaml.h>

#include <string>
#include <string_view>

namespace lokitail::config {

class YamlEmitter {
 public:
  // kString is quoted where it would be read as something else; kAsIs is a number, a boolean, null.
  enum class Scalar { kString, kAsIs };

  YamlEmitter();
  ~YamlEmitter();
  YamlEmitter(const YamlEmitter&) = delete;
  YamlEmitter& operator=(const YamlEmitter&) = delete;

  void begin_mapping();
  void end_mapping();
  void begin_sequence();
  void end_sequence();
  // What is no UTF-8 is written as base64, with the tag !!binary.
  void scalar(std::string_view text, Scalar kind);

  // Ends the document, which is all that is written.
  const std::string& finish();

 private:
  // Emits an event that was initialized, which is what `initialized` says.
  void emit(int initialized);

  yaml_emitter_t emitter_{};
  yaml_event_t event_{};
  std::string text_;
};

}  // namespace lokitail::config
