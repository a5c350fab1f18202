// See span_context.h.
#pragma once

#include "opentelemetry/trace/span_context.h"

namespace opentelemetry::trace {

class Span {
 public:
  virtual ~Span() = default;
  virtual SpanContext GetContext() const noexcept = 0;
};

}  // namespace opentelemetry::trace
