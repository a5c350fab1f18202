#include "pipeline/trace.h"

#include <algorithm>
#include <utility>

namespace lokitail::pipeline {
namespace {

// The origin of one line, so that it can be told which lines an entry is made of, and whether a
// stage has kept one. It keeps the origin that the line had.
class LineOrigin final : public Origin {
 public:
  LineOrigin(std::size_t number, Origin* from)
      : Origin(from == nullptr ? nullptr : from->source()), number_(number), from_(from) {}

  std::size_t number() const { return number_; }

 private:
  void settled() override { delete this; }

  const std::size_t number_;
  const OriginReference from_;
};

std::vector<std::size_t> lines_of(const Entry& entry) {
  std::vector<std::size_t> lines;
  if (entry.origin == nullptr) return lines;
  entry.origin->for_each_part([&lines](Origin& part) {
    if (const auto* const line = dynamic_cast<LineOrigin*>(&part)) lines.push_back(line->number());
  });
  std::ranges::sort(lines);
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  return lines;
}

bool stands_in(const StageInfo& inner, const StageInfo& outer) {
  const StageInfo* stage = inner.enclosing.get();
  while (stage != nullptr && stage != &outer) stage = stage->enclosing.get();
  return stage != nullptr;
}

// The step of `stage` that has not come to its end; nullptr where the passage began inside of it.
Step* open_step(Passage& passage, const StageInfo& stage) {
  const auto step = std::find_if(passage.steps.rbegin(), passage.steps.rend(), [&stage](const Step& each) {
    return each.stage.get() == &stage && !each.after;
  });
  return step == passage.steps.rend() ? nullptr : &*step;
}

}  // namespace

bool has_inner_steps(const Passage& passage, std::size_t index) {
  return index + 1 < passage.steps.size() &&
         passage.steps[index + 1].stage->enclosing == passage.steps[index].stage;
}

std::vector<Change> own_changes(const Passage& passage, std::size_t index) {
  const Step& step = passage.steps[index];
  if (!step.before) return {};
  if (has_inner_steps(passage, index)) return changes(*step.before, *passage.steps[index + 1].before);
  if (!step.after) return {};
  return changes(*step.before, *step.after);
}

const Step* last_stop(const Passage& passage) {
  return passage.outcome == Passage::Outcome::kOut ? nullptr : &passage.steps.back();
}

Tracer::Tracer(const SymbolTable& symbols, std::function<void(Passage)> finished)
    : symbols_(symbols), finished_(std::move(finished)) {}

Tracer::~Tracer() = default;

void Tracer::begin_line(Entry& entry) {
  line_ = OriginReference(new LineOrigin(++lines_, entry.origin));
  entry.origin = line_.get();
}

void Tracer::comes_out(const Entry& entry) {
  if (!frames_.empty()) return;
  const Snapshot snapshot = take_snapshot(entry, symbols_);
  finished_({{++lines_}, snapshot, {}, Passage::Outcome::kOut, snapshot});
}

void Tracer::takes(const Info& stage, Entry& entry) {
  std::shared_ptr<Passage> passage;
  if (frames_.empty()) {
    begin_line(entry);
    passage = std::make_shared<Passage>(
        Passage{{lines_}, take_snapshot(entry, symbols_), {}, Passage::Outcome::kOut, {}});
  } else {
    passage = frames_.back().passage;
  }
  if (stage->enclosing == nullptr) passage->result.reset();
  passage->steps.push_back({.stage = stage, .before = take_snapshot(entry, symbols_)});
  drop_reason_.clear();
  const std::size_t holders = entry.origin == nullptr ? 0 : entry.origin->holders();
  frames_.push_back({stage, false, passage, passage->steps.size() - 1, entry.origin, holders});
}

void Tracer::gives(const Info& stage, Entry& entry) {
  const Snapshot snapshot = take_snapshot(entry, symbols_);
  const std::vector<std::size_t> lines = lines_of(entry);
  const Frame* const inner = frames_.empty() ? nullptr : &frames_.back();
  std::shared_ptr<Passage> passage;
  Step* step = nullptr;
  bool begins = false;
  if (inner != nullptr && inner->behind && stands_in(*inner->stage, *stage)) {
    // It has gone through the stages inside of this one.
    passage = inner->passage;
    step = open_step(*passage, *stage);
  } else if (inner != nullptr && !inner->behind && inner->stage == stage &&
             !inner->passage->steps[inner->step].after &&
             std::ranges::includes(lines, inner->passage->lines)) {
    // It is the entry that the stage took, maybe with lines that were kept back.
    passage = inner->passage;
    passage->lines = lines;
    step = &passage->steps[inner->step];
  } else {
    begins = true;
    passage = std::make_shared<Passage>(Passage{lines, snapshot, {}, Passage::Outcome::kOut, {}});
    passage->steps.push_back({.stage = stage, .outcome = Step::Outcome::kReleased, .after = snapshot});
  }
  if (step != nullptr) {
    step->outcome = Step::Outcome::kPassed;
    step->after = snapshot;
  }
  if (stage->enclosing == nullptr) passage->result = snapshot;
  frames_.push_back({stage, true, std::move(passage), 0, nullptr, 0, begins});
}

void Tracer::gave(const Info&) {
  const Frame frame = std::move(frames_.back());
  frames_.pop_back();
  if (frame.begins) finish(*frame.passage);
}

void Tracer::done(const Info&) {
  const Frame frame = std::move(frames_.back());
  frames_.pop_back();
  end_step(frame);
  if (!frames_.empty()) return;
  finish(*frame.passage);
  line_ = OriginReference();
}

void Tracer::end_step(const Frame& frame) {
  Step& step = frame.passage->steps[frame.step];
  if (step.after) return;
  const Step& last = frame.passage->steps.back();
  if (&last != &step) {  // it ended in a stage inside of this one
    step.outcome = last.outcome;
    step.drop_reason = last.drop_reason;
  } else if (frame.origin != nullptr && frame.origin->holders() > frame.holders) {
    step.outcome = Step::Outcome::kHeld;
  } else {
    step.outcome = Step::Outcome::kDropped;
    step.drop_reason = std::exchange(drop_reason_, {});
  }
}

void Tracer::finish(Passage& passage) {
  if (!passage.result) {
    passage.outcome = passage.steps.back().outcome == Step::Outcome::kHeld ? Passage::Outcome::kHeld
                                                                           : Passage::Outcome::kDropped;
  }
  finished_(std::move(passage));
}

}  // namespace lokitail::pipeline
