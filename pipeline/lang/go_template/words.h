// Names such as "HTTPServer" or "http server" taken apart into words.
//
// Source: ToSnakeCase, ToKebabCase and ToPascalCase of github.com/huandu/xstrings.
#pragma once

#include <string_view>

#include "pipeline/lang/go_template/context.h"

namespace lokitail::pipeline::lang::go_template {

// In small letters with `connector` between the words: http_server.
void append_words(Text& out, std::string_view name, char connector);

// Each word with a capital: HttpServer. Only what stands between words in `name` tells them apart.
void append_pascal_case(Text& out, std::string_view name);

}  // namespace lokitail::pipeline::lang::go_template
