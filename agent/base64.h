// Base64 as RFC 4648 has it, with padding.
#pragma once

#include <string>
#include <string_view>

#include <boost/beast/core/detail/base64.hpp>

namespace lokitail::agent {

inline std::string base64(std::string_view bytes) {
  namespace beast = boost::beast::detail::base64;
  std::string encoded(beast::encoded_size(bytes.size()), '\0');
  encoded.resize(beast::encode(encoded.data(), bytes.data(), bytes.size()));
  return encoded;
}

}  // namespace lokitail::agent
