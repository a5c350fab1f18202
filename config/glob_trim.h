// Cuts a beginning or an end that matches a shell pattern off a text: `${V#*/}` and its kin.
//
// Patterns know `*` (any characters, `/` too), `?`, `[a-z]`, `[^a-z]` and `\c`. A malformed pattern cuts
// nothing. A suffix is the prefix of the reversed text by the reversed pattern, so that classes and `\c` mean
// nothing there. Pure functions; the cost grows with the square of the text's length.
//
// Source: github.com/drone/envsubst, funcs.go and path/match.go.
#pragma once

#include <string>
#include <string_view>

namespace lokitail::config {

enum class GlobReach { kShortest, kLongest };

// A match of the empty text does not count, so nothing is cut then.
std::string trim_prefix(std::string_view text, std::string_view pattern, GlobReach reach);
std::string trim_suffix(std::string_view text, std::string_view pattern, GlobReach reach);

}  // namespace lokitail::config
