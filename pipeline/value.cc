#include "pipeline/value.h"

#include "config/ascii.h"
#include "pipeline/lang/json_print.h"

namespace lokitail::pipeline {
namespace {

// Whether a number written like this is in its shortest decimal form: it has no exponent, no zeros
// that could be left out, and so few digits that every number of as many is told apart from its
// neighbours. That is so below 2^52, counted in units of the last digit: such a unit is then more
// than the distance between two doubles.
bool is_shortest_form(std::string_view text) {
  constexpr std::uint64_t kMostUnits = std::uint64_t{1} << 52;
  if (text.starts_with('-')) text.remove_prefix(1);
  std::uint64_t units = 0;
  std::size_t at = 0;
  const auto take_digits = [&] {
    const std::size_t begin = at;
    for (; at < text.size() && is_digit(text[at]); ++at) {
      if (units >= kMostUnits) return std::size_t{0};
      units = units * 10 + static_cast<std::uint64_t>(text[at] - '0');
    }
    return at - begin;
  };
  const std::size_t whole = take_digits();
  if (whole == 0 || (whole > 1 && text[0] == '0')) return false;
  if (at < text.size()) {
    if (text[at++] != '.' || take_digits() == 0 || text.back() == '0') return false;
  }
  return at == text.size() && units < kMostUnits;
}

}  // namespace

std::string_view Value::number_to_text(Arena& arena) const {
  const std::string_view spelling(data_, spelling_size_);
  if (is_shortest_form(spelling)) return spelling;
  char* const start = arena.allocate(lang::kMaxNumberText);
  const auto size = static_cast<std::size_t>(lang::format_number(as_number(), start) - start);
  arena.shrink_last(lang::kMaxNumberText, size);
  return {start, size};
}

}  // namespace lokitail::pipeline
