// What several stages need, so that they read alike and refuse alike.
//
// Threads: as the stages. Errors: the readers throw config::Error at the place of what is wrong.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.h"
#include "pipeline/entry.h"
#include "pipeline/lang/regex.h"

namespace lokitail::pipeline {

// What a parsing stage works on: an extracted value, or the line.
class TextSource {
 public:
  // Reads the key `source`. Absent or null means the line; the empty text is refused.
  TextSource(config::Fields& fields, SymbolTable& symbols);

  // Nothing where the value is missing or null.
  std::optional<std::string_view> text(Entry& entry) const { return name_ ? entry.text(*name_) : entry.line; }

 private:
  std::optional<Symbol> name_;
};

// The name of an extracted value: a string that is required and not empty.
Symbol read_required_source(config::Fields& fields, SymbolTable& symbols);

// A string; empty where there is none.
std::string read_optional_string(config::Fields& fields, std::string_view key);
// One name or a list of names, of extracted values or labels. None is empty, nor is the list.
std::vector<Symbol> read_names(const config::Node& node, SymbolTable& symbols);

// The key `max_keys`: how many keys a stage remembers, 10,000 by default.
std::size_t read_max_keys(config::Fields& fields);

// A regular expression, with Go's wording where it is none.
lang::Regex read_regex(const config::Node& node);

// A list of label names that is required and not empty; `what` names the stage.
std::vector<Symbol> read_label_list(const config::Node& body, std::string_view what, SymbolTable& symbols);

// Makes `text` the line. Text in the line is padded as the line is; any other is copied, since
// nothing is known about what follows it.
inline void set_line(Entry& entry, std::string_view text) {
  const std::less_equal<> before;
  const char* const line = entry.line.data();
  const bool inside =
      before(line, text.data()) && before(text.data() + text.size(), line + entry.line.size());
  entry.line = inside ? text : entry.arena.copy(text);
}

}  // namespace lokitail::pipeline
