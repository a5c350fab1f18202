// The patterns of `__path__` and `__path_exclude__`, as github.com/bmatcuk/doublestar takes them:
//
//   *            any characters of one name, a leading dot too
//   ?            one character (of UTF-8)
//   [a-z] [^a]   one character of a class; [!a] is the same as [^a]
//   {a,b}        alternatives, nested if need be
//   **           as a whole name: any number of folders, none too; elsewhere the same as *
//   \c           the character itself
//
// Case matters. A relative pattern is one of the working directory. A pattern that is the name of an
// existing file means that file and nothing else.
//
// Threads: immutable after construction. Errors: none; a malformed pattern says so in problem() and
// matches nothing but the file of that very name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lokitail::agent {

class Glob {
 public:
  // One name of a path.
  struct Component {
    enum class Kind { kLiteral, kWildcard, kAnyDepth };
    Kind kind;
    std::string text;  // a name, or a pattern for one
  };
  using Branch = std::vector<Component>;  // from the root down

  // More alternatives than this are refused.
  static constexpr std::size_t kMostBranches = 1024;

  explicit Glob(std::string_view pattern);

  const std::string& problem() const { return problem_; }
  // The pattern, taken as the absolute path of a file.
  const std::string& literal() const { return literal_; }
  const std::vector<Branch>& branches() const { return branches_; }

  // `path` is absolute.
  bool matches(std::string_view path) const;

  // All files (no folders) that match now, sorted. For an existing file of that very name: just that.
  std::vector<std::string> expand() const;
  // The folders in which new names can lead to new matches.
  std::vector<std::string> watch_directories() const;

 private:
  std::string literal_;
  std::string problem_;
  std::vector<Branch> branches_;
};

// Whether one name matches one name of a pattern.
bool matches_name(std::string_view pattern, std::string_view name);

// A path made absolute, without empty names, `.` and `..`; links are not looked at.
std::string clean_path(std::string_view path);

}  // namespace lokitail::agent
