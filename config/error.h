// What a configuration says wrong, and where.
//
// Threads: plain values; no sharing between threads while they are changed.
// Errors:  `Error` is the one exception that loading a configuration throws.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace lokitail::config {

// A place in a file. Lines and columns count from 1; 0 means the file as a whole.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
};

// "file:line:column", without what is not known.
std::string to_string(const Place& place);

// A configuration that cannot be used. what() is "file:line:column: message".
class Error : public std::runtime_error {
 public:
  Error(Place place, std::string message);

  const Place& place() const { return place_; }
  const std::string& message() const { return message_; }

 private:
  Place place_;
  std::string message_;
};

// What the user should know about a configuration that is good enough to run; and, for who wants to
// see all of it, what is not good enough.
class Warnings {
 public:
  struct Item {
    Place place;
    std::string message;
  };

  void add(const Place& place, std::string message);

  const std::vector<Item>& items() const { return items_; }
  // Each is "file:line:column: message".
  const std::vector<std::string>& texts() const { return texts_; }

  // From now on errors are gathered, and reading goes on behind them as far as it can.
  void gather_errors() { gathers_ = true; }
  const std::vector<Error>& errors() const { return errors_; }

  // Throws the error, unless errors are gathered.
  void refuse(const Error& error) {
    if (!gathers_) throw error;
    errors_.push_back(error);
  }

  // Runs `read` and says whether it ended well. Where errors are not gathered, what it throws
  // passes through.
  template <typename Read>
  bool attempt(Read read) {
    if (!gathers_) {
      read();
      return true;
    }
    const std::size_t before = errors_.size();
    try {
      read();
    } catch (const Error& error) {
      errors_.push_back(error);
    }
    return errors_.size() == before;
  }

 private:
  std::vector<Item> items_;
  std::vector<std::string> texts_;
  std::vector<Error> errors_;
  bool gathers_ = false;
};

}  // namespace lokitail::config
