#include "pipeline/lang/go_template/context.h"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "pipeline/lang/go_template/recent.h"
#include "pipeline/lang/go_template/unicode.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

// So that an empty list differs from Go's nil slice.
constexpr Value kNoItems[1] = {};

}  // namespace

Value Context::fail(std::string_view message, std::string_view detail) {
  if (!failed_) {
    failed_ = true;
    message_ = message;
    detail_ = detail;
  }
  return {};
}

char* Context::allocate_bytes(std::size_t size, std::size_t alignment) {
  bytes_ += size;
  if (size > kMaxBytes || bytes_ > kMaxBytes) {
    fail("the template needs too much memory");
    return nullptr;
  }
  char* const bytes = memory_.allocate(size + alignment - 1);
  const auto address = reinterpret_cast<std::uintptr_t>(bytes);
  return bytes + (alignment - address % alignment) % alignment;
}

std::string_view Context::copy(std::string_view text) {
  const std::span<char> bytes = allocate<char>(text.size());
  std::copy_n(text.data(), bytes.size(), bytes.data());
  return {bytes.data(), bytes.size()};
}

Value Context::list(std::span<const Value> items, Type type) {
  if (items.empty()) return Value::list(std::span(kNoItems, 0), type);
  const std::span<Value> copies = allocate<Value>(items.size());
  std::copy_n(items.data(), copies.size(), copies.data());
  return Value::list(copies, type);
}

Value Context::time(Time time) {
  if (!spend(100)) return {};
  times_.push_back(std::make_unique<const Time>(std::move(time)));
  return Value::time(times_.back().get());
}

Value Context::key_pair(std::string_view certificate, std::string_view key) {
  const std::span<KeyPair> pair = allocate<KeyPair>(1);
  if (pair.empty()) return {};
  pair[0] = {copy(certificate), copy(key)};
  return Value::key_pair(pair.data());
}

Map* Context::new_map() {
  // A map that would not fit any more; nothing looks at it, since the execution has failed.
  thread_local Map none;
  const std::span<Map> map = allocate<Map>(1);
  if (map.empty()) return none = {}, &none;
  return map.data();
}

void Context::set(Map& map, std::string_view key, const Value& value) {
  const auto all = map.all();
  const auto place = std::ranges::lower_bound(all, key, {}, &Map::Entry::key);
  const auto index = static_cast<std::size_t>(place - all.begin());
  if (place != all.end() && place->key == key) {
    place->value = value;
    return;
  }
  if (!spend(1 + (map.size - index) / 8)) return;
  if (map.size == map.capacity) {
    const std::span<Map::Entry> room = allocate<Map::Entry>(std::max<std::size_t>(8, 2 * map.size));
    if (room.empty()) return;
    std::ranges::copy(all, room.begin());
    map.entries = room.data();
    map.capacity = room.size();
  }
  Map::Entry* const hole = map.entries + index;
  std::copy_backward(hole, map.entries + map.size, map.entries + map.size + 1);
  *hole = {key, value};
  ++map.size;
}

Value Context::root() {
  if (root_ == nullptr) {
    root_ = new_map();
    data_.for_each(
        [this](std::string_view name, std::string_view text) { set(*root_, name, Value::string(text)); });
  }
  return Value::map(root_, root_type_);
}

Value Context::root_field(std::size_t index, std::string_view name) {
  if (root_ != nullptr) {  // it may have been changed since
    const Value* const value = root_->find(name);
    return value == nullptr ? Value() : *value;
  }
  const auto text = data_.field(index);
  return text ? Value::string(*text) : Value();
}

const Regex* Context::find_regex(std::string_view pattern, std::string_view* error) {
  struct Compiled {
    std::optional<Regex> regex;  // nothing for a pattern that is none
    std::string error;
  };
  thread_local Recent<Compiled> patterns;
  const Compiled& compiled = patterns.get(pattern, [this](std::string_view unknown) {
    spend(1000);
    Compiled made;
    try {
      made.regex.emplace(unknown);
    } catch (const std::invalid_argument& problem) {
      made.error = problem.what();
    }
    return made;
  });
  if (compiled.regex) return &*compiled.regex;
  if (error != nullptr) *error = compiled.error;
  return nullptr;
}

const Regex* Context::regex(std::string_view pattern) {
  std::string_view error;
  const Regex* const found = find_regex(pattern, &error);
  if (found == nullptr) fail("error parsing regexp: ", copy(error));
  return found;
}

bool Text::grow(std::size_t need) {
  if (context_.failed()) return false;
  const std::span<char> room =
      context_.allocate<char>(std::max({size_ + need, 2 * capacity_, std::size_t{32}}));
  if (room.empty()) return false;
  std::copy_n(data_, size_, room.data());
  data_ = room.data();
  capacity_ = room.size();
  return true;
}

void Text::append_character(char32_t code) {
  char bytes[4];
  *this += std::string_view(bytes, encode_utf8(code, bytes));
}

void Text::append_repeated(char c, std::size_t count) {
  if (count > capacity_ - size_ && !grow(count)) return;
  std::fill_n(data_ + size_, count, c);
  size_ += count;
}

void List::add(const Value& value) {
  if (!context_.spend(1)) return;
  if (size_ == items_.size()) {
    const std::span<Value> room = context_.allocate<Value>(std::max<std::size_t>(8, 2 * size_));
    if (room.empty()) return;
    std::ranges::copy(items_, room.begin());
    items_ = room;
  }
  items_[size_++] = value;
}

Value List::value() const {
  if (size_ == 0) return Value::list(std::span(kNoItems, 0), type_);
  return Value::list(items_.first(size_), type_);
}

}  // namespace lokitail::pipeline::lang::go_template
