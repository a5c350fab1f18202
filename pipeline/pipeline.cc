#include "pipeline/pipeline.h"

#include <algorithm>

#include "pipeline/lang/regex_chain.h"
#include "pipeline/observed_stage.h"
#include "pipeline/registry.h"

namespace lokitail::pipeline {

// One stage with what comes behind it.
class Pipeline::Link final : public Sink {
 public:
  Link(std::unique_ptr<Stage> stage, std::string name, Sink& next)
      : stage_(std::move(stage)), name_(std::move(name)), next_(next) {}
  void push(Entry& entry) override {
    ++taken_;
    if (chains_) chains_->begin();
    stage_->push(entry, next_);
  }
  bool join(lang::RegexChains& chains) { return stage_->join(chains); }
  // It is the first whose expressions are in them.
  void begin_with(std::unique_ptr<lang::RegexChains> chains) { chains_ = std::move(chains); }
  void tick(Timestamp now, Entry& scratch) { stage_->tick(now, scratch, next_); }
  bool holds_entries() const { return stage_->holds_entries(); }
  bool may_pause() const { return stage_->may_pause(); }
  Memory memory() const { return stage_->memory(); }
  std::chrono::nanoseconds pause() { return stage_->pause(); }
  void drain(Entry& scratch) { stage_->drain(scratch, next_); }
  std::size_t held_entries() const { return stage_->held_entries(); }
  const std::string& name() const { return name_; }
  std::uint64_t taken() const { return taken_; }

 private:
  std::unique_ptr<Stage> stage_;
  const std::string name_;
  Sink& next_;
  std::unique_ptr<lang::RegexChains> chains_;
  std::uint64_t taken_ = 0;
};

// Counts what comes out.
class Pipeline::Exit final : public Sink {
 public:
  explicit Exit(Sink& out) : out_(&out) {}
  void push(Entry& entry) override {
    ++taken_;
    out_->push(entry);
  }
  std::uint64_t taken() const { return taken_; }
  void lead_to(Sink& out) { out_ = &out; }

 private:
  Sink* out_;
  std::uint64_t taken_ = 0;
};

Pipeline::Pipeline(const config::Node& stages, StageContext& context, Sink& out)
    : exit_(std::make_unique<Exit>(out)), out_(out), entrance_(exit_.get()), first_(exit_.get()) {
  if (stages.is_null()) return;
  if (!stages.is_sequence()) {
    throw stages.error("pipeline_stages: expected a list of stages, found " + stages.describe());
  }
  struct Built {
    std::unique_ptr<Stage> stage;
    std::string name;
  };
  std::vector<Built> built;
  for (std::size_t i = 0; i < stages.items().size(); ++i) {
    const config::Node& item = stages.items()[i];
    auto stage =
        context.observer == nullptr ? build_stage(item, context) : build_observed_stage(item, i, context);
    if (stage) built.push_back({std::move(stage), item.entries().begin()->first.text()});
  }
  // Each link needs the one behind it, so they are made from the last to the first.
  links_.resize(built.size());
  for (std::size_t i = built.size(); i-- > 0;) {
    links_[i] = std::make_unique<Link>(std::move(built[i].stage), std::move(built[i].name), *first_);
    first_ = links_[i].get();
    if (links_[i]->may_pause()) pausing_.push_back(links_[i].get());
  }
  entrance_ = first_;
  if (context.observer == nullptr) chain_expressions();
}

// An entry goes from link to link before the next one comes, so what one stage asked holds for those behind it.
void Pipeline::chain_expressions() {
  for (std::size_t i = 0; i < links_.size();) {
    Link& first = *links_[i];
    auto chains = std::make_unique<lang::RegexChains>();
    while (i < links_.size() && links_[i++]->join(*chains)) {
    }
    if (chains->finish()) first.begin_with(std::move(chains));
  }
}

void Pipeline::tap(Sink* before, Sink* after) {
  first_ = before != nullptr ? before : entrance_;
  exit_->lead_to(after != nullptr ? *after : out_);
}

Pipeline::~Pipeline() = default;

void Pipeline::tick(Timestamp now, Entry& scratch) {
  for (const auto& link : links_) link->tick(now, scratch);
}

bool Pipeline::holds_entries() const {
  return std::ranges::any_of(links_, [](const auto& link) { return link->holds_entries(); });
}

std::size_t Pipeline::held_entries() const {
  std::size_t held = 0;
  for (const auto& link : links_) held += link->held_entries();
  return held;
}

std::uint64_t Pipeline::given() const { return exit_->taken(); }

std::vector<StageCounts> Pipeline::counts() const {
  std::vector<StageCounts> counts(links_.size());
  std::uint64_t given = exit_->taken();
  for (std::size_t i = links_.size(); i-- > 0;) {
    counts[i] = {links_[i]->name(), links_[i]->taken(), given, links_[i]->held_entries()};
    given = counts[i].taken;
  }
  return counts;
}

std::chrono::nanoseconds Pipeline::longest_pause() {
  std::chrono::nanoseconds longest{};
  for (Link* const link : pausing_) longest = std::max(longest, link->pause());
  return longest;
}

Memory Pipeline::memory() const {
  Memory longest = Memory::kNone;
  for (const auto& link : links_) longest = std::max(longest, link->memory());
  return longest;
}

void Pipeline::drain(Entry& scratch) {
  // From the first to the last, so that what one stage lets go is held no longer by a later one.
  for (const auto& link : links_) link->drain(scratch);
}

}  // namespace lokitail::pipeline
