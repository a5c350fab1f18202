// URLs as maps of their parts.
#include "pipeline/lang/go_template/function.h"
#include "pipeline/lang/go_template/url.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

Value url_parse(const Call& call) {
  const auto url = parse_url(call.context, call.string(0));
  if (!url) return call.context.fail("unable to parse url: ", call.string(0));
  Text user_info(call.context);
  if (url->has_user) append_user_info(user_info, *url);
  Map* const parts = call.context.new_map();
  const auto set = [&](std::string_view name, std::string_view part) {
    call.context.set(*parts, name, Value::string(part));
  };
  set("scheme", url->scheme);
  set("host", url->host);
  set("hostname", host_without_port(url->host));
  set("path", url->path);
  set("query", url->query);
  set("opaque", url->opaque);
  set("fragment", url->fragment);
  set("userinfo", user_info.view());
  return Value::map(parts);
}

// A part of a URL; the call fails for one that is no text.
std::string_view part(const Call& call, std::string_view name) {
  const Value* const value = call[0].as_map().find(name);
  if (value == nullptr) return "";
  if (value->is(Type::kString)) return value->as_string();
  call.context.fail("urlJoin: this part of the url must be a string: ", name);
  return "";
}

Value url_join(const Call& call) {
  Url url;
  if (const std::string_view info = part(call, "userinfo"); !info.empty()) {
    Text text(call.context);
    ((text += "proto://") += info) += "@host";
    const auto parsed = parse_url(call.context, text.view());
    if (!parsed) return call.context.fail("unable to parse userinfo in dict: ", info);
    url = *parsed;
  }
  url.scheme = part(call, "scheme");
  url.host = part(call, "host");
  url.path = part(call, "path");
  url.query = part(call, "query");
  url.opaque = part(call, "opaque");
  url.fragment = part(call, "fragment");
  Text out(call.context);
  append_url(out, url);
  return out.value();
}

constexpr Function kUrlFunctions[] = {
    {"urlParse", "string", url_parse},
    {"urlJoin", "map", url_join},
};

}  // namespace

std::span<const Function> url_functions() { return kUrlFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
