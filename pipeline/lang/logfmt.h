// Scans logfmt: key=value pairs between blanks, such as level=info msg="it works" debug.
//
// Threads:   a scanner belongs to one thread.
// Ownership: keys and values are views of the text, or of the arena where escapes had to be undone.
// Errors:    a syntax error ends the scan; what came before it stands.
// Cost:      one pass; nothing is allocated but arena text for values with escapes.
// Source:    github.com/go-logfmt/logfmt 0.6, quirks included: everything up to and including the
//            ASCII space is blank; escapes are those of JSON, and \'; a value in quotes with an
//            escape in it may hold no control character, and bytes of it that are no UTF-8 become
//            U+FFFD. One difference: lines of 64 KiB and more are read too.
#pragma once

#include <cstddef>
#include <string_view>

#include "pipeline/arena.h"

namespace lokitail::pipeline::lang {

class LogfmtScanner {
 public:
  explicit LogfmtScanner(std::string_view text) : text_(text) {}

  // Goes to the next pair; false where there is none.
  bool next(Arena& arena);

  // Never empty.
  std::string_view key() const { return key_; }
  // Empty for `key`, `key=` and `key=""` alike.
  std::string_view value() const { return value_; }
  // The scan ended at something that is not logfmt.
  bool failed() const { return failed_; }

 private:
  bool fail();
  bool scan_key();
  bool scan_value(Arena& arena);
  bool scan_quoted_value(Arena& arena);

  const std::string_view text_;
  std::size_t at_ = 0;
  std::string_view key_;
  std::string_view value_;
  bool failed_ = false;
};

}  // namespace lokitail::pipeline::lang
