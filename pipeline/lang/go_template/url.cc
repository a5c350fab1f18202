#include "pipeline/lang/go_template/url.h"

#include <algorithm>

#include "config/ascii.h"
#include "pipeline/lang/go_template/escape.h"
#include "pipeline/lang/go_template/unicode.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

bool is_any_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }
bool is_unreserved(char c) { return lokitail::is_letter(c) || is_digit(c) || is_any_of(c, "-_.~"); }

// What stands for itself in each part of a URL.
bool plain_in_path(char c) { return is_unreserved(c) || is_any_of(c, "$&+,/:;=@"); }
bool plain_in_user(char c) { return is_unreserved(c) || is_any_of(c, "$&+,;="); }
bool plain_in_fragment(char c) { return is_unreserved(c) || is_any_of(c, "$&+,/:;=?@!()*"); }
bool plain_in_host(char c) { return is_unreserved(c) || is_any_of(c, "!$&'()*+,;=:[]<>\""); }

int hexadecimal(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// With %XX decoded; nothing for a % that begins no such thing.
std::optional<std::string_view> decode(Context& context, std::string_view text) {
  if (text.find('%') == std::string_view::npos) return text;
  Text out(context, text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hexadecimal(text[i + 1]);
    const int low = hexadecimal(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out.view();
}

// Assigns the decoded text; false if there is none.
bool decode_into(Context& context, std::string_view text, std::string_view& out) {
  const auto decoded = decode(context, text);
  out = decoded.value_or("");
  return decoded.has_value();
}

// Takes the scheme with its colon off. False for a colon without a scheme before it.
bool take_scheme(Context& context, std::string_view& text, std::string_view& scheme) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (lokitail::is_letter(c) || (i > 0 && (is_digit(c) || is_any_of(c, "+-.")))) continue;
    if (c != ':') return true;
    if (i == 0) return false;
    Text lower(context, i);
    for (const char letter : text.substr(0, i)) {
      lower += static_cast<char>(to_lower(static_cast<unsigned char>(letter)));
    }
    scheme = lower.view();
    text.remove_prefix(i + 1);
    return true;
  }
  return true;
}

// Nothing, or a colon and digits.
bool is_port(std::string_view text) {
  if (text.empty()) return true;
  return text.front() == ':' && std::ranges::all_of(text.substr(1), is_digit);
}

bool take_host(Context& context, std::string_view text, Url& url) {
  if (text.starts_with('[')) {
    const std::size_t end = text.rfind(']');
    if (end == std::string_view::npos || !is_port(text.substr(end + 1))) return false;
  } else if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    if (!is_port(text.substr(colon))) return false;
  }
  const auto forbidden = [](char c) {
    return c != '%' && static_cast<unsigned char>(c) < 0x80 && !plain_in_host(c);
  };
  if (std::ranges::any_of(text, forbidden)) return false;
  // Only bytes beyond ASCII may be encoded.
  for (std::size_t i = text.find('%'); i != std::string_view::npos; i = text.find('%', i + 1)) {
    const bool is_percent = text.substr(i, 3) == "%25";
    if (!is_percent && (i + 1 >= text.size() || hexadecimal(text[i + 1]) < 8)) return false;
  }
  return decode_into(context, text, url.host);
}

bool take_authority(Context& context, std::string_view text, Url& url) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return take_host(context, text, url);
  const std::string_view info = text.substr(0, at);
  const auto allowed = [](char c) { return is_unreserved(c) || is_any_of(c, ":!$&'()*+,;=%@"); };
  if (!take_host(context, text.substr(at + 1), url) || !std::ranges::all_of(info, allowed)) return false;
  const std::size_t colon = std::min(info.find(':'), info.size());
  url.has_user = true;
  url.has_password = colon < info.size();
  return decode_into(context, info.substr(0, colon), url.user) &&
         decode_into(context, info.substr(std::min(colon + 1, info.size())), url.password);
}

}  // namespace

std::optional<Url> parse_url(Context& context, std::string_view text) {
  Url url;
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; };
  const std::size_t hash = std::min(text.find('#'), text.size());
  std::string_view rest = text.substr(0, hash);
  if (std::ranges::any_of(rest, is_control)) return std::nullopt;
  if (hash < text.size() && !decode_into(context, text.substr(hash + 1), url.fragment)) {
    return std::nullopt;
  }
  if (!take_scheme(context, rest, url.scheme)) return std::nullopt;
  const std::size_t question = std::min(rest.find('?'), rest.size());
  if (question < rest.size()) url.query = rest.substr(question + 1);
  rest = rest.substr(0, question);
  if (!rest.starts_with('/')) {
    if (!url.scheme.empty()) {
      url.opaque = rest;
      return url;
    }
    if (rest.substr(0, rest.find('/')).find(':') != std::string_view::npos) return std::nullopt;
  }
  if (rest.starts_with("//") && (!url.scheme.empty() || !rest.starts_with("///"))) {
    const std::size_t end = std::min(rest.find('/', 2), rest.size());
    if (!take_authority(context, rest.substr(2, end - 2), url)) return std::nullopt;
    rest.remove_prefix(end);
  }
  if (!decode_into(context, rest, url.path)) return std::nullopt;
  return url;
}

std::string_view host_without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const std::size_t bracket = host.rfind(']');
  const bool has_port = colon != std::string_view::npos &&
                        (bracket == std::string_view::npos || colon > bracket) && is_port(host.substr(colon));
  if (has_port) host = host.substr(0, colon);
  if (host.size() >= 2 && host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  return host;
}

void append_user_info(Text& out, const Url& url) {
  append_percent_encoded(out, url.user, plain_in_user);
  if (!url.has_password) return;
  out += ':';
  append_percent_encoded(out, url.password, plain_in_user);
}

void append_url(Text& out, const Url& url) {
  const std::size_t start = out.size();
  if (!url.scheme.empty()) (out += url.scheme) += ':';
  if (!url.opaque.empty()) {
    out += url.opaque;
  } else {
    const bool has_authority = !url.host.empty() || url.has_user;
    if (has_authority || (!url.scheme.empty() && !url.path.empty())) out += "//";
    if (url.has_user) {
      append_user_info(out, url);
      out += '@';
    }
    append_percent_encoded(out, url.host, plain_in_host);
    if (!url.path.empty() && url.path.front() != '/' && !url.host.empty()) out += '/';
    // A colon in the first name of a path would look like a scheme.
    const std::string_view first = url.path.substr(0, url.path.find('/'));
    if (out.size() == start && first.find(':') != std::string_view::npos) out += "./";
    append_percent_encoded(out, url.path, plain_in_path);
  }
  if (!url.query.empty()) (out += '?') += url.query;
  if (url.fragment.empty()) return;
  out += '#';
  append_percent_encoded(out, url.fragment, plain_in_fragment);
}

}  // namespace lokitail::pipeline::lang::go_template
