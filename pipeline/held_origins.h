// The origins of all lines that one held entry is made of, kept unsettled while it is held and
// handed on as one.
//
// An entry has one origin, and only that one is kept unsettled by whoever takes the entry. A line
// put together from several blocks therefore leaves with an origin that stands for all of them:
// were the block with its beginning settled before its end is delivered, a crash between the two
// would lose the beginning.
//
// Threads: those of Origin.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "pipeline/origin.h"

namespace lokitail::pipeline {

class HeldOrigins {
 public:
  // A further line came from there. nullptr is allowed.
  void add(Origin* origin) {
    // Nearly always a line comes from the block of the line before.
    if (origin == nullptr || (!origins_.empty() && origins_.back().get() == origin)) return;
    origins_.emplace_back(origin);
  }

  // A reference to an origin that stands for all of them. This object is empty afterwards.
  OriginReference take() {
    if (origins_.empty()) return {};
    if (origins_.size() > 1) return OriginReference(new Joined(std::exchange(origins_, {})));
    OriginReference only = std::move(origins_.front());
    origins_.clear();
    return only;
  }

  void clear() { origins_.clear(); }
  bool empty() const { return origins_.empty(); }

 private:
  class Joined final : public Origin {
   public:
    // REQUIRES: at least one.
    explicit Joined(std::vector<OriginReference> origins)
        : Origin(origins.front().get()->source()), origins_(std::move(origins)) {}

    void for_each_part(const std::function<void(Origin&)>& visit) override {
      for (const OriginReference& origin : origins_) origin.get()->for_each_part(visit);
    }

   private:
    void settled() override { delete this; }

    const std::vector<OriginReference> origins_;
  };

  std::vector<OriginReference> origins_;
};

}  // namespace lokitail::pipeline
