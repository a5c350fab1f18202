// What a template can call.
//
// Threads: functions have no state; they are called from any thread.
// Errors:  a function fails through its context and returns anything.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <unordered_map>

#include "pipeline/lang/go_template/context.h"
#include "pipeline/lang/go_template/value.h"

namespace lokitail::pipeline::lang::go_template {

// What a function gets: as many arguments of the types that its signature asks for.
struct Call {
  Context& context;
  std::span<const Value> arguments;
  const Regex* regex = nullptr;  // the first argument, where it is a constant pattern

  const Value& operator[](std::size_t i) const { return arguments[i]; }
  std::size_t size() const { return arguments.size(); }
  std::string_view string(std::size_t i) const { return arguments[i].as_string(); }
};

struct Function {
  std::string_view name;
  // The types of the parameters, separated by spaces: any, bool, int, uint32, float, string, list,
  // map, time, keypair, and regex for a string that is a pattern and comes first. A last one with
  // dots behind it may come any number of times: "string any...".
  std::string_view parameters;
  Value (*call)(const Call& call);
  bool short_circuits = false;  // `and` and `or`: never called, since not all arguments may be looked at
};

enum class Want : std::uint8_t {
  kAny,
  kBool,
  kInt,
  kUint32,
  kFloat,
  kString,
  kList,
  kMap,
  kTime,
  kKeyPair,
  // Of methods only.
  kDuration,
  kVersion,
};

struct Signature {
  static constexpr std::size_t kMostFixed = 6;

  std::array<Want, kMostFixed> fixed{};
  std::size_t fixed_count = 0;
  bool variadic = false;
  Want rest = Want::kAny;  // of a variadic function
  bool takes_regex = false;

  Want want(std::size_t argument) const { return argument < fixed_count ? fixed[argument] : rest; }
};

Signature parse_signature(std::string_view parameters);

// As Go names the type, for messages.
std::string_view want_name(Want want);

// All there are, by name.
const std::unordered_map<std::string_view, const Function*>& all_functions();

// nullptr where there is no function of that name.
const Function* find_function(std::string_view name);

// Each group stands in a file of its own.
std::span<const Function> builtin_functions();
std::span<const Function> comparison_functions();
std::span<const Function> string_functions();
std::span<const Function> case_functions();
std::span<const Function> regex_functions();
std::span<const Function> hash_functions();
std::span<const Function> encoding_functions();
std::span<const Function> integer_functions();
std::span<const Function> float_functions();
std::span<const Function> list_functions();
std::span<const Function> map_functions();
std::span<const Function> default_functions();
std::span<const Function> json_functions();
std::span<const Function> time_functions();
std::span<const Function> path_functions();
std::span<const Function> url_functions();
std::span<const Function> version_functions();
std::span<const Function> random_functions();
std::span<const Function> system_functions();
std::span<const Function> certificate_functions();
std::span<const Function> password_functions();

}  // namespace lokitail::pipeline::lang::go_template
