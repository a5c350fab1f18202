// Regular expressions. Sprig has each function twice; but for regexMatch, to which a bad pattern
// matches nothing, the plain one and the one with `must` differ in Go only in how they end a
// template: by a panic or by an error.
#include <algorithm>

#include <boost/container/small_vector.hpp>

#include "pipeline/lang/go_template/function.h"
#include "pipeline/lang/regex_matches.h"
#include "pipeline/utf8.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

using Groups = boost::container::small_vector<std::string_view, 8>;

// nullptr, with the call failed, for a pattern that is none.
const Regex* pattern(const Call& call) {
  return call.regex != nullptr ? call.regex : call.context.regex(call.string(0));
}

// Calls visit(match) for up to `most` matches, or for all if that is negative.
template <typename Visitor>
void find_all(Context& context, const Regex& regex, std::string_view text, std::int64_t most, Visitor visit) {
  if (most == 0) return;
  std::string_view match;
  for_each_match(regex, text, {&match, 1}, [&] {
    visit(match);
    return --most != 0 && context.spend(1);
  });
}

Value must_regex_match(const Call& call) {
  const Regex* const regex = pattern(call);
  return Value::boolean(regex != nullptr && regex->matches(call.string(1)));
}

Value regex_match(const Call& call) {
  const Regex* const regex = call.regex != nullptr ? call.regex : call.context.find_regex(call.string(0));
  return Value::boolean(regex != nullptr && regex->matches(call.string(1)));
}

Value regex_find(const Call& call) {
  const Regex* const regex = pattern(call);
  std::string_view match;
  if (regex == nullptr || !regex->match(call.string(1), {&match, 1})) return Value::string("");
  return Value::string(match);
}

Value regex_find_all(const Call& call) {
  const Regex* const regex = pattern(call);
  if (regex == nullptr) return {};
  List found(call.context, Type::kStringList);
  find_all(call.context, *regex, call.string(1), call[2].as_integer(),
           [&](std::string_view match) { found.add(Value::string(match)); });
  return found.size() == 0 ? Value::list({}, Type::kStringList) : found.value();
}

Value regex_split(const Call& call) {
  const Regex* const regex = pattern(call);
  const std::string_view text = call.string(1);
  const std::int64_t most = call[2].as_integer();
  if (regex == nullptr) return {};
  if (most == 0) return Value::list({}, Type::kStringList);
  List parts(call.context, Type::kStringList);
  if (text.empty()) {
    if (!call.string(0).empty()) parts.add(Value::string(""));
    return parts.value();
  }
  std::size_t begin = 0;
  std::size_t end = 0;
  find_all(call.context, *regex, text, most, [&](std::string_view match) {
    if (most > 0 && static_cast<std::int64_t>(parts.size()) == most - 1) return;
    const auto start = static_cast<std::size_t>(match.data() - text.data());
    end = start;
    if (start + match.size() != 0) parts.add(Value::string(text.substr(begin, end - begin)));
    begin = start + match.size();
  });
  if (end != text.size()) parts.add(Value::string(text.substr(begin)));
  return parts.value();
}

// With every match replaced by what append(out, groups) writes.
template <typename Append>
Value replace_matches(const Call& call, const Regex& regex, Append append) {
  const std::string_view text = call.string(1);
  Groups groups(regex.group_names().size());
  if (!regex.match(text, {groups.data(), groups.size()})) return call[1];
  const RegexText subject(text);
  Text out(call.context, text.size());
  std::size_t last_end = 0;
  for (std::size_t from = 0; from <= text.size() && call.context.spend(1);) {
    if (!regex.match_from(subject, from, {groups.data(), groups.size()})) break;
    const auto start = static_cast<std::size_t>(groups[0].data() - text.data());
    const std::size_t end = start + groups[0].size();
    out += text.substr(last_end, start - last_end);
    if (end > last_end || start == 0) append(out, groups);
    last_end = end;
    const std::size_t next = from + (from < text.size() ? first_character(text.substr(from)).size : 1);
    from = std::max(next, end);
  }
  out += text.substr(last_end);
  return out.value();
}

Value regex_replace_all(const Call& call) {
  const Regex* const regex = pattern(call);
  if (regex == nullptr) return {};
  const std::string_view replacement = call.string(2);
  const bool expands = replacement.find('$') != std::string_view::npos;
  std::string expanded;
  return replace_matches(call, *regex, [&](Text& out, const Groups& groups) {
    if (!expands) {
      out += replacement;
      return;
    }
    expanded.clear();
    append_expanded(expanded, replacement, *regex, {groups.data(), groups.size()});
    out += expanded;
  });
}

Value regex_replace_all_literal(const Call& call) {
  const Regex* const regex = pattern(call);
  if (regex == nullptr) return {};
  return replace_matches(call, *regex, [&](Text& out, const Groups&) { out += call.string(2); });
}

Value regex_quote_meta(const Call& call) {
  Text out(call.context, call.string(0).size());
  for (const char c : call.string(0)) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out.value();
}

constexpr Function kRegexFunctions[] = {
    {"regexReplaceAll", "regex string string", regex_replace_all},
    {"regexReplaceAllLiteral", "regex string string", regex_replace_all_literal},
    {"mustRegexReplaceAll", "regex string string", regex_replace_all},
    {"mustRegexReplaceAllLiteral", "regex string string", regex_replace_all_literal},
    {"regexMatch", "regex string", regex_match},
    {"mustRegexMatch", "regex string", must_regex_match},
    {"regexFind", "regex string", regex_find},
    {"mustRegexFind", "regex string", regex_find},
    {"regexFindAll", "regex string int", regex_find_all},
    {"mustRegexFindAll", "regex string int", regex_find_all},
    {"regexSplit", "regex string int", regex_split},
    {"mustRegexSplit", "regex string int", regex_split},
    {"regexQuoteMeta", "string", regex_quote_meta},
};

}  // namespace

std::span<const Function> regex_functions() { return kRegexFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
