#include "agent/worker.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace lokitail::agent {
namespace {

// Batches are looked at this often while there is something in them: a tenth of the shortest
// batchwait, as Promtail does, but not less than this.
constexpr std::chrono::milliseconds kShortestTick{10};
constexpr std::chrono::milliseconds kLongestTick{100};

pipeline::Timestamp system_time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return pipeline::Timestamp::from_unix_nanoseconds(
      std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

}  // namespace

// Hands each entry that comes out of a pipeline to all clients, within the limit on lines.
class Worker::FanOut final : public pipeline::Sink {
 public:
  FanOut(std::vector<std::unique_ptr<Batcher>>& batchers, const WorkerConfig& config,
         pipeline::PipelineMetrics& metrics)
      : batchers_(batchers),
        limit_(config.line_limit),
        limit_drops_(config.line_limit_drops),
        dropped_lines_(metrics.dropped_lines("global_rate_limiter_drop")) {}

  void push(pipeline::Entry& entry) override {
    if (limit_ && !limit_->try_take()) {
      if (limit_drops_) {
        dropped_lines_.increment();
        return;
      }
      limit_->overdraw();
    }
    for (const auto& batcher : batchers_) batcher->add(entry);
  }

  // How long reading has to wait; nothing if it may go on.
  std::optional<RateLimiter::Clock::duration> must_wait() {
    if (!limit_) return std::nullopt;
    limit_->refill(RateLimiter::Clock::now());
    if (limit_drops_ || !limit_->overdrawn()) return std::nullopt;
    return std::chrono::ceil<RateLimiter::Clock::duration>(limit_->wait());
  }

 private:
  std::vector<std::unique_ptr<Batcher>>& batchers_;
  std::optional<RateLimiter> limit_;
  const bool limit_drops_;
  pipeline::Counter& dropped_lines_;
};

Worker::Worker(const WorkerConfig& config, BatcherEvents& events,
               pipeline::PipelineMetrics& metrics, config::Warnings& warnings, Budget& budget)
    : work_(boost::asio::make_work_guard(io_)),
      tick_timer_(io_),
      tick_period_(kLongestTick),
      limit_timer_(io_),
      budget_(budget) {
  for (const BatcherConfig& client : config.clients) {
    batchers_.push_back(std::make_unique<Batcher>(
        client, symbols_, [this](std::function<void()> call) { post(std::move(call)); }, events));
    tick_period_ = std::clamp(
        std::chrono::duration_cast<std::chrono::milliseconds>(client.batch_wait / 10),
        kShortestTick, tick_period_);
  }
  fan_out_ = std::make_unique<FanOut>(batchers_, config, metrics);
  pipeline::StageContext context{symbols_, warnings, metrics, [this] { return now_; }};
  for (const auto& job : config.jobs) {
    pipelines_.emplace(job.name, std::make_unique<pipeline::Pipeline>(job.pipeline_stages, context,
                                                                      *fan_out_));
  }
}

Worker::~Worker() { stop(); }

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  post([this] { stopping_ = true; });
  thread_.join();
}

void Worker::drain(std::function<void()> drained) {
  post([this, drained = std::move(drained)] {
    draining_ = true;
    for (const auto& [job, pipeline] : pipelines_) pipeline->drain();
    for (const auto& batcher : batchers_) batcher->flush_all();
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
    if (may_read() && !over_line_limit()) {
      run_turn();
    } else {
      io_.run_one();
    }
  }
}

bool Worker::may_read() const { return !draining_ && !ready_.empty() && !budget_.exhausted(); }

// Where the limit on lines says so, reading goes on when the timer wakes the loop.
bool Worker::over_line_limit() {
  const auto wait = fan_out_->must_wait();
  if (!wait) return false;
  if (!waits_for_limit_) {
    waits_for_limit_ = true;
    limit_timer_.expires_after(*wait);
    limit_timer_.async_wait([this](const boost::system::error_code&) { waits_for_limit_ = false; });
  }
  return true;
}

void Worker::run_turn() {
  const std::shared_ptr<Source> source = std::move(ready_.front());
  ready_.pop_front();
  // Before the turn: whoever wakes the source while it reads is not to be forgotten.
  source->queued_ = false;
  now_ = system_time();
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

pipeline::Pipeline& Worker::pipeline(const std::string& job) { return *pipelines_.at(job); }

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
  for (const auto& [job, pipeline] : pipelines_) {
    pipeline->tick(now_);
    waiting = waiting || pipeline->holds_entries();
  }
  const auto now = Batcher::Clock::now();
  for (const auto& batcher : batchers_) {
    batcher->flush_due(now);
    waiting = waiting || !batcher->empty();
  }
  if (waiting) schedule_tick();
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
