// What a configuration says wrong, and where.
//
// Threads: plain values; no sharing between threads while they are changed.
// Errors:  `Error` is the one exception that loading a configuration throws.
#pragma once

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

// What the user should know about a configuration that is good enough to run.
class Warnings {
 public:
  void add(const Place& place, std::string message);

  // Each is "file:line:column: message".
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::vector<std::string> texts_;
};

}  // namespace lokitail::config
