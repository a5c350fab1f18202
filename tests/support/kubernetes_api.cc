#include "tests/support/kubernetes_api.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include <fmt/format.h>

namespace lokitail::test {
namespace {

constexpr std::chrono::milliseconds kLook{5};

std::string quoted(const std::string& text) { return '"' + text + '"'; }

std::string object_of(const std::map<std::string, std::string>& texts) {
  std::string all;
  for (const auto& [name, value] : texts)
    all += (all.empty() ? "" : ",") + quoted(name) + ':' + quoted(value);
  return '{' + all + '}';
}

std::string at_version(const ApiObject& object, std::uint64_t version) {
  std::string text = object.json;
  const std::string mark = "@VERSION@";
  text.replace(text.find(mark), mark.size(), std::to_string(version));
  return text;
}

// "a=b,c!=d,e"
bool selects(const std::string& selector, const std::map<std::string, std::string>& texts) {
  std::size_t from = 0;
  while (from < selector.size()) {
    std::size_t to = std::min(selector.find(',', from), selector.size());
    const std::string term = selector.substr(from, to - from);
    from = to + 1;
    const std::size_t equals = term.find('=');
    const bool is_negated = equals != term.npos && equals > 0 && term[equals - 1] == '!';
    const std::string name = term.substr(0, equals - (is_negated ? 1 : 0));
    const auto found = texts.find(name);
    if (equals == term.npos) {
      if (found == texts.end()) return false;
      continue;
    }
    const bool is_equal = found != texts.end() && found->second == term.substr(equals + 1);
    if (is_equal == is_negated) return false;
  }
  return true;
}

std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string status(int code, const std::string& reason, const std::string& message) {
  return fmt::format(
      R"({{"kind":"Status","apiVersion":"v1","metadata":{{}},"status":"Failure","message":"{}",)"
      R"("reason":"{}","code":{}}})",
      message, reason, code);
}

}  // namespace

ApiObject ApiPod::object() const {
  std::string specs, statuses;
  for (const std::string& container : containers) {
    specs += fmt::format(
        R"({}{{"name":"{}","image":"registry/{}:1","ports":[{{"name":"http","containerPort":8080,)"
        R"("protocol":"TCP"}}],"resources":{{}},"imagePullPolicy":"IfNotPresent"}})",
        specs.empty() ? "" : ",", container, container);
    statuses += fmt::format(R"({}{{"name":"{}","ready":true,"restartCount":0,"image":"registry/{}:1",)"
                            R"("containerID":"containerd://{}-{}","started":true}})",
                            statuses.empty() ? "" : ",", container, container, uid, container);
  }
  ApiObject object{name_space, name, labels, {{"spec.nodeName", node}, {"metadata.name", name}}, {}};
  object.json = fmt::format(
      R"({{"kind":"Pod","apiVersion":"v1","metadata":{{"name":"{}","namespace":"{}","uid":"{}",)"
      R"("resourceVersion":"@VERSION@","creationTimestamp":"2024-05-01T10:00:00Z","labels":{},"annotations":{}}},)"
      R"("spec":{{"containers":[{}],"restartPolicy":"Always","nodeName":"{}"}},)"
      R"("status":{{"phase":"Running","conditions":[{{"type":"Ready","status":"True"}}],"hostIP":"192.168.0.1",)"
      R"("podIP":"{}","containerStatuses":[{}],"qosClass":"BestEffort"}}}})",
      name, name_space, uid, object_of(labels), object_of(annotations), specs, node, ip, statuses);
  return object;
}

struct KubernetesApi::Query {
  explicit Query(const StubRequest& request)
      : label_selector(request.query("labelSelector")), field_selector(request.query("fieldSelector")) {
    const std::string path = request.path();
    collection = path.substr(path.rfind('/') + 1);
    const std::string mark = "/namespaces/";
    if (const std::size_t at = path.find(mark); at != path.npos) {
      const std::string rest = path.substr(at + mark.size());
      name_space = rest.substr(0, rest.find('/'));
    }
  }
  bool wants(const ApiObject& object) const {
    return (name_space.empty() || object.name_space == name_space) &&
           selects(label_selector, object.labels) && selects(field_selector, object.fields);
  }

  std::string collection, name_space, label_selector, field_selector;
};

KubernetesApi::KubernetesApi()
    : server_(std::make_unique<StubServer>(
          [this](const StubRequest& request, StubAnswer& answer) { handle(request, answer); })) {}

KubernetesApi::~KubernetesApi() { server_.reset(); }

void KubernetesApi::set(const std::string& collection, const ApiObject& object) {
  const std::lock_guard lock(mutex_);
  auto& objects = collections_[collection];
  const auto known = objects.find(object.key());
  Change change{++version_, collection, std::nullopt, object, false, {}};
  if (known != objects.end()) change.before = known->second;
  changes_.push_back(std::move(change));
  objects[object.key()] = object;
  changed_.notify_all();
}

void KubernetesApi::remove(const std::string& collection, const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto known = collections_[collection].extract(key);
  if (known.empty()) return;
  changes_.push_back({++version_, collection, known.mapped(), std::nullopt, false, {}});
  changed_.notify_all();
}

void KubernetesApi::require_token(const std::string& token) {
  {
    const std::lock_guard lock(mutex_);
    token_ = token;
  }
  cut_connections();
}

void KubernetesApi::compact(bool as_event) {
  const std::lock_guard lock(mutex_);
  oldest_ = ++version_;
  tells_by_event_ = as_event;
  changes_.clear();
}

void KubernetesApi::send_bookmarks() {
  const std::lock_guard lock(mutex_);
  changes_.push_back({++version_, {}, std::nullopt, std::nullopt, true, {}});
  changed_.notify_all();
}

void KubernetesApi::send_line(const std::string& line) {
  const std::lock_guard lock(mutex_);
  changes_.push_back({++version_, {}, std::nullopt, std::nullopt, false, line});
  changed_.notify_all();
}

void KubernetesApi::set_down(bool is_down) {
  {
    const std::lock_guard lock(mutex_);
    is_down_ = is_down;
  }
  cut_connections();
}

std::size_t KubernetesApi::open_watches() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

std::string KubernetesApi::last_target(const std::string& collection, bool is_watch) const {
  const std::lock_guard lock(mutex_);
  const auto found = targets_.find(collection + (is_watch ? " watch" : " list"));
  return found == targets_.end() ? std::string() : found->second;
}

std::size_t KubernetesApi::count(const std::string& what) const {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(what);
  return found == counts_.end() ? 0 : found->second;
}

void KubernetesApi::handle(const StubRequest& request, StubAnswer& answer) {
  const Query query(request);
  const bool is_watch = request.query("watch") == "true";
  std::unique_lock lock(mutex_);
  if (is_down_) {
    lock.unlock();
    return answer.send(503, "upstream connect error");
  }
  if (!token_.empty() && request.header("authorization") != "Bearer " + token_) {
    ++counts_["401"];
    lock.unlock();
    return answer.send(401, status(401, "Unauthorized", "Unauthorized"));
  }
  const std::string kind = query.collection + (is_watch ? " watch" : " list");
  ++counts_[kind];
  targets_[kind] = request.target;
  lock.unlock();
  is_watch ? watch(query, request, answer) : list(query, request, answer);
}

void KubernetesApi::list(const Query& query, const StubRequest& request, StubAnswer& answer) {
  std::string items, next;
  std::uint64_t version = 0;
  {
    const std::lock_guard lock(mutex_);
    version = version_;
    // The server's cache takes no notice of a limit.
    const bool is_cached = request.query("resourceVersion") == "0";
    const std::size_t limit = is_cached ? 0 : number(request.query("limit"));
    const std::string from = request.query("continue");
    std::size_t listed = 0;
    for (const auto& [key, object] : collections_[query.collection]) {
      if (!query.wants(object) || (!from.empty() && key < from)) continue;
      if (limit != 0 && listed == limit) {
        next = key;
        break;
      }
      items += (items.empty() ? "" : ",") + at_version(object, version);
      ++listed;
    }
  }
  answer.send(200, fmt::format(R"({{"kind":"List","apiVersion":"v1","metadata":{{"resourceVersion":"{}",)"
                               R"("continue":"{}"}},"items":[{}]}})",
                               version, next, items));
}

std::string KubernetesApi::event(const Query& query, const Change& change) const {
  const auto told = [&change](const char* type, const ApiObject& object) {
    return fmt::format(R"({{"type":"{}","object":{}}})", type, at_version(object, change.version)) + "\n";
  };
  if (!change.line.empty()) return change.line;
  if (change.is_bookmark) {
    return fmt::format(
               R"({{"type":"BOOKMARK","object":{{"kind":"Pod","metadata":{{"resourceVersion":"{}"}}}}}})",
               change.version) +
           "\n";
  }
  if (change.collection != query.collection) return {};
  const bool was_wanted = change.before && query.wants(*change.before);
  if (change.after && query.wants(*change.after))
    return told(was_wanted ? "MODIFIED" : "ADDED", *change.after);
  return was_wanted ? told("DELETED", *change.before) : std::string();
}

void KubernetesApi::watch(const Query& query, const StubRequest& request, StubAnswer& answer) {
  std::uint64_t seen = number(request.query("resourceVersion"));
  const bool takes_bookmarks = request.query("allowWatchBookmarks") == "true";
  std::unique_lock lock(mutex_);
  const std::string too_old =
      status(410, "Expired", fmt::format("too old resource version: {} ({})", seen, oldest_));
  const bool is_gone = seen < oldest_;
  const bool by_event = tells_by_event_;
  ++open_;
  lock.unlock();
  if (is_gone && !by_event) {
    answer.send(410, too_old);
  } else {
    answer.begin(200, {{"Content-Type", "application/json"}});
    if (is_gone) {
      answer.chunk(fmt::format(R"({{"type":"ERROR","object":{}}})", too_old) + "\n");
      answer.end();
    }
  }
  while (!is_gone && answer.is_wanted()) {
    std::string text;
    lock.lock();
    changed_.wait_for(lock, kLook);
    for (const Change& change : changes_) {
      if (change.version <= seen || (change.is_bookmark && !takes_bookmarks)) continue;
      text += event(query, change);
      seen = change.version;
    }
    lock.unlock();
    // In pieces, as they come from a network.
    const std::size_t half = text.size() / 2;
    if (!text.empty() && !(answer.chunk(text.substr(0, half)) && answer.chunk(text.substr(half)))) break;
  }
  lock.lock();
  --open_;
}

}  // namespace lokitail::test
