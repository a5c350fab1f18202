// Secrets that no regular expression describes well. Each function looks at one place, where an
// anchor of its pattern (built_in.cc) stands, and says what has to go.
//
// None looks farther than a bounded number of bytes without finding something, so that a hostile
// text costs no more than a bounded time for each of its bytes.
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string_view>

#include "pipeline/redact/text.h"

namespace lokitail::pipeline::redact {

using Finder = std::optional<Range>(std::string_view text, std::size_t anchor);

// finders_secret.cc
Finder find_credential;             // at the secret's name: password=..., "api_key": "..."
Finder find_aws_secret_access_key;  // at `secret`
Finder find_basic_auth;             // at `basic`
Finder find_private_key;            // at -----BEGIN
Finder find_url_password;           // at ://

// finders_personal.cc
Finder find_credit_card;  // at its first digit
Finder find_iban;         // at its first letter
Finder find_email;        // at the byte before @
Finder find_ipv4;         // at the digit before its first or second dot
Finder find_ipv6;         // at the digit before one of its colons, or at ::
Finder find_us_ssn;       // at its first digit

}  // namespace lokitail::pipeline::redact
