#include "agent/server/live_tail.h"

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "agent/clock.h"
#include "pipeline/arena.h"
#include "pipeline/lang/json_writer.h"
#include "pipeline/lang/selector.h"
#include "pipeline/redact/redactor.h"
#include "pipeline/snapshot.h"

namespace lokitail::agent {
namespace {

namespace redact = pipeline::redact;

// A line of more than this is cut where it is shown.
constexpr std::size_t kMostLineBytes = 64 << 10;

redact::Redactor make_redactor() {
  std::vector<const redact::BuiltIn*> patterns;
  for (const redact::BuiltIn& pattern : redact::built_ins()) {
    if (pattern.by_default) patterns.push_back(&pattern);
  }
  return {{}, patterns};
}

}  // namespace

// Of one worker, whose symbols its selector knows.
class LiveTail::Watcher final : public EntryWatcher {
 public:
  explicit Watcher(std::shared_ptr<LiveTail> tail) : tail_(std::move(tail)) {}

  void begin(pipeline::SymbolTable& symbols) override {
    symbols_ = &symbols;
    if (!tail_->wish_.selector.empty()) selector_.emplace(tail_->wish_.selector, symbols);
  }

  void saw(const std::string& job, Point point, const pipeline::Entry& entry) override {
    const TailWish& wish = tail_->wish_;
    if (point != wish.point || (!wish.job.empty() && wish.job != job)) return;
    if (selector_ && !selector_->matches(entry.labels, entry.line)) return;
    if (!tail_->may_add()) return;
    json_.clear();
    pipeline::lang::JsonWriter out(json_);
    out.begin('{');
    out.member("job", job);
    out.member("timestamp", pipeline::timestamp_text(entry.timestamp));
    out.begin("labels", '{');
    for (const pipeline::Label& label : entry.labels) out.member(symbols_->name(label.name), label.value);
    out.end('}');
    if (!entry.structured_metadata.empty()) {
      out.begin("structured_metadata", '{');
      for (const pipeline::Metadata& item : entry.structured_metadata) out.member(item.name, item.value);
      out.end('}');
    }
    out.member("line", shown(entry.line.substr(0, kMostLineBytes)));
    out.end('}');
    tail_->add(json_);
  }

 private:
  // Without its secrets. `line` is padded, or cut from what is.
  std::string_view shown(std::string_view line) {
    if (!redactor_) redactor_.emplace(make_redactor());
    const std::span<const redact::Found> found = redactor_->find(line);
    if (found.empty()) return line;
    text_.clear();
    std::size_t at = 0;
    for (const redact::Found& secret : found) {
      text_.append(line.substr(at, secret.range.begin - at))
          .append("<")
          .append(redactor_->name(secret.pattern))
          .append(">");
      at = secret.range.end;
    }
    text_.append(line.substr(at));
    return text_;
  }

  const std::shared_ptr<LiveTail> tail_;
  pipeline::SymbolTable* symbols_ = nullptr;
  std::optional<pipeline::lang::Selector> selector_;
  std::optional<redact::Redactor> redactor_;
  std::string json_;
  std::string text_;
};

LiveTail::LiveTail(TailWish wish)
    : wish_(std::move(wish)), rate_{wish_.rate, wish_.rate}, bucket_(rate_, system_time()) {
  pipeline::SymbolTable symbols;
  if (!wish_.selector.empty()) pipeline::lang::Selector(wish_.selector, symbols);
}

LiveTail::~LiveTail() = default;

std::shared_ptr<EntryWatcher> LiveTail::make_watcher(const std::shared_ptr<LiveTail>& tail) {
  return std::make_shared<Watcher>(tail);
}

bool LiveTail::may_add() {
  const std::lock_guard lock(mutex_);
  bucket_.refill(rate_, system_time());
  if (events_.size() < kMostBytes && bucket_.try_take()) return true;
  ++skipped_;
  return false;
}

void LiveTail::add(std::string_view json) {
  const std::lock_guard lock(mutex_);
  events_.append("data: ").append(json).append("\n\n");
}

LiveTail::Taken LiveTail::take() {
  const std::lock_guard lock(mutex_);
  return {std::exchange(events_, {}), std::exchange(skipped_, 0)};
}

}  // namespace lokitail::agent
