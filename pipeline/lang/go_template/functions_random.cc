// What differs each time. All of it comes from the generator for secrets, as most of it does in
// Sprig.
#include <openssl/rand.h>

#include <algorithm>
#include <limits>

#include "pipeline/lang/go_template/function.h"
#include "pipeline/lang/go_template/unicode.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

// False, with the call failed, if there is no randomness to be had.
bool fill(Context& context, std::span<unsigned char> bytes) {
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
      RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    context.fail("no random numbers are available");
  }
  return !context.failed();
}

// A number below `limit`, all equally likely. REQUIRES: limit > 0.
std::uint64_t below(Context& context, std::uint64_t limit) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t fair = kMax - kMax % limit;
  std::uint64_t number = kMax;
  do {
    if (!context.spend(1) || !fill(context, {reinterpret_cast<unsigned char*>(&number), sizeof number})) {
      return 0;
    }
  } while (number >= fair);
  return number % limit;
}

Value characters(const Call& call, std::string_view alphabet) {
  Text out(call.context);
  for (std::int64_t i = 0; i < call[0].as_integer() && !call.context.failed(); ++i) {
    out += alphabet[below(call.context, alphabet.size())];
  }
  return out.value();
}

constexpr std::string_view kAlphaNumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

Value rand_alpha_num(const Call& call) { return characters(call, kAlphaNumeric); }
Value rand_alpha(const Call& call) { return characters(call, kAlphaNumeric.substr(10)); }
Value rand_numeric(const Call& call) { return characters(call, kAlphaNumeric.substr(0, 10)); }

Value rand_ascii(const Call& call) {
  return characters(call,
                    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                    "[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");
}

Value rand_int(const Call& call) {
  const std::int64_t low = call[0].as_integer();
  const std::int64_t high = call[1].as_integer();
  if (high <= low) return call.context.fail("invalid argument to Intn");
  const std::uint64_t span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  return Value::integer(
      static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + below(call.context, span)));
}

Value shuffle(const Call& call) {
  const std::string_view text = call.string(0);
  const std::span<char32_t> codes = call.context.allocate<char32_t>(count_characters(text));
  std::string_view rest = text;
  for (char32_t& code : codes) {
    const Character character = first_character(rest);
    code = character.code;
    rest.remove_prefix(character.size);
  }
  for (std::size_t i = codes.size(); i > 1 && !call.context.failed(); --i) {
    std::swap(codes[i - 1], codes[below(call.context, i)]);
  }
  Text out(call.context, text.size());
  for (const char32_t code : codes) out.append_character(code);
  return out.value();
}

// Random bytes, in base64.
Value rand_bytes(const Call& call) {
  if (call[0].as_integer() < 0) return call.context.fail("randBytes: negative count");
  const auto bytes = call.context.allocate<unsigned char>(static_cast<std::size_t>(call[0].as_integer()));
  if (call.context.failed() || !fill(call.context, bytes)) return {};
  const Value text = Value::string({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return find_function("b64enc")->call(Call{call.context, {&text, 1}});
}

// Version 4 of RFC 4122.
Value uuidv4(const Call& call) {
  unsigned char bytes[16];
  if (!fill(call.context, bytes)) return {};
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  Text out(call.context, 36);
  for (std::size_t i = 0; i < sizeof bytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += "0123456789abcdef"[bytes[i] >> 4];
    out += "0123456789abcdef"[bytes[i] & 15];
  }
  return out.value();
}

constexpr Function kRandomFunctions[] = {
    {"randAlphaNum", "int", rand_alpha_num}, {"randAlpha", "int", rand_alpha},
    {"randNumeric", "int", rand_numeric},    {"randAscii", "int", rand_ascii},
    {"randInt", "int int", rand_int},        {"shuffle", "string", shuffle},
    {"randBytes", "int", rand_bytes},        {"uuidv4", "", uuidv4},
};

}  // namespace

std::span<const Function> random_functions() { return kRandomFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
