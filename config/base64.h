// Base64 as RFC 4648 has it, with padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lokitail::config {

std::string encode_base64(std::string_view bytes);
// As Go's base64.StdEncoding reads it, with line breaks anywhere. Nothing for what is no base64.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace lokitail::config
