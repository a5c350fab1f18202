#include "agent/source/file/rotated_name.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

namespace lokitail::agent {

bool is_rotated_name(std::string_view original, std::string_view name) {
  constexpr std::array<std::string_view, 10> kOthers = {".gz",  ".bz2", ".xz",  ".zst", ".lz4",
                                                        ".zip", ".Z",   ".lzo", ".tmp", ".swp"};
  if (!name.starts_with(original)) return false;
  const std::string_view suffix = name.substr(original.size());
  if (suffix.size() < 2 || (suffix[0] != '.' && suffix[0] != '-' && suffix[0] != '_')) return false;
  if (std::any_of(kOthers.begin(), kOthers.end(),
                  [suffix](std::string_view other) { return suffix.ends_with(other); })) {
    return false;
  }
  return (suffix[1] >= '0' && suffix[1] <= '9') || suffix == ".old";
}

int rotation_number(std::string_view original, std::string_view name) {
  constexpr std::size_t kMostDigits = 4;  // more make a date
  const std::string_view digits = name.substr(original.size() + 1);
  if (digits.size() > kMostDigits) return 0;
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() ? number : 0;
}

}  // namespace lokitail::agent
