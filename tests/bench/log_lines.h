// Log lines of the formats that pipelines are measured on, in memory. One seed always makes the
// same lines.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lokitail::bench {

// Lines one behind the other, as in a block that was read from a file: each is followed by as many
// readable bytes as a pipeline asks for.
class LogLines {
 public:
  explicit LogLines(const std::vector<std::string>& lines);

  const std::vector<std::string_view>& views() const { return views_; }
  std::size_t bytes() const { return bytes_; }

 private:
  std::unique_ptr<char[]> buffer_;
  std::vector<std::string_view> views_;
  std::size_t bytes_ = 0;  // of the lines, without what separates them
};

enum class LogFormat {
  kNginx,      // an access log, "combined" with the time that the request took
  kKlog,       // Kubernetes' components
  kLogfmt,     // a service in Go
  kZap,        // JSON, as zap's production configuration writes it
  kDockerZap,  // the same, in the records of Docker's json-file driver
  kJava,       // log4j, with stack traces
  kCri,        // the lines of kLogfmt as containerd writes them
  kCriJava,    // those of kJava
  kColoured,   // those of kKlog with escape sequences
  kWindows,    // events as JSON, with a message of several lines
};

// About a mebibyte.
LogLines make_log_lines(LogFormat format, std::uint64_t seed = 1);

}  // namespace lokitail::bench
