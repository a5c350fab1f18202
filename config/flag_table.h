// The table of all flags; for flags.cc only. A row holds all there is to know of a flag: parsing,
// help and what it sets follow from it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/flags.h"

namespace lokitail::config {

// The types are those that Go's flag package would name.
enum class FlagKind { kBool, kString, kInt, kFloat, kDuration, kValue };

// kOption sets one of Options; kSetting a value of the configuration, over what the file says.
enum class FlagEffect { kOption, kSetting, kNone, kNotYet };

struct FlagTarget {
  Options& options;
  Config& config;
};

struct Flag {
  std::string_view name;
  FlagKind kind;
  std::string_view standard;  // the default, for -help
  std::string_view help;
  // Sets what the flag is for; throws FlagError where the value cannot be used.
  void (*apply)(FlagTarget target, const Flag& flag, const std::string& value);
  FlagEffect effect;
};

// Sorted by name.
std::span<const Flag> all_flags();

// The word that -help puts behind the name; empty for booleans.
std::string_view type_name(FlagKind kind);

}  // namespace lokitail::config
