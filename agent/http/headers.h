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

}  // namespace lokitail::agent::http
