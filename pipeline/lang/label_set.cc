#include "pipeline/lang/label_set.h"

#include <optional>

#include "pipeline/label_name.h"
#include "pipeline/lang/go_template/unquote.h"

namespace lokitail::pipeline::lang {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }
bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
}

class Reader {
 public:
  Reader(std::string_view text, Arena& arena, LabelPairs& labels)
      : text_(text), arena_(arena), labels_(labels) {}

  std::string read() {
    skip_spaces();
    if (const std::string_view metric = name(); !metric.empty()) {
      labels_.emplace_back("__name__", metric);
      skip_spaces();
      if (at_ == text_.size()) return {};
    }
    if (!take('{')) return expected("{");
    while (!take('}')) {
      if (std::string problem = label(); !problem.empty()) return problem;
      if (take(',')) continue;
      if (!take('}')) return expected("\",\" or \"}\"");
      break;
    }
    return at_ == text_.size() ? std::string() : expected("nothing more");
  }

 private:
  // With the spaces behind it.
  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    skip_spaces();
    return true;
  }

  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  std::string_view name() {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_name_character(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  std::string label() {
    std::string_view key;
    if (at_ < text_.size() && is_quote(text_[at_])) {
      const auto quoted = value();
      if (!quoted || !is_utf8_label_name(*quoted)) return expected("a label name");
      key = *quoted;
    } else {
      key = name();
      if (!is_label_name(key)) return expected("a label name");
    }
    skip_spaces();
    if (!take('=')) return expected("=");
    const auto text = value();
    if (!text) return expected("a value in quotes");
    labels_.emplace_back(key, *text);
    return {};
  }

  // In quotes; nothing where there is none.
  std::optional<std::string_view> value() {
    const std::size_t start = at_;
    if (at_ == text_.size() || !is_quote(text_[at_])) return std::nullopt;
    const char quote = text_[at_++];
    bool plain = true;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (quote != '`' && text_[at_] == '\n') return std::nullopt;
      if (quote != '`' && text_[at_] == '\\') {
        plain = false;
        ++at_;
      }
      ++at_;
    }
    if (at_ >= text_.size()) {
      at_ = start;
      return std::nullopt;
    }
    ++at_;
    const std::string_view inner = text_.substr(start + 1, at_ - start - 2);
    skip_spaces();
    if (plain) return inner;
    std::string quoted(1, '"');
    // The escapes are the same in both kinds of quotes, but for the quote itself.
    for (std::size_t i = 0; i < inner.size(); ++i) {
      if (inner[i] == '\\' && i + 1 < inner.size()) {
        if (inner[i + 1] != '\'' || quote != '\'') quoted += '\\';
        quoted += inner[++i];
      } else {
        if (inner[i] == '"') quoted += '\\';
        quoted += inner[i];
      }
    }
    quoted += '"';
    const auto unquoted = go_template::unquote(quoted);
    if (!unquoted) {
      at_ = start;
      return std::nullopt;
    }
    return arena_.copy(*unquoted);
  }

  std::string expected(std::string_view what) const {
    return "parse error at char " + std::to_string(at_ + 1) + ": expected " + std::string(what);
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  Arena& arena_;
  LabelPairs& labels_;
};

}  // namespace

std::string read_label_set(std::string_view text, Arena& arena, LabelPairs& labels) {
  labels.clear();
  return Reader(text, arena, labels).read();
}

}  // namespace lokitail::pipeline::lang
