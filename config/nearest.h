// The nearest of a set of valid names to a word that is none of them, for messages that say
// "did you mean". Pure functions: any thread, no errors.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace lokitail::config {

// The candidate with the fewest edits (insert, delete, replace, swap of neighbours) to `word`,
// letter case left out of account, or else the first that has `word` as one of its parts (`port` in
// `http_listen_port`); empty when none is near enough to be worth a suggestion.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

// ` (did you mean "x"?)`, or empty.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

// Compares as ASCII text without regard to case.
bool equal_fold(std::string_view a, std::string_view b);

}  // namespace lokitail::config
