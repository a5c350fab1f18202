// Keeps somebody told of the objects that a resource has: lists them, and then watches for changes.
//
// A watch that ends, or is cut, goes on from the version that was seen last; bookmarks move it while nothing
// changes. Where the server does not have that version any more (410) all are listed anew, and whoever is
// gone meanwhile is told of as such. A token that has expired (401) is read again, as it is with each
// request.
//
// Threads: the control thread. Ownership: shared by who starts it and its coroutine; `told` outlives stop().
// Errors:  told in the log, once each, and tried again with a backoff; what was told stays.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/delivery/backoff.h"
#include "agent/discovery/kubernetes/answers.h"
#include "agent/discovery/kubernetes/cluster.h"
#include "agent/http/client.h"

namespace lokitail::agent::kubernetes {

// Who is told. Keys are those of object_key(); an object that takes the place of another under the same key,
// with another uid, is told of after the other is gone.
class ObjectListener {
 public:
  virtual void changed(const std::string& key, const Json& object) = 0;
  virtual void gone(const std::string& key) = 0;
  // All that there were are told of.
  virtual void listed() {}

 protected:
  ~ObjectListener() = default;
};

struct ReflectorConfig {
  std::string path;  // "/api/v1/pods"
  std::string label_selector;
  std::string field_selector;
  // The first list may come from the server's cache, whole: for lists that are short.
  bool lists_from_cache = false;
  // The server ends a watch after this time, and some more at random, so that not all nodes come at once.
  std::chrono::seconds watch_time{240};
  std::chrono::seconds watch_spread{60};
  // A watch that is silent this much longer is no connection any more.
  std::chrono::seconds silence{30};
};

class Reflector final : public std::enable_shared_from_this<Reflector> {
 public:
  Reflector(boost::asio::io_context& control, const Cluster& cluster, ReflectorConfig config,
            ObjectListener& told);

  void start();
  void stop();

 private:
  struct Seen {
    std::string uid;
    std::uint64_t list = 0;  // the number of that in which it was seen last
  };
  // What a request came to.
  enum class Outcome { kDone, kExpired, kFailed };

  boost::asio::awaitable<void> run();
  boost::asio::awaitable<Outcome> list();
  boost::asio::awaitable<Outcome> watch();
  bool take(std::string_view line);
  void take(const Json& object);
  void forget_unlisted();
  std::string target(const std::string& query) const;
  Outcome fail(const http::Response& response);
  void report(const std::string& problem);
  void recovered();

  const Cluster cluster_;
  const ReflectorConfig config_;
  ObjectListener& told_;
  http::Client client_;
  boost::asio::steady_timer timer_;
  Backoff backoff_;
  AnswerParser parser_;
  std::unordered_map<std::string, Seen> seen_;
  std::uint64_t list_ = 0;
  std::string version_;        // seen last
  bool may_use_cache_ = true;  // until the server has said that a version is too old
  bool is_running_ = false;
  Outcome watched_ = Outcome::kDone;
  std::size_t events_ = 0;  // of the present watch
  std::string reported_;
};

}  // namespace lokitail::agent::kubernetes
