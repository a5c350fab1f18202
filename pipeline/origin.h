// Where an entry came from, so that its source can be told once everything that came out of it is
// settled. Whoever still has work to do for an origin holds a reference: the reader while it hands
// over lines, a stage that holds a line back, an open batch, a push on its way. When the last one
// lets go, settled() is called: the source may then move its position.
//
// A stage that keeps a line back does so with a hold (OriginHold): a source that knows where its lines
// begin may then move its position up to that line while everything before it is settled.
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

  // Identifies the log that lines come from, also where it goes on in another file after it was
  // rotated: equal for all origins of one log, for as long as any of them lives.
  const void* source() const { return source_; }

  // Calls visit() for each origin that this one stands for: itself, where it joins no others.
  virtual void for_each_part(const std::function<void(Origin&)>& visit) { visit(*this); }

  void retain() { ++references_; }
  void release() {
    if (--references_ == 0) settled();
  }
  // How often it is retained and held.
  std::size_t holders() const { return references_ + holds(); }

  // As retain(), for the line that is being pushed right now. What is returned is handed to let_go(),
  // which takes the place of release(). REQUIRES: an entry of this origin is being pushed.
  using Hold = std::uint64_t;
  virtual Hold hold() {
    retain();
    return 0;
  }
  virtual void let_go(Hold hold) {
    static_cast<void>(hold);
    release();
  }

  // Whether its source has the lines still, should we lose them.
  virtual bool can_be_read_again() const { return true; }

  // Whether someone waits until it is settled, and does nothing else meanwhile.
  virtual bool is_awaited() const { return false; }

  // Whether the end of a line that broke off may still come, as far as the source can tell: some of
  // the log is not read yet, or it was rotated and its next file is not there yet.
  virtual bool goes_on() const { return false; }

 protected:
  // How many holds there are that retain() was not called for.
  virtual std::size_t holds() const { return 0; }

  explicit Origin(const void* source) : source_(source) {}
  virtual ~Origin() = default;

  // Nothing refers to this origin any more but holds, if the source counts those apart. May destroy it.
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

// Holds the line that is being pushed.
class OriginHold {
 public:
  explicit OriginHold(Origin& origin) : origin_(&origin), hold_(origin.hold()) {}
  OriginHold(OriginHold&& other) noexcept
      : origin_(std::exchange(other.origin_, nullptr)), hold_(other.hold_) {}
  OriginHold& operator=(OriginHold&& other) noexcept {
    std::swap(origin_, other.origin_);
    std::swap(hold_, other.hold_);
    return *this;
  }
  ~OriginHold() {
    if (origin_ != nullptr) origin_->let_go(hold_);
  }

  Origin& origin() const { return *origin_; }  // REQUIRES: not moved from

 private:
  Origin* origin_;
  Origin::Hold hold_;
};

}  // namespace lokitail::pipeline
