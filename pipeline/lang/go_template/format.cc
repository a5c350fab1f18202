#include "pipeline/lang/go_template/format.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "pipeline/lang/go_template/number.h"
#include "pipeline/lang/go_template/printer.h"
#include "pipeline/lang/go_template/unicode.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

constexpr int kMostWidth = 1'000'000;  // Go calls more a bad width

// Reads a format and hands out the arguments.
class Formatting {
 public:
  Formatting(Text& out, std::string_view format, std::span<const Value> arguments)
      : out_(out), rest_(format), arguments_(arguments) {}

  void run() {
    while (!rest_.empty() && !out_.context().failed()) {
      const std::size_t percent = std::min(rest_.find('%'), rest_.size());
      out_ += rest_.substr(0, percent);
      rest_.remove_prefix(percent);
      if (rest_.empty()) break;
      rest_.remove_prefix(1);
      directive();
    }
    if (!reordered_ && next_ < arguments_.size()) extra();
  }

 private:
  void directive() {
    Flags flags;
    good_index_ = true;
    while (!rest_.empty() && take_flag(flags, rest_.front())) rest_.remove_prefix(1);
    bool after_index = argument_index();
    if (const auto width = number_or_star(after_index, "%!(BADWIDTH)")) {
      if (after_index) good_index_ = false;  // the index belongs behind the width
      flags.width = *width < 0 ? -*width : *width;
      flags.minus = flags.minus || *width < 0;
    }
    if (rest_.starts_with('.') && rest_.size() > 1) {
      rest_.remove_prefix(1);
      if (after_index) good_index_ = false;
      after_index = argument_index();
      const bool from_argument = rest_.starts_with('*');
      flags.precision = number_or_star(after_index, "%!(BADPREC)");
      if (!flags.precision && !from_argument) flags.precision = 0;
      if (flags.precision && *flags.precision < 0) {
        flags.precision.reset();
        out_ += "%!(BADPREC)";
      }
    }
    if (!after_index) argument_index();
    if (rest_.empty()) {
      out_ += "%!(NOVERB)";
      return;
    }
    const Character verb = first_character(rest_);
    rest_.remove_prefix(verb.size);
    apply(flags, verb.code);
  }

  void apply(Flags flags, char32_t verb) {
    if (verb == 'v' || verb == 'w') {
      flags.sharp_v = std::exchange(flags.sharp, false);
      flags.plus_v = std::exchange(flags.plus, false);
    }
    if (verb == '%') {
      out_ += '%';
    } else if (!good_index_) {
      complain(verb, "(BADINDEX)");
    } else if (next_ >= arguments_.size()) {
      complain(verb, "(MISSING)");
    } else {
      Printer(out_, flags, verb).print(arguments_[next_++]);
    }
  }

  void complain(char32_t verb, std::string_view what) {
    out_ += "%!";
    out_.append_character(verb);
    out_ += what;
  }

  static bool take_flag(Flags& flags, char c) {
    switch (c) {
      case '#':
        return flags.sharp = true;
      case '0':
        return flags.zero = true;
      case '+':
        return flags.plus = true;
      case '-':
        return flags.minus = true;
      case ' ':
        return flags.space = true;
      default:
        return false;
    }
  }

  // [n] names the argument to go on with; false where there is no number in brackets.
  bool argument_index() {
    if (!rest_.starts_with('[')) return false;
    reordered_ = true;
    const std::size_t end = rest_.size() < 3 ? std::string_view::npos : rest_.find(']');
    const auto number =
        end == std::string_view::npos ? std::nullopt : parse_uint(rest_.substr(1, end - 1), 10);
    rest_.remove_prefix(end == std::string_view::npos ? 1 : end + 1);
    if (number && *number >= 1 && *number <= arguments_.size()) {
      next_ = static_cast<std::size_t>(*number - 1);
    } else {
      good_index_ = false;
    }
    return number.has_value();
  }

  std::optional<int> number_or_star(bool& after_index, std::string_view complaint) {
    if (!rest_.starts_with('*')) return number();
    rest_.remove_prefix(1);
    after_index = false;
    const bool usable = next_ < arguments_.size() && arguments_[next_].is_integer();
    const std::int64_t value = usable ? arguments_[next_].as_integer() : 0;
    if (next_ < arguments_.size()) ++next_;
    if (usable && value >= -kMostWidth && value <= kMostWidth) return static_cast<int>(value);
    out_ += complaint;
    return std::nullopt;
  }

  // Of a number that is far too large, nothing behind it is read either.
  std::optional<int> number() {
    std::optional<int> value;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      if (value > kMostWidth) {
        rest_ = {};
        return std::nullopt;
      }
      value = 10 * value.value_or(0) + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }

  void extra() {
    out_ += "%!(EXTRA ";
    for (std::size_t i = next_; i < arguments_.size(); ++i) {
      if (i > next_) out_ += ", ";
      if (arguments_[i].empty()) {
        out_ += "<nil>";
        continue;
      }
      out_ += type_name(arguments_[i]);
      out_ += '=';
      append_value(out_, arguments_[i]);
    }
    out_ += ')';
  }

  Text& out_;
  std::string_view rest_;
  const std::span<const Value> arguments_;
  std::size_t next_ = 0;  // argument
  bool reordered_ = false;
  bool good_index_ = true;
};

}  // namespace

void append_value(Text& out, const Value& value) {
  if (value.is(Type::kString)) {
    out += value.as_string();
    return;
  }
  Printer(out, Flags(), 'v').print(value);
}

void append_formatted(Text& out, std::string_view format, std::span<const Value> arguments) {
  Formatting(out, format, arguments).run();
}

void append_printed(Text& out, std::span<const Value> arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const bool both_no_strings =
        i > 0 && !arguments[i].is(Type::kString) && !arguments[i - 1].is(Type::kString);
    if (both_no_strings) out += ' ';
    append_value(out, arguments[i]);
  }
}

void append_printed_line(Text& out, std::span<const Value> arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (i > 0) out += ' ';
    append_value(out, arguments[i]);
  }
  out += '\n';
}

std::string_view to_text(Context& context, const Value& value) {
  if (value.is(Type::kString)) return value.as_string();
  Text text(context);
  append_value(text, value);
  return text.view();
}

}  // namespace lokitail::pipeline::lang::go_template
