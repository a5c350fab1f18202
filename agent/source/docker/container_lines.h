// The records of Docker's json-file log driver, as the entries that Promtail would make of what the engine
// sends: the text without its newline, with the time at which it was written, and labels by the stream.
//
// Threads: construct on the control thread; forget() there too, once the worker is stopped; the rest is the
//          worker's. Ownership: counters are those of the metrics. What is held has to be let go with
//          flush() or forget() before the sources that it came from are destroyed.
// Errors:  a line that is no record is counted, and goes on as it is.
// Source:  moby's daemon/logger/jsonfilelog.
#pragma once

#include <array>
#include <optional>
#include <string>

#include <prometheus/counter.h>

#include "agent/source/docker/line_joiner.h"
#include "agent/source/docker/log_position.h"
#include "agent/source/docker/log_stream.h"
#include "agent/source/file/line_decoder.h"
#include "config/config.h"
#include "pipeline/arena.h"
#include "pipeline/held_entry.h"
#include "pipeline/labels.h"
#include "pipeline/lang/json_scan.h"

namespace lokitail::agent {

struct DockerCounters {
  prometheus::Counter& entries;
  prometheus::Counter& parsing_errors;
  prometheus::Counter& dropped;  // by relabelling
};

// The labels of a container's entries, by stream; nothing where rules drop them.
using StreamLabels = std::array<std::optional<config::LabelMap>, kLogStreams>;

class ContainerLines final : public LineDecoder {
 public:
  // Entries that `read` covers were read from elsewhere before.
  ContainerLines(StreamLabels labels, const LogPosition& read, DockerCounters counters);

  void attach(pipeline::SymbolTable& symbols) override;
  void push(std::string_view line, pipeline::Timestamp read_time, pipeline::Pipeline& pipeline,
            pipeline::Origin* origin) override;
  // From the next line on. The worker's thread, as push().
  void set_labels(StreamLabels labels);
  // The container has ended: what was held of a line is all of it.
  void flush(pipeline::Pipeline& pipeline);
  void forget();

 private:
  struct Stream {
    pipeline::Labels labels;  // views into texts_
    LineJoiner joiner;
    pipeline::HeldEntry held;  // the origins of what the joiner holds
  };
  void flush(LogStream stream, pipeline::Pipeline& pipeline);
  void emit(LogStream stream, pipeline::Timestamp time, std::string_view text, pipeline::Pipeline& pipeline,
            pipeline::Origin* origin);

  void make_labels();

  StreamLabels texts_;
  ReadBefore read_before_;
  DockerCounters counters_;
  pipeline::SymbolTable* symbols_ = nullptr;  // once it is attached
  pipeline::lang::JsonScanner scanner_;
  pipeline::Arena arena_;
  std::array<Stream, kLogStreams> streams_;
};

}  // namespace lokitail::agent
