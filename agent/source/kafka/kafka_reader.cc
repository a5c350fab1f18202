#include "agent/source/kafka/kafka_reader.h"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <boost/asio/post.hpp>

#include "agent/into_error.h"
#include "agent/source/kafka/kafka_target.h"
#include "agent/source/received/dropped_entries.h"
#include "agent/telemetry/log.h"
#include "agent/worker.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// The group believes that a member is dead that does not poll for five minutes.
constexpr std::chrono::seconds kPollPeriod{60};
// A job that has no room for so long pauses its partitions: that throws away what is fetched ahead.
constexpr std::chrono::seconds kPausePatience{1};
constexpr std::chrono::seconds kClosePatience{3};
constexpr std::chrono::seconds kTopicsRetry{5};
constexpr std::chrono::seconds kTopicsPatience{3};
// Of what goes wrong the same is logged once in this time.
constexpr std::chrono::seconds kLogPeriod{60};
constexpr std::chrono::milliseconds kClosePoll{100};

}  // namespace

KafkaReader::KafkaReader(const config::ScrapeConfig& job, const TargetContext& context)
    : job_(job),
      config_(*job.kafka),
      commits_(!context.dry_run),
      control_(context.control),
      worker_(context.worker),
      metrics_(context.metrics),
      topics_(config_.topics),
      source_(std::make_shared<ReceivedSource>(control_, worker_, spec_of(job),
                                               count_dropped(metrics_, job.job_name))),
      entries_(job, *source_),
      received_(metrics_.counter_of("lokitail_kafka_messages_total", "Messages that were read from Kafka",
                                    {{"job", job.job_name}})),
      readable_(control_),
      poll_timer_(control_),
      commit_timer_(control_),
      pause_timer_(control_),
      topics_timer_(control_) {}

KafkaReader::~KafkaReader() {
  if (readable_.is_open()) readable_.release();  // the consumer's
  if (lookup_.joinable()) lookup_.join();
}

ReceivedSource::Spec KafkaReader::spec_of(const config::ScrapeConfig& job) {
  ReceivedSource::Spec spec;
  spec.job = job.job_name;
  spec.labels = job.kafka->labels;
  spec.relabel_configs = job.relabel_configs;
  spec.can_be_read_again = !job.spools;
  return spec;
}

void KafkaReader::start() {
  std::string problem;
  const KafkaLibrary* const library = load_kafka_library(problem);
  if (library == nullptr) throw std::runtime_error("kafka: " + problem);
  consumer_ = std::make_unique<KafkaConsumer>(*library, config_, *this);
  worker_.add(source_);
  readable_.assign(consumer_->descriptor());
  wait_for_events();
  poll_regularly();
  if (topics_.has_patterns()) {
    look_for_topics();
  } else {
    subscribe(topics_.choose({}));
  }
}

// ---- Messages -------------------------------------------------------------------------------------

void KafkaReader::wait_for_events() {
  readable_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this()](const error_code& error) {
                         if (error || !self->consumer_) return;
                         std::uint64_t count = 0;
                         static_cast<void>(::read(self->consumer_->descriptor(), &count, sizeof count));
                         self->serve();
                         if (self->consumer_) self->wait_for_events();
                       });
}

void KafkaReader::poll_regularly() {
  poll_timer_.expires_after(kPollPeriod);
  poll_timer_.async_wait([self = shared_from_this()](const error_code& cancelled) {
    if (cancelled || !self->consumer_) return;
    self->serve();
    self->poll_regularly();
  });
}

// Polls until there is nothing, or a block is full, or the job has no room.
void KafkaReader::serve() {
  if (!consumer_ || (no_room_ && !paused_)) return;
  bool is_empty = false;
  while (!is_empty && !entries_.full()) {
    const KafkaConsumer::Message message = consumer_->poll();
    is_empty = !message;
    if (message) take(*message);
  }
  flush();
  if (closing_) changed();
  if (!no_room_ && !source_->has_room() && !stopping_) wait_for_room();
  if (is_empty || serving_) return;
  serving_ = true;
  asio::post(control_, [self = shared_from_this()] {
    self->serving_ = false;
    self->serve();
  });
}

// A message that is polled has to be taken: librdkafka gives it once. Not so while its partition goes: it will
// be read from what was committed.
void KafkaReader::take(const rd_kafka_message_t& message) {
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* const text = static_cast<const char*>(message.payload);
    return failed(consumer_->error_name(message),
                  text == nullptr ? std::string() : std::string(text, message.len));
  }
  const auto& partition = find(message);
  if (!partition || !partition->taking || stopping_) return;
  KafkaRecord record;
  if (message.key != nullptr) record.key = {static_cast<const char*>(message.key), message.key_len};
  if (message.payload != nullptr) record.value = {static_cast<const char*>(message.payload), message.len};
  record.offset = message.offset;
  if (config_.use_incoming_timestamp) record.milliseconds = consumer_->time_of(message);
  entries_.add(partition, record);
  received_.Increment();
}

const std::shared_ptr<ReadPartition>& KafkaReader::find(const rd_kafka_message_t& message) {
  if (message.rkt != last_topic_ || message.partition != last_number_) {
    const auto found = partitions_.find({consumer_->topic_of(message), message.partition});
    last_ = found == partitions_.end() ? nullptr : found->second;
    last_topic_ = message.rkt;
    last_number_ = message.partition;
  }
  return last_;
}

void KafkaReader::flush() {
  entries_.flush([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->commit_later();
    self->changed();
  });
}

// ---- Room -----------------------------------------------------------------------------------------

void KafkaReader::wait_for_room() {
  no_room_ = true;
  source_->when_room([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->no_room_ = false;
    self->pause_timer_.cancel();
    if (self->paused_) self->resume_all();
    self->serve();
  });
  pause_timer_.expires_after(kPausePatience);
  pause_timer_.async_wait([self = shared_from_this()](const error_code& cancelled) {
    if (cancelled || !self->no_room_ || !self->consumer_) return;
    self->pause_all();
    self->serve();
  });
}

void KafkaReader::pause_all() {
  paused_ = true;
  if (!partitions_.empty()) consumer_->pause(all());
  log::debug("kafka partitions paused", {{"job", job_.job_name}, {"partitions", partitions_.size()}});
}

void KafkaReader::resume_all() {
  paused_ = false;
  if (!consumer_ || stopping_) return;
  KafkaPartitions taking;
  for (const auto& [name, partition] : partitions_) {
    if (partition->taking) taking.push_back(name);
  }
  if (!taking.empty()) consumer_->resume(taking);
}

// ---- Topics ---------------------------------------------------------------------------------------

// librdkafka can only be asked by a call that waits.
void KafkaReader::look_for_topics() {
  if (lookup_.joinable()) lookup_.join();
  lookup_ = std::thread([self = shared_from_this(), consumer = consumer_.get()]() mutable {
    std::string problem;
    auto existing = consumer->topics(kTopicsPatience, problem);
    asio::io_context& control = self->control_;
    asio::post(control, [self = std::move(self), existing = std::move(existing), problem] {
      self->found_topics(existing, problem);
    });
  });
}

void KafkaReader::found_topics(const std::optional<std::vector<std::string>>& existing,
                               const std::string& problem) {
  if (stopping_ || !consumer_) return;
  if (existing) {
    const auto topics = topics_.choose(*existing);
    if (topics.empty()) failed("no_topic", "no topic matches");
    if (!topics.empty() && topics != subscribed_) subscribe(topics);
  } else {
    failed("topics", problem);
  }
  topics_timer_.expires_after(subscribed_.empty() ? kTopicsRetry : KafkaTarget::kTopicsPeriod);
  topics_timer_.async_wait([self = shared_from_this()](const error_code& cancelled) {
    if (!cancelled && !self->stopping_) self->look_for_topics();
  });
}

void KafkaReader::subscribe(const std::vector<std::string>& topics) {
  if (const std::string problem = consumer_->subscribe(topics); !problem.empty()) {
    failed("subscribe", problem);
    return;
  }
  subscribed_ = topics;
  std::string text;
  for (const std::string& topic : topics) text += (text.empty() ? "" : ",") + topic;
  log::info("kafka topics", {{"job", job_.job_name}, {"group", config_.group_id}, {"topics", text}});
}

// ---- Trouble --------------------------------------------------------------------------------------

void KafkaReader::failed(const char* name, const std::string& reason) {
  metrics_
      .counter_of("lokitail_kafka_errors_total", "What went wrong with a Kafka cluster, by librdkafka's name",
                  {{"job", job_.job_name}, {"error", name}})
      .Increment();
  Trouble& trouble = troubles_[name];
  const auto now = Clock::now();
  if (now < trouble.next_log) {
    ++trouble.unlogged;
    return;
  }
  log::warn("kafka",
            {{"job", job_.job_name}, {"error", name}, {"reason", reason}, {"not_logged", trouble.unlogged}});
  trouble = {now + kLogPeriod, 0};
}

// ---- The end --------------------------------------------------------------------------------------

// The group is not left yet: what is in flight may still be settled, and then be committed.
void KafkaReader::stop() {
  if (stopping_ || !consumer_) return;
  stopping_ = true;
  flush();
  topics_timer_.cancel();
  if (!partitions_.empty()) consumer_->pause(all());
  source_->finish();
  // From now on what the group wants is served, room or not.
  no_room_ = false;
  pause_timer_.cancel();
  serve();
}

asio::awaitable<void> KafkaReader::close() {
  if (!consumer_) co_return;
  co_await commit_all(Clock::now() + kCommitPatience);
  closing_ = true;
  consumer_->close();
  const auto deadline = Clock::now() + kClosePatience;
  while (!consumer_->closed() && Clock::now() < deadline) {
    serve();
    co_await change(std::min(deadline, Clock::now() + kClosePoll));
  }
  for (auto* const timer : {&poll_timer_, &commit_timer_, &pause_timer_, &topics_timer_}) timer->cancel();
  readable_.cancel();
  readable_.release();
  if (lookup_.joinable()) lookup_.join();
  consumer_.reset();
}

asio::awaitable<void> KafkaReader::change(Clock::time_point deadline) {
  asio::steady_timer timer(control_, deadline);
  waiting_.insert(&timer);
  error_code ignored;
  co_await timer.async_wait(into(ignored));
  waiting_.erase(&timer);
}

void KafkaReader::changed() {
  for (asio::steady_timer* const timer : waiting_) timer->cancel();
}

std::vector<Target::Row> KafkaReader::rows() const {
  std::vector<Target::Row> rows;
  for (const auto& [name, partition] : partitions_) {
    Target::Row& row = rows.emplace_back();
    row.name = name.topic + "/" + partition->number_text;
    const auto position = partition->offsets.position();
    if (position) row.position = std::to_string(*position - partition->offsets.behind());
    const auto end = consumer_ ? consumer_->end_of(name) : std::nullopt;
    if (position && end)
      row.lag_messages = static_cast<std::uint64_t>(std::max<std::int64_t>(*end - *position, 0));
  }
  return rows;
}

// ---- Metrics --------------------------------------------------------------------------------------

std::vector<prometheus::MetricFamily> KafkaReader::collect() const {
  const auto gauge = [](const char* name, const char* help) {
    return prometheus::MetricFamily{name, help, prometheus::MetricType::Gauge, {}};
  };
  const auto add = [this](prometheus::MetricFamily& family, std::int64_t value) -> prometheus::ClientMetric& {
    prometheus::ClientMetric& metric = family.metric.emplace_back();
    metric.label = {{"job", job_.job_name}};
    metric.gauge.value = static_cast<double>(value);
    return metric;
  };
  auto count = gauge("lokitail_kafka_assigned_partitions", "Partitions that this member of the group reads");
  auto behind = gauge("lokitail_kafka_uncommitted_messages", "Messages that were read and are not committed");
  auto lag = gauge("lokitail_kafka_lag_messages",
                   "Messages of a partition that were not read yet, as far as was heard of them");
  std::int64_t uncommitted = 0;
  for (const auto& [name, partition] : partitions_) {
    uncommitted += partition->offsets.behind();
    const auto position = partition->offsets.position();
    const auto end = consumer_ ? consumer_->end_of(name) : std::nullopt;
    if (!position || !end) continue;
    add(lag, std::max<std::int64_t>(*end - *position, 0)).label = {
        {"job", job_.job_name}, {"partition", partition->number_text}, {"topic", name.topic}};
  }
  add(count, static_cast<std::int64_t>(partitions_.size()));
  add(behind, uncommitted);
  return {std::move(count), std::move(behind), std::move(lag)};
}

}  // namespace lokitail::agent
