// What a Heroku log drain posts, as entries.
//
// Threads: pure function. Ownership: the block gets the text.
// Errors:  a result that says how to answer; the block is of no use then.
// Source:  devcenter.heroku.com, "Log Drains": octet-counted frames that look like RFC 5424 but have no
//          structured data; labels as Promtail's (clients/pkg/promtail/targets/heroku/target.go).
#pragma once

#include <string>
#include <string_view>

#include "agent/loki/push_decode.h"
#include "agent/source/received/received_block.h"

namespace lokitail::agent {

struct HerokuReading {
  bool keeps_times = false;
  std::string_view query = {};   // of the request; its parameters become labels
  std::string_view tenant = {};  // empty: nobody said
};

PushResult read_heroku_drain(std::string body, const HerokuReading& reading, ReceivedBlock& block);

}  // namespace lokitail::agent
