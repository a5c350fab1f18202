#include "agent/command/arguments.h"

#include <stdexcept>
#include <string>

#include "config/nearest.h"
#include "config/scalar.h"

namespace lokitail::agent {
namespace {

[[noreturn]] void fail(std::string_view flag, const std::string& what) {
  throw std::invalid_argument("--" + std::string(flag) + ": " + what);
}

}  // namespace

bool Arguments::next() {
  if (rest_.empty()) return false;
  text_ = rest_.front();
  rest_ = rest_.subspan(1);
  if (text_ == "--" && !only_operands_) {
    only_operands_ = true;
    return next();
  }
  flag_ = {};
  has_value_ = false;
  if (only_operands_ || text_.size() < 2 || text_.front() != '-') return true;
  flag_ = text_.substr(text_[1] == '-' ? 2 : 1);
  const std::size_t equals = flag_.find('=');
  has_value_ = equals != flag_.npos;
  if (has_value_) value_ = flag_.substr(equals + 1);
  flag_ = flag_.substr(0, equals);
  if (flag_.empty()) throw std::invalid_argument("bad flag syntax: " + std::string(text_));
  return true;
}

std::string_view Arguments::value() {
  if (has_value_) return value_;
  if (rest_.empty()) fail(flag_, "value missing");
  const std::string_view value = rest_.front();
  rest_ = rest_.subspan(1);
  return value;
}

bool Arguments::switched_on() const {
  if (!has_value_) return true;
  const auto parsed = config::parse_go_bool(value_);
  if (!parsed) fail(flag_, "expected true or false, not '" + std::string(value_) + "'");
  return *parsed;
}

void Arguments::refuse(std::span<const std::string_view> known) const {
  throw std::invalid_argument("unknown argument '" + std::string(text_) + "'" +
                              (flag_.empty() ? "" : config::did_you_mean(flag_, known)));
}

}  // namespace lokitail::agent
