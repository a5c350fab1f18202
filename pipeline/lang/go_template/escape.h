// Text made fit for HTML, JavaScript, URLs and JSON, as Go does it.
#pragma once

#include <string_view>

#include "pipeline/lang/go_template/context.h"

namespace lokitail::pipeline::lang::go_template {

void append_html(Text& out, std::string_view text);
void append_javascript(Text& out, std::string_view text);

// url.QueryEscape: a space is a plus.
void append_url_query(Text& out, std::string_view text);

// Every byte for which `plain` says no as %XX.
template <typename Predicate>
void append_percent_encoded(Text& out, std::string_view text, Predicate plain) {
  for (const char c : text) {
    if (plain(c)) {
      out += c;
      continue;
    }
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    ((out += '%') += kDigits[byte >> 4]) += kDigits[byte & 15];
  }
}

// In double quotes, as encoding/json writes strings.
void append_json_string(Text& out, std::string_view text, bool escape_html);

}  // namespace lokitail::pipeline::lang::go_template
