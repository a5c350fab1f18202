// Makes entries of syslog messages: their labels, text and time.
//
// Threads: the control thread. Ownership: the source outlives it; counters are those of the metrics.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "agent/discovery/relabel.h"
#include "agent/source/received/received_source.h"
#include "agent/source/syslog/syslog_message.h"
#include "agent/telemetry/metrics.h"
#include "config/config.h"

namespace lokitail::agent {

// Who sent a message.
struct SyslogPeer {
  std::string address;
  std::string host_name;  // by reverse look-up; empty where that has none, or nobody asks for it
};

class SyslogEntries {
 public:
  SyslogEntries(const config::ScrapeConfig& job, Metrics& metrics, ReceivedSource& source);

  // Whether the host name of a peer matters to anybody.
  bool wants_host_names() const { return wants_host_name_; }

  // A message as it came. What it becomes waits for flush().
  void add(std::string_view text, bool was_cut, const SyslogPeer& peer);
  // Hands over all that was added. `settled` is called as ReceivedSource::offer() says, with the number of
  // bytes that wait no more; not where there is nothing. `is_urgent` as for ReceivedBlock::set_urgent().
  void flush(std::function<void(std::size_t bytes)> settled = {}, bool is_urgent = false);
  std::size_t waiting_bytes() const { return block_ ? block_->bytes() : 0; }

  // Something came that is no message.
  void count_fault(const std::string& peer, std::string_view what);

 private:
  void collect_labels(const SyslogPeer& peer);
  void add_label(std::string_view name, std::string_view value);

  const config::SyslogConfig& config_;
  const SyslogFormat format_;
  const Relabeler relabeler_;
  const bool wants_host_name_;
  ReceivedSource& source_;
  prometheus::Counter& entries_;
  prometheus::Counter& faults_;
  prometheus::Counter& empty_;
  prometheus::Counter& cut_;
  std::unique_ptr<ReceivedBlock> block_;
  SyslogMessage message_;
  pipeline::Arena arena_;        // of the present message
  ReceivedBlock::Pairs labels_;  // the same
};

}  // namespace lokitail::agent
