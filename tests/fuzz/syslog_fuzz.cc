// Arbitrary bytes as syslog: both framings and both formats. What comes out lies in what went in.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/source/syslog/syslog_framing.h"
#include "agent/source/syslog/syslog_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lokitail;
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t most = 1 + data[0];
  agent::SyslogFraming framing(most);
  agent::SyslogMessage message;
  pipeline::Arena arena;
  const auto handle = [&](std::string_view text, bool) {
    if (text.empty() || text.size() > most) std::abort();
    for (const auto format : {agent::SyslogFormat::kRfc5424, agent::SyslogFormat::kRfc3164}) {
      arena.reset();
      agent::parse_syslog(text, format, {1'795'724'000, 0}, arena, message);
      if (message.priority && (agent::facility_word(message.facility()).empty() ||
                               agent::severity_word(message.severity()).empty())) {
        std::abort();
      }
      if (message.text && message.text->size() > text.size()) std::abort();
      for (const auto& parameter : message.parameters) {
        if (parameter.name.empty() || parameter.element.empty()) std::abort();
      }
    }
  };
  const std::size_t tear = data[1] % (bytes.size() + 1);
  if (framing.take(bytes.substr(0, tear), handle) && framing.take(bytes.substr(tear), handle)) {
    static_cast<void>(framing.end(handle));
  }
  return 0;
}
