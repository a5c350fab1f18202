// The targets of all roles but pods.
//
// Threads: the control thread. Ownership: everything given by reference outlives it.
#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/discovery/kubernetes/reflector.h"
#include "agent/discovery/kubernetes/told_targets.h"

namespace lokitail::agent::kubernetes {

// An object of which targets are made without another.
class PlainRole final : public ObjectListener {
 public:
  using Make = std::function<Targets(const Json&)>;
  PlainRole(std::string kind, Make make, ToldTargets told)
      : prefix_(std::move(kind) + '/'), make_(std::move(make)), told_(std::move(told)) {}

  void changed(const std::string& key, const Json& object) override {
    told_.tell(prefix_ + key, make_(object));
  }
  void gone(const std::string& key) override { told_.forget(prefix_ + key); }

 private:
  const std::string prefix_;
  const Make make_;
  const ToldTargets told_;
};

// Endpoints, or slices of them, with what is known of the services, pods and nodes that they name.
class EndpointsRole final : public ObjectListener {
 public:
  EndpointsRole(boost::asio::io_context& control, bool are_slices, ToldTargets told);

  void stop() { timer_.cancel(); }

  void changed(const std::string& key, const Json& object) override;
  void gone(const std::string& key) override;
  ObjectListener& services() { return services_; }
  ObjectListener& pods() { return pods_; }
  ObjectListener& nodes() { return nodes_; }

 private:
  // Others, of which a change is one of the endpoints that name them.
  template <typename Object, Object (*kRead)(const Json&)>
  class Others final : public ObjectListener {
   public:
    Others(EndpointsRole& owner, char mark) : owner_(owner), mark_(mark) {}
    void changed(const std::string& key, const Json& object) override {
      known_[key] = kRead(object);
      owner_.other_changed(mark_ + key);
    }
    void gone(const std::string& key) override {
      known_.erase(key);
      owner_.other_changed(mark_ + key);
    }
    // Whoever asks is told of changes from then on.
    const Object* find(const std::string& asking, const std::string& key) {
      owner_.named_by_[mark_ + key].insert(asking);
      owner_.names_[asking].insert(mark_ + key);
      const auto known = known_.find(key);
      return known == known_.end() ? nullptr : &known->second;
    }

   private:
    EndpointsRole& owner_;
    const char mark_;
    std::unordered_map<std::string, Object> known_;
  };

  void other_changed(const std::string& name);
  void make_soon(const std::string& key);
  void make_all();
  void make(const std::string& key);
  void forget_names(const std::string& key);

  const bool are_slices_;
  const std::string prefix_;
  const ToldTargets told_;
  boost::asio::steady_timer timer_;
  bool is_soon_ = false;
  std::set<std::string> waiting_;  // to be made anew
  std::unordered_map<std::string, Endpoints> endpoints_;
  std::unordered_map<std::string, EndpointSlice> slices_;
  std::unordered_map<std::string, std::set<std::string>> names_;     // what endpoints name
  std::unordered_map<std::string, std::set<std::string>> named_by_;  // and the other way round
  Others<Service, read_service> services_{*this, 's'};
  Others<Pod, read_pod> pods_{*this, 'p'};
  Others<Node, read_node> nodes_{*this, 'n'};
};

}  // namespace lokitail::agent::kubernetes
