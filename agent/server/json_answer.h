// Answers of the JSON API under /api/v1/.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "agent/server/http_message.h"
#include "config/error.h"
#include "pipeline/lang/json_writer.h"

namespace lokitail::agent {

using pipeline::lang::JsonWriter;

// Never kept by a browser: it says how things are now.
inline HttpAnswer json_answer(std::string json, unsigned status = 200) {
  HttpAnswer answer;
  answer.status = status;
  answer.content_type = "application/json; charset=utf-8";
  answer.body = std::move(json);
  answer.body += '\n';
  answer.headers.emplace_back("Cache-Control", "no-store");
  return answer;
}

// {"error": "...", "line": 1, "column": 2}, where the place is known.
inline HttpAnswer json_error(unsigned status, std::string_view message, const config::Place& place = {}) {
  std::string json;
  JsonWriter out(json);
  out.begin('{');
  out.member("error", message);
  if (place.line > 0) {
    out.member("line", place.line);
    out.member("column", place.column);
  }
  out.end('}');
  return json_answer(std::move(json), status);
}

}  // namespace lokitail::agent
