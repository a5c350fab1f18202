// The text of a path that many things refer to: what is copied shares one text. With ten thousand logs, whose paths
// are long, that is a good part of the agent's memory.
//
// Threads: as std::shared_ptr; the text never changes.
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace lokitail::agent {

class SharedPath {
  template <typename T>
  static constexpr bool kIsText =
      !std::is_same_v<T, SharedPath> && std::is_convertible_v<const T&, std::string_view>;

 public:
  SharedPath() = default;  // empty
  // NOLINTBEGIN(google-explicit-constructor): it stands wherever a text stood.
  SharedPath(std::string text) : text_(std::make_shared<const std::string>(std::move(text))) {}
  SharedPath(const char* text) : SharedPath(std::string(text)) {}

  const std::string& text() const {
    static const std::string kNone;
    return text_ ? *text_ : kNone;
  }
  operator const std::string&() const { return text(); }
  // NOLINTEND(google-explicit-constructor)
  bool empty() const { return text().empty(); }
  const char* c_str() const { return text().c_str(); }

  friend bool operator==(const SharedPath& a, const SharedPath& b) {
    return a.text_ == b.text_ || a.text() == b.text();
  }
  friend std::strong_ordering operator<=>(const SharedPath& a, const SharedPath& b) {
    return a.text() <=> b.text();
  }
  // With what is no shared path no new one is made to compare.
  template <typename T, std::enable_if_t<kIsText<T>, int> = 0>
  friend bool operator==(const SharedPath& a, const T& b) {
    return a.text() == std::string_view(b);
  }
  template <typename T, std::enable_if_t<kIsText<T>, int> = 0>
  friend std::strong_ordering operator<=>(const SharedPath& a, const T& b) {
    return std::string_view(a.text()) <=> std::string_view(b);
  }

 private:
  std::shared_ptr<const std::string> text_;
};

}  // namespace lokitail::agent
