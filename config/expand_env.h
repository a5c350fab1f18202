// Puts environment variables into the text of a configuration, before it is read as YAML.
//
// Threads: a pure function but for `lookup`.
// Errors:  throws Error at the `${` that cannot be expanded.
// Source:  the language is that of github.com/drone/envsubst, which Promtail uses. Only `${...}`
//          is expanded; `$NAME` stays. What differs from a shell: `:?` and `:+` mean the same as
//          `:-`, `${V-d}` is an error, and `${V:word}` is a substring with an unusable offset.
//          Letter case is changed for ASCII letters only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace lokitail::config {

using EnvLookup = std::function<std::optional<std::string>(std::string_view name)>;

std::string expand_env(std::string_view text, const EnvLookup& lookup, const std::string& file_name);

// Looks a name up in the environment of this process.
std::optional<std::string> process_env(std::string_view name);

}  // namespace lokitail::config
