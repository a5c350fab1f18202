// The values of OpenTelemetry's attributes and bodies (AnyValue), read from protobuf or JSON, and what Loki
// makes of them.
//
// Threads: pure functions. Ownership: texts are views: of what was read, or of the arena.
// Errors:  read_*() answer false for what is malformed, nested deeper than kMostOtlpDepth, or more than is allowed.
// Source:  opentelemetry/proto/common/v1/common.proto; its JSON form in the OTLP specification; the texts as
//          pcommon.Value.AsString() has them, which Loki uses (pkg/loghttp/push/otlp.go).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/source/received/received_block.h"
#include "pipeline/arena.h"
#include "pipeline/lang/json_value.h"

namespace lokitail::agent {

struct OtlpValue;
using OtlpMembers = std::vector<std::pair<std::string_view, OtlpValue>>;

struct OtlpValue {
  enum class Kind { kEmpty, kString, kBool, kInteger, kDouble, kBytes, kArray, kMap };

  Kind kind = Kind::kEmpty;
  bool boolean = false;
  std::int64_t integer = 0;
  double number = 0;
  std::string_view text;  // kString; kBytes
  std::vector<OtlpValue> items = {};
  OtlpMembers members = {};
};

inline constexpr int kMostOtlpDepth = 64;

// How much may still be made of a request. Each value costs memory beyond its bytes, and what lies in maps has names that
// are longer than what was sent: each begins with those of the maps around it.
struct OtlpAllowance {
  std::size_t values;
  std::size_t name_bytes;
  bool is_exceeded = false;

  bool take_value() { return take(values, 1); }
  bool take_name(std::size_t bytes) { return take(name_bytes, bytes); }

 private:
  bool take(std::size_t& left, std::size_t amount) {
    is_exceeded = is_exceeded || amount > left;
    if (!is_exceeded) left -= amount;
    return !is_exceeded;
  }
};

bool read_otlp_value(std::string_view message, OtlpValue& value, OtlpAllowance& allowance, int depth = 0);
bool read_otlp_value(const pipeline::lang::JsonValue& json, OtlpValue& value, pipeline::Arena& arena,
                     OtlpAllowance& allowance, int depth = 0);
// A KeyValue of protobuf, and a list of them in JSON.
bool read_otlp_member(std::string_view message, OtlpMembers& members, OtlpAllowance& allowance,
                      int depth = 0);
bool read_otlp_members(const pipeline::lang::JsonValue& json, OtlpMembers& members, pipeline::Arena& arena,
                       OtlpAllowance& allowance, int depth = 0);

// A text as it is, a number in digits, a container as JSON.
std::string_view text_of(const OtlpValue& value, pipeline::Arena& arena);

// A name in which everything that is neither letter nor digit is an underscore, as Prometheus wants it.
std::string_view otlp_label_name(std::string_view name, pipeline::Arena& arena);

// Adds a member under its name, and a map's members each under a name of their own: a.b becomes a_b. False where
// that is more than is allowed. REQUIRES: `name` lives as long as the pairs.
bool add_flattened(std::string_view name, const OtlpValue& value, pipeline::Arena& arena,
                   OtlpAllowance& allowance, ReceivedBlock::Pairs& pairs);
bool add_flattened(const OtlpMembers& members, pipeline::Arena& arena, OtlpAllowance& allowance,
                   ReceivedBlock::Pairs& pairs);

}  // namespace lokitail::agent
