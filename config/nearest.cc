#include "config/nearest.h"

#include <algorithm>
#include <vector>

namespace lokitail::config {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Words longer than this are compared by their beginning: a key is never that long, and the
// table below must stay small for whatever a file holds.
constexpr size_t kLongestWord = 64;

// Optimal string alignment distance, in three rolling rows.
size_t edit_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, kLongestWord);
  b = b.substr(0, kLongestWord);
  std::vector<size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      const bool swapped =
          i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

// Whether `word` is one of the words that make up a key such as http_listen_port.
bool is_part_of(std::string_view word, std::string_view key) {
  constexpr size_t kShortestPart = 3;
  if (word.size() < kShortestPart) return false;
  const size_t at = key.find(word);
  if (at == key.npos) return false;
  const size_t end = at + word.size();
  return (at == 0 || key[at - 1] == '_') && (end == key.size() || key[end] == '_');
}

}  // namespace

bool equal_fold(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  // A third of the letters may be wrong; more than that is another word.
  size_t best = std::max<size_t>(1, word.size() / 3) + 1;
  std::string_view found;
  for (std::string_view candidate : candidates) {
    const size_t distance = edit_distance(word, candidate);
    if (distance < best && distance < candidate.size()) {
      best = distance;
      found = candidate;
    }
  }
  if (!found.empty()) return found;
  for (std::string_view candidate : candidates) {
    if (is_part_of(word, candidate)) return candidate;
  }
  return {};
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view found = nearest(word, candidates);
  if (found.empty()) return {};
  return " (did you mean \"" + std::string(found) + "\"?)";
}

}  // namespace lokitail::config
