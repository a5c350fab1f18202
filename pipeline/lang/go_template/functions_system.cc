// The environment of the process, and the addresses of hosts.
#include <cstdlib>
#include <string>

#include "pipeline/lang/go_template/function.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

std::string_view variable(std::string_view name) {
  const char* const value = std::getenv(std::string(name).c_str());
  return value == nullptr ? "" : value;
}

bool is_special(char c) { return std::string_view("*#$@!?-0123456789").find(c) != std::string_view::npos; }

bool is_name(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

struct Reference {
  std::string_view name;  // empty for what is no reference
  std::size_t size;       // of the text that stands for it
};

// What a dollar is followed by, as Go's os.Expand reads it. REQUIRES: `text` is not empty.
Reference reference(std::string_view text) {
  if (text.front() == '{') {
    if (text.size() > 2 && is_special(text[1]) && text[2] == '}') return {text.substr(1, 1), 3};
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) return {{}, 1};
    return {text.substr(1, end - 1), end + 1};
  }
  if (is_special(text.front())) return {text.substr(0, 1), 1};
  std::size_t size = 0;
  while (size < text.size() && is_name(text[size])) ++size;
  return {text.substr(0, size), size};
}

Value env(const Call& call) { return call.context.text(variable(call.string(0))); }

Value expandenv(const Call& call) {
  Text out(call.context);
  std::string_view rest = call.string(0);
  while (true) {
    const std::size_t dollar = rest.find('$');
    if (dollar == std::string_view::npos || dollar + 1 == rest.size()) break;
    out += rest.substr(0, dollar);
    rest.remove_prefix(dollar + 1);
    const Reference found = reference(rest);
    if (found.size == 0) out += '$';
    if (!found.name.empty()) out += variable(found.name);
    rest.remove_prefix(found.size);
  }
  out += rest;
  return out.value();
}

// Sprig panics where there is no address.
Value get_host_by_name(const Call& call) {
  const auto address = call.context.find_host(call.string(0));
  return address ? call.context.text(*address) : call.context.fail("no address of ", call.string(0));
}

constexpr Function kSystemFunctions[] = {
    {"env", "string", env},
    {"expandenv", "string", expandenv},
    {"getHostByName", "string", get_host_by_name},
};

}  // namespace

std::span<const Function> system_functions() { return kSystemFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
