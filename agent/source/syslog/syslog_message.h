// One syslog message, as far as it can be understood: what comes before a fault stays, what comes behind it
// does not.
//
// Source: RFC 5424, section 6, and RFC 3164, section 4, with what senders make of them: an RFC 3339 timestamp
//         in an RFC 3164 message, and no host name or tag there.
// Threads: plain functions. Ownership: views into the text that was parsed, or into the arena that was given.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "pipeline/arena.h"
#include "pipeline/timestamp.h"

namespace lokitail::agent {

enum class SyslogFormat { kRfc5424, kRfc3164 };

struct SyslogParameter {
  std::string_view element;  // the id of the structured data element
  std::string_view name;
  std::string_view value;
};

// Empty views for what is not there, or is "-".
struct SyslogMessage {
  std::optional<int> priority;  // 0 to 191
  std::optional<pipeline::Timestamp> time;
  std::string_view host_name;
  std::string_view app_name;  // of RFC 3164: the tag
  std::string_view proc_id;
  std::string_view msg_id;
  std::vector<SyslogParameter> parameters;
  std::optional<std::string_view> text;
  const char* problem = nullptr;  // what was expected where it could not be understood any further

  int severity() const { return *priority % 8; }
  int facility() const { return *priority / 8; }
};

// `message` is overwritten; its memory is used again. Values with escapes are unescaped into `arena`. `now`
// tells the year, which RFC 3164 does not; its times are in the time zone of this machine.
void parse_syslog(std::string_view text, SyslogFormat format, pipeline::Timestamp now, pipeline::Arena& arena,
                  SyslogMessage& message);

// The words that Promtail has for them; empty for others.
std::string_view severity_word(int severity);
std::string_view facility_word(int facility);

}  // namespace lokitail::agent
