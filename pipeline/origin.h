// Where an entry came from, so that its source can be told once everything that came out of it is
// settled. Whoever still has work to do for an origin holds a reference: the reader while it hands
// over lines, a stage that holds a line back, an open batch, a push on its way. When the last one
// lets go, settled() is called: the source may then move its position.
//
// Threads: counted without atomics; an origin is retained and released on its worker's thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

namespace lokitail::pipeline {

class Origin {
 public:
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  // Identifies the source for as long as the source lives: equal for all origins of one source.
  const void* source() const { return source_; }

  // Calls visit() for each origin that this one stands for: itself, where it joins no others.
  virtual void for_each_part(const std::function<void(Origin&)>& visit) { visit(*this); }

  void retain() { ++references_; }
  void release() {
    if (--references_ == 0) settled();
  }
  std::uint32_t references() const { return references_; }

 protected:
  explicit Origin(const void* source) : source_(source) {}
  virtual ~Origin() = default;

  // Nothing refers to this origin any more. May destroy it.
  virtual void settled() = 0;

 private:
  const void* source_;
  std::uint32_t references_ = 0;
};

// Holds one reference.
class OriginReference {
 public:
  OriginReference() = default;
  explicit OriginReference(Origin* origin) : origin_(origin) {
    if (origin_ != nullptr) origin_->retain();
  }
  OriginReference(OriginReference&& other) noexcept : origin_(std::exchange(other.origin_, nullptr)) {}
  OriginReference& operator=(OriginReference&& other) noexcept {
    std::swap(origin_, other.origin_);
    return *this;
  }
  ~OriginReference() {
    if (origin_ != nullptr) origin_->release();
  }

  Origin* get() const { return origin_; }

 private:
  Origin* origin_ = nullptr;
};

}  // namespace lokitail::pipeline
