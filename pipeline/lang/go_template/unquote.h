// Go's string and character constants.
//
// Threads: pure functions. Errors: an empty result for what is no constant. Source:
// strconv.Unquote.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lokitail::pipeline::lang::go_template {

// Of "...", with the quotes.
std::optional<std::string> unquote(std::string_view quoted);

// Of '...', with the quotes.
std::optional<char32_t> unquote_character(std::string_view quoted);

}  // namespace lokitail::pipeline::lang::go_template
