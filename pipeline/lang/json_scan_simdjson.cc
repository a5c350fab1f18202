#include "pipeline/lang/json_scan_simdjson.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include <simdjson.h>

#include "pipeline/lang/json_block.h"
#include "pipeline/lang/json_scan.h"
#include "pipeline/lang/json_token.h"

namespace lokitail::pipeline::lang {
namespace {

constexpr std::string_view kFallback = "fallback";

// simdjson keeps about six times the size of the largest document.
constexpr std::size_t kLargestDocument = 64 * 1024;

// Sets what simdjson uses for good and answers its name. Once for the whole program.
std::string_view choose_implementation() {
  const char* const wanted = std::getenv("LOKITAIL_SIMD");
  if (wanted != nullptr) {
    const auto* const found = simdjson::get_available_implementations()[wanted];
    if (wanted == kFallback || found == nullptr || !found->supported_by_runtime_system()) {
      return kFallback;
    }
    simdjson::get_active_implementation() = found;
    return wanted;
  }
  static const std::string name = simdjson::get_active_implementation()->name();
  return name;
}

// The end if there is none.
const char* find_backslash(const char* at, const char* end) {
  for (; at < end; at += json_block::kBytes) {
    const std::uint32_t found = json_block::Bytes(at).equal('\\');
    if (found != 0) return std::min(at + std::countr_zero(found), end);
  }
  return end;
}

// A token with the blanks behind it, as simdjson knows it.
std::string_view without_blanks(std::string_view token) {
  while (json_token::is_whitespace(token.back())) token.remove_suffix(1);
  return token;
}

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

// The quote that closes the key in front of a value's token; simdjson keeps no end of keys.
const char* key_end(const char* token) {
  do {
    --token;
  } while (*token != '"');
  return token;
}

}  // namespace

struct JsonScanSimdjson::Parser {
  simdjson::ondemand::parser parser;
};

JsonScanSimdjson::JsonScanSimdjson() : parser_(std::make_unique<Parser>()) {}
JsonScanSimdjson::~JsonScanSimdjson() = default;

std::unique_ptr<JsonScanSimdjson> JsonScanSimdjson::make() {
  if (json_scan_implementation() == kFallback) return nullptr;
  return std::unique_ptr<JsonScanSimdjson>(new JsonScanSimdjson);
}

// The members of one document. Numbers, literals, escapes and what lies inside of containers
// simdjson leaves unchecked until somebody asks for it, so this checks them by json_token.h's
// rules.
class JsonScanSimdjson::Members {
 public:
  Members(std::string_view document, JsonScanner& scanner, Arena& arena)
      : end_(document.data() + document.size()),
        any_escape_(find_backslash(document.data(), end_) != end_),
        scanner_(scanner),
        arena_(arena) {}

  // False if it cannot tell what this is.
  bool take(simdjson::ondemand::field member) {
    const char* const begin = member.key().raw();
    const std::string_view token = without_blanks(member.value().raw_json_token());
    // A string that is left where it stands would pass for a key, colon and all.
    if (token.front() == '"' && member.value().get_raw_json_string().error()) return false;
    std::string_view key;
    if (!read_string(between(begin, key_end(token.data())), &key)) return false;
    return read_value(token, scanner_.find(key));
  }

 private:
  // `raw` is what stands between the quotes; `text` may be null if nobody wants it.
  bool read_string(std::string_view raw, std::string_view* text) {
    const char* const begin = raw.data();
    const char* const quote = begin + raw.size();
    const char* const escape = any_escape_ ? find_backslash(begin, quote) : quote;
    if (escape == quote) {
      if (text != nullptr) *text = raw;
      return true;
    }
    if (text == nullptr) return json_token::skip_escaped(escape, end_) == quote;
    return json_token::read_escaped_string(begin, escape, end_, arena_, *text) == quote + 1;
  }

  bool read_value(std::string_view token, JsonField* field) {
    const char* const begin = token.data();
    if (*begin == '"') {
      if (field != nullptr) field->kind = JsonField::Kind::kString;
      return read_string(token.substr(1, token.size() - 2),
                         field == nullptr ? nullptr : &field->text);
    }
    if (json_token::begins_number(*begin)) {
      if (field != nullptr) {
        field->kind = JsonField::Kind::kNumber;
        field->text = token;
      }
      double* const number = field == nullptr ? nullptr : &field->number;
      return json_token::read_number(begin, end_, number) == begin + token.size();
    }
    const char* const end = scanner_.read_other(begin, end_, field);
    const bool container = *begin == '{' || *begin == '[';
    return container ? end != nullptr : end == begin + token.size();
  }

  const char* const end_;
  const bool any_escape_;
  JsonScanner& scanner_;
  Arena& arena_;
};

bool JsonScanSimdjson::scan(std::string_view document, JsonScanner& scanner, Arena& arena) {
  static_assert(kTextPadding >= simdjson::SIMDJSON_PADDING);
  if (document.size() > kLargestDocument) return false;
  const std::size_t readable = document.size() + kTextPadding;
  simdjson::ondemand::document parsed;
  simdjson::ondemand::object object;
  if (parser_->parser.iterate(document.data(), document.size(), readable).get(parsed)) return false;
  if (parsed.get_object().get(object)) return false;
  Members members(document, scanner, arena);
  for (auto item : object) {
    simdjson::ondemand::field member;
    if (std::move(item).get(member) || !members.take(member)) return false;
  }
  return parsed.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

std::string_view json_scan_implementation() {
  static const std::string_view name = choose_implementation();
  return name;
}

}  // namespace lokitail::pipeline::lang
