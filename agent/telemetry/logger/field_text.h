// Fields as they stand in a line: ,"key":value of JSON, or key=value for people, after a space.
//
// Threads: const. Errors: none.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/telemetry/logger/text_buffer.h"
#include "lokitail/telemetry/field.h"
#include "lokitail/telemetry/logger.h"

namespace lokitail::telemetry {

class FieldText {
 public:
  FieldText(Format format, std::vector<std::string> redacted);

  void append(TextBuffer& out, const Field& field) const;

 private:
  bool is_redacted(std::string_view key) const;
  void append_value(TextBuffer& out, const Field& field, Format format) const;
  void append_members(TextBuffer& out, std::span<const Field> members) const;

  const Format format_;
  const std::vector<std::string> redacted_;
  // A bit for each size modulo 64: most keys are told apart by it.
  std::uint64_t redacted_sizes_ = 0;
};

}  // namespace lokitail::telemetry
