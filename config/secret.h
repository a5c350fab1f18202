// A text that must not be shown: a password, a token, a URL that may hold either.
//
// Threads: a plain value. Printing or formatting one writes `<secret>`; reveal() is the only way
// to the text, and easy to search for.
#pragma once

#include <fmt/format.h>

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace lokitail::config {

class Secret {
 public:
  static constexpr std::string_view kShown = "<secret>";

  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  bool empty() const { return text_.empty(); }
  const std::string& reveal() const { return text_; }

  bool operator==(const Secret&) const = default;

 private:
  std::string text_;
};

inline std::ostream& operator<<(std::ostream& out, const Secret&) { return out << Secret::kShown; }

}  // namespace lokitail::config

template <>
struct fmt::formatter<lokitail::config::Secret> : fmt::formatter<std::string_view> {
  template <typename Context>
  auto format(const lokitail::config::Secret&, Context& context) const {
    return fmt::formatter<std::string_view>::format(lokitail::config::Secret::kShown, context);
  }
};
