// URLs taken apart and put together.
//
// Threads: pure functions. Errors: an empty result for what is no URL. Source: Go's net/url, RFC
// 3986.
#pragma once

#include <optional>
#include <string_view>

#include "pipeline/lang/go_template/context.h"

namespace lokitail::pipeline::lang::go_template {

struct Url {
  std::string_view scheme;
  std::string_view opaque;  // what stands behind the scheme if that is no path: mailto:opaque
  bool has_user = false;
  std::string_view user;
  bool has_password = false;
  std::string_view password;
  std::string_view host;  // with the port
  std::string_view path;  // decoded
  std::string_view query;
  std::string_view fragment;  // decoded
};

std::optional<Url> parse_url(Context& context, std::string_view text);

std::string_view host_without_port(std::string_view host);

void append_user_info(Text& out, const Url& url);
void append_url(Text& out, const Url& url);

}  // namespace lokitail::pipeline::lang::go_template
