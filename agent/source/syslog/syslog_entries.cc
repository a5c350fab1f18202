#include "agent/source/syslog/syslog_entries.h"

#include <algorithm>
#include <utility>

#include "agent/clock.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

constexpr std::string_view kHostNameLabel = "__syslog_connection_hostname";

SyslogFormat format_of(const config::SyslogConfig& config) {
  return config.syslog_format == "rfc3164" ? SyslogFormat::kRfc3164 : SyslogFormat::kRfc5424;
}

}  // namespace

SyslogEntries::SyslogEntries(const config::ScrapeConfig& job, Metrics& metrics, ReceivedSource& source)
    : config_(*job.syslog),
      format_(format_of(*job.syslog)),
      relabeler_(job.relabel_configs),
      wants_host_name_(relabeler_.may_use(kHostNameLabel)),
      source_(source),
      entries_(metrics.counter_of("promtail_syslog_target_entries_total",
                                  "Total number of successful entries sent to the syslog target")),
      faults_(metrics.counter_of("promtail_syslog_target_parsing_errors_total",
                                 "Total number of parsing errors while receiving syslog messages")),
      empty_(metrics.counter_of("promtail_syslog_empty_messages_total",
                                "Total number of empty messages receiving from syslog")),
      cut_(metrics.counter_of("lokitail_syslog_cut_messages_total",
                              "Messages that were longer than max_message_length, and were cut there")) {}

void SyslogEntries::add(std::string_view text, bool was_cut, const SyslogPeer& peer) {
  arena_.reset();
  const pipeline::Timestamp now = system_time();
  parse_syslog(text, format_, now, arena_, message_);
  if (message_.problem != nullptr) count_fault(peer.address, message_.problem);
  if (was_cut) cut_.Increment();
  if (!message_.text) {
    // What could not be understood at all has no text either.
    if (message_.problem == nullptr) empty_.Increment();
    return;
  }
  collect_labels(peer);
  if (!block_) block_ = std::make_unique<ReceivedBlock>();
  block_->continue_group(labels_);
  const bool whole = config_.use_rfc5424_message && format_ == SyslogFormat::kRfc5424;
  block_->add(whole ? text : *message_.text,
              config_.use_incoming_timestamp && message_.time ? *message_.time : now);
  entries_.Increment();
}

void SyslogEntries::flush(std::function<void(std::size_t)> settled, bool is_urgent) {
  if (!block_) return;
  if (is_urgent) block_->set_urgent();
  const std::size_t bytes = block_->bytes();
  source_.offer(std::move(block_), settled ? [settled = std::move(settled), bytes] { settled(bytes); }
                                           : std::function<void()>());
  block_.reset();
}

void SyslogEntries::count_fault(const std::string& peer, std::string_view what) {
  faults_.Increment();
  log::debug("cannot understand a syslog message", {{"from", peer}, {"expected", what}});
}

// Only those that relabelling can use: the others begin with "__" and go anyway, and many are different in
// each message.
void SyslogEntries::collect_labels(const SyslogPeer& peer) {
  labels_.clear();
  add_label("__syslog_connection_ip_address", peer.address);
  add_label(kHostNameLabel, peer.host_name);
  if (message_.priority) {
    add_label("__syslog_message_severity", severity_word(message_.severity()));
    add_label("__syslog_message_facility", facility_word(message_.facility()));
  }
  add_label("__syslog_message_hostname", message_.host_name);
  add_label("__syslog_message_app_name", message_.app_name);
  add_label("__syslog_message_proc_id", message_.proc_id);
  add_label("__syslog_message_msg_id", message_.msg_id);
  if (!config_.label_structured_data) return;
  for (const SyslogParameter& parameter : message_.parameters) {
    std::string name =
        "__syslog_message_sd_" + std::string(parameter.element) + '_' + std::string(parameter.name);
    std::ranges::replace(name, '@', '_');
    add_label(arena_.copy(name), parameter.value);
  }
}

void SyslogEntries::add_label(std::string_view name, std::string_view value) {
  if (!value.empty() && relabeler_.may_use(name)) labels_.emplace_back(name, value);
}

}  // namespace lokitail::agent
