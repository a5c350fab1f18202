#include "pipeline/lang/go_template/words.h"

#include "pipeline/lang/go_template/unicode.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

enum class Kind { kNone, kNumber, kCapitals, kLetters, kConnector, kPunctuation, kOther };

bool is_connector(char32_t code) { return code == '-' || code == '_' || is_space(code); }

// Chinese characters, common and rare, make words of their own kind.
bool is_ideograph(char32_t code) {
  return (code >= 0x4E00 && code <= 0x9FCC) || (code >= 0x3400 && code <= 0x4D85) ||
         (code >= 0x20000 && code <= 0x2B81D);
}

bool is_alphabetic(char32_t code) { return is_letter(code) && !is_ideograph(code); }

// Goes through a name word by word.
class WordReader {
 public:
  explicit WordReader(std::string_view name) : rest_(name) { next(); }

  Kind kind() const { return kind_; }
  std::string_view word() const { return word_; }
  bool more() const { return !rest_.empty(); }

  void next() {
    word_ = {};
    kind_ = Kind::kNone;
    if (rest_.empty()) return;
    std::size_t end = 0;
    const char32_t code = take(end, Character::kReplacement);
    if (code == Character::kReplacement) {
      kind_ = Kind::kNone;
    } else if (is_connector(code)) {
      kind_ = Kind::kConnector;
      take_while(end, code, is_connector);
    } else if (is_punctuation(code)) {
      kind_ = Kind::kPunctuation;
      take_while(end, code, is_punctuation);
    } else if (is_upper(code)) {
      kind_ = Kind::kCapitals;
      take_capitals(end, code);
    } else if (is_alphabetic(code)) {
      kind_ = Kind::kLetters;
      take_while(end, code, is_small_letter);
    } else if (is_number(code)) {
      kind_ = Kind::kNumber;
      take_while(end, code, is_number);
    } else {
      kind_ = Kind::kOther;
      take_while(end, code, [](char32_t c) {
        return !is_connector(c) && !is_alphabetic(c) && !is_number(c) && !is_punctuation(c);
      });
    }
    word_ = rest_.substr(0, end);
    rest_.remove_prefix(end);
  }

 private:
  static bool is_small_letter(char32_t code) { return is_alphabetic(code) && !is_upper(code); }

  // The next character from `end` on. Bytes that are none belong to the one behind them; where
  // there is no other, they count as `previous` again.
  char32_t take(std::size_t& end, char32_t previous) const {
    while (end < rest_.size()) {
      const Character character = first_character(rest_.substr(end));
      end += character.size;
      if (character.code != Character::kReplacement) return character.code;
    }
    return previous;
  }

  template <typename Predicate>
  void take_while(std::size_t& end, char32_t previous, Predicate fits) const {
    while (end < rest_.size()) {
      std::size_t behind = end;
      previous = take(behind, previous);
      if (!fits(previous)) return;
      end = behind;
    }
  }

  // Behind a first capital: either more capitals, of which the last begins the next word if a small
  // letter follows ("HTTP" of "HTTPServer"), or small letters.
  void take_capitals(std::size_t& end, char32_t previous) const {
    std::size_t last = end;
    bool several = false;
    while (end < rest_.size()) {
      std::size_t behind = end;
      previous = take(behind, previous);
      if (!is_upper(previous)) {
        if (several) {
          if (is_alphabetic(previous)) end = last;
        } else if (is_alphabetic(previous)) {
          end = behind;
          take_while(end, previous, is_small_letter);
        }
        return;
      }
      several = true;
      last = end;
      end = behind;
    }
  }

  std::string_view rest_;
  std::string_view word_;
  Kind kind_ = Kind::kNone;
};

void append_lower(Text& out, Kind kind, std::string_view word, char connector) {
  if (kind != Kind::kCapitals && kind != Kind::kConnector) {
    out += word;
    return;
  }
  while (!word.empty()) {
    const Character character = first_character(word);
    word.remove_prefix(character.size);
    if (is_connector(character.code)) {
      out += connector;
    } else {
      out.append_character(is_upper(character.code) ? to_lower(character.code) : character.code);
    }
  }
}

// Numbers and the small letters behind them stay together: "20x".
void append_number_words(Text& out, WordReader& reader, char connector) {
  while (reader.kind() == Kind::kLetters || reader.kind() == Kind::kNumber) {
    append_lower(out, reader.kind(), reader.word(), connector);
    reader.next();
  }
}

void connect(Text& out, Kind next, char connector) {
  if (next != Kind::kNone && next != Kind::kConnector && next != Kind::kPunctuation) out += connector;
}

}  // namespace

void append_words(Text& out, std::string_view name, char connector) {
  WordReader reader(name);
  while (reader.more() && out.context().spend(1)) {
    const Kind kind = reader.kind();
    const std::string_view word = reader.word();
    if (kind != Kind::kConnector) append_lower(out, kind, word, connector);
    reader.next();
    if (kind == Kind::kConnector) {
      append_lower(out, kind, word, connector);
    } else if (kind == Kind::kNumber) {
      append_number_words(out, reader, connector);
      connect(out, reader.kind(), connector);
    } else if (kind != Kind::kPunctuation) {
      if (reader.kind() != Kind::kNumber) {
        const Kind next = reader.kind();
        if (next != Kind::kConnector && next != Kind::kPunctuation) out += connector;
      } else if (reader.more()) {
        // A number belongs to the word before it, but to the small letters behind it if there are
        // any.
        const std::string_view number = reader.word();
        reader.next();
        const bool letters_follow = reader.kind() == Kind::kLetters;
        if (letters_follow) out += connector;
        out += number;
        if (letters_follow) append_number_words(out, reader, connector);
        connect(out, reader.kind(), connector);
      }
    }
  }
  append_lower(out, reader.kind(), reader.word(), connector);
}

void append_pascal_case(Text& out, std::string_view name) {
  // Connectors in front stay.
  char32_t current = 0;
  bool started = false;
  bool word_is_capital = false;
  while (!name.empty() && !started) {
    const Character character = first_character(name);
    name.remove_prefix(character.size);
    current = character.code;
    started = !is_connector(current);
    if (!started) out.append_character(current);
  }
  if (!started) {
    // Go's writes the last connector twice.
    if (current != 0) out.append_character(current);
    return;
  }
  word_is_capital = is_upper(current);
  current = to_upper(current);
  while (!name.empty()) {
    const char32_t previous = current;
    const Character character = first_character(name);
    name.remove_prefix(character.size);
    current = character.code;
    if (is_connector(previous)) {
      if (is_connector(current)) {
        out.append_character(previous);  // of several connectors all but one stay
        continue;
      }
      word_is_capital = is_upper(current);
      current = to_upper(current);
      continue;
    }
    // Of a word in capitals the first one stays.
    if (word_is_capital) {
      if (is_upper(current)) {
        current = to_lower(current);
      } else {
        word_is_capital = false;
      }
    }
    out.append_character(previous);
  }
  out.append_character(current);
}

}  // namespace lokitail::pipeline::lang::go_template
