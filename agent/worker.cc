#include "agent/worker.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include "agent/clock.h"
#include "agent/delivery/entry_printer.h"
#include "agent/inspector.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

// Batches are looked at this often while there is something in them: a tenth of the shortest
// batchwait, as Promtail does, but not less than this.
constexpr std::chrono::milliseconds kShortestTick{10};
constexpr std::chrono::milliseconds kLongestTick{100};
// After so long without a line memory is released that was kept for more of them.
constexpr std::chrono::seconds kQuietTime{5};

// A source that is to go to another worker waits no longer than this for what it has read to be settled.
constexpr std::chrono::seconds kLeaveTime{2};

// What stages have to say goes into the log, but not all of it where a hundred labels say it at once.
class StageWarnings {
 public:
  void tell(const std::string& job, std::string_view message) {
    limit_.refill(kRate, system_time());
    if (!limit_.try_take()) {
      ++held_back_;
      return;
    }
    log::warn(message, {{"job", job}, {"held_back", std::exchange(held_back_, 0)}});
  }

 private:
  static constexpr pipeline::LineRate kRate{.per_second = 0.1, .burst = 10};
  pipeline::TokenBucket limit_{kRate, system_time()};
  std::uint64_t held_back_ = 0;
};

}  // namespace

WorkerLimits WorkerLimits::of(const config::LimitsConfig& config) {
  WorkerLimits limits;
  if (config.readline_rate_enabled) {
    limits.lines = {config.readline_rate, static_cast<double>(config.readline_burst)};
    limits.lines_drop = config.readline_rate_drop;
  }
  if (config.target_rate > 0) {
    const auto burst = static_cast<double>(config.target_burst);
    limits.lines_of_target = {config.target_rate, burst > 0 ? burst : std::max(config.target_rate, 1.0)};
    limits.lines_of_target_drop = config.target_rate_drop;
  }
  limits.cpu_share = config.cpu_share;
  return limits;
}

// Hands each entry that comes out of a pipeline to all clients, or prints it, within the limit on
// lines.
class Worker::FanOut final : public pipeline::Sink {
 public:
  FanOut(std::vector<std::unique_ptr<Batcher>>& batchers, const WorkerConfig& config,
         const pipeline::SymbolTable& symbols, pipeline::PipelineMetrics& metrics)
      : batchers_(batchers),
        bucket_(rate_, system_time()),
        hits_(config.hits),
        dropped_lines_(metrics.dropped_lines("global_rate_limiter_drop")) {
    if (config.print_to) printer_.emplace(*config.print_to, symbols, config.print_broken);
  }

  void push(pipeline::Entry& entry) override {
    if (limits_ && !within_limit()) return;
    if (printer_) printer_->push(entry);
    for (const auto& batcher : batchers_) batcher->add(entry);
  }

  void set_limit(const std::optional<pipeline::LineRate>& rate, bool drops) {
    const bool had_one = std::exchange(limits_, rate.has_value());
    limit_drops_ = drops;
    if (!rate) return;
    rate_ = *rate;
    if (!had_one) bucket_ = pipeline::TokenBucket(rate_, system_time());
  }

  void begin_turn(pipeline::Timestamp now) {
    if (limits_) bucket_.refill(rate_, now);
  }

  // Any thread.
  void give_up_printing() {
    if (printer_) printer_->give_up();
  }

  // How long reading should pause.
  std::chrono::nanoseconds pause() const {
    return limits_ && !limit_drops_ ? bucket_.pause(rate_) : std::chrono::nanoseconds();
  }

 private:
  bool within_limit() {
    if (!limit_drops_) {
      bucket_.take();
      return true;
    }
    if (bucket_.try_take()) return true;
    dropped_lines_.increment();
    if (hits_ != nullptr) hits_->count(Limit::kReadlineRate);
    return false;
  }

  std::vector<std::unique_ptr<Batcher>>& batchers_;
  std::optional<EntryPrinter> printer_;
  pipeline::LineRate rate_{};
  bool limits_ = false;
  bool limit_drops_ = false;
  pipeline::TokenBucket bucket_;
  LimitHits* const hits_;
  pipeline::Counter& dropped_lines_;
};

// A time in which no lines are read, of one job or of all. Its end wakes the loop.
class Worker::Pause {
 public:
  explicit Pause(boost::asio::io_context& io) : timer_(io) {}

  bool active() const { return active_; }
  // Soon, without `over`.
  void end() { timer_.cancel(); }

  // `over` is called at the end. REQUIRES: not active.
  void begin(
      std::chrono::nanoseconds length, std::function<void()> over = [] {}) {
    active_ = true;
    timer_.expires_after(length);
    timer_.async_wait([this, over = std::move(over)](const boost::system::error_code& cancelled) {
      active_ = false;
      if (!cancelled) over();
    });
  }

 private:
  boost::asio::steady_timer timer_;
  bool active_ = false;
};

// In the way of a job's entries while somebody watches them.
class Worker::Tap final : public pipeline::Sink {
 public:
  Tap(const std::string& job, EntryWatcher::Point point, pipeline::Sink& next,
      const std::vector<std::shared_ptr<EntryWatcher>>& watchers)
      : job_(job), point_(point), next_(next), watchers_(watchers) {}

  void push(pipeline::Entry& entry) override {
    for (const auto& watcher : watchers_) watcher->saw(job_, point_, entry);
    next_.push(entry);
  }

 private:
  const std::string& job_;
  const EntryWatcher::Point point_;
  pipeline::Sink& next_;
  const std::vector<std::shared_ptr<EntryWatcher>>& watchers_;
};

// The pipeline of one scrape configuration, with the sources that it does not take lines of for now.
struct Worker::Job {
  Job(std::string job_name, const config::Node& stages, pipeline::StageContext& context, pipeline::Sink& out,
      boost::asio::io_context& io)
      : name(std::move(job_name)), pipeline(stages, context, out), pause(io) {}

  Ledger::Job counts() const {
    Ledger::Job counts;
    counts.stages = pipeline.counts();
    counts.entries = pipeline.given();
    counts.lines = counts.stages.empty() ? counts.entries : counts.stages.front().taken;
    return counts;
  }

  const std::string name;
  std::vector<std::shared_ptr<Source>> held_back{};  // outlives what the pipeline holds of it
  pipeline::Pipeline pipeline;
  Pause pause;
  std::unique_ptr<TargetRate::Gate> gate{};  // where there is a limit for each target
  std::unique_ptr<Tap> before{}, after{};    // while somebody watches

  // In front of the pipeline; null: nothing.
  void hold_to(TargetRate* rate) {
    gate = rate == nullptr ? nullptr : std::make_unique<TargetRate::Gate>(*rate, pipeline.entrance());
    untap();
  }
  void untap() {
    if (gate) gate->lead_to(pipeline.entrance());
    pipeline.tap(gate.get(), nullptr);
    before.reset();
    after.reset();
  }
  void tap(const std::vector<std::shared_ptr<EntryWatcher>>& watchers) {
    before = std::make_unique<Tap>(name, EntryWatcher::Point::kBefore, pipeline.entrance(), watchers);
    after = std::make_unique<Tap>(name, EntryWatcher::Point::kAfter, pipeline.out(), watchers);
    if (gate) gate->lead_to(*before);
    pipeline.tap(gate ? static_cast<pipeline::Sink*>(gate.get()) : before.get(), after.get());
  }
};

Worker::Worker(const WorkerConfig& config, BatcherEvents& events, pipeline::PipelineMetrics& metrics,
               config::Warnings& warnings, Budget& budget)
    : work_(boost::asio::make_work_guard(io_)),
      tick_timer_(io_),
      rest_timer_(io_),
      tick_period_(kLongestTick),
      pause_(std::make_unique<Pause>(io_)),
      hits_(config.hits),
      metrics_(metrics),
      budget_(&budget),
      ledger_(config.ledger),
      number_(config.number) {
  batchers_ = make_batchers(config.clients, events);
  suit(config.clients);
  watch_budget(budget);
  fan_out_ = std::make_unique<FanOut>(batchers_, config, symbols_, metrics);
  set_limits(config.limits);
  if (config.inspect) inspector_ = std::make_unique<Inspector>(symbols_);
  warn_ = [warnings_of_stages = std::make_shared<StageWarnings>()](
              const std::string& job, std::string_view message) { warnings_of_stages->tell(job, message); };
  pipeline::StageContext context = stage_context(warnings);
  for (const auto& job : config.jobs) jobs_.emplace(job.name, make_job(job, context));
}

Worker::~Worker() {
  budget_->nobody_on_room();
  stop();
}

std::vector<std::unique_ptr<Batcher>> Worker::make_batchers(const std::vector<BatcherConfig>& clients,
                                                            BatcherEvents& events) {
  std::vector<std::unique_ptr<Batcher>> batchers;
  for (const BatcherConfig& client : clients) {
    BatcherConfig batcher = client;
    if (batcher.tracer) batcher.block_times = &block_times_;
    batchers.push_back(std::make_unique<Batcher>(
        std::move(batcher), symbols_, [this](std::function<void()> call) { post(std::move(call)); }, events));
  }
  return batchers;
}

void Worker::suit(const std::vector<BatcherConfig>& clients) {
  is_traced_ = false;
  tick_period_ = kLongestTick;
  for (const BatcherConfig& client : clients) {
    is_traced_ = is_traced_ || client.tracer != nullptr;
    tick_period_ = std::clamp(std::chrono::duration_cast<std::chrono::milliseconds>(client.batch_wait / 10),
                              kShortestTick, tick_period_);
  }
}

// Sources that wait for their rate are given turns, to be held to the new one.
void Worker::set_limits(const WorkerLimits& limits) {
  pause_->end();
  lines_wait_ = limits.lines_wait();
  fan_out_->set_limit(limits.lines, limits.lines_drop);
  cpu_brake_.reset();
  if (limits.cpu_share > 0) cpu_brake_.emplace(limits.cpu_share);
  std::unique_ptr<TargetRate> rate;
  if (limits.lines_of_target) {
    rate = std::make_unique<TargetRate>(
        io_, *limits.lines_of_target, limits.lines_of_target_drop,
        metrics_.dropped_lines("target_rate_limiter_drop"), hits_,
        [this](std::shared_ptr<Source> source) { ready_.push_back(std::move(source)); });
  }
  for (const auto& [name, job] : jobs_) job->hold_to(rate.get());
  for (const auto& job : retired_) job->hold_to(rate.get());
  set_taps();
  if (target_rate_) {
    target_rate_->let_go();
    // The end of its timer may be on its way already.
    boost::asio::post(io_, [kept = std::shared_ptr<TargetRate>(std::move(target_rate_))] {});
  }
  target_rate_ = std::move(rate);
}

void Worker::change_limits(const WorkerLimits& limits) {
  post([this, limits] { set_limits(limits); });
}

// Wakes the loop where it waits for that.
void Worker::watch_budget(Budget& budget) {
  budget.on_room([this] { post([] {}); });
}

pipeline::StageContext Worker::stage_context(config::Warnings& warnings) {
  pipeline::StageContext context{symbols_, warnings, metrics_, [this] { return now_; }};
  context.find_host = [this](const std::string& name) { return hosts_.find(name); };
  if (inspector_) context.observer = &inspector_->observer();
  return context;
}

std::unique_ptr<Worker::Job> Worker::make_job(const WorkerConfig::Job& job, pipeline::StageContext& context) {
  context.warn = [warn = warn_, name = job.name](std::string_view message) { warn(name, message); };
  auto made = std::make_unique<Job>(job.name, job.pipeline_stages, context, *fan_out_, io_);
  if (target_rate_) made->hold_to(target_rate_.get());
  return made;
}

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  fan_out_->give_up_printing();
  post([this] { stopping_ = true; });
  thread_.join();
}

void Worker::drain(std::function<void()> drained) {
  post([this, drained = std::move(drained)] {
    draining_ = true;
    for (const auto& [name, job] : jobs_) job->pipeline.drain();
    for (const auto& job : retired_) job->pipeline.drain();
    hand_over();
    publish_counts();
    drained();
  });
}

void Worker::add(std::shared_ptr<Source> source) {
  post([this, source = std::move(source)] {
    sources_.insert(source);
    source->worker_ = this;
    source->attach(*this);
    // Whoever woke it before may have done so in vain.
    source->queued_ = true;
    ready_.push_back(source);
  });
}

void Worker::wake(Source& source) {
  if (source.queued_.exchange(true)) return;
  post([this, kept = source.shared_from_this()] { ready_.push_back(kept); });
}

void Worker::give_away(double part, std::function<void(std::shared_ptr<Source>)> given) {
  post([this, part, given = std::move(given)] {
    auto source = leaving_ ? nullptr : choose_leaving(part);
    if (source == nullptr) return given(nullptr);
    leaving_ = {std::move(source), given, Clock::now() + kLeaveTime};
    hand_over();
    schedule_tick();
  });
}

// One with so much more than the part would only change the two workers' places.
std::shared_ptr<Source> Worker::choose_leaving(double part) {
  std::uint64_t turns = 0;
  for (const auto& source : sources_) turns += source->turns_;
  const double wanted = part * static_cast<double>(turns);
  std::shared_ptr<Source> chosen;
  double nearest = wanted;
  for (const auto& source : sources_) {
    const double distance = std::abs(static_cast<double>(std::exchange(source->turns_, 0)) - wanted);
    pipeline::Pipeline* const pipeline = source->pipeline();
    const bool may_go =
        pipeline != nullptr && pipeline->memory() == pipeline::Memory::kNone && source->may_move();
    if (distance >= nearest || !may_go) continue;
    nearest = distance;
    chosen = source;
  }
  return chosen;
}

void Worker::let_go_when_settled() {
  const std::shared_ptr<Source> source = leaving_->source;
  const bool goes = source->may_move() && source->is_settled();
  if (!goes && Clock::now() < leaving_->deadline) return;
  const auto given = std::exchange(leaving_, std::nullopt)->given;
  if (goes) {
    source->detach();
    source->worker_ = nullptr;
    sources_.erase(source);
  } else {
    source->queued_ = true;
    ready_.push_back(source);
  }
  given(goes ? source : nullptr);
}

void Worker::change_jobs(std::vector<std::string> retired, std::vector<WorkerConfig::Job> added,
                         std::function<void(std::string problem)> done) {
  post([this, retired = std::move(retired), added = std::move(added), done = std::move(done)] {
    std::map<std::string, std::unique_ptr<Job>> made;
    try {
      config::Warnings told_already;
      pipeline::StageContext context = stage_context(told_already);
      for (const WorkerConfig::Job& job : added) made.emplace(job.name, make_job(job, context));
    } catch (const std::exception& problem) {
      return done(problem.what());
    }
    for (const std::string& name : retired) {
      auto job = jobs_.extract(name);
      if (job.empty()) continue;
      job.mapped()->untap();
      retired_.push_back(std::move(job.mapped()));
    }
    jobs_.merge(made);
    set_taps();
    schedule_tick();
    done({});
  });
}

void Worker::change_clients(std::vector<BatcherConfig> clients, BatcherEvents& events, Budget& budget,
                            std::function<void(std::string problem)> done) {
  post([this, clients = std::move(clients), &events, &budget, done = std::move(done)] {
    std::vector<std::unique_ptr<Batcher>> made;
    try {
      made = make_batchers(clients, events);
    } catch (const std::exception& problem) {
      return done(problem.what());
    }
    hand_over();
    batchers_ = std::move(made);
    suit(clients);
    budget_ = &budget;
    done({});
  });
}

void Worker::ask_retired(std::string job, std::function<void(bool)> told) {
  post([this, job = std::move(job), told = std::move(told)] {
    forget_retired();
    told(std::ranges::any_of(retired_, [&job](const auto& each) { return each->name == job; }));
  });
}

void Worker::forget_retired() {
  std::erase_if(retired_, [this](const std::unique_ptr<Job>& job) {
    const bool is_used = std::ranges::any_of(
        sources_, [&](const auto& source) { return source->pipeline() == &job->pipeline; });
    if (is_used || job->pipeline.holds_entries()) return false;
    ended_[job->name] += job->counts();
    return true;
  });
}

pipeline::Pipeline* Worker::find_pipeline(const std::string& job) {
  if (const auto known = jobs_.find(job); known != jobs_.end()) return &known->second->pipeline;
  const auto retired = std::ranges::find(retired_, job, [](const auto& each) { return each->name; });
  return retired == retired_.end() ? nullptr : &(*retired)->pipeline;
}

bool Worker::keeps_together(const std::string& job) const {
  return jobs_.at(job)->pipeline.memory() == pipeline::Memory::kJob;
}

void Worker::watch(std::shared_ptr<EntryWatcher> watcher) {
  post([this, watcher = std::move(watcher)] {
    watcher->begin(symbols_);
    watchers_.push_back(watcher);
    set_taps();
  });
}

void Worker::unwatch(std::shared_ptr<EntryWatcher> watcher) {
  post([this, watcher = std::move(watcher)] {
    std::erase(watchers_, watcher);
    set_taps();
  });
}

void Worker::set_taps() {
  for (const auto& [name, job] : jobs_) {
    job->untap();
    if (!watchers_.empty()) job->tap(watchers_);
  }
}

void Worker::post(std::function<void()> call) { boost::asio::post(io_, std::move(call)); }

void Worker::run() {
  while (!stopping_) {
    // Messages first, so that what was settled makes room and what stops stops soon.
    io_.poll();
    if (stopping_) break;
    if (leaving_) let_go_when_settled();
    if (may_read()) {
      run_turn();
    } else {
      wait_for_work();
    }
  }
}

void Worker::wait_for_work() {
  if (!ready_.empty()) {
    io_.run_one();  // something else than work is missing
    return;
  }
  const Clock::rep since = Clock::now().time_since_epoch().count();
  idle_since_ = since;
  io_.run_one();
  idle_.fetch_add(Clock::now().time_since_epoch().count() - since);
  idle_since_ = 0;
}

// Between the two of them it may count a wait twice, or not at all: good enough to compare workers by.
std::chrono::nanoseconds Worker::idle_time() const {
  const Clock::rep since = idle_since_;
  const Clock::rep waits = since == 0 ? 0 : Clock::now().time_since_epoch().count() - since;
  return Clock::duration(idle_ + waits);
}

// Where not, a message or the end of a pause wakes the loop.
bool Worker::may_read() {
  if (draining_ || ready_.empty() || pause_->active()) return false;
  const bool is_exhausted = budget_->exhausted();
  if (is_exhausted != std::exchange(was_exhausted_, is_exhausted) && is_exhausted)
    hit(Limit::kMaxBytesInFlight);
  if (is_exhausted) return false;
  now_ = system_time();
  fan_out_->begin_turn(now_);
  if (pause_all(Limit::kReadlineRate, fan_out_->pause())) return false;
  return !cpu_brake_ || !pause_all(Limit::kCpuShare, cpu_brake_->pause());
}

bool Worker::pause_all(Limit why, std::chrono::nanoseconds length) {
  if (length.count() <= 0) return false;
  hit(why);
  pause_->begin(length);
  return true;
}

void Worker::hit(Limit limit) {
  if (hits_ != nullptr) hits_->count(limit);
}

bool Worker::over_line_limit() const {
  return fan_out_->pause().count() > 0 || (target_rate_ && target_rate_->wants_pause());
}

Worker::Job& Worker::job_of(const pipeline::Pipeline& pipeline) {
  for (const auto& [name, job] : jobs_) {
    if (&job->pipeline == &pipeline) return *job;
  }
  return **std::ranges::find_if(retired_, [&](const auto& job) { return &job->pipeline == &pipeline; });
}

// Keeps a source until its pipeline takes lines again. Says whether it has to wait for that.
bool Worker::hold_back(const std::shared_ptr<Source>& source) {
  pipeline::Pipeline* const pipeline = source->pipeline();
  if (pipeline == nullptr || !pipeline->may_pause()) return false;
  Job& job = job_of(*pipeline);
  if (!job.pause.active()) {
    const auto length = pipeline->pause();
    if (length.count() <= 0) return false;
    job.pause.begin(length, [this, &job] {
      ready_.insert(ready_.end(), job.held_back.begin(), job.held_back.end());
      job.held_back.clear();
    });
  }
  job.held_back.push_back(source);
  return true;
}

void Worker::run_turn() {
  const std::shared_ptr<Source> source = std::move(ready_.front());
  ready_.pop_front();
  if (source->worker_ != this) {
    // Who woke it here did not know yet that it has gone on elsewhere.
    source->queued_ = false;
    source->wake();
    return;
  }
  if (leaving_ && leaving_->source == source) return;
  if (hold_back(source)) return;
  if (target_rate_ && !target_rate_->begin_turn(source, source->rate_, now_)) return;
  // Before the turn: whoever wakes the source while it reads is not to be forgotten.
  source->queued_ = false;
  ++source->turns_;
  const Source::Turn found = source->take_turn(*this);
  if (target_rate_) target_rate_->end_turn();
  switch (found) {
    case Source::Turn::kMore:
      if (!source->queued_.exchange(true)) ready_.push_back(source);
      break;
    case Source::Turn::kIdle:
      break;
    case Source::Turn::kFinished:
      source->worker_ = nullptr;
      sources_.erase(source);
      break;
  }
  schedule_tick();
}

pipeline::Pipeline& Worker::pipeline(const std::string& job) { return jobs_.at(job)->pipeline; }

// The timer runs only while an entry waits somewhere, so that an idle worker does not wake up.
void Worker::schedule_tick() {
  if (tick_scheduled_) return;
  tick_scheduled_ = true;
  tick_timer_.expires_after(tick_period_);
  tick_timer_.async_wait([this](const boost::system::error_code& cancelled) {
    tick_scheduled_ = false;
    if (!cancelled) tick();
  });
}

void Worker::tick() {
  now_ = system_time();
  bool waiting = leaving_.has_value();
  for (const auto& [name, job] : jobs_) {
    job->pipeline.tick(now_);
    waiting = waiting || job->pipeline.holds_entries();
  }
  for (const auto& job : retired_) {
    job->pipeline.tick(now_);
    waiting = waiting || job->pipeline.holds_entries();
  }
  const auto now = Batcher::Clock::now();
  for (const auto& batcher : batchers_) {
    batcher->flush_due(now);
    waiting = waiting || !batcher->empty();
  }
  publish_counts();
  waiting ? schedule_tick() : schedule_rest();
}

// Once in a quiet time, which may be long.
void Worker::schedule_rest() {
  rest_timer_.expires_after(kQuietTime);
  rest_timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled && !tick_scheduled_) release_memory();
  });
}

// What is kept so that it need not be allocated for each block and each batch.
void Worker::release_memory() {
  trim_read_buffer(0);
  for (const auto& batcher : batchers_) {
    if (batcher->empty()) batcher->release_memory();
  }
}

void Worker::publish_counts() {
  if (ledger_ == nullptr) return;
  Ledger::Page page;
  for (const auto& [name, job] : jobs_) page[name] += job->counts();
  for (const auto& job : retired_) page[job->name] += job->counts();
  for (const auto& [name, counts] : ended_) page[name] += counts;
  ledger_->publish(number_, std::move(page));
}

void Worker::note_block(const pipeline::Origin* origin) {
  const auto began = std::chrono::nanoseconds(now_.to_unix_nanoseconds());
  block_times_ = {origin, Span::Time(std::chrono::duration_cast<Span::Time::duration>(began)), Span::now()};
}

void Worker::hand_over() {
  for (const auto& batcher : batchers_) batcher->flush_all();
}

char* Worker::read_buffer(std::size_t bytes) {
  if (bytes > buffer_bytes_) {
    buffer_ = std::make_unique_for_overwrite<char[]>(bytes + pipeline::kTextPadding);
    buffer_bytes_ = bytes;
  }
  return buffer_.get();
}

void Worker::trim_read_buffer(std::size_t bytes) {
  if (buffer_bytes_ <= bytes) return;
  buffer_.reset();
  buffer_bytes_ = 0;
}

}  // namespace lokitail::agent
