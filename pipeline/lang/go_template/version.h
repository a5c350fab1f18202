// Semantic versions and constraints on them.
//
// Threads: pure functions. Errors: an empty result for what is no version or no constraint.
// Source:  https://semver.org, and Masterminds/semver v3 for what it takes beyond that: a leading
//          `v`, missing minor and patch numbers, and its constraints.
#pragma once

#include <compare>
#include <optional>
#include <string_view>

#include "pipeline/lang/go_template/context.h"

namespace lokitail::pipeline::lang::go_template {

std::optional<Version> parse_version(std::string_view text);

// By precedence: metadata does not count.
std::strong_ordering compare_versions(const Version& left, const Version& right);

// Whether `version` fits a constraint such as ">= 1.2, < 2 || ~3.1"; nothing if that is none.
std::optional<bool> fits_constraint(std::string_view constraint, const Version& version);

void append_version(Text& out, const Version& version);

}  // namespace lokitail::pipeline::lang::go_template
