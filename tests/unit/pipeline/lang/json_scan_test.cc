#include "pipeline/lang/json_scan.h"

#include <deque>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "pipeline/lang/json_parse.h"
#include "tests/unit/pipeline/support.h"

namespace lokitail::pipeline::lang {
namespace {

using test::PaddedText;

// The fields as text: kind letter and value.
std::string show(const JsonField& field) {
  switch (field.kind) {
    case JsonField::Kind::kMissing:
      return "-";
    case JsonField::Kind::kNull:
      return "null";
    case JsonField::Kind::kBool:
      return field.boolean ? "true" : "false";
    case JsonField::Kind::kNumber:
      return "n:" + std::string(field.text);
    case JsonField::Kind::kString:
      return "s:" + std::string(field.text);
    case JsonField::Kind::kContainer:
      return "c:" + std::string(field.text);
  }
  return "?";
}

std::string scan(JsonScanner&& scanner, std::string_view document) {
  const PaddedText text(document);
  Arena arena;
  switch (scanner.scan(text.view(), arena)) {
    case JsonDocument::kMalformed:
      return "malformed";
    case JsonDocument::kNull:
      return "null";
    case JsonDocument::kObject:
      break;
  }
  std::string shown;
  for (const JsonField& field : scanner.fields()) shown += show(field) + " ";
  return shown;
}

std::string scan(const std::vector<std::string>& keys, std::string_view document) {
  const std::string shown = scan(JsonScanner(keys, Processor::kAny), document);
  for (const Processor processor : possible_processors()) {
    INFO(processor_name(processor));
    CHECK(scan(JsonScanner(keys, processor), document) == shown);
  }
  return shown;
}

TEST_CASE("the scanner takes wanted members", "[json]") {
  const struct {
    std::string what;
    std::vector<std::string> keys;
    std::string document;
    std::string want;
  } rows[] = {
      {"all kinds",
       {"s", "i", "f", "t", "u", "z", "o", "l", "m"},
       R"({"s":"x","i":12,"f":-1.50,"t":true,"u":false,"z":null,"o":{"k":[1]},"l":[ 2 ]})",
       R"(s:x n:12 n:-1.50 true false null c:{"k":[1]} c:[ 2 ] - )"},
      {"order does not count", {"b", "a"}, R"({"a":1,"x":2,"b":3})", "n:3 n:1 "},
      {"the last of equal keys", {"a"}, R"({"a":"first","a":2,"a":"last"})", "s:last "},
      {"... even if it is null", {"a"}, R"({"a":"first","a":null})", "null "},
      {"escapes in a value", {"a"}, R"({"a":"x\"y\\z\n"})", "s:x\"y\\z\n "},
      {"escapes in a key", {"ab"}, R"({"\u0061b":1})", "n:1 "},
      {"an escaped quote does not end a key", {"a"}, R"({"a\"":1})", "- "},
      {"keys of equal length", {"abcd", "abce"}, R"({"abcf":1,"abce":2,"abcd":3})", "n:3 n:2 "},
      {"long keys", {"abcdefgh1", "abcdefgh2"}, R"({"abcdefgh2":2,"abcdefgh3":3})", "- n:2 "},
      {"very long key",
       {std::string(100, 'k')},
       "{\"" + std::string(100, 'k') + "\":1,\"" + std::string(99, 'k') + "\":2}",
       "n:1 "},
      {"prefixes are other keys", {"ab"}, R"({"a":1,"abc":2})", "- "},
      {"empty key", {""}, R"({"":"e"})", "s:e "},
      {"null as a key is the empty key", {""}, R"({"a":1,null:"e"})", "s:e "},
      {"nested keys are others", {"a"}, R"({"b":{"a":1},"c":[{"a":2}]})", "- "},
      {"nobody asks", {}, R"({"a":1})", ""},
      {"empty object", {"a"}, " { } ", "- "},
      {"null", {"a"}, " null ", "null"},
      {"key that is no ASCII", {"é"}, R"({"é":1})", "n:1 "},
      {"bytes that are no UTF-8", {"m"}, "{\"\xFF\":\"\xFE\",\"m\":\"\xFF\"}", "s:\xFF "},
      {"control character behind an escape", {"m"}, "{\"x\":\"\\n\t\",\"m\":\"\\n\t\"}", "s:\n\t "},
      {"NUL behind the document", {"m"}, std::string("{\"m\":1}\0x", 9), "n:1 "},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(scan(row.keys, row.document) == row.want);
  }
}

TEST_CASE("the scanner checks what nobody asked for", "[json]") {
  const std::string documents[] = {
      R"({"a":1,"z":01})",
      R"({"a":1,"z":truth})",
      R"({"a":1,"z":"\q"})",
      R"({"a":1,"z":})",
      R"({"a":1,"z":1e400})",
      R"({"a":1,"z":[1,]})",
      R"({"a":1,"z":{"x" 1}})",
      R"({"a":1,"z":"x)",
      R"({"a":1,"z":[)",
      R"({"a":1,"\q":1})",
      R"({"a":1} x)",
      R"({"a":1}})",
      "{\"a\":1,\"z\":\"\t\"}",
      R"({"a":1,"z":{"y":"\u12"}})",
      R"({"a":1,"z":-})",
      R"({"a":1,"z":nul})",
      R"({"a":1,"z":{null:1}})",
      R"({"a":1)",
      R"(["a"])",
      "",
      "nul",
  };
  for (const std::string& document : documents) {
    INFO(document);
    CHECK(scan({"a"}, document) == "malformed");
    CHECK(scan({"z", "y"}, document) == "malformed");
  }
}

TEST_CASE("a scanner forgets the line before", "[json]") {
  JsonScanner scanner({"a", "b"});
  Arena arena;
  const PaddedText first(R"({"a":1,"b":2})");
  const PaddedText second(R"({"b":3})");
  const PaddedText third("null");
  REQUIRE(scanner.scan(first.view(), arena) == JsonDocument::kObject);
  REQUIRE(scanner.scan(second.view(), arena) == JsonDocument::kObject);
  CHECK(scanner.fields()[0].kind == JsonField::Kind::kMissing);
  CHECK(scanner.fields()[1].number == 3);
  REQUIRE(scanner.scan(third.view(), arena) == JsonDocument::kNull);
  CHECK(scanner.fields()[1].kind == JsonField::Kind::kMissing);
}

// The code for each processor, and the parser, have to agree on every document, well formed or not.
class Agreement {
 public:
  Agreement() {
    for (const Processor processor : possible_processors()) scanners_.emplace_back(keys(), processor);
  }

  void check(std::string_view document) {
    INFO(document);
    const PaddedText text(document);
    Arena arena;
    const auto tree = JsonParser().parse_document(text.view(), arena);
    for (JsonScanner& scanner : scanners_) check(scanner, text.view(), tree, arena);
  }

 private:
  static void check(JsonScanner& scanner, std::string_view document, const std::optional<JsonValue>& tree,
                    Arena& arena) {
    const JsonDocument found = scanner.scan(document, arena);
    REQUIRE((found != JsonDocument::kMalformed) == tree.has_value());
    if (!tree) return;
    REQUIRE((found == JsonDocument::kNull) == tree->prints_null());
    std::size_t i = 0;
    for (const std::string& key : keys()) {
      const JsonField& field = scanner.fields()[i++];
      const JsonValue* const value = tree->find(key);
      REQUIRE((field.kind == JsonField::Kind::kMissing) == (value == nullptr));
      if (value == nullptr) continue;
      const bool container = value->is_array() || value->is_object();
      REQUIRE((field.kind == JsonField::Kind::kContainer) == container);
      if (value->is_string()) REQUIRE(field.text == value->text());
      if (value->is_number()) REQUIRE(field.number == value->number());
    }
  }

  static const std::vector<std::string>& keys() {
    static const std::vector<std::string> keys = {"a", "b", "log", ""};
    return keys;
  }

  std::deque<JsonScanner> scanners_;
};

TEST_CASE("scanner and parser agree on strings full of escapes", "[json]") {
  constexpr const char* kPieces[] = {
      R"(\")",     R"(\")",           R"(\")",     R"(\\)", R"(\\)",       R"(\/)",
      R"(\n)",     R"(\t)",           "a",         "xyz",   "12345678901", " ",
      R"(\u00e9)", R"(\ud83d\ude00)", R"(\ud800)", R"(\q)", "\xC3\xA9",    "\x01"};
  std::minstd_rand random(7);
  Agreement agreement;
  for (int round = 0; round < 3000; ++round) {
    // Some of only the first few, so that rows of backslashes get long; few of those that are malformed.
    const std::size_t kinds = round % 3 == 0    ? 5
                              : round % 10 == 0 ? std::size(kPieces)
                                                : std::size(kPieces) - 2;
    std::string document = std::string(random() % 70, ' ') + R"({"a":")";
    for (std::size_t count = random() % 90; count > 0; --count) document += kPieces[random() % kinds];
    document += R"(","b":")";
    for (std::size_t count = random() % 20; count > 0; --count) document += kPieces[random() % kinds];
    document += R"(","log":1})";
    agreement.check(document);
    agreement.check(document.substr(0, random() % document.size()));
  }
}

TEST_CASE("scanner and parser agree on damaged documents", "[json]") {
  const std::string document =
      "{\"a\":\"x\\ty\\ud83d\\ude00z\",\"b\":[1.5e3,true,null,{\"c\":-0.1}],\"log\":\"{"
      "\\\"level\\\":"
      "\\\"info\\\",\\\"msg\\\":\\\"a long enough line\\\"}\\n\",\"\":12,\"e\":{\"a\":\"f\"}}";
  Agreement agreement;
  agreement.check(document);
  const std::string_view bytes = std::string_view("\"\\{}[]:,0-+.eEntfu \n\t\0\x1F\x7F\xFFz", 27);
  for (std::size_t at = 0; at < document.size(); ++at) {
    agreement.check(document.substr(0, at));
    agreement.check(document.substr(at));
    agreement.check(std::string(document).erase(at, 1));
    for (const char byte : bytes) {
      std::string changed = document;
      changed[at] = byte;
      agreement.check(changed);
      changed = document;
      agreement.check(changed.insert(at, 1, byte));
    }
  }
}

}  // namespace
}  // namespace lokitail::pipeline::lang
