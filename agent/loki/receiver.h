// A receiver that speaks Loki's push protocol over HTTP and answers as it is told: the Loki of the
// demo, of tests and of benchmarks. It stores nothing.
//
// Threads: everything runs on the io_context's thread (there must be only one), or on a thread that
//          the receiver starts for itself. The hooks are called there, one at a time, and must not
//          block. port(), url() and counts() may be called from any thread; open(), close() and the
//          destructor too, where the thread is the receiver's own.
// Ownership: an io_context that is given outlives the receiver.
// Errors:  the constructor and open() throw std::runtime_error where it cannot listen. What a client
//          sends never throws: it is answered, or its connection is closed.
// Source:  Loki's docs/sources/reference/loki-http-api.md and pkg/loghttp/push/push.go.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "agent/loki/push_decode.h"

namespace lokitail::agent {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// The head of a push.
struct PushHead {
  std::uint64_t index = 0;       // counts pushes from 0
  std::uint64_t connection = 0;  // counts connections from 0
  std::string target;
  HttpHeaders headers;  // as sent, in their order

  // The first of that name, whatever its case; empty if there is none.
  std::string_view header(std::string_view name) const;
  std::string_view tenant() const { return header("X-Scope-OrgID"); }
};

// A whole push, as hooks see it. Valid during the call.
struct ReceivedPush {
  const PushHead& head;
  std::string_view body;              // as sent
  const DecodedPush* push = nullptr;  // null if the mode does not decode, or if that failed
  const PushResult& decoded;          // says why it failed
  PushSize size;                      // what it holds, as far as the mode looks
  std::chrono::system_clock::time_point time;
};

// How the body of a push is read, beyond the up to 64 KiB that may come along with its head.
struct Reading {
  std::chrono::milliseconds pause{0};  // before the body, and again after each piece
  std::size_t piece = 64u << 10;       // bytes at a time
  // The connection is reset once so many bytes of the body have come.
  std::size_t reset_after = SIZE_MAX;
};

// What a push is answered with.
struct PushAnswer {
  enum class Connection {
    kKeep,
    kCloseAfter,   // answers, then closes
    kCloseBefore,  // closes without an answer
    kReset,        // the same with RST
  };

  unsigned status = 204;
  HttpHeaders headers{};
  std::string body{};
  std::chrono::milliseconds delay{0};
  Connection connection = Connection::kKeep;
};

// What Loki says to a body that it cannot take.
PushAnswer refusal(const PushResult& result);

struct ReceiverOptions {
  // How closely a push is looked at: kSize decompresses and counts.
  enum class Mode { kDecode, kSize };

  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one
  Mode mode = Mode::kDecode;
  // More is answered 413. Loki's distributor.max-recv-msg-size.
  std::size_t body_limit = 100u << 20;
  PushLimits limits;
  std::chrono::seconds idle_timeout{120};

  // Hooks; each may be empty.
  std::function<Reading(const PushHead&)> read;
  // Decides about a push. Empty: refusal() for what cannot be decoded, 204 for all else.
  std::function<PushAnswer(const ReceivedPush&)> answer;
  // Called with each push and what is going to be answered.
  std::function<void(const ReceivedPush&, const PushAnswer&)> on_push;
};

// All but `pushes` count the accepted ones alone: answered with 2xx other than 260.
struct ReceiverCounts {
  std::uint64_t pushes = 0;  // that came whole
  std::uint64_t accepted = 0;
  std::uint64_t body_bytes = 0;
  std::uint64_t bytes = 0;  // decompressed
  std::uint64_t streams = 0;
  std::uint64_t entries = 0;
  std::uint64_t line_bytes = 0;
};

class Receiver {
 public:
  // Listens at once, on a thread of its own.
  explicit Receiver(ReceiverOptions options);
  // The same on the thread that runs `io`.
  Receiver(boost::asio::io_context& io, ReceiverOptions options);
  ~Receiver();

  std::uint16_t port() const;
  std::string url() const;  // of the push endpoint
  ReceiverCounts counts() const;

  // Refuses connections and cuts those that are open, until open(): the same port again.
  void close();
  void open();

 private:
  struct State;
  class Connection;
  class OwnThread;
  // Calls it on the receiver's thread.
  void run(const std::function<void()>& call);

  std::unique_ptr<OwnThread> own_thread_;
  std::shared_ptr<State> state_;
};

}  // namespace lokitail::agent
