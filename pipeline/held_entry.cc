#include "pipeline/held_entry.h"

#include <algorithm>
#include <new>
#include <utility>

namespace lokitail::pipeline {
namespace {

// Memory of a thread for objects of one size that come and go with every block of lines.
class SpareMemory {
 public:
  SpareMemory() = default;
  SpareMemory(const SpareMemory&) = delete;
  SpareMemory& operator=(const SpareMemory&) = delete;
  ~SpareMemory() {
    for (void* const memory : spare_) ::operator delete(memory);
  }

  void* take(std::size_t size) {
    if (spare_.empty()) return ::operator new(size);
    void* const memory = spare_.back();
    spare_.pop_back();
    return memory;
  }
  void give_back(void* memory) {
    constexpr std::size_t kMost = 256;
    if (spare_.size() == kMost) return ::operator delete(memory);
    spare_.push_back(memory);
  }

 private:
  std::vector<void*> spare_;
};

}  // namespace

// Holds on to all that it stands for until it is settled itself.
class HeldEntry::JoinedOrigin final : public Origin {
 public:
  // REQUIRES: at least one.
  explicit JoinedOrigin(Origins origins)
      : Origin(origins.front().origin().source()), origins_(std::move(origins)) {}

  static void* operator new(std::size_t size) { return spare_memory().take(size); }
  static void operator delete(void* memory) { spare_memory().give_back(memory); }

  void for_each_part(const std::function<void(Origin&)>& visit) override {
    for (const OriginHold& held : origins_) held.origin().for_each_part(visit);
  }
  bool goes_on() const override { return origins_.back().origin().goes_on(); }
  bool can_be_read_again() const override {
    return std::ranges::all_of(origins_,
                               [](const OriginHold& held) { return held.origin().can_be_read_again(); });
  }
  bool is_awaited() const override {
    return std::ranges::all_of(origins_, [](const OriginHold& held) { return held.origin().is_awaited(); });
  }

 private:
  static SpareMemory& spare_memory() {
    static thread_local SpareMemory memory;
    return memory;
  }

  void settled() override { delete this; }

  const Origins origins_;
};

void HeldEntry::assign(const Entry& entry) {
  line_.assign(entry.line);
  timestamp_ = entry.timestamp;
  labels_.resize(entry.labels.size());
  auto label_copy = labels_.begin();
  for (const Label& label : entry.labels) {
    label_copy->name = label.name;
    (label_copy++)->value.assign(label.value);
  }
  std::size_t values = 0;
  entry.extracted.for_each([&](Symbol name, const Value& value) {
    if (values == extracted_.size()) extracted_.emplace_back();
    HeldValue& copy = extracted_[values++];
    copy.name = name;
    copy.value = value.kind() == Value::Kind::kNumber ? value.without_spelling() : value;
    copy.text.assign(value.kind() == Value::Kind::kText ? value.as_text() : std::string_view());
  });
  extracted_.resize(values);
  release_origins();
  also_from(entry.origin);
}

void HeldEntry::also_from(Origin* origin) {
  // Nearly always a line comes from the block of the line before, which holds this one too.
  if (origin == nullptr || (has_origin() && &origins_.back().origin() == origin)) return;
  origins_.emplace_back(*origin);
}

void HeldEntry::continue_from(HeldEntry&& earlier) {
  line_ = std::move(earlier.line_.append(line_));
  const Origin* const last = earlier.has_origin() ? &earlier.origins_.back().origin() : nullptr;
  for (OriginHold& held : origins_) {
    if (&held.origin() != last) earlier.origins_.push_back(std::move(held));
  }
  origins_ = std::move(earlier.origins_);
}

void HeldEntry::restore(Entry& entry) {
  restored_ = take_origins();
  entry.begin({}, timestamp_, {}, restored_.get());
  line_.reserve(line_.size() + kTextPadding);
  entry.line = line_;
  for (const Pair& label : labels_) entry.labels.set(label.name, label.value);
  for (const HeldValue& held : extracted_) {
    const bool is_text = held.value.kind() == Value::Kind::kText;
    entry.extracted.set(held.name, is_text ? Value::text(held.text) : held.value);
  }
}

HeldEntry copy_without_origin(Entry& entry) {
  Origin* const origin = std::exchange(entry.origin, nullptr);
  HeldEntry copy(entry);
  entry.origin = origin;
  return copy;
}

void HeldEntry::release_origins() {
  restored_ = OriginReference();
  origins_.clear();
}

// Also where there is just one: the entry may be held again behind this stage, when another line is
// being pushed, and a hold of that origin would then stand for that line.
OriginReference HeldEntry::take_origins() {
  if (!has_origin()) return {};
  return OriginReference(new JoinedOrigin(std::exchange(origins_, {})));
}

}  // namespace lokitail::pipeline
