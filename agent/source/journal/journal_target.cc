#include "agent/source/journal/journal_target.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "agent/clock.h"
#include "agent/pause.h"
#include "agent/source/journal/journal_entries.h"
#include "agent/source/journal/journal_progress.h"
#include "agent/source/journal/journal_reader.h"
#include "agent/source/journal/mapped_reading.h"
#include "agent/source/received/dropped_entries.h"
#include "agent/source/received/received_source.h"
#include "agent/state/positions.h"
#include "agent/telemetry/log.h"
#include "agent/telemetry/metrics.h"
#include "agent/worker.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBlockBytes = 256 * 1024;
// For so long others of the control thread wait at most, about.
constexpr std::chrono::milliseconds kStep{5};
constexpr int kEntriesBetweenLooks = 16;  // at the clock
// A journal that could not be opened or read on is opened again after this, then after twice as long.
constexpr std::chrono::milliseconds kFirstRetry{100};
constexpr std::chrono::milliseconds kLongestRetry{5000};
// libsystemd keeps up to 512 MiB of what it has read mapped. After this much of fields it is opened anew.
constexpr std::size_t kMostMapped = std::size_t{32} << 20;
constexpr const char* kCannotRead = "a file was truncated, or its disk cannot read";
// Though nothing seems to have changed, there is another look after this.
constexpr std::chrono::seconds kLook{10};

std::uint64_t microseconds_now() {
  const pipeline::Timestamp now = system_time();
  return static_cast<std::uint64_t>(now.seconds) * 1'000'000 +
         static_cast<std::uint64_t>(now.nanoseconds) / 1000;
}

}  // namespace

struct JournalTarget::State : std::enable_shared_from_this<State> {
  State(const config::ScrapeConfig& of, const TargetContext& context)
      : job(of),
        config(*of.journal),
        key("cursor-" + of.job_name),
        control(context.control),
        worker(context.worker),
        positions(context.positions),
        source(std::make_shared<ReceivedSource>(context.control, context.worker, spec_of(of, context),
                                                counting(of, context))),
        entries(of, context.metrics),
        changes(control),
        timer(control) {}

  static ReceivedSource::Spec spec_of(const config::ScrapeConfig& job, const TargetContext& context);
  static ReceivedSource::DroppedHandler counting(const config::ScrapeConfig& job,
                                                 const TargetContext& context);

  asio::awaitable<void> run();
  bool open();
  void close();
  void go_to_start();
  JournalReader::Found read_some();
  void take_entry(const MappedReading& mapping);
  void flush(bool has_read);
  void settled(JournalProgress::Block block);
  asio::awaitable<void> wait_for_changes();
  asio::awaitable<void> pause_before_retry();
  void report(const std::string& what);

  const config::ScrapeConfig& job;
  const config::JournalConfig& config;
  const std::string key;  // of the position, as Promtail's
  asio::io_context& control;
  Worker& worker;
  Positions& positions;
  const std::shared_ptr<ReceivedSource> source;
  JournalEntries entries;
  JournalProgress progress;
  Clock::time_point settled_since;         // when all was settled last, or the latest part of it
  std::optional<JournalReader> reader;     // where libsystemd is there
  bool has_files = false;                  // when it was opened
  std::string last_read;                   // the cursor up to which was read, in this run
  std::size_t mapped = 0;                  // bytes of fields that were read since it was opened
  asio::posix::stream_descriptor changes;  // the reader's descriptor
  bool waits_for_changes = false;
  asio::steady_timer timer;
  std::chrono::milliseconds retry = kFirstRetry;
  std::string reported;  // the trouble that was logged last
  bool running = false;
};

// ---- The target -----------------------------------------------------------------------------------

JournalTarget::JournalTarget(const config::ScrapeConfig& job, const TargetContext& context,
                             const JournalLibrary* library)
    : library_(library), state_(std::make_shared<State>(job, context)) {}

JournalTarget::~JournalTarget() { state_->close(); }

void JournalTarget::start() {
  State& state = *state_;
  std::string problem;
  if (library_ == nullptr) library_ = JournalLibrary::load(problem);
  if (library_ == nullptr) {
    log::error("the journal cannot be read without libsystemd; the job brings no lines",
               {{"job", state.job.job_name}, {"error", problem}});
    return;
  }
  state.reader.emplace(*library_);
  state.worker.add(state.source);
  state.running = true;
  asio::co_spawn(
      state.control, [self = state_] { return self->run(); }, asio::detached);
}

void JournalTarget::stop() {
  State& state = *state_;
  if (!std::exchange(state.running, false)) return;
  state.close();
  state.timer.cancel();
  state.source->finish();
}

bool JournalTarget::ready() const { return state_->running && state_->reader->is_open(); }

std::vector<Target::Row> JournalTarget::rows() const {
  Row row;
  row.position = state_->positions.value(state_->key).value_or(std::string());
  const bool is_behind = !state_->progress.all_settled();
  row.lag_seconds =
      is_behind ? std::chrono::duration<double>(Clock::now() - state_->settled_since).count() : 0.0;
  return {std::move(row)};
}

std::vector<const TargetTraffic*> JournalTarget::traffic() const { return {&state_->source->traffic()}; }

ReceivedSource::Spec JournalTarget::State::spec_of(const config::ScrapeConfig& job,
                                                   const TargetContext& context) {
  auto& lines = context.metrics.counter_of("promtail_journal_target_lines_total",
                                           "Total number of successful journal lines read");
  ReceivedSource::Spec spec;
  spec.job = job.job_name;
  spec.labels = job.journal->labels;
  spec.relabel_configs = job.relabel_configs;
  spec.can_be_read_again = !job.spools;
  spec.pushed = [&lines](std::size_t count) { lines.Increment(static_cast<double>(count)); };
  return spec;
}

ReceivedSource::DroppedHandler JournalTarget::State::counting(const config::ScrapeConfig& job,
                                                              const TargetContext& context) {
  auto& by_rule = dropped_entries(context.metrics, job.job_name);
  auto& without = context.metrics.counter_of("promtail_journal_target_parsing_errors_total",
                                             "Total number of parsing errors while reading journal messages",
                                             {{"error", "empty_labels"}});
  return [&by_rule, &without](ReceivedSource::Dropped why, std::size_t count) {
    (why == ReceivedSource::Dropped::kByRule ? by_rule : without).Increment(static_cast<double>(count));
  };
}

// ---- Reading --------------------------------------------------------------------------------------

asio::awaitable<void> JournalTarget::State::run() {
  const auto self = shared_from_this();
  while (running) {
    if (mapped > kMostMapped) close();
    if (!reader->is_open() && !open()) {
      co_await pause_before_retry();
      continue;
    }
    switch (read_some()) {
      case JournalReader::Found::kEntry:
        co_await asio::post(control, asio::use_awaitable);  // others have their turn
        co_await source->wait_for_room();
        break;
      case JournalReader::Found::kNothing:
        co_await wait_for_changes();
        break;
      case JournalReader::Found::kFailed:
        close();
        co_await pause_before_retry();
        break;
    }
  }
}

bool JournalTarget::State::open() {
  const MappedReading mapping;
  if (!reader->open(config)) {
    report(reader->problem());
    return false;
  }
  has_files = reader->has_files();
  if (reader->fd() >= 0) changes.assign(reader->fd());
  if (reader->fd() < 0) {
    report(reader->problem());
  } else if (!has_files) {
    report("there are no journal files, or none that may be read (the groups systemd-journal and adm may)");
  } else {
    reported.clear();
  }
  go_to_start();
  if (mapping.failed()) report(kCannotRead);  // libsystemd goes without it
  return true;
}

// The descriptor is the reader's, and it is closed there.
void JournalTarget::State::close() {
  if (changes.is_open()) changes.release();
  if (reader) reader->close();
  mapped = 0;
}

void JournalTarget::State::go_to_start() {
  const std::uint64_t now = microseconds_now();
  const auto age = std::chrono::duration_cast<std::chrono::microseconds>(config.max_age).count();
  const std::uint64_t oldest =
      age > 0 && static_cast<std::uint64_t>(age) > now ? 0 : now - static_cast<std::uint64_t>(age);
  using Start = JournalReader::Start;
  if (!last_read.empty()) {  // in this run max_age is of no account
    if (reader->start(last_read, 0, now) != Start::kAtCursor) {
      log::warn("the journal's entry that was read last is gone; reading what came after it",
                {{"job", job.job_name}});
    }
    return;
  }
  const std::string saved = positions.value(key).value_or(std::string());
  const Start start = reader->start(saved, oldest, now);
  if (!has_files) return;  // it is opened again
  switch (start) {
    case Start::kAtCursor:
    case Start::kByAge:
      return;
    case Start::kCursorGone:
      log::warn(
          "the journal's entry of the saved position is gone, and perhaps others that were not read yet; "
          "reading what came after it",
          {{"job", job.job_name}, {"cursor", saved}});
      return;
    case Start::kCursorOld:
      log::warn("the saved position in the journal is older than max_age; what lies between is not read",
                {{"job", job.job_name}, {"cursor", saved}});
      return;
    case Start::kCursorBroken:
      log::error("the saved position in the journal is no cursor; reading what is younger than max_age",
                 {{"job", job.job_name}, {"cursor", saved}});
      return;
  }
}

// A step: kEntry where there is more.
JournalReader::Found JournalTarget::State::read_some() {
  const MappedReading mapping;
  const auto until = Clock::now() + kStep;
  for (int count = 0;; ++count) {
    if (count > 0 && (entries.waiting_bytes() >= kBlockBytes ||
                      (count % kEntriesBetweenLooks == 0 && Clock::now() >= until))) {
      flush(true);
      return JournalReader::Found::kEntry;
    }
    const JournalReader::Found found = reader->next();
    if (found == JournalReader::Found::kEntry) take_entry(mapping);
    if (mapping.failed()) {
      report(kCannotRead);
      flush(true);
      return JournalReader::Found::kFailed;
    }
    if (found == JournalReader::Found::kEntry) continue;
    if (found == JournalReader::Found::kFailed) report(reader->problem());
    flush(count > 0);
    if (count > 0 || found == JournalReader::Found::kNothing) retry = kFirstRetry;
    return found;
  }
}

void JournalTarget::State::take_entry(const MappedReading& mapping) {
  std::uint64_t time = 0;
  if (!reader->time(time)) return entries.drop_entry();
  entries.begin_entry();
  const bool is_whole = reader->visit_fields([this](std::string_view data) {
    mapped += data.size();
    entries.add_field(data);
  });
  entries.end_entry(time, is_whole && !mapping.failed());
}

// Hands over what was made of the entries up to the present one.
void JournalTarget::State::flush(bool has_read) {
  if (!has_read) return;
  std::string cursor = reader->cursor();
  if (!cursor.empty()) last_read = cursor;
  if (progress.all_settled()) settled_since = Clock::now();
  const JournalProgress::Block block = progress.add(std::move(cursor));
  std::unique_ptr<ReceivedBlock> made = entries.take_block();
  if (!made) return settled(block);
  // The source is ours: it does not own us.
  source->offer(std::move(made), [weak = weak_from_this(), block] {
    if (const auto self = weak.lock()) self->settled(block);
  });
}

void JournalTarget::State::settled(JournalProgress::Block block) {
  settled_since = Clock::now();
  if (auto cursor = progress.settle(block)) positions.set_value(key, std::move(*cursor));
}

// ---- Waiting --------------------------------------------------------------------------------------

asio::awaitable<void> JournalTarget::State::wait_for_changes() {
  if (!changes.is_open()) {  // no change is told, nor that there is a new file
    co_await pause(timer, kLongestRetry);
    close();
    co_return;
  }
  if (!std::exchange(waits_for_changes, true)) {
    changes.async_wait(asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this()](const error_code&) {
                         self->waits_for_changes = false;
                         self->timer.cancel();
                       });
  }
  co_await pause(timer, reader->timeout(kLook));
  const MappedReading mapping;
  if (!running) co_return;
  const bool follows = reader->process();
  if (!follows) report(reader->problem());
  if (mapping.failed()) report(kCannotRead);
  // Folders that were not there are not watched, and where to start could not be said.
  if (!follows || !has_files) close();
}

asio::awaitable<void> JournalTarget::State::pause_before_retry() {
  const auto time = std::exchange(retry, std::min(2 * retry, kLongestRetry));
  co_await pause(timer, time);
}

// The same trouble is told once.
void JournalTarget::State::report(const std::string& what) {
  if (what == std::exchange(reported, what)) return;
  log::error("the journal cannot be read as it should", {{"job", job.job_name}, {"error", what}});
}

}  // namespace lokitail::agent
