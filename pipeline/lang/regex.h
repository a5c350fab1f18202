// Go's regular expressions, matched by RE2. The two agree but for this, which is made up for here:
// Go takes a group name twice, (?<name>...), more names of Unicode's classes (unicode_class.h) and no
// \C, it finds no \B inside of a character, and it reads each byte that is no valid UTF-8 as one U+FFFD,
// where RE2 would match nothing. What one pass over the text is enough for is matched by our own matcher
// (one_pass.h), to the same result. RE2 gets no text without what each that matches has
// (required_text.h).
//
// Threads: immutable; any thread.
// Errors:  the constructor throws std::invalid_argument with the reason for a bad pattern.
// Source:  Go's regexp and regexp/syntax packages.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace lokitail::pipeline::lang {

class OnePass;

// A text made ready for matching. Worth keeping where it is matched more than once, since each byte
// has to be looked at. A view: `text` must outlive it.
class RegexText {
 public:
  RegexText(std::string_view text);  // NOLINT(google-explicit-constructor): a text is one

 private:
  friend class Regex;
  std::string_view text_;
  bool valid_;
  // Where it is no valid UTF-8: the text with U+FFFD in place of each odd byte, and for each byte
  // of that text and its end, which byte of `text_` it came from.
  std::string mended_;
  std::vector<std::size_t> origins_;
};

class Regex {
 public:
  enum class Anchoring {
    kNone,
    kWhole,  // the whole text has to match, and a dot matches a newline: Prometheus' relabelling
  };

  explicit Regex(std::string_view pattern, Anchoring anchoring = Anchoring::kNone);
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

  // One per capturing group, the whole match being the first; empty for a group without a name.
  const std::vector<std::string>& group_names() const { return names_; }

  bool matches(std::string_view text) const { return match(text, {}); }

  // Finds the leftmost match. Fills `groups`, which may be fewer or more than there are: the whole
  // match and then the groups, as views into the text. A group that took no part has no data().
  bool match(std::string_view text, std::span<std::string_view> groups) const {
    return match_from(text, 0, groups);
  }

  // The same from byte `start` on. What stands before it still counts for ^ and \b.
  bool match_from(const RegexText& text, std::size_t start, std::span<std::string_view> groups) const;

  // Whether most texts that do not match are told so without RE2: by a text that they have to have, or in one pass.
  bool is_told_quickly() const { return one_pass_ != nullptr || !required_.empty(); }
  // What is compiled, for who matches several at once (regex_chain.h).
  const re2::RE2& re2() const { return *re2_; }

  // Texts of at least `shortest` bytes, of which one stands in every text that matches, whatever the case
  // of its ASCII letters; they are in lower case. None where there are no such texts.
  std::vector<std::string> necessary_texts(std::size_t shortest) const;

 private:
  bool match_utf8(std::string_view text, std::size_t start, std::span<std::string_view> groups) const;

  std::unique_ptr<const re2::RE2> re2_;
  std::unique_ptr<const OnePass> one_pass_;  // null if RE2 has to do it
  std::string required_;  // stands in every text that matches; empty where nothing is known
  std::vector<std::string> names_;
  Anchoring anchoring_;
  // RE2 finds a \B between the bytes of a character, too.
  bool may_split_characters_ = false;
};

// Appends `replacement` with $1, ${1}, $name, ${name} and $$ put in for, as Go's Regexp.Expand
// does. A group that is not there is empty; a $ that begins nothing stays.
void append_expanded(std::string& out, std::string_view replacement, const Regex& regex,
                     std::span<const std::string_view> groups);

}  // namespace lokitail::pipeline::lang
