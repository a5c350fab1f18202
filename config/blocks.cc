#include "config/blocks.h"

#include "config/url.h"

namespace lokitail::config {

void set_positive(Duration& out, const Node* node, std::string_view what) {
  set(out, node);
  if (node && out <= Duration::zero()) {
    throw node->error(std::string(what) + " must be greater than zero");
  }
}

void set_not_negative(Duration& out, const Node* node, std::string_view what) {
  set(out, node);
  if (node && out < Duration::zero()) {
    throw node->error(std::string(what) + " must not be negative");
  }
}

void set_not_negative(int64_t& out, const Node* node, std::string_view what) {
  set(out, node);
  if (node && out < 0) throw node->error(std::string(what) + " must not be negative");
}

void set_refresh_interval(Duration& out, Fields& fields) {
  const Node* const node = fields.find("refresh_interval");
  if (!node) return;
  out = read_prometheus_duration(*node);
  if (out == Duration::zero()) throw node->error("refresh_interval must be greater than zero");
}

void set_url(Secret& out, const Node* node) {
  set(out, node);
  if (!node || out.empty()) return;
  if (const auto problem = url_problem(out.reveal())) {
    throw node->error("this URL cannot be used: " + *problem);
  }
}

void not_yet_when_true(Fields& fields, std::string_view key, std::string_view what) {
  const Node* node = fields.find(key);
  if (node && read_bool(*node)) {
    throw node->error(std::string(what) + " is not supported by lokitail yet");
  }
}

void skip(Fields& fields, std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys) fields.find_present(key);
}

}  // namespace lokitail::config
