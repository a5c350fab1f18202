#include "agent/source/journal/journal_entries.h"

namespace lokitail::agent {
namespace {

constexpr std::string_view kLineField = "MESSAGE";
constexpr std::string_view kPriorityField = "PRIORITY";
constexpr std::string_view kKeywordSuffix = "_keyword";
// Names of fields that are remembered. Programs may make up as many as they like.
constexpr std::size_t kMostNames = 4096;
// A buffer beyond this does not stay.
constexpr std::size_t kKeptBytes = 1 << 20;

prometheus::Counter& fault_counter(Metrics& metrics, const char* error) {
  return metrics.counter_of("promtail_journal_target_parsing_errors_total",
                            "Total number of parsing errors while reading journal messages",
                            {{"error", error}});
}

}  // namespace

JournalEntries::JournalEntries(const config::ScrapeConfig& job, Metrics& metrics)
    : json_(job.journal->json),
      relabeler_(job.relabel_configs),
      without_message_(fault_counter(metrics, "no_message")),
      corrupt_(fault_counter(metrics, "corrupt")) {}

void JournalEntries::begin_entry() {
  arena_.reset();
  labels_.clear();
  fields_.clear();
  line_.reset();
}

void JournalEntries::add_field(std::string_view data) {
  const auto field = split_field(data);
  if (!field) return;
  const Use& use = use_of(field->name);
  const bool has_label = !use.label.empty() || !use.keyword.empty();
  if (!json_ && !use.is_line && !has_label) return;
  const std::string_view value = arena_.copy(field->value);
  if (json_) fields_.push_back({arena_.copy(field->name), value});
  if (use.is_line) line_ = value;
  if (!use.label.empty()) labels_.emplace_back(arena_.copy(use.label), value);
  if (!use.keyword.empty()) labels_.emplace_back(arena_.copy(use.keyword), priority_keyword(value));
}

void JournalEntries::end_entry(std::uint64_t microseconds, bool is_whole) {
  if (!is_whole) corrupt_.Increment();
  if (json_) {
    if (json_line_.capacity() > kKeptBytes) json_line_ = std::string();
    json_line_.clear();
    append_fields_json(json_line_, fields_);
    line_ = json_line_;
  }
  if (!line_) {
    if (is_whole) without_message_.Increment();
    return;
  }
  if (!block_) block_ = std::make_unique<ReceivedBlock>();
  block_->continue_group(labels_);
  constexpr std::uint64_t kPerSecond = 1'000'000;
  block_->add(*line_, pipeline::Timestamp(static_cast<std::int64_t>(microseconds / kPerSecond),
                                          static_cast<std::int32_t>(microseconds % kPerSecond) * 1000));
}

void JournalEntries::drop_entry() { corrupt_.Increment(); }

std::unique_ptr<ReceivedBlock> JournalEntries::take_block() { return std::move(block_); }

const JournalEntries::Use& JournalEntries::use_of(std::string_view name) {
  if (const auto known = uses_.find(name); known != uses_.end()) return known->second;
  if (uses_.size() >= kMostNames) uses_.clear();
  return uses_.emplace(name, find_use(name)).first->second;
}

// Only labels that relabelling can use are made: the others begin with "__" and go anyway, and many are
// different in each entry.
JournalEntries::Use JournalEntries::find_use(std::string_view name) const {
  Use use;
  use.is_line = !json_ && name == kLineField;
  const std::string label = label_of_field(name);
  if (relabeler_.may_use(label)) use.label = label;
  const std::string keyword = label + std::string(kKeywordSuffix);
  if (name == kPriorityField && relabeler_.may_use(keyword)) use.keyword = keyword;
  return use;
}

}  // namespace lokitail::agent
