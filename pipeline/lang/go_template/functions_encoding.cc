// Base64 and base32. Source: RFC 4648; what is wrong with a text is told as Go's encoding packages
// tell it, in place of the decoded text.
#include <optional>

#include "pipeline/lang/go_template/encoding.h"
#include "pipeline/lang/go_template/function.h"
#include "pipeline/lang/go_template/number.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

// An alphabet of which each letter stands for `kBits` bits; letters come in groups of `kGroup`.
template <int kBits, std::size_t kGroup>
struct Encoding {
  std::string_view name;
  std::string_view alphabet;

  int value_of(char c) const {
    const std::size_t place = alphabet.find(c);
    return place == std::string_view::npos ? -1 : static_cast<int>(place);
  }
};

using Base64 = Encoding<6, 4>;
using Base32 = Encoding<5, 8>;

constexpr Base64 kBase64 = {"base64", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"};
constexpr Base32 kBase32 = {"base32", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"};

template <int kBits, std::size_t kGroup>
Value encode(Context& context, const Encoding<kBits, kGroup>& encoding, std::string_view text) {
  Text out(context, text.size() * 8 / kBits + kGroup);
  std::uint32_t pending = 0;
  int bits = 0;
  for (const char c : text) {
    pending = (pending << 8 | static_cast<unsigned char>(c)) & 0xFFFF;
    for (bits += 8; bits >= kBits; bits -= kBits) {
      out += encoding.alphabet[pending >> (bits - kBits) & ((1U << kBits) - 1)];
    }
  }
  if (bits > 0) out += encoding.alphabet[pending << (kBits - bits) & ((1U << kBits) - 1)];
  while (out.size() % kGroup != 0 && !context.failed()) out += '=';
  return out.value();
}

// Nothing for a text that is corrupt, and where it is.
template <int kBits, std::size_t kGroup>
std::optional<std::string_view> decode(Context& context, const Encoding<kBits, kGroup>& encoding,
                                       std::string_view text, std::size_t& corrupt_at) {
  Text out(context, text.size() + 1);
  std::uint32_t pending = 0;
  int bits = 0;
  std::size_t letters = 0;
  std::size_t i = 0;
  const auto skip_line_ends = [&] {
    while (i < text.size() && (text[i] == '\n' || text[i] == '\r')) ++i;
  };
  const auto corrupt = [&](std::size_t place) {
    corrupt_at = place;
    return std::nullopt;
  };
  for (skip_line_ends(); i < text.size() && text[i] != '='; skip_line_ends()) {
    const int value = encoding.value_of(text[i]);
    if (value < 0) return corrupt(i);
    pending = (pending << kBits | static_cast<unsigned>(value)) & 0xFFFF;
    bits += kBits;
    ++letters;
    ++i;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(pending >> bits & 0xFF);
    }
  }
  // Whole groups, or padding up to the end of one of which a byte at least was begun.
  const std::size_t in_group = letters % kGroup;
  if (in_group == 0 && i == text.size()) return out.view();
  if (i == text.size()) return corrupt(i - in_group);
  if (in_group * kBits < 8 || bits >= kBits) return corrupt(i);
  for (std::size_t padding = in_group; padding < kGroup; ++padding, ++i) {
    skip_line_ends();
    if (i == text.size() || text[i] != '=') return corrupt(i);
  }
  skip_line_ends();
  if (i != text.size()) return corrupt(i);
  return out.view();
}

// The decoded text, or what is wrong with it in Go's words.
template <int kBits, std::size_t kGroup>
Value decoded(const Call& call, const Encoding<kBits, kGroup>& encoding) {
  std::size_t corrupt_at = 0;
  if (const auto text = decode(call.context, encoding, call.string(0), corrupt_at)) {
    return Value::string(*text);
  }
  NumberBuffer buffer;
  Text out(call.context);
  ((out += "illegal ") += encoding.name) += " data at input byte ";
  out += format_uint(corrupt_at, buffer);
  return out.value();
}

Value b64enc(const Call& call) { return encode(call.context, kBase64, call.string(0)); }
Value b64dec(const Call& call) { return decoded(call, kBase64); }
Value b32enc(const Call& call) { return encode(call.context, kBase32, call.string(0)); }
Value b32dec(const Call& call) { return decoded(call, kBase32); }

constexpr Function kEncodingFunctions[] = {
    {"b64enc", "string", b64enc},
    {"b64dec", "string", b64dec},
    {"b32enc", "string", b32enc},
    {"b32dec", "string", b32dec},
};

}  // namespace

Value encode_base64(Context& context, std::string_view bytes) { return encode(context, kBase64, bytes); }

std::optional<std::string_view> decode_base64(Context& context, std::string_view text) {
  std::size_t corrupt_at = 0;
  return decode(context, kBase64, text, corrupt_at);
}

std::span<const Function> encoding_functions() { return kEncodingFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
