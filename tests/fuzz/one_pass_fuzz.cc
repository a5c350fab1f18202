// Patterns and texts on which the one-pass matcher must agree with RE2, group by group. The first
// byte says whether the pattern is written out, in the first line, or is grown from the bytes of
// that line; the other lines are texts, which by the same byte are taken as they are or spelled
// with few letters, so that they often match.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <re2/re2.h>

#include "pipeline/lang/one_pass.h"
#include "pipeline/utf8.h"

namespace {

using lokitail::pipeline::Character;
using lokitail::pipeline::first_character;
using lokitail::pipeline::lang::OnePass;

// Makes a regular expression of bytes, one decision for each.
class Grower {
 public:
  explicit Grower(std::string_view seed) : seed_(seed) {}

  std::string grow() { return (decide(8) == 0 ? "(?i)^" : "^") + choice(); }

 private:
  std::size_t decide(std::size_t among) {
    if (seed_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(seed_.front());
    seed_.remove_prefix(1);
    return byte % among;
  }

  std::string choice() {
    std::string text = sequence();
    while (decide(6) == 1) text += "|" + sequence();
    return text;
  }

  std::string sequence() {
    std::string text;
    for (std::size_t parts = decide(5); parts-- > 0 && !seed_.empty();) text += repeated();
    return text;
  }

  std::string repeated() {
    static const std::vector<std::string> kCounts = {
        "", "", "", "*", "+", "?", "", "*?", "+?", "?\?", "{2}", "{0,2}", "{1,}", "{1,3}?", "{0}", "{2,}?"};
    return atom() + kCounts[decide(kCounts.size())];
  }

  std::string atom() {
    static const std::vector<std::string> kAtoms = {
        "a",     "b",       " ",         "\\.",   ".",       "\\d", "\\w",    "\\s",    "\\S",
        "\\W",   "\\D",     "[^\"]",     "[^ab]", "[a-c]",   "é",   "[é-ü]",  "[^é]",   "[[:alpha:]]",
        "[^]a]", "[a\\-.]", "\\x{20AC}", "$",     "k",       "S",   "[\\w-]", "(?s:.)", "[^[:^digit:]]",
        "😀",     "\"",      "\\[",       "1",     "[\\s\\S]"};
    if (depth_ < 5 && decide(3) == 0) {
      ++depth_;
      static const std::vector<std::string> kOpen = {"(", "(?:", "(", "(?i:", "(?s:", "(?-i:"};
      std::string text = kOpen[decide(kOpen.size())];
      text += choice() + ")";
      --depth_;
      return text;
    }
    return kAtoms[decide(kAtoms.size())];
  }

  std::string_view seed_;
  int depth_ = 0;
};

std::string_view take_line(std::string_view& input) {
  const std::string_view line = input.substr(0, input.find('\n'));
  input.remove_prefix(std::min(line.size() + 1, input.size()));
  return line;
}

std::string spelled(std::string_view bytes) {
  static const std::vector<std::string> kLetters = {"a",
                                                    "b",
                                                    " ",
                                                    "a",
                                                    ".",
                                                    "1",
                                                    "\"",
                                                    "é",
                                                    "ü",
                                                    "€",
                                                    "😀",
                                                    "k",
                                                    "K",
                                                    "\u212A",
                                                    "S",
                                                    "ſ",
                                                    "\n",
                                                    "c",
                                                    "-",
                                                    "[",
                                                    "2",
                                                    "]",
                                                    "aaaaaaaaaaaaaaaaaaaa",
                                                    "\t"};
  std::string text;
  for (const char c : bytes) text += kLetters[static_cast<unsigned char>(c) % kLetters.size()];
  return text;
}

std::string mended(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    const Character character = first_character(bytes);
    text += character.valid ? bytes.substr(0, character.size) : std::string_view("\xEF\xBF\xBD");
    bytes.remove_prefix(character.size);
  }
  return text;
}

void fail(const RE2& expected, std::string_view text, const char* what) {
  std::cerr << "one pass: " << what << "\npattern: " << expected.pattern() << "\ntext: " << text << std::endl;
  std::abort();
}

void compare(const RE2& expected, const OnePass& matcher, RE2::Anchor anchor, const std::string& text) {
  const auto size = static_cast<std::size_t>(expected.NumberOfCapturingGroups()) + 2;
  std::vector<re2::StringPiece> want(size);
  std::vector<std::string_view> got(size);
  const bool matches = expected.Match(text, 0, text.size(), anchor, want.data(), static_cast<int>(size));
  if (matcher.match(text, {}) != matches) fail(expected, text, "whether it matches, without groups");
  if (matcher.match(text, got) != matches) fail(expected, text, "whether it matches");
  for (std::size_t i = 0; matches && i < size; ++i) {
    if (got[i].data() != want[i].data() || got[i].size() != want[i].size()) {
      std::cerr << "group " << i << ": " << got[i] << " instead of " << want[i] << '\n';
      fail(expected, text, "a group");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto mode = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  const std::string_view seed = take_line(input);
  const std::string pattern = (mode & 1) != 0 ? Grower(seed).grow() : mended(seed);

  RE2::Options options;
  options.set_log_errors(false);
  const RE2 expected(pattern, options);
  if (!expected.ok()) return 0;
  const auto first = OnePass::compile(pattern);
  const auto whole = OnePass::compile(pattern, OnePass::Anchoring::kWhole);
  if (!first && !whole) return 0;
  do {
    const std::string_view line = take_line(input);
    const std::string text = (mode & 2) != 0 ? spelled(line) : mended(line);
    if (first) compare(expected, *first, RE2::UNANCHORED, text);
    if (whole) compare(expected, *whole, RE2::ANCHOR_BOTH, text);
  } while (!input.empty());
  return 0;
}
