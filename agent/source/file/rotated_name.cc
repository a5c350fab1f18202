#include "agent/source/file/rotated_name.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

namespace lokitail::agent {

bool is_rotated_name(std::string_view original, std::string_view name) {
  // Not finished yet, or nothing that can be read.
  constexpr std::array<std::string_view, 5> kOthers = {".lz4", ".Z", ".lzo", ".tmp", ".swp"};
  const std::string_view uncompressed = uncompressed_name(name);
  if (uncompressed == original) return uncompressed != name;
  name = uncompressed;
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
  name = uncompressed_name(name);
  if (name == original) return 0;
  const std::string_view digits = name.substr(original.size() + 1);
  if (digits.size() > kMostDigits) return 0;
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() ? number : 0;
}

std::string_view uncompressed_name(std::string_view name) {
  constexpr std::array<std::string_view, 5> kEndings = {".gz", ".bz2", ".xz", ".zst", ".zip"};
  for (const std::string_view ending : kEndings) {
    if (name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  }
  return name;
}

}  // namespace lokitail::agent
