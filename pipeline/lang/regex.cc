#include "pipeline/lang/regex.h"

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/container/small_vector.hpp>

#include "pipeline/lang/one_pass.h"
#include "pipeline/lang/required_text.h"
#include "pipeline/lang/unicode_class.h"
#include "pipeline/utf8.h"

namespace lokitail::pipeline::lang {
namespace {

constexpr std::size_t kNotFound = std::string_view::npos;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Rewrites a Go pattern for RE2: named groups become plain ones and their names are kept here, and the
// names of Unicode's classes become those that RE2 knows. This needs no more than to know where a
// parenthesis is one: not after a backslash, between \Q and \E, or in a character class.
class Translator {
 public:
  explicit Translator(std::string_view go_pattern) : rest_(go_pattern) {
    while (!rest_.empty()) {
      switch (rest_.front()) {
        case '\\':
          escape();
          break;
        case '[':
          character_class();
          break;
        case '(':
          group();
          break;
        default:
          copy(1);
      }
    }
  }

  std::string pattern;
  std::vector<std::string> names{""};

 private:
  static constexpr std::string_view kSets = "dDsSwW";  // behind a backslash

  void copy(std::size_t size) {
    pattern += rest_.substr(0, size);
    rest_.remove_prefix(std::min(size, rest_.size()));
  }

  void escape() {
    if (rest_.starts_with("\\C")) throw std::invalid_argument("invalid escape sequence: \\C");
    if (is_character_property()) return character_property(false);
    if (!rest_.starts_with("\\Q")) return copy(2);
    const std::size_t end = rest_.find("\\E", 2);
    copy(end == kNotFound ? rest_.size() : end + 2);
  }

  // \pL or \p{Letter}
  bool is_character_property() const { return rest_.starts_with("\\p") || rest_.starts_with("\\P"); }

  void character_property(bool in_brackets) {
    const bool braced = rest_.substr(2).starts_with('{');
    const std::size_t begin = braced ? 3 : 2;
    const std::size_t end = braced ? rest_.find('}') : std::min<std::size_t>(begin + 1, rest_.size());
    if (end == kNotFound || end == begin) return copy(begin);
    pattern += unicode_class(rest_.substr(begin, end - begin), rest_[1] == 'P', in_brackets);
    rest_.remove_prefix(braced ? end + 1 : end);
  }

  void character_class() {
    copy(rest_.starts_with("[^") ? 2 : 1);
    // A bracket in front stands for itself.
    for (bool first = true; !rest_.empty() && (first || rest_.front() != ']'); first = false) class_part();
    copy(1);
  }

  void class_part() {
    if (is_character_property()) return character_property(true);
    if (rest_.starts_with("[:")) {
      const std::size_t end = rest_.find(":]", 2);
      if (end != kNotFound) return copy(end + 2);
    }
    const bool is_set = rest_.size() > 1 && rest_[0] == '\\' && kSets.find(rest_[1]) != kNotFound;
    class_character();
    const bool is_range = rest_.size() > 1 && rest_[0] == '-' && rest_[1] != ']';
    if (is_set || !is_range) return;
    copy(1);
    class_character();  // which may be a bracket
  }

  void class_character() { copy(rest_.front() == '\\' ? 2 : 1); }

  void group() {
    const bool named = rest_.starts_with("(?P<") || rest_.starts_with("(?<");
    if (!named) {
      if (!rest_.starts_with("(?")) names.emplace_back();
      return copy(1);
    }
    const std::size_t begin = rest_.find('<') + 1;
    const std::size_t end = rest_.find('>');
    const std::string_view name = rest_.substr(begin, end == kNotFound ? 0 : end - begin);
    if (name.empty() || !std::ranges::all_of(name, is_word)) {
      throw std::invalid_argument("invalid named capture: " + std::string(rest_.substr(0, end)));
    }
    names.emplace_back(name);
    pattern += '(';
    rest_.remove_prefix(end + 1);
  }

  std::string_view rest_;
};

// A single byte is found in most lines.
constexpr std::size_t kShortestRequired = 2;

// The first start of a character from `at` on; the end where there is none. REQUIRES: `text` is valid UTF-8.
std::size_t skip_to_character(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] & 0xC0) == 0x80) ++at;
  return at;
}

// Faster than find(), which stops at each first letter.
bool has(std::string_view text, std::string_view part) {
  return ::memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

std::unique_ptr<const RE2> compile(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_unique<const RE2>(pattern, options);
  if (compiled->error_code() == RE2::ErrorPatternTooLarge) {
    // Go has no such bound; this one is for its patterns with large repetitions of large classes.
    constexpr std::int64_t kLargePatternBytes = 64 << 20;
    options.set_max_mem(kLargePatternBytes);
    compiled = std::make_unique<const RE2>(pattern, options);
  }
  if (!compiled->ok()) throw std::invalid_argument(compiled->error());
  return compiled;
}

}  // namespace

RegexText::RegexText(std::string_view text) : text_(text), valid_(is_utf8(text)) {
  if (valid_) return;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = first_character(text.substr(at));
    const std::string_view bytes =
        character.valid ? text.substr(at, character.size) : std::string_view("\xEF\xBF\xBD");
    mended_ += bytes;
    origins_.insert(origins_.end(), bytes.size(), at);
    at += character.size;
  }
  origins_.push_back(text.size());
}

Regex::Regex(std::string_view pattern, Anchoring anchoring) : anchoring_(anchoring) {
  if (!is_utf8(pattern)) throw std::invalid_argument("invalid UTF-8");
  Translator translated(pattern);
  // As text, like Prometheus, to which `a)(b` is a pattern.
  const bool whole = anchoring == Anchoring::kWhole;
  try {
    re2_ = compile(whole ? "^(?s:" + translated.pattern + ")$" : translated.pattern);
  } catch (const std::invalid_argument&) {
    // What is wrong with the user's own part, where it is wrong by itself.
    if (whole) compile(translated.pattern);
    throw;
  }
  names_ = std::move(translated.names);
  if (names_.size() != static_cast<std::size_t>(re2_->NumberOfCapturingGroups()) + 1) {
    throw std::invalid_argument("its groups cannot be told apart");
  }
  one_pass_ =
      OnePass::compile(re2_->pattern(), whole ? OnePass::Anchoring::kWhole : OnePass::Anchoring::kBegin);
  required_ = required_text(re2_->pattern());
  if (required_.size() < kShortestRequired) required_.clear();
  may_split_characters_ = translated.pattern.find("\\B") != kNotFound;
}

Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

bool Regex::match_from(const RegexText& text, std::size_t start, std::span<std::string_view> groups) const {
  if (text.valid_) return match_utf8(text.text_, start, groups);
  const auto mended_start = std::ranges::lower_bound(text.origins_, start);
  if (!match_utf8(text.mended_, static_cast<std::size_t>(mended_start - text.origins_.begin()), groups)) {
    return false;
  }
  for (std::string_view& group : groups) {
    if (group.data() == nullptr) continue;
    const auto begin = static_cast<std::size_t>(group.data() - text.mended_.data());
    const std::size_t first = text.origins_[begin];
    group = text.text_.substr(first, text.origins_[begin + group.size()] - first);
  }
  return true;
}

std::vector<std::string> Regex::necessary_texts(std::size_t shortest) const {
  re2::FilteredRE2 filter(static_cast<int>(shortest));
  std::vector<std::string> texts;
  int id = 0;
  if (filter.Add(re2_->pattern(), re2_->options(), &id) != RE2::NoError) return {};
  filter.Compile(&texts);
  // What RE2 folds beyond ASCII, nobody else does.
  const auto is_ascii = [](const std::string& text) {
    return std::ranges::all_of(text, [](char c) { return (c & 0x80) == 0; });
  };
  return std::ranges::all_of(texts, is_ascii) ? texts : std::vector<std::string>();
}

bool Regex::match_utf8(std::string_view text, std::size_t start, std::span<std::string_view> groups) const {
  if (one_pass_ && start == 0) return one_pass_->match(text, groups);
  if (!required_.empty() && !has(text.substr(std::min(start, text.size())), required_)) return false;
  const std::size_t least = may_split_characters_ ? 1 : 0;
  boost::container::small_vector<re2::StringPiece, 16> pieces(std::max(groups.size(), least));
  const auto anchor = anchoring_ == Anchoring::kWhole ? RE2::ANCHOR_BOTH : RE2::UNANCHORED;
  for (;;) {
    if (!re2_->Match({text.data(), text.size()}, start, text.size(), anchor, pieces.data(),
                     static_cast<int>(pieces.size()))) {
      return false;
    }
    if (!may_split_characters_) break;
    const auto found = static_cast<std::size_t>(pieces[0].data() - text.data());
    start = skip_to_character(text, found);
    if (start == found) break;
  }
  for (std::size_t i = 0; i < groups.size(); ++i) groups[i] = {pieces[i].data(), pieces[i].size()};
  return true;
}

namespace {

// What a $ in a replacement stands for.
struct Reference {
  std::string_view name;
  std::size_t size;  // with the $ and the braces
};

std::optional<Reference> parse_reference(std::string_view text) {
  std::string_view rest = text.substr(1);
  const bool braced = rest.starts_with('{');
  if (braced) rest.remove_prefix(1);
  const auto end = std::ranges::find_if_not(rest, is_word);
  const std::string_view name = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  if (name.empty()) return std::nullopt;
  if (!braced) return Reference{name, 1 + name.size()};
  if (!rest.substr(name.size()).starts_with('}')) return std::nullopt;
  return Reference{name, 3 + name.size()};
}

// The group of that number or name. A number with a leading zero counts as a name.
std::string_view find_group(std::string_view name, const Regex& regex,
                            std::span<const std::string_view> groups) {
  std::size_t number = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data(), end, number);
  const bool leading_zero = name.size() > 1 && name.front() == '0';
  if (stop == end && error == std::errc() && !leading_zero) {
    return number < groups.size() ? groups[number] : std::string_view();
  }
  const std::vector<std::string>& names = regex.group_names();
  for (std::size_t i = 0; i < names.size() && i < groups.size(); ++i) {
    if (names[i] == name && groups[i].data() != nullptr) return groups[i];
  }
  return {};
}

}  // namespace

void append_expanded(std::string& out, std::string_view replacement, const Regex& regex,
                     std::span<const std::string_view> groups) {
  while (!replacement.empty()) {
    const std::size_t dollar = std::min(replacement.find('$'), replacement.size());
    out += replacement.substr(0, dollar);
    replacement.remove_prefix(dollar);
    if (replacement.empty()) break;
    if (replacement.starts_with("$$")) {
      out += '$';
      replacement.remove_prefix(2);
    } else if (const auto reference = parse_reference(replacement)) {
      out += find_group(reference->name, regex, groups);
      replacement.remove_prefix(reference->size);
    } else {
      out += '$';
      replacement.remove_prefix(1);
    }
  }
}

}  // namespace lokitail::pipeline::lang
