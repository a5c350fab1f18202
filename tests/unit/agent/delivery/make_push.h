// Pushes as a batcher makes them, from what a test writes down.
#pragma once

#include <snappy.h>

#include <memory>
#include <string>
#include <vector>

#include "agent/delivery/push.h"
#include "agent/loki/push.pb.h"

namespace lokitail::agent::test {

struct TestEntry {
  std::string labels;
  std::int64_t seconds;
  std::string line;
};

// Entries of one stream have to stand together.
inline std::unique_ptr<Push> make_push(const std::vector<TestEntry>& entries) {
  logproto::PushRequest request;
  std::vector<StreamId> streams;
  for (const TestEntry& entry : entries) {
    const int last = request.streams_size() - 1;
    const bool goes_on = last >= 0 && request.streams(last).labels() == entry.labels;
    auto* const stream = goes_on ? request.mutable_streams(last) : request.add_streams();
    stream->set_labels(entry.labels);
    auto* const added = stream->add_entries();
    added->mutable_timestamp()->set_seconds(entry.seconds);
    added->set_line(entry.line);
    streams.push_back(stream_id(entry.labels));
  }
  const std::string raw = request.SerializeAsString();
  auto push = std::make_unique<Push>();
  snappy::Compress(raw.data(), raw.size(), &push->body);
  push->entries = entries.size();
  push->raw_bytes = raw.size();
  push->streams = StreamIds(streams);
  push->receipt = std::make_shared<Receipt>(1, [] {});
  return push;
}

}  // namespace lokitail::agent::test
