// The trace of one batch: from the turn in which the first of its lines was read until all of its entries are
// settled and their sources know.
//
//   deliver               all of it; it ends when nothing has to do with the batch any more
//     read                the block with the first entry is read
//     pipeline            until that entry comes out of its pipeline
//     batch               entries are gathered, encoded and compressed
//     push                a request to Loki, one span for each attempt; it goes with it as `traceparent`
//     spool               until it is on disk, where it goes there
//     settle              until the sources of its entries know that they are settled
//
// A batch that becomes several pushes has one trace. What comes back from the spool begins another.
//
// Threads: belongs to whoever has the batch: its worker, then delivery's thread, then its worker again.
// Ownership: shared by the pushes of the batch and their receipt; the last one to let go ends `deliver`.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/telemetry/tracing/tracer.h"
#include "pipeline/origin.h"

namespace lokitail::agent {

struct Push;

// When a worker read the block that it is at.
struct BlockTimes {
  const pipeline::Origin* origin = nullptr;
  Span::Time began{};  // to read it
  Span::Time read{};
};

class PushTrace {
 public:
  // nullptr where it is not sampled. `block`: of the first entry, where it is known.
  static std::shared_ptr<PushTrace> begin(const std::shared_ptr<Tracer>& tracer, const BlockTimes* block);
  // Ends `deliver`.
  ~PushTrace();
  PushTrace(const PushTrace&) = delete;
  PushTrace& operator=(const PushTrace&) = delete;

  // `client` and `tenant` are whose it is.
  void describe(const std::string& client, const std::string& tenant);
  // `batch` ends with these entries.
  void handed_over(std::size_t entries, std::size_t streams, std::size_t raw_bytes);
  // It was on disk before.
  void loaded(const Push& push);

  // A span `push`, which begins now. Given to finish() when there is an answer.
  Span request(const Push& push, const std::string& host, int attempts) const;
  void finish(Span span) const { tracer_->finish(std::move(span)); }
  // It is on disk.
  void stored() const;
  // The last of its pushes is settled, and the sources are about to be told.
  void settling() { settling_ = Span::now(); }
  // They were.
  void settled();

  const telemetry::TraceContext& context() const { return deliver_.context; }

 private:
  PushTrace(std::shared_ptr<Tracer> tracer, const telemetry::TraceContext& context);
  Span child(const char* name, Span::Time start) const;
  void add(const char* name, Span::Time start, Span::Time end) const;

  const std::shared_ptr<Tracer> tracer_;
  Span deliver_;
  Span::Time opened_;
  Span::Time handed_over_{};
  Span::Time settling_{};
  bool is_settled_ = false;
};

}  // namespace lokitail::agent
