// One execution of a template: its memory, its limits, and what went wrong.
//
// Threads: belongs to the executing thread. Nothing made here outlives the execution.
// Errors:  the first failure is kept and ends the execution; what is built after it is empty.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "pipeline/arena.h"
#include "pipeline/lang/go_template.h"
#include "pipeline/lang/go_template/value.h"
#include "pipeline/lang/regex.h"

namespace lokitail::pipeline::lang::go_template {

// What one execution may use. Far beyond what any log line needs, and little enough that a template
// like `{{ until 1000000000 }}` fails rather than harms.
inline constexpr std::size_t kMaxBytes = std::size_t{32} * 1024 * 1024;
inline constexpr std::size_t kMaxWork = 10'000'000;
// Values may contain themselves: {{ set $d "self" $d }}. Walks end here.
inline constexpr int kMaxValueDepth = 100;

class Context {
 public:
  Context(const TemplateData& data, Type root_type, Arena& memory)
      : data_(data), root_type_(root_type), memory_(memory) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Ends the execution; returns no value. The texts must live as long as the execution.
  Value fail(std::string_view message, std::string_view detail = {});
  bool failed() const { return failed_; }
  std::string error() const { return std::string(message_).append(detail_); }

  // Counts work of the given size; false once there was too much.
  bool spend(std::size_t work) {
    work_ += work;
    if (work_ <= kMaxWork) return !failed_;
    fail("the template does too much work");
    return false;
  }

  // Room for `count` objects; an empty span if that would be too much. Their destructors do not
  // run.
  template <typename T>
  std::span<T> allocate(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (count > kMaxBytes / sizeof(T)) return fail("the template needs too much memory"), std::span<T>();
    char* const bytes = allocate_bytes(count * sizeof(T), alignof(T));
    if (bytes == nullptr) return {};
    T* const first = reinterpret_cast<T*>(bytes);
    std::uninitialized_default_construct_n(first, count);
    return {first, count};
  }

  std::string_view copy(std::string_view text);
  Value text(std::string_view text) { return Value::string(copy(text)); }
  Value list(std::span<const Value> items, Type type = Type::kList);
  Value time(Time time);
  Value key_pair(std::string_view certificate, std::string_view key);
  Map* new_map();
  // Adds or overwrites.
  void set(Map& map, std::string_view key, const Value& value);

  // The template's data as a value.
  Value root();
  // One entry of it.
  Value root_field(std::size_t index, std::string_view name);

  Timestamp now() const { return data_.now(); }
  std::optional<std::string> find_host(std::string_view name) const {
    return data_.find_host(std::string(name));
  }

  // A pattern that is known only now; nullptr for one that is none, with `error` set if given.
  const Regex* find_regex(std::string_view pattern, std::string_view* error = nullptr);
  // The same, and fails for one that is none.
  const Regex* regex(std::string_view pattern);

 private:
  char* allocate_bytes(std::size_t size, std::size_t alignment);

  const TemplateData& data_;
  const Type root_type_;
  Arena& memory_;
  std::size_t bytes_ = 0;
  std::size_t work_ = 0;
  bool failed_ = false;
  std::string_view message_;
  std::string_view detail_;
  Map* root_ = nullptr;  // made when the data is first used as a whole
  std::vector<std::unique_ptr<const Time>> times_;
};

// Text under construction, in the memory of an execution.
class Text {
 public:
  explicit Text(Context& context, std::size_t expected = 0) : context_(context) {
    if (expected != 0) grow(expected);
  }

  Text& operator+=(std::string_view text) {
    if (text.size() > capacity_ - size_ && !grow(text.size())) return *this;
    // NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): where there is room there is memory.
    if (!text.empty()) std::memcpy(data_ + size_, text.data(), text.size());
    size_ += text.size();
    return *this;
  }
  Text& operator+=(char c) { return *this += std::string_view(&c, 1); }
  void append_character(char32_t code);
  // As many of `c`.
  void append_repeated(char c, std::size_t count);

  Context& context() { return context_; }
  std::size_t size() const { return size_; }
  std::string_view view() const { return {data_, size_}; }
  Value value() const { return Value::string(view()); }

 private:
  bool grow(std::size_t need);

  Context& context_;
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// A list under construction.
class List {
 public:
  explicit List(Context& context, Type type = Type::kList) : context_(context), type_(type) {}

  void add(const Value& value);
  std::size_t size() const { return size_; }
  // Never Go's nil slice, even if nothing was added.
  Value value() const;

 private:
  Context& context_;
  const Type type_;
  std::span<Value> items_;
  std::size_t size_ = 0;
};

}  // namespace lokitail::pipeline::lang::go_template
