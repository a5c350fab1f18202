// The classes of characters that \p{...} names in a regular expression.
//
// Threads: pure function.
// Errors:  none; a name that Go does not know either is answered so that RE2 does not know it.
// Source:  Go's regexp/syntax since Go 1.25, which knows the long names of categories and minds neither case nor
//          blanks, underscores and dashes. Of what it knows, Assigned, Cn and LC are not there.
#pragma once

#include <string>
#include <string_view>

namespace lokitail::pipeline::lang {

// A class for RE2, to stand by itself or `in_brackets`. `name` is what stands in the braces, with the ^ that it may
// begin with.
std::string unicode_class(std::string_view name, bool negated, bool in_brackets);

}  // namespace lokitail::pipeline::lang
