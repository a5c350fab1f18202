#include "config/yaml_parser.h"

#include <yaml.h>

#include <new>

namespace lokitail::config {
namespace {

YamlMark mark_of(const yaml_mark_t& mark) {
  return {static_cast<int>(mark.line), static_cast<int>(mark.column)};
}

std::string text_of(const yaml_char_t* text) {
  return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text));
}

struct Event {
  Event() = default;
  ~Event() { yaml_event_delete(&event); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  yaml_event_t event{};
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {
    if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
    const char* const begin = text.empty() ? "" : text.data();
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const yaml_char_t*>(begin), text.size());
  }
  ~Parser() { yaml_parser_delete(&parser_); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  void next(yaml_event_t& event) {
    if (yaml_parser_parse(&parser_, &event) != 0) return;
    if (parser_.error == YAML_MEMORY_ERROR) throw std::bad_alloc();
    const YamlMark mark = parser_.error == YAML_READER_ERROR ? mark_of_byte() : mark_of(parser_.problem_mark);
    throw YamlError(mark, parser_.problem == nullptr ? "it cannot be read" : parser_.problem);
  }

 private:
  // Bytes that are no text, and control characters, are known by their offset alone.
  YamlMark mark_of_byte() const {
    const std::string_view before = text_.substr(0, parser_.problem_offset);
    YamlMark mark;
    for (const char c : before) {
      const bool goes_on = (static_cast<unsigned char>(c) & 0xC0) == 0x80;  // a character of UTF-8
      mark = c == '\n' ? YamlMark{mark.line + 1, 0} : YamlMark{mark.line, mark.column + (goes_on ? 0 : 1)};
    }
    return mark;
  }

  const std::string_view text_;
  yaml_parser_t parser_{};
};

// libyaml takes 1.2, too.
void require_version(const yaml_event_t& event) {
  const yaml_version_directive_t* const version = event.data.document_start.version_directive;
  if (version == nullptr || (version->major == 1 && version->minor == 1)) return;
  throw YamlError(mark_of(event.start_mark), "found incompatible YAML document");
}

void hand_over(const yaml_event_t& event, YamlHandler& handler) {
  const YamlMark mark = mark_of(event.start_mark);
  switch (event.type) {
    case YAML_ALIAS_EVENT:
      return handler.alias(mark, text_of(event.data.alias.anchor));
    case YAML_SCALAR_EVENT: {
      const auto& scalar = event.data.scalar;
      const std::string value(reinterpret_cast<const char*>(scalar.value), scalar.length);
      return handler.scalar({mark, text_of(scalar.anchor), text_of(scalar.tag)}, value,
                            scalar.style == YAML_PLAIN_SCALAR_STYLE);
    }
    case YAML_SEQUENCE_START_EVENT: {
      const auto& sequence = event.data.sequence_start;
      return handler.begin_sequence({mark, text_of(sequence.anchor), text_of(sequence.tag)});
    }
    case YAML_SEQUENCE_END_EVENT:
      return handler.end_sequence();
    case YAML_MAPPING_START_EVENT: {
      const auto& mapping = event.data.mapping_start;
      return handler.begin_mapping({mark, text_of(mapping.anchor), text_of(mapping.tag)});
    }
    case YAML_MAPPING_END_EVENT:
      return handler.end_mapping();
    case YAML_DOCUMENT_START_EVENT:
      return require_version(event);
    default:
      return;
  }
}

}  // namespace

void parse_yaml(std::string_view text, YamlHandler& handler) {
  Parser parser(text);
  for (;;) {
    Event next;
    parser.next(next.event);
    if (next.event.type == YAML_DOCUMENT_END_EVENT || next.event.type == YAML_STREAM_END_EVENT) return;
    hand_over(next.event, handler);
  }
}

}  // namespace lokitail::config
