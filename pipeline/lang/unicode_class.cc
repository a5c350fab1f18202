#include "pipeline/lang/unicode_class.h"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "config/ascii.h"

namespace lokitail::pipeline::lang {
namespace {

// The long names of categories, as canonical() writes them.
constexpr std::pair<std::string_view, std::string_view> kCategories[] = {
    {"Closepunctuation", "Pe"},
    {"Cntrl", "Cc"},
    {"Combiningmark", "M"},
    {"Connectorpunctuation", "Pc"},
    {"Control", "Cc"},
    {"Currencysymbol", "Sc"},
    {"Dashpunctuation", "Pd"},
    {"Decimalnumber", "Nd"},
    {"Digit", "Nd"},
    {"Enclosingmark", "Me"},
    {"Finalpunctuation", "Pf"},
    {"Format", "Cf"},
    {"Initialpunctuation", "Pi"},
    {"Letter", "L"},
    {"Letternumber", "Nl"},
    {"Lineseparator", "Zl"},
    {"Lowercaseletter", "Ll"},
    {"Mark", "M"},
    {"Mathsymbol", "Sm"},
    {"Modifierletter", "Lm"},
    {"Modifiersymbol", "Sk"},
    {"Nonspacingmark", "Mn"},
    {"Number", "N"},
    {"Openpunctuation", "Ps"},
    {"Other", "C"},
    {"Otherletter", "Lo"},
    {"Othernumber", "No"},
    {"Otherpunctuation", "Po"},
    {"Othersymbol", "So"},
    {"Paragraphseparator", "Zp"},
    {"Privateuse", "Co"},
    {"Punct", "P"},
    {"Punctuation", "P"},
    {"Separator", "Z"},
    {"Spaceseparator", "Zs"},
    {"Spacingmark", "Mc"},
    {"Surrogate", "Cs"},
    {"Symbol", "S"},
    {"Titlecaseletter", "Lt"},
    {"Uppercaseletter", "Lu"},
};

bool is_known(std::string_view name) {
  if (name.starts_with('^')) return false;
  RE2::Options options;
  options.set_log_errors(false);
  return RE2("\\p{" + std::string(name) + "}", options).ok();
}

std::string canonical(std::string_view name) {
  constexpr char kCaseBit = 0x20;
  std::string written;
  for (const char c : name) {
    if (c == '_' || c == '-' || c == ' ') continue;
    written += written.empty() ? (is_lower(c) ? static_cast<char>(c ^ kCaseBit) : c)
                               : (is_upper(c) ? static_cast<char>(c | kCaseBit) : c);
  }
  return written;
}

}  // namespace

std::string unicode_class(std::string_view name, bool negated, bool in_brackets) {
  if (name.starts_with('^')) {
    negated = !negated;
    name.remove_prefix(1);
  }
  std::string known = is_known(name) ? std::string(name) : canonical(name);
  if (known == "Ascii") {
    const std::string ascii = negated ? "[:^ascii:]" : "[:ascii:]";
    return in_brackets ? ascii : "[" + ascii + "]";
  }
  const auto* const category =
      std::ranges::find(kCategories, known, &std::pair<std::string_view, std::string_view>::first);
  if (category != std::end(kCategories)) known = category->second;
  return (negated ? "\\P{" : "\\p{") + known + "}";
}

}  // namespace lokitail::pipeline::lang
