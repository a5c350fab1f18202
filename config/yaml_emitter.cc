#include "config/yaml_emitter.h"

#include <new>

#include "config/base64.h"
#include "config/node.h"
#include "config/scalar.h"
#include "config/value.h"

namespace lokitail::config {
namespace {

int append_to_text(void* text, unsigned char* bytes, std::size_t size) {
  static_cast<std::string*>(text)->append(reinterpret_cast<const char*>(bytes), size);
  return 1;
}

const yaml_char_t* characters(std::string_view text) {
  return reinterpret_cast<const yaml_char_t*>(text.data());
}

yaml_scalar_style_t style_of(std::string_view text) {
  if (resolve_plain(text) != Node::Type::kString || text == "<<") return YAML_DOUBLE_QUOTED_SCALAR_STYLE;
  return text.find('\n') == text.npos ? YAML_PLAIN_SCALAR_STYLE : YAML_LITERAL_SCALAR_STYLE;
}

}  // namespace

YamlEmitter::YamlEmitter() {
  if (yaml_emitter_initialize(&emitter_) == 0) throw std::bad_alloc();
  yaml_emitter_set_output(&emitter_, append_to_text, &text_);
  yaml_emitter_set_unicode(&emitter_, 1);
  yaml_emitter_set_width(&emitter_, -1);
  emit(yaml_stream_start_event_initialize(&event_, YAML_UTF8_ENCODING));
  emit(yaml_document_start_event_initialize(&event_, nullptr, nullptr, nullptr, 1));
}

YamlEmitter::~YamlEmitter() { yaml_emitter_delete(&emitter_); }

void YamlEmitter::begin_mapping() {
  emit(yaml_mapping_start_event_initialize(&event_, nullptr, nullptr, 1, YAML_BLOCK_MAPPING_STYLE));
}

void YamlEmitter::end_mapping() { emit(yaml_mapping_end_event_initialize(&event_)); }

void YamlEmitter::begin_sequence() {
  emit(yaml_sequence_start_event_initialize(&event_, nullptr, nullptr, 1, YAML_BLOCK_SEQUENCE_STYLE));
}

void YamlEmitter::end_sequence() { emit(yaml_sequence_end_event_initialize(&event_)); }

void YamlEmitter::scalar(std::string_view text, Scalar kind) {
  const bool is_binary = !is_utf8(text);
  const std::string encoded = is_binary ? encode_base64(text) : std::string();
  if (is_binary) text = encoded;
  const auto style = is_binary || kind == Scalar::kAsIs ? YAML_PLAIN_SCALAR_STYLE : style_of(text);
  const yaml_char_t* const tag = is_binary ? characters("tag:yaml.org,2002:binary") : nullptr;
  emit(yaml_scalar_event_initialize(&event_, nullptr, tag, characters(text.data() == nullptr ? "" : text),
                                    static_cast<int>(text.size()), is_binary ? 0 : 1, is_binary ? 0 : 1,
                                    style));
}

const std::string& YamlEmitter::finish() {
  emit(yaml_document_end_event_initialize(&event_, 1));
  emit(yaml_stream_end_event_initialize(&event_));
  yaml_emitter_flush(&emitter_);
  return text_;
}

// The text is UTF-8 and the events are in order, so only memory may be missing.
void YamlEmitter::emit(int initialized) {
  if (initialized == 0 || yaml_emitter_emit(&emitter_, &event_) == 0) throw std::bad_alloc();
}

}  // namespace lokitail::config
