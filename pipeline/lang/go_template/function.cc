#include "pipeline/lang/go_template/function.h"

#include <algorithm>

namespace lokitail::pipeline::lang::go_template {
namespace {

Want parse_want(std::string_view type) {
  if (type == "bool") return Want::kBool;
  if (type == "int") return Want::kInt;
  if (type == "uint32") return Want::kUint32;
  if (type == "float") return Want::kFloat;
  if (type == "string" || type == "regex") return Want::kString;
  if (type == "list") return Want::kList;
  if (type == "map") return Want::kMap;
  if (type == "time") return Want::kTime;
  if (type == "keypair") return Want::kKeyPair;
  return Want::kAny;
}

std::unordered_map<std::string_view, const Function*> gather_functions() {
  std::unordered_map<std::string_view, const Function*> all;
  for (const auto group :
       {builtin_functions, comparison_functions, string_functions,  case_functions,   regex_functions,
        hash_functions,    encoding_functions,   integer_functions, float_functions,  list_functions,
        map_functions,     default_functions,    json_functions,    time_functions,   path_functions,
        url_functions,     version_functions,    random_functions,  system_functions, certificate_functions,
        password_functions}) {
    for (const Function& function : group()) all.emplace(function.name, &function);
  }
  return all;
}

}  // namespace

Signature parse_signature(std::string_view parameters) {
  Signature signature;
  signature.takes_regex = parameters.starts_with("regex");
  while (!parameters.empty()) {
    const std::size_t end = std::min(parameters.find(' '), parameters.size());
    std::string_view type = parameters.substr(0, end);
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    if (type.ends_with("...")) {
      type.remove_suffix(3);
      signature.variadic = true;
      signature.rest = parse_want(type);
    } else {
      signature.fixed[signature.fixed_count++] = parse_want(type);
    }
  }
  return signature;
}

std::string_view want_name(Want want) {
  switch (want) {
    case Want::kAny:
      return "interface {}";
    case Want::kBool:
      return "bool";
    case Want::kInt:
      return "int";
    case Want::kUint32:
      return "uint32";
    case Want::kFloat:
      return "float64";
    case Want::kString:
      return "string";
    case Want::kList:
      return "[]interface {}";
    case Want::kMap:
      return "map[string]interface {}";
    case Want::kTime:
      return "time.Time";
    case Want::kKeyPair:
      return "sprig.certificate";
    case Want::kDuration:
      return "time.Duration";
    case Want::kVersion:
      return "*semver.Version";
  }
  return "";
}

const std::unordered_map<std::string_view, const Function*>& all_functions() {
  static const auto all = gather_functions();
  return all;
}

const Function* find_function(std::string_view name) {
  const auto& all = all_functions();
  const auto found = all.find(name);
  return found == all.end() ? nullptr : found->second;
}

}  // namespace lokitail::pipeline::lang::go_template
