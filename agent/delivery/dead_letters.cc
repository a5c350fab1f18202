#include "agent/delivery/dead_letters.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "agent/clock.h"
#include "agent/state/durable_file.h"
#include "agent/telemetry/log.h"
#include "pipeline/lang/json_print.h"
#include "pipeline/lang/time_layout.h"

namespace lokitail::agent {
namespace {

// Written at once beyond this.
constexpr std::size_t kMostWaiting = 256 << 10;

std::string time_text(pipeline::Timestamp time) {
  static const auto layout = pipeline::lang::TimeLayout::compile("2006-01-02T15:04:05.999999999Z07:00");
  return layout.format(time, pipeline::lang::Zone::utc());
}

void append_member(std::string& out, std::string_view key, std::string_view value) {
  out += out.empty() || out.back() == '{' || out.back() == '\n' ? "" : ",";
  pipeline::lang::append_json_string(out, key);
  out += ':';
  pipeline::lang::append_json_string(out, value);
}

}  // namespace

DeadLetters::~DeadLetters() {
  flush();
  if (file_ >= 0) ::close(file_);
}

void DeadLetters::add(const DeadLetterCause& cause, const std::string& labels, const PushEntry& entry) {
  text_ += '{';
  append_member(text_, "time", time_text(system_time()));
  append_member(text_, "client", cause.client);
  append_member(text_, "tenant", cause.tenant);
  append_member(text_, "reason", cause.reason);
  append_member(text_, "error", cause.error);
  append_member(text_, "labels", labels);
  append_member(text_, "timestamp", time_text(entry.timestamp));
  append_member(text_, "line", entry.line);
  text_ += ",\"structured_metadata\":{";
  for (const LabelPair& pair : entry.structured_metadata) append_member(text_, pair.name, pair.value);
  text_ += "}}\n";
  ++waiting_;
  if (text_.size() >= kMostWaiting) flush();
}

void DeadLetters::flush() {
  if (text_.empty()) return;
  const std::string problem = write();
  (problem.empty() ? written_ : lost_) += std::exchange(waiting_, 0);
  text_.clear();
  if (!problem.empty() && !failing_) log::error("cannot write dead letters", {{"error", problem}});
  failing_ = !problem.empty();
}

std::string DeadLetters::write() {
  if (std::string problem = open(); !problem.empty()) return problem;
  if (bytes_ != 0 && bytes_ + text_.size() > config_.max_bytes) {
    rotate();
    if (std::string problem = open(); !problem.empty()) return problem;
  }
  if (const std::string problem = write_all(file_, text_); !problem.empty()) {
    // What was written of it is taken back, so that each line stays whole.
    static_cast<void>(::ftruncate(file_, static_cast<off_t>(bytes_)));
    return "cannot write " + config_.file + ": " + problem;
  }
  bytes_ += text_.size();
  return {};
}

std::string DeadLetters::open() {
  if (file_ >= 0) return {};
  // Lines may hold anything: nobody but the owner is to read them.
  file_ = ::open(config_.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file_ < 0) return file_problem("cannot open", config_.file);
  struct stat status {};
  bytes_ = ::fstat(file_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  return {};
}

void DeadLetters::rotate() {
  ::close(std::exchange(file_, -1));
  for (std::int64_t i = config_.max_files - 1; i > 0; --i) {
    const std::string from = i == 1 ? config_.file : config_.file + "." + std::to_string(i - 1);
    const std::string to = config_.file + "." + std::to_string(i);
    static_cast<void>(std::rename(from.c_str(), to.c_str()));
  }
  if (config_.max_files <= 1) static_cast<void>(::truncate(config_.file.c_str(), 0));
}

}  // namespace lokitail::agent
