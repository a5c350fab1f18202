#include "agent/source/docker/container_log.h"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "agent/pause.h"
#include "agent/source/docker/container.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kFirstRetry{200};
constexpr std::chrono::milliseconds kLongestRetry{30'000};
// The engine asks for entries by their time, which those of two streams are not quite in order of.
constexpr std::int64_t kDisorderSeconds = 5;
// Between two pieces of a line in the journal there is as much time as the engine takes for one.
constexpr std::string_view kJournald = "journald";
constexpr std::chrono::seconds kPieceGap{1};

}  // namespace

ContainerLog::ContainerLog(std::shared_ptr<DockerJob> job, std::shared_ptr<EngineClient> client,
                           std::string id, StreamLabels labels, const ContainerDetails& details)
    : job_(std::move(job)),
      client_(std::move(client)),
      id_(std::move(id)),
      labels_(std::move(labels)),
      has_terminal_(details.has_terminal),
      timer_(job_->context.control),
      read_(job_->position(id_).value_or(LogPosition())),
      retry_(kFirstRetry) {
  if (details.log_driver != kJournald) return;
  for (LineJoiner& joiner : joiners_) joiner.set_longest_gap(kPieceGap);
}

void ContainerLog::follow() {
  if (std::exchange(following_, true)) return;
  retry_ = kFirstRetry;
  asio::co_spawn(
      job_->context.control, [self = shared_from_this()] { return self->run(); }, asio::detached);
}

void ContainerLog::stop() { timer_.cancel(); }

asio::awaitable<void> ContainerLog::run() {
  const auto self = shared_from_this();
  while (job_->running) {
    const http::Response answer = co_await read();
    if (!job_->running) break;
    const State state = co_await look_at_container();
    if (!job_->running) break;
    // What the engine refuses of a container that has stopped, it will refuse later, too.
    const bool is_whole = answer.ok() || answer.status / 100 == 4 || answer.status / 100 == 5;
    if (state == State::kGone || (state == State::kStopped && is_whole)) {
      gone_ = state == State::kGone;
      if (gone_ || answer.ok()) end();
      break;
    }
    if (!answer.ok()) report(engine_problem(answer));
    if (got_some_) retry_ = kFirstRetry;
    co_await pause(timer_, std::exchange(retry_, std::min(2 * retry_, kLongestRetry)));
  }
  following_ = false;
}

std::string ContainerLog::path() const {
  const std::int64_t newest = read_.newest().seconds;
  const bool is_exact = read_.marks[0].count + read_.marks[1].count > 0;
  const std::int64_t since = is_exact ? std::max<std::int64_t>(newest - kDisorderSeconds, 0) : newest;
  return "/containers/" + id_ +
         "/logs?follow=1&stdout=1&stderr=1&timestamps=1&since=" + std::to_string(since);
}

asio::awaitable<http::Response> ContainerLog::read() {
  got_some_ = false;
  // In variables: GCC 12 destroys what stands in the call's arguments twice.
  http::Client::Streaming log{.take = [this](std::string_view bytes) -> asio::awaitable<bool> {
                                got_some_ = true;
                                const bool fine = frames_->feed(bytes);
                                hand_over();
                                if (!fine) report(frames_->problem());
                                co_await job_->source->wait_for_room();
                                co_return fine && job_->running;
                              },
                              .begin = [this](const http::Response& answer) { begin(answer); }};
  std::string from = path();
  co_return co_await client_->stream(std::move(from), std::move(log));
}

void ContainerLog::begin(const http::Response& answer) {
  // From 1.42 on the engine says how it sends.
  const std::string_view content_type = answer.header("Content-Type");
  const bool is_raw = content_type == "application/vnd.docker.raw-stream";
  const bool is_framed = content_type == "application/vnd.docker.multiplexed-stream";
  reported_.clear();
  for (LineJoiner& joiner : joiners_) joiner.forget();
  without_time_ = 0;
  read_before_.emplace(read_);
  frames_.emplace(is_raw || (has_terminal_ && !is_framed), [this](LogStream stream, pipeline::Timestamp time,
                                                                  std::string_view piece) {
    joiners_[index_of(stream)].add(
        time, piece, [&](pipeline::Timestamp of, std::string_view line) { add(stream, of, line); });
  });
}

// The container has stopped: what it did not end is all that comes of it.
void ContainerLog::end() {
  if (!frames_) return;
  frames_->finish();
  for (std::size_t i = 0; i < kLogStreams; ++i) {
    joiners_[i].flush(
        [&](pipeline::Timestamp time, std::string_view line) { add(static_cast<LogStream>(i), time, line); });
  }
  hand_over();
  frames_.reset();
}

void ContainerLog::add(LogStream stream, pipeline::Timestamp time, std::string_view line) {
  if (read_before_->covers(stream, time)) return;
  read_.passed(stream, time);
  const auto& labels = labels_[index_of(stream)];
  if (!labels) return job_->counters.dropped.Increment();
  if (!block_ || block_stream_ != stream) {
    if (!block_) block_ = std::make_unique<ReceivedBlock>();
    block_stream_ = stream;
    block_->begin_group({labels->begin(), labels->end()});
  }
  block_->add(line, time);
}

// What was read since the last time goes to the worker.
void ContainerLog::hand_over() {
  const std::uint64_t bad = frames_->without_time() - std::exchange(without_time_, frames_->without_time());
  if (bad > 0) {
    job_->counters.parsing_errors.Increment(static_cast<double>(bad));
    report("lines without a time were left out");
  }
  if (!block_) return;
  const auto ticket = progress_.add(read_);
  // The source is ours: it does not own us.
  job_->source->offer(std::exchange(block_, nullptr), [weak = weak_from_this(), ticket] {
    if (const auto self = weak.lock()) self->settled(ticket);
  });
}

void ContainerLog::settled(SettledRun<LogPosition>::Ticket ticket) {
  std::optional<LogPosition> last;
  progress_.settle(ticket, [&last](const LogPosition& position) { last = position; });
  if (last) job_->set_position(id_, *last);
}

asio::awaitable<ContainerLog::State> ContainerLog::look_at_container() {
  std::string page = "/containers/" + id_ + "/json";
  const http::Response answer = co_await client_->get(std::move(page));
  if (answer.status == 404) co_return State::kGone;
  if (!answer.ok()) co_return State::kUnknown;
  const auto details = parse_details(answer.body);
  if (!details) co_return State::kUnknown;
  co_return details->runs ? State::kRuns : State::kStopped;
}

// The same trouble is told once.
void ContainerLog::report(const std::string& what) {
  if (what == std::exchange(reported_, what)) return;
  log::error("the container's log cannot be read as it should",
             {{"job", job_->config.job_name}, {"container", id_}, {"error", what}});
}

}  // namespace lokitail::agent
