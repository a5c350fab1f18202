#include "agent/source/gelf/gelf_target.h"

#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "agent/clock.h"
#include "agent/source/gelf/gelf_chunks.h"
#include "agent/source/gelf/gelf_message.h"
#include "agent/source/received/datagram_listener.h"
#include "agent/source/received/dropped_entries.h"
#include "agent/telemetry/log.h"
#include "agent/worker.h"

namespace lokitail::agent {

namespace asio = boost::asio;

struct GelfTarget::State : std::enable_shared_from_this<State> {
  State(const config::ScrapeConfig& of, const TargetContext& context)
      : job(of),
        config(*of.gelf),
        control(context.control),
        worker(context.worker),
        source(std::make_shared<ReceivedSource>(context.control, context.worker, spec_of(of),
                                                count_dropped(context.metrics, of.job_name))),
        relabeler(of.relabel_configs),
        entries(context.metrics.counter_of("promtail_gelf_target_entries_total",
                                           "Total number of successful entries sent to the gelf target")),
        faults(context.metrics.counter_of("promtail_gelf_target_parsing_errors_total",
                                          "Total number of parsing errors while receiving gelf messages")),
        datagrams(context.control, context.metrics.counter_of("lokitail_gelf_lost_datagrams_total",
                                                              "Datagrams for which the socket had no room",
                                                              {{"job", of.job_name}})) {}

  static ReceivedSource::Spec spec_of(const config::ScrapeConfig& job) {
    ReceivedSource::Spec spec;
    spec.job = job.job_name;
    spec.labels = job.gelf->labels;
    spec.relabel_configs = job.relabel_configs;
    spec.keeps_without_labels = true;
    return spec;
  }

  void receive();
  void take(std::string_view datagram);
  void add(std::string_view packed);
  void flush();

  const config::ScrapeConfig& job;
  const config::GelfConfig& config;
  asio::io_context& control;
  Worker& worker;
  const std::shared_ptr<ReceivedSource> source;
  const Relabeler relabeler;  // for what it may use
  prometheus::Counter& entries;
  prometheus::Counter& faults;
  DatagramListener datagrams;
  GelfChunks chunks;
  pipeline::Arena arena;  // of the present message
  std::unique_ptr<ReceivedBlock> block;
  bool listening = false;
};

GelfTarget::GelfTarget(const config::ScrapeConfig& job, const TargetContext& context)
    : state_(std::make_shared<State>(job, context)) {}

GelfTarget::~GelfTarget() = default;

void GelfTarget::start() {
  State& state = *state_;
  state.worker.add(state.source);
  state.datagrams.open(state.config.listen_address);
  state.receive();
  state.listening = true;
  log::info("gelf listening on address", {{"job", state.job.job_name}, {"port", state.datagrams.port()}});
}

void GelfTarget::stop() {
  state_->listening = false;
  state_->datagrams.close();
  state_->flush();
  state_->source->finish();
}

bool GelfTarget::ready() const { return state_->listening; }

std::vector<const TargetTraffic*> GelfTarget::traffic() const { return {&state_->source->traffic()}; }

void GelfTarget::State::receive() {
  const auto handle = [self = shared_from_this()](std::string_view datagram, const asio::ip::address&) {
    self->take(datagram);
    return !self->block || self->block->bytes() < ReceivedSource::kFullBlockBytes;
  };
  const auto hand_over = [self = shared_from_this()] { self->flush(); };
  asio::co_spawn(control, datagrams.receive(handle, hand_over, source), asio::detached);
}

void GelfTarget::State::take(std::string_view datagram) {
  if (!GelfChunks::is_chunk(datagram)) return add(datagram);
  const auto whole = chunks.take(datagram, GelfChunks::Clock::now());
  faults.Increment(static_cast<double>(chunks.take_given_up()));
  if (whole) add(*whole);
}

void GelfTarget::State::add(std::string_view packed) {
  arena.reset();
  const auto message = read_gelf(packed, arena);
  if (!message) {
    faults.Increment();
    log::debug("cannot understand a GELF message", {{"job", job.job_name}, {"bytes", packed.size()}});
    return;
  }
  if (!block) block = std::make_unique<ReceivedBlock>();
  ReceivedBlock::Pairs labels;
  const auto add_label = [&](std::string_view name, std::string_view value) {
    if (!value.empty() && relabeler.may_use(name)) labels.emplace_back(name, value);
  };
  add_label("__gelf_message_level", message->level);
  add_label("__gelf_message_host", message->host);
  add_label("__gelf_message_version", message->version);
  add_label("__gelf_message_facility", message->facility);
  block->continue_group(labels);
  block->add(message->line, config.use_incoming_timestamp && message->time ? *message->time : system_time());
  entries.Increment();
}

void GelfTarget::State::flush() {
  if (block) source->offer(std::move(block));
}

}  // namespace lokitail::agent
