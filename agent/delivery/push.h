// A push: one request body for Loki, ready to be sent, with what has to happen when it is settled.
//
// Threads: made by a worker, then owned by delivery's thread. A receipt is touched by delivery's
// thread only; it gives the origins back to the worker by a message.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "agent/delivery/push_trace.h"
#include "agent/delivery/stream_id.h"

namespace lokitail::agent {

// Shared by all pushes that carry entries of the same blocks: when the last of them is settled, the
// blocks' worker is told. A receipt that is destroyed unsettled tells nobody, so that positions stay.
class Receipt {
 public:
  // `settled` is called once, on delivery's thread.
  Receipt(std::size_t parts, std::function<void()> settled) : parts_(parts), settled_(std::move(settled)) {}

  void add_part() { ++parts_; }
  void part_settled() {
    if (--parts_ == 0) settled_();
  }

 private:
  std::size_t parts_;
  std::function<void()> settled_;
};

struct Push {
  std::string body;    // snappy block of a protobuf PushRequest
  std::string tenant;  // empty: no X-Scope-OrgID
  std::size_t entries = 0;
  std::size_t raw_bytes = 0;      // of the body before compression
  StreamIds streams;              // that it has entries of
  bool can_be_read_again = true;  // from its sources, should it be lost
  bool is_awaited = false;        // otherwise: whether all who sent such entries wait until it is settled
  bool in_budget = true;          // not where it is on disk as well
  bool is_loaded = false;         // it comes from the spool
  std::shared_ptr<Receipt> receipt;
  std::shared_ptr<PushTrace> trace{};  // of its batch, where that is sampled

  // What this push counts in the budget.
  std::size_t cost() const { return body.size() + sizeof(Push) + streams.size() * sizeof(StreamId); }
};

}  // namespace lokitail::agent
