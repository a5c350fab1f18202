#include "agent/source/file/glob.h"

#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>

#include "agent/source/file/glob_walk.h"

namespace lokitail::agent {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::size_t kLongestPattern = 2 * PATH_MAX;

std::string working_directory() {
  const std::unique_ptr<char, void (*)(void*)> name(::getcwd(nullptr, 0), ::free);
  return name ? name.get() : "/";
}

template <typename Visit>
void for_each_name(std::string_view path, Visit visit) {
  while (!path.empty()) {
    const auto end = path.find('/');
    const std::string_view name = path.substr(0, end);
    if (!name.empty() && name != ".") visit(name);
    if (end == kNone) break;
    path.remove_prefix(end + 1);
  }
}

// ---- One name -------------------------------------------------------------------------------------

// A character of UTF-8, or one byte where there is none.
std::size_t character_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (length > text.size()) return 1;
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 1;
  }
  return length;
}

std::string_view take_character(std::string_view& text) {
  const std::string_view character = text.substr(0, character_length(text));
  text.remove_prefix(character.size());
  return character;
}

// UTF-8 sorts by code point when compared byte by byte.
bool between(std::string_view low, std::string_view character, std::string_view high) {
  return low <= character && character <= high;
}

// One end of a range, a backslash taken away. Nothing where the pattern ends.
std::optional<std::string_view> take_class_character(std::string_view& pattern) {
  if (!pattern.empty() && pattern[0] == '\\') pattern.remove_prefix(1);
  if (pattern.empty()) return std::nullopt;
  return take_character(pattern);
}

// A class behind its opening bracket, taken from the pattern. Nothing if it is malformed.
std::optional<bool> take_class(std::string_view& pattern, std::string_view character) {
  const bool negated = !pattern.empty() && (pattern[0] == '^' || pattern[0] == '!');
  if (negated) pattern.remove_prefix(1);
  if (pattern.empty() || pattern[0] == ']') return std::nullopt;
  bool inside = false;
  while (!pattern.empty()) {
    if (pattern[0] == ']') {
      pattern.remove_prefix(1);
      return inside != negated;
    }
    const auto low = take_class_character(pattern);
    auto high = low;
    if (low && pattern.size() >= 2 && pattern[0] == '-' && pattern[1] != ']') {
      pattern.remove_prefix(1);
      high = take_class_character(pattern);
    }
    if (!low || !high) return std::nullopt;
    inside = inside || between(*low, character, *high);
  }
  return std::nullopt;
}

// Matches one character against the pattern's next element, which is no star, and takes both.
bool take_one(std::string_view& pattern, std::string_view& name) {
  if (pattern[0] == '?') {
    pattern.remove_prefix(1);
    take_character(name);
    return true;
  }
  if (pattern[0] == '[') {
    pattern.remove_prefix(1);
    return take_class(pattern, take_character(name)).value_or(false);
  }
  if (pattern[0] == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
  if (pattern[0] != name[0]) return false;
  pattern.remove_prefix(1);
  name.remove_prefix(1);
  return true;
}

bool is_well_formed(std::string_view pattern) {
  while (!pattern.empty()) {
    const char c = pattern[0];
    pattern.remove_prefix(1);
    if (c == '[' && !take_class(pattern, "a")) return false;
    if (c == '\\') {
      if (pattern.empty()) return false;
      pattern.remove_prefix(1);
    }
  }
  return true;
}

Glob::Component compile_name(std::string_view pattern) {
  using Kind = Glob::Component::Kind;
  if (pattern == "**") return {Kind::kAnyDepth, {}};
  std::string plain;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '*' || pattern[i] == '?' || pattern[i] == '[') {
      return {Kind::kWildcard, std::string(pattern)};
    }
    if (pattern[i] == '\\') ++i;
    plain += pattern[i];
  }
  return {Kind::kLiteral, std::move(plain)};
}

// ---- Alternatives ---------------------------------------------------------------------------------

// What lies behind the element at `at`: an escaped character or a class counts as one.
std::size_t skip_element(std::string_view pattern, std::size_t at) {
  if (pattern[at] == '\\') return std::min(at + 2, pattern.size());
  if (pattern[at] != '[') return at + 1;
  std::string_view rest = pattern.substr(at + 1);
  return take_class(rest, "a") ? pattern.size() - rest.size() : at + 1;
}

// Within braces a class is nothing special: a comma in it parts alternatives.
std::size_t skip_escaped(std::string_view pattern, std::size_t at) {
  return pattern[at] == '\\' ? std::min(at + 2, pattern.size()) : at + 1;
}

// Replaces the first braces by each of their alternatives, and so on. False if they are malformed or
// make too many patterns.
bool expand_braces(const std::string& pattern, std::vector<std::string>& out) {
  std::size_t open = 0;
  while (open < pattern.size() && pattern[open] != '{') {
    if (pattern[open] == '}') return false;
    open = skip_element(pattern, open);
  }
  if (open >= pattern.size()) {
    out.push_back(pattern);
    return out.size() <= Glob::kMostBranches;
  }
  std::vector<std::string> alternatives;
  std::size_t depth = 0;
  std::size_t start = open + 1;
  for (std::size_t i = open + 1; i < pattern.size(); i = skip_escaped(pattern, i)) {
    if (pattern[i] == '{') ++depth;
    if (depth == 0 && (pattern[i] == ',' || pattern[i] == '}')) {
      alternatives.push_back(pattern.substr(start, i - start));
      start = i + 1;
      if (pattern[i] == '}') {
        const std::string before = pattern.substr(0, open);
        const std::string behind = pattern.substr(start);
        for (const std::string& alternative : alternatives) {
          if (!expand_braces(before + alternative + behind, out)) return false;
        }
        return true;
      }
    } else if (pattern[i] == '}') {
      --depth;
    }
  }
  return false;
}

// Without empty names.
std::string without_double_slashes(std::string_view pattern) {
  std::string out;
  for (const char c : pattern) {
    if (c != '/' || !out.ends_with('/')) out += c;
  }
  if (out.size() > 1 && out.ends_with('/')) out.pop_back();
  return out;
}

// An alternative of nothing between two slashes, or at the end, is the name of no file.
bool has_empty_name(std::string_view pattern) {
  return pattern.ends_with('/') || pattern.find("//") != kNone;
}

bool compile_branch(std::string_view pattern, Glob::Branch& branch) {
  using Kind = Glob::Component::Kind;
  bool ok = true;
  const auto add = [&branch, &ok](std::string_view name) {
    ok = ok && is_well_formed(name);
    if (!ok) return;
    Glob::Component component = compile_name(name);
    if (component.kind == Kind::kLiteral && component.text == "..") {
      if (!branch.empty()) branch.pop_back();
    } else if (component.kind != Kind::kAnyDepth || branch.empty() || branch.back().kind != Kind::kAnyDepth) {
      branch.push_back(std::move(component));
    }
  };
  if (!pattern.starts_with('/')) {
    for_each_name(working_directory(), [&branch](std::string_view name) {
      branch.push_back({Kind::kLiteral, std::string(name)});
    });
  }
  for_each_name(pattern, add);
  return ok && (!branch.empty() || has_empty_name(pattern));
}

// ---- Whole paths ----------------------------------------------------------------------------------

bool matches_component(const Glob::Component& component, std::string_view name) {
  return component.kind == Glob::Component::Kind::kLiteral ? component.text == name
                                                           : matches_name(component.text, name);
}

// As matches_name(), with names for characters and ** for the star.
bool matches_branch(const Glob::Branch& branch, const std::vector<std::string_view>& names) {
  std::size_t at = 0;
  std::size_t name = 0;
  std::size_t behind_star = kNone;
  std::size_t star_name = 0;
  while (name < names.size()) {
    if (at < branch.size() && branch[at].kind == Glob::Component::Kind::kAnyDepth) {
      behind_star = ++at;
      star_name = name;
    } else if (at < branch.size() && matches_component(branch[at], names[name])) {
      ++at;
      ++name;
    } else if (behind_star != kNone) {
      at = behind_star;
      name = ++star_name;
    } else {
      return false;
    }
  }
  return at == branch.size();
}

}  // namespace

bool matches_name(std::string_view pattern, std::string_view name) {
  std::string_view behind_star;
  std::string_view star_name;
  bool starred = false;
  for (;;) {
    if (!pattern.empty() && pattern[0] == '*') {
      pattern.remove_prefix(1);
      behind_star = pattern;
      star_name = name;
      starred = true;
      continue;
    }
    if (name.empty()) return pattern.empty();
    if (!pattern.empty() && take_one(pattern, name)) continue;
    // The latest star takes one more; those before it need not be tried again.
    if (!starred || star_name.empty()) return false;
    take_character(star_name);
    pattern = behind_star;
    name = star_name;
  }
}

std::string clean_path(std::string_view path) {
  const std::string folder = path.starts_with('/') ? std::string() : working_directory();
  std::vector<std::string_view> names;
  const auto add = [&names](std::string_view name) {
    if (name != "..") {
      names.push_back(name);
    } else if (!names.empty()) {
      names.pop_back();
    }
  };
  for_each_name(folder, add);
  for_each_name(path, add);
  std::string clean;
  for (const std::string_view name : names) clean.append("/").append(name);
  return clean.empty() ? "/" : clean;
}

Glob::Glob(std::string_view pattern) : literal_(clean_path(pattern)) {
  std::vector<std::string> alternatives;
  if (pattern.size() > kLongestPattern || !expand_braces(without_double_slashes(pattern), alternatives)) {
    problem_ = "its braces do not match, or stand for too many patterns, or it is too long";
    return;
  }
  for (const std::string& alternative : alternatives) {
    Branch branch;
    if (!compile_branch(alternative, branch)) {
      problem_ = "syntax error in pattern";
      branches_.clear();
      return;
    }
    if (alternatives.size() == 1 || !has_empty_name(alternative)) branches_.push_back(std::move(branch));
  }
}

bool Glob::matches(std::string_view path) const {
  if (path == literal_) return true;
  std::vector<std::string_view> names;
  for_each_name(path, [&names](std::string_view name) { names.push_back(name); });
  for (const Branch& branch : branches_) {
    if (matches_branch(branch, names)) return true;
  }
  return false;
}

std::vector<std::string> Glob::expand() const {
  struct Files final : GlobVisitor {
    void file(const std::string& path, std::uint64_t) override { paths.insert(path); }
    void directory(const std::string&, GlobPlace) override {}
    std::set<std::string> paths;
  } files;
  walk(*this, files);
  return {files.paths.begin(), files.paths.end()};
}

std::vector<std::string> Glob::watch_directories() const {
  struct Directories final : GlobVisitor {
    void file(const std::string&, std::uint64_t) override {}
    void directory(const std::string& path, GlobPlace) override { paths.insert(path); }
    std::set<std::string> paths;
  } directories;
  walk(*this, directories);
  return {directories.paths.begin(), directories.paths.end()};
}

}  // namespace lokitail::agent
