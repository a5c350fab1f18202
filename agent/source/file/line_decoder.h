// What stands between the lines of a file and their pipeline, where they are records of something else.
//
// Threads: attach() and push() on the worker's, on which all sources of the target are. Ownership: shared by
//          the target and its sources.
#pragma once

#include <string_view>

#include "pipeline/origin.h"
#include "pipeline/pipeline.h"
#include "pipeline/symbol_table.h"
#include "pipeline/timestamp.h"

namespace lokitail::agent {

class LineDecoder {
 public:
  LineDecoder() = default;
  LineDecoder(const LineDecoder&) = delete;
  LineDecoder& operator=(const LineDecoder&) = delete;
  virtual ~LineDecoder() = default;

  // Before the first line, and again for each further file of the same path.
  virtual void attach(pipeline::SymbolTable& symbols) = 0;
  // The next line of the log, wherever it was rotated. Pushes what comes of it, now or with a later line; then
  // it holds the origin. `line` is followed by kTextPadding readable bytes.
  virtual void push(std::string_view line, pipeline::Timestamp read_time, pipeline::Pipeline& pipeline,
                    pipeline::Origin* origin) = 0;
};

}  // namespace lokitail::agent
