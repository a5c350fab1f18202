#include "pipeline/value.h"

#include "pipeline/lang/json_print.h"

namespace lokitail::pipeline {

std::string_view Value::number_to_text(double number, Arena& arena) {
  char* const start = arena.allocate(lang::kMaxNumberText);
  const auto size = static_cast<std::size_t>(lang::format_number(number, start) - start);
  arena.shrink_last(lang::kMaxNumberText, size);
  return {start, size};
}

}  // namespace lokitail::pipeline
