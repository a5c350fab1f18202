// How the effective configuration is written; for the to_yaml*.cc files only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "config/config.h"
#include "config/scalar.h"
#include "config/url.h"
#include "config/value.h"
#include "config/yaml_emitter.h"

namespace lokitail::config {

enum class Secrets { kHidden, kShown };

// Writes keys and values of nested mappings. A value that says nothing is left out, so that what
// is printed stays short.
class Writer {
 public:
  explicit Writer(Secrets secrets) : secrets_(secrets) {}

  // Ends the document.
  std::string text() { return out_.finish(); }

  void begin_mapping() { out_.begin_mapping(); }
  void end_mapping() { out_.end_mapping(); }
  void begin_list(std::string_view name) {
    key(name);
    out_.begin_sequence();
  }
  void end_list() { out_.end_sequence(); }

  void begin_block(std::string_view name) {
    key(name);
    begin_mapping();
  }

  void put(std::string_view name, bool value) {
    key(name);
    as_is(value ? "true" : "false");
  }
  void put(std::string_view name, int64_t value) {
    key(name);
    as_is(std::to_string(value));
  }
  void put(std::string_view name, uint64_t value) {
    key(name);
    as_is(std::to_string(value));
  }
  void put(std::string_view name, double value) {
    key(name);
    as_is(fmt::format("{}", value));
  }
  void put(std::string_view name, Duration value) {
    key(name);
    as_is(format_go_duration(value));
  }
  void put(std::string_view name, const std::string& value) {
    key(name);
    string(value);
  }

  void put_given(std::string_view name, const std::string& value) {
    if (!value.empty()) put(name, value);
  }
  void put_given(std::string_view name, const Secret& value) {
    if (!value.empty()) put(name, shown(value));
  }
  void put_url(std::string_view name, const Secret& url) {
    const bool hidden = secrets_ == Secrets::kHidden;
    put_given(name, hidden ? mask_url(url.reveal()) : url.reveal());
  }

  void put_labels(std::string_view name, const LabelMap& labels) {
    if (labels.empty()) return;
    begin_block(name);
    for (const auto& [label, value] : labels) put(label, value);
    end_mapping();
  }

  void put_list(std::string_view name, const std::vector<std::string>& values) {
    if (values.empty()) return;
    begin_list(name);
    for (const std::string& value : values) string(value);
    end_list();
  }
  void put_list(std::string_view name, const std::vector<Secret>& values) {
    std::vector<std::string> texts;
    texts.reserve(values.size());
    for (const Secret& value : values) texts.push_back(shown(value));
    put_list(name, texts);
  }

  void put_node(std::string_view name, const Node& node) {
    if (node.is_null()) return;
    key(name);
    write(node);
  }

  // Without a name.
  void put(const Node& node) { write(node); }

  std::string shown(const Secret& value) const {
    return secrets_ == Secrets::kShown ? value.reveal() : std::string(Secret::kShown);
  }

 private:
  void key(std::string_view name) { string(name); }
  void string(std::string_view text) { out_.scalar(text, YamlEmitter::Scalar::kString); }
  void as_is(std::string_view text) { out_.scalar(text, YamlEmitter::Scalar::kAsIs); }

  // `node_key` is what the node stands behind.
  void write(const Node& node, std::string_view node_key = {}) {
    switch (node.type()) {
      case Node::Type::kNull:
        as_is("null");
        break;
      case Node::Type::kString:
        string(node.text());
        break;
      case Node::Type::kSequence:
        out_.begin_sequence();
        for (const Node& item : node.items()) write(item);
        out_.end_sequence();
        break;
      case Node::Type::kMapping:
        begin_mapping();
        for (const auto& [name, value] : node.entries()) {
          key(name.text());
          if (node_key == "redact" && name.text() == "salt") {
            string(shown(Secret(value.text())));
          } else {
            write(value, name.text());
          }
        }
        end_mapping();
        break;
      default:
        as_is(node.text());
    }
  }

  YamlEmitter out_;
  Secrets secrets_;
};

// Blocks that stand in more than one place.
void write(Writer& out, const ServerConfig& server);
void write_keys(Writer& out, const TlsConfig& tls);
void write(Writer& out, const TlsConfig& tls);
void write(Writer& out, const HttpClientConfig& http);
void write(Writer& out, const RelabelConfig& rule);
// An item of `scrape_configs`.
void write(Writer& out, const ScrapeConfig& scrape);

}  // namespace lokitail::config
