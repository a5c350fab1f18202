// Finds where secrets may begin: short anchors, looked for at every byte of a text in one pass.
//
// An anchor is up to eight sets of bytes, one behind the other. For sixteen or more positions at a time,
// five of the bytes behind each are looked up in tables that say in which of eight buckets of
// anchors they may stand (the idea of Hyperscan's Teddy). The few positions that are left are
// compared with the anchors themselves. A text without any costs these lookups and nothing else.
//
// Threads: immutable once compiled.
// Errors:  none; anchors are written by us, or are literal texts.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pipeline/processor.h"

namespace lokitail::pipeline::redact {

enum class LetterCase { kExact, kAny };

class Anchor {
 public:
  static constexpr std::size_t kMostBytes = 8;

  // What is literal in regular expressions, [classes] and {counts}: "AKIA[A-Z0-9]{4}". What is
  // longer than kMostBytes is cut. REQUIRES: a sound expression that is not empty.
  static Anchor parse(std::string_view expression, LetterCase letter_case);
  // A text that is not empty, as it stands.
  static Anchor literal(std::string_view text, LetterCase letter_case);

  std::size_t size() const { return sets_.size(); }
  const std::bitset<256>& operator[](std::size_t i) const { return sets_[i]; }

 private:
  void add(const std::bitset<256>& set, LetterCase letter_case);

  std::vector<std::bitset<256>> sets_;
};

class AnchorScanner {
 public:
  using Id = std::uint16_t;

  // `id` is reported where the anchor stands. Several anchors may have the same one.
  void add(const Anchor& anchor, Id id);
  // After the last add(). REQUIRES a processor that the one at hand is.
  void compile(Processor processor = pipeline::processor());

  // Calls found(position, id) for each anchor in `text`, in the order of positions. `text` is
  // followed by kTextPadding readable bytes.
  template <typename Found>
  void scan(std::string_view text, Found found) const {
    Positions positions;
    for (std::size_t from = 0; from < text.size();) {
      const std::size_t count = collect_(tables_, text, from, positions);
      for (std::size_t i = 0; i < count; ++i) report(text, positions[i], found);
    }
  }

  // --- Details. ---

  // The bytes that are looked up, by their distance from an anchor's beginning. Literals tell most
  // in their first four; numbers are told from times by what comes later.
  static constexpr std::array<std::size_t, 5> kLookedUp = {0, 1, 2, 3, 7};
  static constexpr std::size_t kBuckets = 8;

  struct Tables {
    // For each byte looked up, a bit for each bucket in which it may be: by the byte, and by its
    // halves.
    std::array<std::array<std::uint8_t, 256>, kLookedUp.size()> whole{};
    alignas(16) std::array<std::array<std::uint8_t, 16>, kLookedUp.size()> low{};
    alignas(16) std::array<std::array<std::uint8_t, 16>, kLookedUp.size()> high{};
  };
  using Positions = std::array<std::size_t, 64>;
  // Writes the positions where an anchor may stand, beginning at `from`, which is moved on.
  using Collect = std::size_t (*)(const Tables& tables, std::string_view text, std::size_t& from,
                                  Positions& positions);

 private:
  struct Compiled {
    std::array<std::uint16_t, Anchor::kMostBytes> sets;  // indices into sets_
    std::uint8_t size;
    Id id;
  };

  template <typename Found>
  void report(std::string_view text, std::size_t at, Found& found) const {
    const auto first = static_cast<unsigned char>(text[at]);
    for (std::size_t i = starts_[first]; i < starts_[first + std::size_t{1}]; ++i) {
      const Compiled& anchor = anchors_[by_first_[i]];
      if (text.size() - at >= anchor.size && stands_at(anchor, text.data() + at)) found(at, anchor.id);
    }
  }

  bool stands_at(const Compiled& anchor, const char* text) const {
    for (std::size_t i = 1; i < anchor.size; ++i) {
      if (!sets_[anchor.sets[i]][static_cast<unsigned char>(text[i])]) return false;
    }
    return true;
  }

  std::uint16_t intern(const std::bitset<256>& set);

  std::vector<std::bitset<256>> sets_;
  std::vector<Compiled> anchors_;
  std::vector<std::uint16_t> by_first_;    // anchors by the byte that they begin with
  std::array<std::size_t, 257> starts_{};  // where those of a byte begin in by_first_
  Tables tables_;
  Collect collect_ = nullptr;
};

}  // namespace lokitail::pipeline::redact
