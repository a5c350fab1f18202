#include "agent/lint/sample/sample_run.h"

#include <algorithm>
#include <deque>
#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>
#include <unordered_set>
#include <utility>

#include "agent/clock.h"
#include "agent/lint/loki_limits.h"
#include "agent/lint/sample/probe.h"
#include "agent/source/file/glob.h"
#include "agent/telemetry/metrics.h"
#include "pipeline/pipeline.h"
#include "pipeline/stage_observer.h"

namespace lokitail::agent::lint {
namespace {

constexpr std::size_t kMostExamples = 3;
constexpr std::size_t kLongestExample = 120;
// Beyond this many values of a label nobody wants to know how many there are.
constexpr std::size_t kMostCounted = 100'000;

// A stage, as far as it is watched.
class WatchedStage {
 public:
  WatchedStage(std::unique_ptr<Probe> probe, SampleStage& counts, std::vector<pipeline::Symbol> names)
      : probe_(std::move(probe)), counts_(counts), names_(std::move(names)) {
    if (probe_ != nullptr) counts_.verb = probe_->verb();
  }

  void takes(pipeline::Entry& entry) {
    ++counts_.entries;
    if (probe_ == nullptr) return;
    const auto text = probe_->text(entry);
    if (text && probe_->fits(entry, *text)) {
      ++counts_.matched;
    } else if (text && counts_.unmatched.size() < kMostExamples) {
      counts_.unmatched.emplace_back(text->substr(0, kLongestExample));
    }
  }

  void gives(pipeline::Entry& entry) {
    ++counts_.passed;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const auto text = entry.text(names_[i]);
      if (text && !text->empty()) ++counts_.names[i].found;
    }
  }

 private:
  const std::unique_ptr<Probe> probe_;
  SampleStage& counts_;
  const std::vector<pipeline::Symbol> names_;
};

// The end of the pipeline.
class Tally final : public pipeline::Sink {
 public:
  Tally(SampleResult& result, pipeline::SymbolTable& symbols, pipeline::Timestamp now)
      : result_(result),
        symbols_(symbols),
        tenant_(symbols.intern("__tenant_id__")),
        oldest_(now.seconds - std::chrono::seconds(loki::kOldest).count()),
        newest_(now.seconds + std::chrono::seconds(loki::kNewest).count()) {}

  void push(pipeline::Entry& entry) override {
    ++result_.entries;
    result_.longest = std::max<std::uint64_t>(result_.longest, entry.line.size());
    if (entry.line.size() > loki::kLongestLine) ++result_.too_long;
    if (entry.timestamp.seconds < oldest_) ++result_.too_old;
    if (entry.timestamp.seconds > newest_) ++result_.too_new;
    count_labels(entry.labels);
    std::size_t bytes = 0;
    for (const auto& piece : entry.structured_metadata) {
      bytes += piece.name.size() + piece.value.size();
    }
    if (bytes > loki::kMostMetadataBytes || entry.structured_metadata.size() > loki::kMostMetadata) {
      ++result_.too_much_metadata;
    }
  }

  void finish() {
    result_.streams = streams_.size();
    for (const auto& [label, values] : values_) {
      result_.label_values[std::string(symbols_.name(label))] = values.size();
    }
  }

 private:
  void count_labels(const pipeline::Labels& labels) {
    std::size_t sent = 0;
    for (const pipeline::Label& label : labels) {
      if (label.name == tenant_) continue;
      ++sent;
      auto& values = values_[label.name];
      if (values.size() < kMostCounted) values.insert(label.hash);
    }
    if (sent == 0) ++result_.no_labels;
    if (sent > loki::kMostLabels) ++result_.too_many_labels;
    if (streams_.size() < kMostCounted) streams_.insert(labels.hash());
  }

  SampleResult& result_;
  pipeline::SymbolTable& symbols_;
  const pipeline::Symbol tenant_;
  const std::int64_t oldest_;
  const std::int64_t newest_;
  std::unordered_set<std::uint64_t> streams_;
  std::map<pipeline::Symbol, std::unordered_set<std::uint64_t>> values_;
};

config::LabelMap labels_for(const std::string& file, const JobModel& job) {
  config::LabelMap labels;
  for (const PathModel& path : job.paths) {
    if (!path.labels) continue;
    const bool matches = Glob(path.path).matches(file);
    if (labels.empty() || matches) labels = *path.labels;
    if (matches) break;
  }
  if (job.tails_files) labels.insert_or_assign("filename", file);
  return labels;
}

// Watches all stages that are of interest.
class Watch final : public pipeline::StageObserver {
 public:
  explicit Watch(pipeline::SymbolTable& symbols, std::function<pipeline::Timestamp()> now)
      : context_{symbols, std::move(now)} {}

  void built(const Info& info, const config::Node& item) override {
    const auto flow = pipeline::stage_flow(item);
    if (!flow) return;
    SampleStage& counts = stages_.emplace_back();
    counts.stage = flow->stage;
    counts.place = flow->place;
    std::vector<pipeline::Symbol> names;
    for (const pipeline::FlowValue& value : flow->sets) {
      if (!value.asked_for) continue;
      names.push_back(context_.symbols.intern(value.name));
      counts.names.push_back({value.name, value.place});
    }
    watched_.try_emplace(info.get(), make_probe(flow->stage, flow->body, context_), counts, std::move(names));
  }
  void takes(const Info& info, pipeline::Entry& entry) override {
    if (const auto stage = watched_.find(info.get()); stage != watched_.end()) {
      stage->second.takes(entry);
    }
  }
  void done(const Info&) override {}
  void gives(const Info& info, pipeline::Entry& entry) override {
    if (const auto stage = watched_.find(info.get()); stage != watched_.end()) {
      stage->second.gives(entry);
    }
  }
  void gave(const Info&) override {}

  // In the order in which they stand in the file.
  std::vector<SampleStage> take() {
    std::vector<SampleStage> stages(std::make_move_iterator(stages_.begin()),
                                    std::make_move_iterator(stages_.end()));
    std::ranges::sort(
        stages, {}, [](const SampleStage& stage) { return std::pair(stage.place.line, stage.place.column); });
    for (SampleStage& stage : stages) {
      if (stage.stage != "drop") continue;
      stage.verb = "dropped";
      stage.matched = stage.entries - stage.passed;
    }
    return stages;
  }

 private:
  ProbeContext context_;
  std::deque<SampleStage> stages_;  // a deque keeps them where they are
  std::map<const pipeline::StageInfo*, WatchedStage> watched_;
};

void push_lines(std::ifstream& file, pipeline::Pipeline& pipeline, const pipeline::Labels& labels,
                SampleResult& result) {
  std::string line;
  std::vector<char> padded;
  while (std::getline(file, line)) {
    ++result.lines;
    padded.assign(line.size() + pipeline::kTextPadding, '\0');
    std::ranges::copy(line, padded.begin());
    pipeline.push({padded.data(), line.size()}, system_time(), labels, nullptr);
  }
  pipeline.drain();
}

}  // namespace

SampleResult run_sample(const std::string& file, const config::ScrapeConfig& scrape, const JobModel& job) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error(file + ": cannot be read");
  SampleResult result;
  result.file = file;
  result.job = job.name;
  result.place = job.node.place();

  Metrics metrics;
  config::Warnings warnings;
  pipeline::SymbolTable symbols;
  Tally tally(result, symbols, system_time());
  Watch watch(symbols, system_time);
  {
    pipeline::StageContext context{symbols, warnings, metrics, system_time};
    context.observer = &watch;
    pipeline::Pipeline pipeline(scrape.pipeline_stages, context, tally);
    const config::LabelMap texts = labels_for(clean_path(file), job);
    pipeline::Labels labels;
    for (const auto& [name, value] : texts) labels.set(symbols.intern(name), value);
    push_lines(stream, pipeline, labels, result);
  }
  if (stream.bad()) throw std::runtime_error(file + ": cannot be read");
  tally.finish();
  result.stages = watch.take();
  return result;
}

}  // namespace lokitail::agent::lint
