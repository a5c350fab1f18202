// Where one message ends and the next begins in what a sender sends: by octet counting ("57 <34>1 …") or by
// newlines. The first byte of a connection, or of a datagram, tells which. Where newlines count, a message goes on
// over lines that do not begin with `<`, as far as they come with it.
//
// Source: RFC 6587, section 3.4.
// Threads: one at a time. Memory: an unfinished message, at most as long as a message may be.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace lokitail::agent {

class SyslogFraming {
 public:
  // `was_cut`: it was longer than is allowed; its rest is skipped. Valid during the call.
  using Handler = std::function<void(std::string_view message, bool was_cut)>;

  explicit SyslogFraming(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  // The next bytes. False where they are no frames: nothing more can be understood.
  [[nodiscard]] bool take(std::string_view bytes, const Handler& handler);
  // Nothing more comes: what is unfinished is a message where newlines count. False for an unfinished one
  // where octets are counted.
  bool end(const Handler& handler);

 private:
  enum class Method { kUnknown, kCounted, kLines };

  bool begin_counted(std::string_view& bytes);
  void take_counted(std::string_view& bytes, const Handler& handler);
  void take_line(std::string_view& bytes, const Handler& handler);
  void keep(std::string_view bytes);
  void hand_over(std::string_view message, const Handler& handler);

  const std::size_t most_bytes_;
  Method method_ = Method::kUnknown;
  std::string kept_;         // of the unfinished message
  bool cut_ = false;         // it was longer
  std::size_t wanted_ = 0;   // bytes of the counted message that are to come
  std::string count_;        // digits of the next one, unfinished
  bool in_message_ = false;  // its count is known
};

}  // namespace lokitail::agent
