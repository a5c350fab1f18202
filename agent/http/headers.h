// Headers of a request, in the order in which they are sent.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lokitail::agent::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

// Names are equal whatever the letter case.
bool equal_names(std::string_view a, std::string_view b);

// Whether it may stand behind a name (RFC 9110, section 5.5): a line break would let it write headers of its own.
bool is_header_value(std::string_view text);

// What is wrong with them, for people, without the values; empty where nothing is.
std::string header_problem(const Headers& headers);

}  // namespace lokitail::agent::http
