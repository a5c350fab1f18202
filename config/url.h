// What a configuration has to know about URLs: whether one can be used, and how to show it.
// Pure functions: any thread, no errors beyond the results. Messages never repeat the URL, since
// it may hold a password.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lokitail::config {

// What is wrong with an http or https URL; nothing when it can be used.
std::optional<std::string> url_problem(std::string_view url);

// The URL with the password of its user-info replaced by `<secret>`.
std::string mask_url(std::string_view url);

}  // namespace lokitail::config
