#include "agent/server/http_message.h"

#include <algorithm>

#include "agent/http/headers.h"
#include "agent/http/url.h"

namespace lokitail::agent {
namespace {

std::string form_decoded(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return http::percent_decode(spaced);
}

}  // namespace

std::optional<std::string_view> HttpRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (http::equal_names(key, name)) return value;
  }
  return std::nullopt;
}

HttpAnswer text_answer(unsigned status, std::string_view text) {
  HttpAnswer answer;
  answer.status = status;
  answer.body.append(text).append("\n");
  return answer;
}

std::optional<std::string> form_value(std::string_view form, std::string_view name) {
  while (!form.empty()) {
    const std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(pair.size() + 1, form.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (form_decoded(pair.substr(0, equals)) != name) continue;
    return equals == pair.size() ? std::string() : form_decoded(pair.substr(equals + 1));
  }
  return std::nullopt;
}

}  // namespace lokitail::agent
