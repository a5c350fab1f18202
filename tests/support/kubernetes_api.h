// A Kubernetes API server's lists and watches, on StubServer: versions, pages, selectors, bookmarks, versions
// that are too old, tokens that expire.
//
// Threads: everything here may be called from any thread. Errors: std::system_error where no port can be
// listened on. Source:  Kubernetes API concepts.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/stub_server.h"

namespace lokitail::test {

// An object of any kind. In its text @VERSION@ stands for the resourceVersion.
struct ApiObject {
  std::string name_space;
  std::string name;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> fields;  // that selectors know
  std::string json;

  std::string key() const { return name_space.empty() ? name : name_space + '/' + name; }
};

struct ApiPod {
  std::string name_space = "default";
  std::string name;
  std::string uid;
  std::string ip = "10.0.0.1";
  std::string node = "node-1";
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  std::vector<std::string> containers{"app"};

  ApiObject object() const;
};

class KubernetesApi {
 public:
  KubernetesApi();
  ~KubernetesApi();

  std::string url() const { return server_->url(); }
  std::uint16_t port() const { return server_->port(); }

  // Adds an object, or changes it. `collection`: "pods", "nodes", ...
  void set(const std::string& collection, const ApiObject& object);
  void remove(const std::string& collection, const std::string& key);

  // Only this token is good from now on; watches that are open end, as with a proxy.
  void require_token(const std::string& token);
  // Whatever happened until now cannot be watched any more. `as_event`: a watch is told by an event in place
  // of a status.
  void compact(bool as_event);
  // Moves all watches that asked for it to a version in which nothing has changed.
  void send_bookmarks();
  // All watches get this line.
  void send_line(const std::string& line);
  void cut_connections() { server_->drop_connections(); }
  void set_down(bool is_down);

  // Requests so far.
  std::size_t lists(const std::string& collection) const { return count(collection + " list"); }
  std::size_t watches(const std::string& collection) const { return count(collection + " watch"); }
  std::size_t refused() const { return count("401"); }
  // Watches that are open now.
  std::size_t open_watches() const;
  // The target of the last request of that kind.
  std::string last_target(const std::string& collection, bool is_watch) const;

 private:
  struct Change {
    std::uint64_t version;
    std::string collection;
    std::optional<ApiObject> before, after;
    bool is_bookmark = false;
    std::string line;  // to be sent as it is
  };
  struct Query;

  void handle(const StubRequest& request, StubAnswer& answer);
  void list(const Query& query, const StubRequest& request, StubAnswer& answer);
  void watch(const Query& query, const StubRequest& request, StubAnswer& answer);
  std::string event(const Query& query, const Change& change) const;
  std::size_t count(const std::string& what) const;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t version_ = 100;
  std::uint64_t oldest_ = 0;
  bool tells_by_event_ = false;
  bool is_down_ = false;
  std::string token_;
  std::map<std::string, std::map<std::string, ApiObject>> collections_;
  std::vector<Change> changes_;
  std::map<std::string, std::size_t> counts_;
  std::map<std::string, std::string> targets_;
  std::size_t open_ = 0;
  std::unique_ptr<StubServer> server_;
};

}  // namespace lokitail::test
