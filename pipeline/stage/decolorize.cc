// decolorize: removes ANSI escape sequences, such as those for colours, from the line. It has no
// settings.
//
// What counts as a sequence is what Promtail's regular expression says, odd ends included:
//
//   [\u001B\u009B][[\]()#;?]*
//   (?: [a-zA-Z\d]*(?:;[a-zA-Z\d]*)*\u0007
//     | (?:\d{1,4}(?:;\d{0,4})*)?[\dA-PRZcf-ntqry=><~] )
//
// It is matched by hand, in one pass: a regular expression would have to mend a line that is no
// UTF-8 for each of its sequences.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pipeline/stage.h"

namespace lokitail::pipeline {
namespace {

enum Class : std::uint8_t {
  kIntroduction = 1,  // behind the first character
  kDigit = 2,
  kLetterOrDigit = 4,
  kFinal = 8,
};

constexpr std::array<std::uint8_t, 256> kClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  const auto add = [&classes](char first, char last, unsigned bits) {
    for (auto c = static_cast<unsigned char>(first); c <= static_cast<unsigned char>(last); ++c) {
      classes[c] = static_cast<std::uint8_t>(classes[c] | bits);
    }
  };
  for (const char c : std::string_view("[]()#;?")) add(c, c, kIntroduction);
  add('0', '9', kDigit | kLetterOrDigit | kFinal);
  add('a', 'z', kLetterOrDigit);
  add('A', 'Z', kLetterOrDigit);
  add('A', 'P', kFinal);
  add('f', 'n', kFinal);
  for (const char c : std::string_view("RZctqry=><~")) add(c, c, kFinal);
  return classes;
}();

constexpr char kEscape = '\x1B';
constexpr char kBell = '\x07';
constexpr std::string_view kControlSequence = "\xC2\x9B";  // U+009B

// The size of the sequence at the start of `text`; 0 where there is none.
class Sequence {
 public:
  explicit Sequence(std::string_view text) : text_(text) {}

  std::size_t size() const {
    std::size_t at = text_.starts_with(kEscape)            ? 1
                     : text_.starts_with(kControlSequence) ? kControlSequence.size()
                                                           : 0;
    if (at == 0) return 0;
    while (is(at, kIntroduction)) ++at;
    const std::size_t end = end_of_title(at);
    return end != 0 ? end : end_of_command(at);
  }

 private:
  bool is(std::size_t at, unsigned classes) const {
    return at < text_.size() && (kClasses[static_cast<unsigned char>(text_[at])] & classes) != 0;
  }
  bool is_character(std::size_t at, char c) const { return at < text_.size() && text_[at] == c; }

  // Letters and digits up to a bell.
  std::size_t end_of_title(std::size_t at) const {
    while (is(at, kLetterOrDigit) || is_character(at, ';')) ++at;
    return is_character(at, kBell) ? at + 1 : 0;
  }

  // Numbers and one more character; without that one, the last digit takes its place.
  std::size_t end_of_command(std::size_t begin) const {
    std::size_t at = begin + digits(begin);
    if (at != begin) {
      while (is_character(at, ';')) at += 1 + digits(at + 1);
    }
    if (is(at, kFinal)) return at + 1;
    while (at > begin && text_[at - 1] == ';') --at;
    return at > begin ? at : 0;
  }

  std::size_t digits(std::size_t at) const {
    constexpr std::size_t kMost = 4;
    std::size_t count = 0;
    while (count < kMost && is(at + count, kDigit)) ++count;
    return count;
  }

  const std::string_view text_;
};

class DecolorizeStage final : public EntryStage {
 public:
  Verdict process(Entry& entry) override {
    const std::string_view line = entry.line;
    const std::size_t escape = line.find(kEscape);
    const std::size_t control = line.find(kControlSequence);
    if (std::min(escape, control) != kNone) {
      entry.line = without_sequences(line, escape, control, entry.arena);
    }
    return Verdict::kKeep;
  }

 private:
  static constexpr std::size_t kNone = std::string_view::npos;

  // `escape` and `control` are where in the line sequences of either kind may begin next.
  static std::string_view without_sequences(std::string_view line, std::size_t escape, std::size_t control,
                                            Arena& arena) {
    char* const begin = arena.allocate(line.size());
    char* out = begin;
    std::size_t done = 0;
    for (;;) {
      const std::size_t next = std::min(escape, control);
      out = std::ranges::copy(line.substr(done, next - done), out).out;
      if (next == kNone) return {begin, static_cast<std::size_t>(out - begin)};
      const std::size_t size = Sequence(line.substr(next)).size();
      if (size == 0) *out++ = line[next];
      done = next + std::max(size, std::size_t{1});
      if (escape < done) escape = line.find(kEscape, done);
      if (control < done) control = line.find(kControlSequence, done);
    }
  }
};

}  // namespace

std::unique_ptr<Stage> make_decolorize(const config::Node&, StageContext&) {
  // Promtail looks at nothing here and takes whatever it is.
  return std::make_unique<DecolorizeStage>();
}

}  // namespace lokitail::pipeline
