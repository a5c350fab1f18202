#include "agent/source/stdin/stdin_source.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "agent/telemetry/log.h"
#include "agent/worker.h"

namespace lokitail::agent {

StdinSource::StdinSource(Spec spec, Events events)
    : spec_(std::move(spec)), events_(std::move(events)), ledger_(this, 0, nullptr) {
  ledger_.cannot_be_read_again();
}

void StdinSource::attach(Worker& worker) {
  pipeline_ = &worker.pipeline(spec_.job);
  for (const auto& [name, value] : spec_.labels) labels_.set(worker.symbols().intern(name), value);
}

Source::Turn StdinSource::take_turn(Worker& worker) {
  // Blocks point to the source until they are settled: it stays with its worker.
  if (ended_) return Turn::kIdle;
  if (has_lines_) {
    push_lines(worker, true);
    return Turn::kMore;
  }
  switch (read_block(worker)) {
    case Found::kMore:
      return Turn::kMore;
    case Found::kNothing:
      events_(Event::kWaits);
      return Turn::kIdle;
    case Found::kEnd:
      push_rest(worker);
      return end(Event::kEnded);
    case Found::kFailed:
      push_rest(worker);
      return end(Event::kFailed);
  }
  return Turn::kIdle;
}

void StdinSource::finish(Worker& worker) {
  if (std::exchange(ended_, true)) return;
  if (has_lines_) push_lines(worker, false);
  push_rest(worker);
}

Source::Turn StdinSource::end(Event event) {
  ended_ = true;
  buffer_.reset();
  events_(event);
  return Turn::kIdle;
}

StdinSource::Found StdinSource::read_block(Worker& worker) {
  pollfd poll{spec_.file, POLLIN, 0};
  const int ready = ::poll(&poll, 1, 0);
  if (ready < 0) return errno == EINTR ? Found::kMore : Found::kFailed;
  if (ready == 0) return Found::kNothing;
  make_room();
  const ssize_t n = ::read(spec_.file, buffer_.get() + used_, capacity_ - used_);
  if (n == 0) return Found::kEnd;
  if (n > 0) {
    take_bytes(worker, static_cast<std::size_t>(n));
    return Found::kMore;
  }
  if (errno == EINTR) return Found::kMore;
  if (errno == EAGAIN) return Found::kNothing;
  log::error("cannot read the input", {{"error", std::strerror(errno)}});
  return Found::kFailed;
}

// For at least one byte more, and for as much of the unfinished line as may become one.
void StdinSource::make_room() {
  const std::size_t most = std::max(kBlockBytes, spec_.max_line_bytes + 1);
  if (buffer_ != nullptr && used_ < capacity_) return;
  const std::size_t capacity = buffer_ == nullptr ? kBlockBytes : std::min(4 * capacity_, most);
  auto grown = std::make_unique_for_overwrite<char[]>(capacity + pipeline::kTextPadding);
  if (used_ != 0) std::memcpy(grown.get(), buffer_.get(), used_);
  buffer_ = std::move(grown);
  capacity_ = capacity;
}

// That stand behind what is in the buffer.
void StdinSource::take_bytes(Worker& worker, std::size_t new_bytes) {
  offset_ += new_bytes;
  used_ += new_bytes;
  push_lines(worker, true);
}

// The whole lines of the buffer, until there is to be a pause.
void StdinSource::push_lines(Worker& worker, bool pauses) {
  const pipeline::OriginReference origin(ledger_.open(offset_));
  advance_clock(worker);
  worker.block_is_read(origin.get());
  const char* line = buffer_.get();
  const char* const end = line + used_;
  const auto newline_from = [end](const char* from) {
    return static_cast<const char*>(std::memchr(from, '\n', static_cast<std::size_t>(end - from)));
  };
  has_lines_ = false;
  for (const char* newline = newline_from(line + searched_); newline != nullptr && !has_lines_;
       newline = newline_from(line)) {
    if (!std::exchange(skipping_, false)) {
      push_line({line, static_cast<std::size_t>(newline - line)}, origin.get());
    }
    line = newline + 1;
    has_lines_ = pauses && worker.wants_pause(*pipeline_) && newline_from(line) != nullptr;
  }
  used_ = static_cast<std::size_t>(end - line);
  if (!has_lines_ && !skipping_ && used_ > spec_.max_line_bytes) {
    push_line({line, used_}, origin.get());
    skipping_ = true;
  }
  if (skipping_) used_ = 0;
  keep_from(line);
}

// What is in use of the buffer begins there.
void StdinSource::keep_from(const char* begin) {
  if (used_ <= kBlockBytes / 2 && capacity_ > kBlockBytes) {
    const std::string rest(begin, used_);
    buffer_ = std::make_unique_for_overwrite<char[]>(kBlockBytes + pipeline::kTextPadding);
    capacity_ = kBlockBytes;
    std::memcpy(buffer_.get(), rest.data(), rest.size());
  } else if (begin != buffer_.get()) {
    std::memmove(buffer_.get(), begin, used_);
  }
  searched_ = has_lines_ ? 0 : used_;
}

void StdinSource::push_rest(Worker& worker) {
  if (used_ == 0) return;
  const pipeline::OriginReference origin(ledger_.open(offset_));
  advance_clock(worker);
  push_line({buffer_.get(), std::exchange(used_, 0)}, origin.get());
}

void StdinSource::push_line(std::string_view line, pipeline::Origin* origin) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (line.empty()) return;
  if (line.size() > spec_.max_line_bytes) {
    line = line.substr(0, spec_.max_line_bytes);
    if (!std::exchange(told_of_cut_, true)) {
      log::warn("lines of the input are too long and are cut", {{"bytes", spec_.max_line_bytes}});
    }
  }
  pipeline_->push(line, time_, labels_, origin);
  if (++time_.nanoseconds == pipeline::kNanosecondsPerSecond) time_ = {time_.seconds + 1, 0};
}

void StdinSource::advance_clock(Worker& worker) { time_ = std::max(time_, worker.now()); }

}  // namespace lokitail::agent
