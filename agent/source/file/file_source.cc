#include "agent/source/file/file_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "agent/worker.h"
#include "pipeline/arena.h"

namespace lokitail::agent {
namespace {

constexpr std::string_view kFilename = "filename";
constexpr std::chrono::milliseconds kHeadCheckPeriod{100};
constexpr std::chrono::minutes kLongestTrouble{1};

// All there is, up to `size`: a short read alone does not mean the end of the file everywhere.
const char* last_newline(const char* data, std::size_t size) {
  return static_cast<const char*>(::memrchr(data, '\n', size));
}

const char* first_newline(const char* data, std::size_t size) {
  return static_cast<const char*>(std::memchr(data, '\n', size));
}

}  // namespace

// What one read found behind the offset.
struct FileSource::Block {
  const char* data = nullptr;
  std::size_t size = 0;
  std::size_t before = 0;  // bytes in front of `data` that belong to the file too
  bool at_end = false;     // of the file
};

FileSource::FileSource(Spec spec, Positions& positions, Events events)
    : target_(std::move(spec.target)),
      filename_(std::move(spec.filename)),
      generations_(std::move(spec.generations)),
      number_(generations_->next_number()),
      generation_(spec.generation),
      device_(spec.identity.device),
      inode_(spec.identity.inode),
      first_offset_(spec.offset),
      predecessor_end_(spec.predecessor_end),
      max_line_bytes_(spec.max_line_bytes),
      not_before_(spec.not_before),
      counts_lines_(spec.counts_lines),
      positions_(positions),
      reader_(positions.start_reading(generation_, spec.offset)),
      events_(std::move(events)),
      file_(std::move(spec.file)),
      predecessor_(std::move(spec.predecessor)),
      replaced_(std::move(spec.replaced)),
      identity_(spec.identity),
      unpacked_(spec.compression ? std::make_unique<UnpackedFile>(file_, *spec.compression) : nullptr),
      encoding_(target_->encoding.empty() ? nullptr : std::make_unique<LineEncoding>(target_->encoding)),
      ledger_(generations_.get(), spec.offset, this),
      offset_(counts_lines_ ? 0 : spec.offset),
      at_start_(offset_ == 0),
      read_offset_(spec.offset),
      settled_offset_(spec.offset) {
  if (target_->spools) ledger_.cannot_be_read_again();
}

FileSource::~FileSource() = default;

void FileSource::attach(Worker& worker) {
  generations_->enter(*this);
  pipeline_ = &worker.pipeline(target_->job);
  pipeline::Labels labels;
  for (const auto& [name, value] : target_->labels) labels.set(worker.symbols().intern(name), value);
  labels.set(worker.symbols().intern(kFilename), filename_.text());
  labels_.assign(labels.begin(), labels.end());
  if (target_->decoder) target_->decoder->attach(worker.symbols());
}

// All generations of a path are read by one worker, so that their lines keep their order also in its batches.
bool FileSource::may_move() const {
  return !ended_ && !abandoned_ && !finishing() && predecessor_ == nullptr && replaced_ == nullptr &&
         target_->decoder == nullptr && generations_->is_only(*this);
}

Worker& FileSource::destination(Worker& from, Worker& to) {
  const bool has_successor = !generations_->is_latest(number_);
  if (!has_successor) generations_->worker = &to;
  return has_successor ? from : to;
}

LabelSet FileSource::labels() const {
  LabelSet labels = target_->labels;
  labels[std::string(kFilename)] = filename_;
  return labels;
}

// ---- From other threads ---------------------------------------------------------------------------

std::uint64_t FileSource::request_end() {
  const std::uint64_t request = ends_asked_.fetch_add(1) + 1;
  wake();
  return request;
}

void FileSource::finish() {
  finish_asked_ = true;
  wake();
}

void FileSource::leave(std::uint64_t end) {
  leave_at_ = end;
  leave_asked_ = true;
  wake();
}

void FileSource::abandon() {
  abandoned_ = true;
  wake();
}

// ---- Order of generations -------------------------------------------------------------------------

bool FileSource::predecessor_ended() {
  if (predecessor_ == nullptr) return true;
  if (!predecessor_->wait_for_end(predecessor_end_, *this)) return false;
  predecessor_.reset();
  return true;
}

// Says whether the end was reached already; if not, `waiter` is woken then.
bool FileSource::wait_for_end(std::uint64_t request, FileSource& waiter) {
  const std::lock_guard lock(waiters_mutex_);
  if (reached_end(request)) return true;
  if (!std::exchange(waiter.waits_, true)) {
    waiters_.push_back({request, std::static_pointer_cast<FileSource>(waiter.shared_from_this())});
  }
  return false;
}

void FileSource::announce_end(std::uint64_t request) {
  if (const auto replaced = std::exchange(replaced_, nullptr)) replaced->release();
  if (reached_end(request)) return;
  std::vector<std::shared_ptr<FileSource>> awake;
  {
    const std::lock_guard lock(waiters_mutex_);
    ends_reached_ = request;
    std::erase_if(waiters_, [request, &awake](const Waiter& waiter) {
      if (waiter.request > request) return false;
      if (auto source = waiter.source.lock()) awake.push_back(std::move(source));
      return true;
    });
  }
  for (const auto& source : awake) source->wake();
}

// ---- Turns ----------------------------------------------------------------------------------------

Source::Turn FileSource::take_turn(Worker& worker) {
  if (left_) return Turn::kFinished;
  if (ended_) return leave_when_settled();
  if (abandoned_) return end(Event::kEnded, false);
  if (!predecessor_ended()) return Turn::kIdle;
  if (not_before_ != Clock::time_point() && Clock::now() < not_before_) return Turn::kIdle;
  // Asked before the file is looked at: what is asked later, a later look answers.
  const std::uint64_t request = ends_asked_;
  const bool finish = finish_asked_;
  const bool leave = leave_asked_;
  Found found = std::exchange(idle_, false) ? check_head() : Found::kMore;
  if (found == Found::kMore) found = read_block(worker, finish);
  switch (found) {
    case Found::kMore:
      trouble_since_ = {};
      trouble_.store(0, std::memory_order_relaxed);
      // Whoever writes faster than this reads is not followed for ever.
      if (leave && !finish && read_offset() >= leave_at_) return end(Event::kEnded, false);
      return Turn::kMore;
    case Found::kReplaced:
      return end(Event::kReplaced, false);
    case Found::kFailed:
      return in_trouble();
    case Found::kEnd:
      break;
  }
  // What was truncated after it was read is not read to its end: others wait for what comes in its place.
  const bool asked = finish || leave || !reached_end(request);
  const Found head = asked ? compare_head() : Found::kMore;
  if (head == Found::kReplaced) return end(Event::kReplaced, false);
  if (head == Found::kFailed) return in_trouble();
  trouble_since_ = {};
  trouble_.store(0, std::memory_order_relaxed);
  looked_up_to_.store(offset_ + pending_, std::memory_order_relaxed);
  announce_end(request);
  if (finish || leave) return end(Event::kEnded, finish);
  idle_ = true;
  return Turn::kIdle;
}

// The descriptor is all that is left of a file that was deleted, and others wait for this one: it is not
// given up at once.
Source::Turn FileSource::in_trouble() {
  const bool is_gone = errno == ESTALE;  // a file server knows it no more
  const auto now = Clock::now();
  trouble_.store(errno, std::memory_order_relaxed);
  if (trouble_since_ == Clock::time_point()) trouble_since_ = now;
  if (is_gone || now - trouble_since_ >= kLongestTrouble) return end(Event::kFailed, false);
  idle_ = true;
  (*events_)(*this, Event::kTrouble);
  return Turn::kIdle;
}

Source::Turn FileSource::end(Event event, bool finished) {
  finished_ = finished;
  ended_ = true;
  end_skipping();
  file_.reset();
  unpacked_.reset();
  predecessor_.reset();
  // Whoever follows waits for what comes in our place.
  if (event != Event::kReplaced) release();
  (*events_)(*this, event);
  return leave_when_settled();
}

Source::Turn FileSource::leave_when_settled() {
  if (!ledger_.all_settled()) return Turn::kIdle;  // settled() wakes us
  left_ = true;
  generations_->leave(*this);
  stop_reading();
  (*events_)(*this, Event::kSettled);
  return Turn::kFinished;
}

void FileSource::settled(std::uint64_t offset) {
  settled_offset_.store(offset, std::memory_order_relaxed);
  positions_.settled(generation_, reader_, offset);
  if (!ended_ || !ledger_.all_settled()) return;
  stop_reading();  // there may be no turn any more, and others read this generation further
  wake();
}

void FileSource::stop_reading() {
  if (!std::exchange(reading_, false)) return;
  positions_.stop_reading(generation_, reader_, finished_);
}

// ---- Is it still the same file? -------------------------------------------------------------------

FileSource::Found FileSource::check_head() {
  const auto now = Clock::now();
  if (now - head_checked_ < kHeadCheckPeriod) return Found::kMore;
  head_checked_ = now;
  return compare_head();
}

FileSource::Found FileSource::compare_head() const {
  const auto head = fingerprint(file_->get(), identity_.fingerprint_bytes);
  if (!head && errno != 0) return Found::kFailed;
  return head == identity_.fingerprint ? Found::kMore : Found::kReplaced;
}

// A file that was short when it was found gets a longer fingerprint before its first lines can settle.
FileSource::Found FileSource::grow_fingerprint() {
  if (const Found found = check_head(); found != Found::kMore) return found;
  const auto facts = identify(file_->get());
  if (!facts) return Found::kFailed;
  // Somebody may have seen it before we did, with another content.
  const auto known = positions_.find(generation_);
  if (known && known->identity && known->identity->fingerprint_bytes > identity_.fingerprint_bytes) {
    if (!begins_like(file_->get(), *facts, *known->identity)) return Found::kReplaced;
  }
  identity_ = facts->identity;
  positions_.identify(generation_, identity_);
  return Found::kMore;
}

FileSource::Found FileSource::load_witness() {
  const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(kWitnessBytes, offset_));
  const ssize_t got = read(witness_.data(), bytes, offset_ - bytes);
  if (got < 0) return Found::kFailed;
  if (got < static_cast<ssize_t>(bytes)) return Found::kReplaced;
  witness_bytes_ = bytes;
  return Found::kMore;
}

// `available` bytes in front of `end` are those in front of the offset.
void FileSource::keep_witness(const char* end, std::size_t available) {
  witness_bytes_ = std::min(kWitnessBytes, available);
  std::memcpy(witness_.data(), end - witness_bytes_, witness_bytes_);
}

// ---- Encoded and compressed files ------------------------------------------------------------------

ssize_t FileSource::read(char* buffer, std::size_t size, std::uint64_t offset) {
  return unpacked_ ? unpacked_->read(buffer, size, offset) : read_fully(file_->get(), buffer, size, offset);
}

// False where the file cannot be read.
bool FileSource::begin_encoding() {
  std::array<char, 2> head;
  const ssize_t size = read(head.data(), head.size(), 0);
  if (size < 0) return false;
  encoding_->begin({head.data(), static_cast<std::size_t>(size)}, offset_ == 0);
  encoding_begun_ = size == static_cast<ssize_t>(head.size());
  return true;
}

const char* FileSource::first_end(const char* data, std::size_t size, bool is_end) const {
  return encoding_ ? encoding_->first_end({data, size}, is_end) : first_newline(data, size);
}

const char* FileSource::last_end(const Block& block) const {
  if (!encoding_ || encoding_->ends_with_byte()) return last_newline(block.data, block.size);
  const char* last = nullptr;
  const char* next = block.data;
  const char* const end = block.data + block.size;
  while (const char* const found = first_end(next, static_cast<std::size_t>(end - next), block.at_end)) {
    last = found;
    next = found + 1;
  }
  return last;
}

// What was sent before the agent was started is read once more, up to the line that it was left at.
FileSource::Found FileSource::skip_known_lines(const Block& block) {
  at_start_ = false;
  const char* next = block.data;
  std::size_t left = block.size;
  while (lines_ < first_offset_) {
    const char* const newline = first_end(next, left, block.at_end);
    if (newline == nullptr) break;
    left -= static_cast<std::size_t>(newline + 1 - next);
    next = newline + 1;
    ++lines_;
  }
  const bool is_last = unpacked_->complete() || unpacked_->damaged();
  if (lines_ < first_offset_) {
    if (block.at_end && is_last && left > 0) ++lines_;  // the last line had no newline
    next += left;
  }
  const auto skipped = static_cast<std::size_t>(next - block.data);
  offset_ += skipped;
  keep_witness(next, block.before + skipped);
  return block.at_end && lines_ < first_offset_ ? Found::kEnd : Found::kMore;
}

void FileSource::tell_damage() {
  if (!std::exchange(damage_told_, true)) (*events_)(*this, Event::kDamaged);
}

void FileSource::push(std::string_view line, pipeline::Timestamp now, pipeline::Origin* origin) {
  if (encoding_) line = encoding_->decode(line, pipeline::kTextPadding);
  if (counts_lines_ && line.ends_with('\r')) line.remove_suffix(1);
  if (target_->decoder) return target_->decoder->push(line, now, *pipeline_, origin);
  pipeline_->push(line, now, labels_, origin);
}

// ---- Reading --------------------------------------------------------------------------------------

FileSource::Found FileSource::read_at_offset(Worker& worker, std::size_t wanted, Block& block) {
  if (witness_bytes_ == 0 && offset_ > 0) {
    if (const Found found = load_witness(); found != Found::kMore) return found;
  }
  char* const buffer = worker.read_buffer(witness_bytes_ + wanted);
  const ssize_t n = read(buffer, witness_bytes_ + wanted, offset_ - witness_bytes_);
  if (n < 0) return Found::kFailed;
  const auto got = static_cast<std::size_t>(n);
  if (got < witness_bytes_ || std::memcmp(buffer, witness_.data(), witness_bytes_) != 0) {
    return Found::kReplaced;
  }
  block.data = buffer + witness_bytes_;
  block.size = got - witness_bytes_;
  block.before = witness_bytes_;
  block.at_end = block.size < wanted;
  // There was more before.
  if (block.at_end && block.size < pending_ && !unpacked_) return Found::kReplaced;
  if (identity_.fingerprint_bytes < kFingerprintBytes && offset_ + block.size > identity_.fingerprint_bytes) {
    return grow_fingerprint();
  }
  return Found::kMore;
}

// A long unfinished line that grows by small pieces is not read from its start each time.
FileSource::Found FileSource::probe() {
  const auto facts = stat_file(file_->get());
  if (!facts) return Found::kFailed;
  if (facts->size < offset_ + pending_) return Found::kMore;  // reading tells what happened
  std::array<char, 16 * 1024> piece;
  for (;;) {
    const ssize_t n = read(piece.data(), piece.size(), offset_ + pending_);
    if (n < 0) return Found::kFailed;
    const auto size = static_cast<std::size_t>(n);
    if (first_newline(piece.data(), size) != nullptr) return Found::kMore;
    pending_ += size;
    if (pending_ > max_line_bytes_) return Found::kMore;
    if (size < piece.size()) return Found::kEnd;
  }
}

FileSource::Found FileSource::read_block(Worker& worker, bool finish) {
  if (encoding_ && !encoding_begun_ && !begin_encoding()) return Found::kFailed;
  if (pending_ >= kBlockBytes && !finish && !unpacked_) {
    if (const Found found = probe(); found != Found::kMore) return found;
  }
  Block block;
  std::size_t wanted = std::min(kBlockBytes, max_line_bytes_ + 1);
  const char* newline = nullptr;
  for (;;) {
    if (const Found found = read_at_offset(worker, wanted, block); found != Found::kMore) return found;
    if (unpacked_) {
      if (counts_lines_ && lines_ < first_offset_) return skip_known_lines(block);
      // Nothing more comes, so the last line is one as it is.
      finish = finish || unpacked_->complete() || unpacked_->damaged();
      if (unpacked_->damaged()) tell_damage();
    } else if (encoding_ && block.size > 0 && encoding_->begins_with_half(offset_, block.data[0])) {
      advance(offset_ + 1);
      witness_bytes_ = 0;
      return Found::kMore;
    } else if (at_start_ && !encoding_ && block.size > 0 && block.data[0] == '\0') {
      return skip_nul_bytes(block);
    }
    if (skipping_) return skip_rest_of_line(block);
    newline = last_end(block);
    if (newline != nullptr || block.at_end || wanted > max_line_bytes_) break;
    wanted = std::min(4 * wanted, max_line_bytes_ + 1);
  }
  if (newline == nullptr) return no_newline(worker, block, finish);
  const auto size = static_cast<std::size_t>(newline + 1 - block.data);
  const std::size_t pushed = push_lines(worker, block.data, size);
  keep_witness(block.data + pushed, block.before + pushed);
  if (wanted > kBlockBytes) worker.trim_read_buffer(kBlockBytes + kWitnessBytes);
  if (pushed < size) return Found::kMore;
  pending_ = block.size - size;
  // A rest that is to be sent as it is is looked at once more.
  return block.at_end && !(finish && pending_ > 0) ? Found::kEnd : Found::kMore;
}

// An unfinished line, or one that is too long, or nothing at all.
FileSource::Found FileSource::no_newline(Worker& worker, const Block& block, bool finish) {
  const bool too_long = block.size > max_line_bytes_;
  pending_ = block.size;
  if (!too_long && (!finish || block.size == 0)) return Found::kEnd;
  const std::size_t size = std::min(block.size, max_line_bytes_);
  ++lines_;
  pipeline::OriginReference origin(ledger_.open(position(offset_ + size)));
  push_line(worker, {block.data, size}, origin.get());
  advance(offset_ + size);
  keep_witness(block.data + size, block.before + size);
  if (too_long) {
    generations_->counters.count_cut_line();
    skipping_ = true;
    cut_line_ = std::move(origin);
  }
  worker.trim_read_buffer(kBlockBytes + kWitnessBytes);
  return Found::kMore;
}

// Whoever truncates a file under a writer that does not append gets a hole where the old text was.
FileSource::Found FileSource::skip_nul_bytes(const Block& block) {
  std::size_t run = 0;
  while (run < block.size && block.data[run] == '\0') ++run;
  const off_t data = ::lseek(file_->get(), static_cast<off_t>(offset_ + run - 1), SEEK_DATA);
  if (run < block.size) {
    at_start_ = false;
    advance(offset_ + run);
  } else {
    advance(std::max(offset_ + run, static_cast<std::uint64_t>(std::max<off_t>(data, 0))));
  }
  witness_bytes_ = 0;
  return run == block.size && block.at_end ? Found::kEnd : Found::kMore;
}

FileSource::Found FileSource::skip_rest_of_line(const Block& block) {
  const char* const newline = first_end(block.data, block.size, block.at_end);
  const std::size_t size =
      newline == nullptr ? block.size : static_cast<std::size_t>(newline + 1 - block.data);
  advance(offset_ + size);
  keep_witness(block.data + size, block.before + size);
  if (newline != nullptr) end_skipping();
  return newline == nullptr && block.at_end ? Found::kEnd : Found::kMore;
}

// The rest that was skipped settles with the line that was cut, not before: a restart in its midst would
// take it for a line of its own.
void FileSource::end_skipping() {
  if (!std::exchange(skipping_, false)) return;
  // NOLINTNEXTLINE(bugprone-unused-raii): what is opened settles at once.
  pipeline::OriginReference(ledger_.open(position(offset_)));
  cut_line_ = pipeline::OriginReference();
}

// Pushes lines for as long as they are wanted. Says how many bytes of them that were; the rest is read
// again.
std::size_t FileSource::push_lines(Worker& worker, const char* data, std::size_t size) {
  at_start_ = false;
  const pipeline::OriginReference origin(ledger_.open(kNoMore));  // until it is known how far that is
  worker.block_is_read(origin.get());
  const char* next = data;
  std::uint64_t lines = 0;
  do {
    const auto left = size - static_cast<std::size_t>(next - data);
    const char* const newline = first_end(next, left, true);
    ledger_.begin_line(counts_lines_ ? lines_ + lines : offset_ + size - left);
    push({next, static_cast<std::size_t>(newline - next)}, worker.now(), origin.get());
    next = newline + 1;
    ++lines;
  } while (next != data + size && !worker.wants_pause(*pipeline_));
  const auto pushed = static_cast<std::size_t>(next - data);
  lines_ += lines;
  ledger_.shorten_last(position(offset_ + pushed));
  const std::int64_t now = worker.now().to_unix_nanoseconds();
  generations_->counters.count_lines(lines, pushed, now);
  last_read_.store(now, std::memory_order_relaxed);
  advance(offset_ + pushed);
  return pushed;
}

void FileSource::push_line(Worker& worker, std::string_view line, pipeline::Origin* origin) {
  at_start_ = false;
  ledger_.begin_line(counts_lines_ ? lines_ - 1 : offset_);
  push(line, worker.now(), origin);
  const std::int64_t now = worker.now().to_unix_nanoseconds();
  generations_->counters.count_lines(1, line.size(), now);
  last_read_.store(now, std::memory_order_relaxed);
}

void FileSource::advance(std::uint64_t offset) {
  generations_->counters.count_bytes(offset - offset_);
  offset_ = offset;
  pending_ = 0;
  read_offset_.store(position(offset), std::memory_order_relaxed);
}

}  // namespace lokitail::agent
