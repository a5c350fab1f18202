// The first line of the input is data, the rest a template: it must compile or be refused, and run
// to an end without harm, with the same result each time.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

#include "pipeline/lang/go_template.h"

namespace {

using lokitail::pipeline::Timestamp;
using lokitail::pipeline::lang::GoTemplate;
using lokitail::pipeline::lang::TemplateData;

// Half of the fields asked for have the text.
class FuzzData final : public TemplateData {
 public:
  FuzzData(const GoTemplate& go_template, std::string_view text)
      : fields_(go_template.fields()), text_(text) {}

  std::optional<std::string_view> field(std::size_t index) const override {
    if (index % 2 != 0) return std::nullopt;
    return text_;
  }
  void for_each(const Visitor& visit) const override {
    for (std::size_t i = 0; i < fields_.size(); i += 2) visit(fields_[i], text_);
  }
  Timestamp now() const override { return {1'762'511'415, 250'000'000}; }

 private:
  const std::vector<std::string>& fields_;
  const std::string_view text_;
};

void require(bool condition) {
  if (!condition) std::abort();
}

bool has_any(std::string_view text, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(
      names, [text](std::string_view name) { return text.find(name) != std::string_view::npos; });
}

bool is_random(std::string_view text) { return has_any(text, {"rand", "uuid", "shuffle", "encryptAES"}); }

// Functions that take a good part of a second, which would be all that the fuzzer does.
bool is_slow(std::string_view text) {
  return has_any(
      text, {"bcrypt", "htpasswd", "derivePassword", "genPrivateKey", "genCA", "genSelfSigned", "genSigned"});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const std::size_t line = std::min(input.find('\n'), input.size());
  const std::string_view text = input.substr(std::min(line + 1, input.size()));
  if (is_slow(text)) return 0;
  try {
    const GoTemplate go_template = GoTemplate::compile(text);
    const FuzzData data(go_template, input.substr(0, line));
    std::string first = "kept";
    const bool succeeded = go_template.execute(data, first);
    require(first.starts_with("kept") && (succeeded || first.size() == 4));
    if (const auto constant = go_template.constant()) require(first.substr(4) == *constant);
    std::string second = "kept";
    require(is_random(text) || (go_template.execute(data, second) == succeeded && first == second));
  } catch (const std::invalid_argument&) {
    // Refused, which is fine.
  }
  return 0;
}
