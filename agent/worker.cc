#include "agent/worker.h"

#include <boost/asio/post.hpp>

#include <algorithm>
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

// Hands each entry that comes out of a pipeline to all clients, or prints it, within the limit on
// lines.
class Worker::FanOut final : public pipeline::Sink {
 public:
  FanOut(std::vector<std::unique_ptr<Batcher>>& batchers, const WorkerConfig& config,
         const pipeline::SymbolTable& symbols, pipeline::PipelineMetrics& metrics)
      : batchers_(batchers),
        rate_(config.line_limit.value_or(pipeline::LineRate{})),
        limits_(config.line_limit.has_value()),
        limit_drops_(config.line_limit_drops),
        bucket_(rate_, system_time()),
        dropped_lines_(metrics.dropped_lines("global_rate_limiter_drop")) {
    if (config.print_to) printer_.emplace(*config.print_to, symbols, config.print_broken);
  }

  void push(pipeline::Entry& entry) override {
    if (limits_ && !within_limit()) return;
    if (printer_) printer_->push(entry);
    for (const auto& batcher : batchers_) batcher->add(entry);
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
    return false;
  }

  std::vector<std::unique_ptr<Batcher>>& batchers_;
  std::optional<EntryPrinter> printer_;
  const pipeline::LineRate rate_;
  const bool limits_;
  const bool limit_drops_;
  pipeline::TokenBucket bucket_;
  pipeline::Counter& dropped_lines_;
};

// A time in which no lines are read, of one job or of all. Its end wakes the loop.
class Worker::Pause {
 public:
  explicit Pause(boost::asio::io_context& io) : timer_(io) {}

  bool active() const { return active_; }

  // `over` is called at the end. REQUIRES: not active.
  void begin(std::chrono::nanoseconds length, std::function<void()> over = [] {}) {
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

// The pipeline of one scrape configuration, with the sources that it does not take lines of for now.
struct Worker::Job {
  Job(const config::Node& stages, pipeline::StageContext& context, pipeline::Sink& out,
      boost::asio::io_context& io)
      : pipeline(stages, context, out), pause(io) {}

  std::vector<std::shared_ptr<Source>> held_back{};  // outlives what the pipeline holds of it
  pipeline::Pipeline pipeline;
  Pause pause;
};

Worker::Worker(const WorkerConfig& config, BatcherEvents& events,
               pipeline::PipelineMetrics& metrics, config::Warnings& warnings, Budget& budget)
    : work_(boost::asio::make_work_guard(io_)),
      tick_timer_(io_),
      tick_period_(kLongestTick),
      lines_wait_(config.line_limit && !config.line_limit_drops),
      pause_(std::make_unique<Pause>(io_)),
      budget_(budget),
      ledger_(config.ledger) {
  for (const BatcherConfig& client : config.clients) {
    batchers_.push_back(std::make_unique<Batcher>(
        client, symbols_, [this](std::function<void()> call) { post(std::move(call)); }, events));
    tick_period_ = std::clamp(
        std::chrono::duration_cast<std::chrono::milliseconds>(client.batch_wait / 10),
        kShortestTick, tick_period_);
  }
  // Wakes the loop where it waits for that.
  budget_.on_room([this] { post([] {}); });
  fan_out_ = std::make_unique<FanOut>(batchers_, config, symbols_, metrics);
  pipeline::StageContext context{symbols_, warnings, metrics, [this] { return now_; }};
  context.find_host = [this](const std::string& name) { return hosts_.find(name); };
  if (config.inspect) {
    inspector_ = std::make_unique<Inspector>(symbols_);
    context.observer = &inspector_->observer();
  }
  const auto warnings_of_stages = std::make_shared<StageWarnings>();
  for (const auto& job : config.jobs) {
    context.warn = [warnings_of_stages, name = job.name](std::string_view message) {
      warnings_of_stages->tell(name, message);
    };
    jobs_.emplace(job.name, std::make_unique<Job>(job.pipeline_stages, context, *fan_out_, io_));
  }
}

Worker::~Worker() {
  budget_.on_room({});
  stop();
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
    for (const auto& batcher : batchers_) batcher->flush_all();
    publish_counts();
    drained();
  });
}

void Worker::add(std::shared_ptr<Source> source) {
  post([this, source = std::move(source)] {
    sources_.insert(source);
    source->attach(*this);
    if (!source->queued_.exchange(true)) ready_.push_back(source);
  });
}

void Worker::wake(Source& source) {
  if (source.queued_.exchange(true)) return;
  post([this, kept = source.shared_from_this()] { ready_.push_back(kept); });
}

void Worker::post(std::function<void()> call) { boost::asio::post(io_, std::move(call)); }

void Worker::run() {
  while (!stopping_) {
    // Messages first, so that what was settled makes room and what stops stops soon.
    io_.poll();
    if (stopping_) break;
    if (may_read()) {
      run_turn();
    } else {
      io_.run_one();
    }
  }
}

// Where not, a message or the end of a pause wakes the loop.
bool Worker::may_read() {
  if (draining_ || ready_.empty() || budget_.exhausted() || pause_->active()) return false;
  now_ = system_time();
  fan_out_->begin_turn(now_);
  if (const auto length = fan_out_->pause(); length.count() > 0) {
    pause_->begin(length);
    return false;
  }
  return true;
}

bool Worker::over_line_limit() const { return fan_out_->pause().count() > 0; }

// Keeps a source until its pipeline takes lines again. Says whether it has to wait for that.
bool Worker::hold_back(const std::shared_ptr<Source>& source) {
  pipeline::Pipeline* const pipeline = source->pipeline();
  if (pipeline == nullptr || !pipeline->may_pause()) return false;
  const auto found = std::ranges::find_if(
      jobs_, [&](const auto& entry) { return &entry.second->pipeline == pipeline; });
  Job& job = *found->second;
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
  if (hold_back(source)) return;
  // Before the turn: whoever wakes the source while it reads is not to be forgotten.
  source->queued_ = false;
  switch (source->take_turn(*this)) {
    case Source::Turn::kMore:
      if (!source->queued_.exchange(true)) ready_.push_back(source);
      break;
    case Source::Turn::kIdle:
      break;
    case Source::Turn::kFinished:
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
  bool waiting = false;
  for (const auto& [name, job] : jobs_) {
    job->pipeline.tick(now_);
    waiting = waiting || job->pipeline.holds_entries();
  }
  const auto now = Batcher::Clock::now();
  for (const auto& batcher : batchers_) {
    batcher->flush_due(now);
    waiting = waiting || !batcher->empty();
  }
  publish_counts();
  if (waiting) schedule_tick();
}

void Worker::publish_counts() {
  if (ledger_ == nullptr) return;
  Ledger::Page page;
  for (const auto& [name, job] : jobs_) {
    Ledger::Job counts;
    counts.stages = job->pipeline.counts();
    counts.entries = job->pipeline.given();
    counts.lines = counts.stages.empty() ? counts.entries : counts.stages.front().taken;
    page.emplace(name, std::move(counts));
  }
  ledger_->publish(std::move(page));
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
