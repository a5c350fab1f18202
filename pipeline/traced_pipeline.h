// A pipeline that is watched, with all that it needs around it: for trying out stages on a few
// lines, away from a running agent.
//
// Threads: one at a time. Errors: the constructor throws config::Error.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/pipeline.h"
#include "pipeline/trace.h"

namespace lokitail::pipeline {

class TracedPipeline {
 public:
  // `stages` is a list or null, `labels` are those of the target. All lines are read at `now`,
  // which is the time for the stages, too. `finished` is given what has come of each entry.
  TracedPipeline(const config::Node& stages, const std::map<std::string, std::string>& labels, Timestamp now,
                 config::Warnings& warnings, std::function<void(Passage)> finished);
  ~TracedPipeline();
  TracedPipeline(const TracedPipeline&) = delete;
  TracedPipeline& operator=(const TracedPipeline&) = delete;

  // One line, without its newline.
  void push(std::string_view line);
  // Time goes by, which may let go what stages have kept back.
  void wait(std::int64_t nanoseconds);
  // The end: stages let go what they keep, but for what they would wait for after a restart, too.
  void drain();

 private:
  class Metrics;
  class Out;

  SymbolTable symbols_;
  std::map<std::string, std::string> label_texts_;
  Labels target_;
  Timestamp now_;
  Tracer tracer_;
  const std::unique_ptr<Metrics> metrics_;
  const std::unique_ptr<Out> out_;
  std::unique_ptr<Pipeline> pipeline_;
};

}  // namespace lokitail::pipeline
