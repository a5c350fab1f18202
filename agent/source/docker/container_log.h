// The log of one container, read through the engine's logs endpoint: for all log drivers that the engine can
// read, where the log is no file that we may read.
//
// It is followed until the container stops, and read on where it was left when it is started again, or when
// the connection breaks. Its position moves when entries are settled.
//
// Threads: the control thread. Ownership: shared by who starts it and its coroutine; the job outlives it, and
//          the client, which is closed first.
// Errors:  told in the log, and tried again for as long as the container is there.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "agent/source/docker/container.h"
#include "agent/source/docker/docker_job.h"
#include "agent/source/docker/engine_client.h"
#include "agent/source/docker/line_joiner.h"
#include "agent/source/docker/log_frames.h"
#include "agent/source/docker/log_position.h"
#include "agent/source/received/received_block.h"
#include "agent/source/received/settled_run.h"

namespace lokitail::agent {

class ContainerLog final : public std::enable_shared_from_this<ContainerLog> {
 public:
  ContainerLog(std::shared_ptr<DockerJob> job, std::shared_ptr<EngineClient> client, std::string id,
               StreamLabels labels, const ContainerDetails& details);

  // Reads until the container has stopped and its log is at its end. Does nothing while it does.
  void follow();
  bool is_following() const { return following_; }
  // Whether the engine has said that there is no such container any more.
  bool is_gone() const { return gone_; }
  // From the next line on.
  void set_labels(StreamLabels labels) { labels_ = std::move(labels); }
  // Ends waiting.
  void stop();

 private:
  enum class State { kRuns, kStopped, kGone, kUnknown };

  boost::asio::awaitable<void> run();
  boost::asio::awaitable<http::Response> read();
  boost::asio::awaitable<State> look_at_container();
  std::string path() const;
  void begin(const http::Response& answer);
  void end();
  void add(LogStream stream, pipeline::Timestamp time, std::string_view line);
  void hand_over();
  void settled(SettledRun<LogPosition>::Ticket ticket);
  void report(const std::string& what);

  const std::shared_ptr<DockerJob> job_;
  const std::shared_ptr<EngineClient> client_;
  const std::string id_;
  StreamLabels labels_;
  const bool has_terminal_;
  boost::asio::steady_timer timer_;
  bool following_ = false;
  bool gone_ = false;

  LogPosition read_;  // in this run, or before
  std::optional<ReadBefore> read_before_;
  std::optional<LogFrames> frames_;
  std::array<LineJoiner, kLogStreams> joiners_;
  std::unique_ptr<ReceivedBlock> block_;
  LogStream block_stream_ = LogStream::kStdout;  // of the group that is open
  SettledRun<LogPosition> progress_;
  std::uint64_t without_time_ = 0;  // that were counted
  std::chrono::milliseconds retry_;
  bool got_some_ = false;  // since it was connected
  std::string reported_;
};

}  // namespace lokitail::agent
