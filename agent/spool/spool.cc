#include "agent/spool/spool.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <vector>

#include <fmt/format.h>

#include "agent/spool/crc32c.h"

namespace lokitail::agent {
namespace {

constexpr std::string_view kSuffix = ".seg";
constexpr std::size_t kDigits = 16;
constexpr std::string_view kCursorName = "cursor";
constexpr std::string_view kCursorMagic = "LKSC";

std::string segment_name(std::uint64_t first) { return fmt::format("{:016x}{}", first, kSuffix); }

std::optional<std::uint64_t> first_of(std::string_view name) {
  if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  std::uint64_t first = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + kDigits, first, 16);
  if (error != std::errc() || end != name.data() + kDigits) return std::nullopt;
  return first;
}

std::string cursor_text(std::uint64_t sequence) {
  std::string text(kCursorMagic);
  char number[sizeof sequence];
  std::memcpy(number, &sequence, sizeof sequence);
  text.append(number, sizeof number);
  const std::uint32_t sum = crc32c(text);
  char digest[sizeof sum];
  std::memcpy(digest, &sum, sizeof sum);
  return text.append(digest, sizeof digest);
}

}  // namespace

Spool::Spool(SpoolFiles& files, std::string folder, SpoolLimits limits, SpoolUse& use,
             std::function<std::int64_t()> now)
    : files_(files), folder_(std::move(folder)), limits_(limits), use_(use), now_(std::move(now)) {}

Spool::~Spool() { use_.bytes -= bytes(); }

std::string Spool::open() {
  for (Segment& segment : segments_) resize(segment, 0);
  segments_.clear();
  std::vector<std::string> names;
  if (std::string problem = files_.list(folder_, names); !problem.empty()) return problem;
  Sequence cursor = 0;
  if (std::ranges::find(names, kCursorName) != names.end()) {
    if (std::string problem = load_cursor(cursor); !problem.empty()) return problem;
  }
  saved_ = cursor;
  if (std::string problem = find_segments(std::move(names)); !problem.empty()) return problem;
  if (std::string problem = number_from_last_segment(cursor); !problem.empty()) return problem;
  done_.set_mark(cursor);
  // Segments in front were dropped to make room, or are missing.
  if (!segments_.empty()) done_.add(cursor, std::max(cursor, segments_.front().first));
  expected_ = done_.mark();
  while (reading_ + 1 < segments_.size() && segments_[reading_ + 1].first <= expected_) ++reading_;
  return {};
}

// 0 where there is none that can be believed.
std::string Spool::load_cursor(Sequence& cursor) {
  cursor = 0;
  std::unique_ptr<SpoolFile> file;
  std::string bytes;
  const std::size_t size = cursor_text(0).size();
  std::string problem = files_.open(path_of(std::string(kCursorName)), file);
  if (problem.empty()) problem = file->read(0, size + 1, bytes);
  if (!problem.empty() || bytes.size() != size) return problem;
  Sequence sequence = 0;
  std::memcpy(&sequence, bytes.data() + kCursorMagic.size(), sizeof sequence);
  if (bytes == cursor_text(sequence)) cursor = sequence;
  return {};
}

std::string Spool::find_segments(std::vector<std::string> names) {
  std::ranges::sort(names);
  for (const std::string& name : names) {
    const auto first = first_of(name);
    if (!first) continue;
    Segment segment{*first, path_of(name)};
    std::unique_ptr<SpoolFile> file;
    if (std::string problem = files_.open(segment.path, file); !problem.empty()) return problem;
    resize(segment, file->size());
    segments_.push_back(std::move(segment));
  }
  return {};
}

// What an earlier run has written is not added to: where it broke off, a new segment begins.
std::string Spool::number_from_last_segment(Sequence cursor) {
  next_sequence_ = cursor;
  std::uint64_t lost_bytes = 0;
  while (!segments_.empty()) {
    Segment& last = segments_.back();
    bool has_records = false;
    std::string problem;
    for (std::uint64_t offset = 0;;) {
      const Found found = read(last, offset, last.size, problem);
      if (!problem.empty()) return problem;
      if (!found) break;
      has_records = true;
      next_sequence_ = std::max(next_sequence_, found->first + 1);
    }
    last.file.reset();
    // It is counted when it is read.
    stats_ = {.corrupt_bytes = lost_bytes};
    if (has_records) return {};
    lost_bytes += last.size;
    resize(last, 0);
    static_cast<void>(files_.remove(last.path));
    segments_.pop_back();
  }
  stats_.corrupt_bytes = lost_bytes;
  return {};
}

Spool::Append Spool::append(const SpoolRecord& record, Sequence& sequence, std::string& problem) {
  const std::string bytes = encode_record(record, next_sequence_);
  if (use_.bytes + bytes.size() > limits_.max_bytes && !make_room(bytes.size())) return Append::kFull;
  if (!writing_) problem = begin_segment();
  if (!can_append_) problem = "the segment has to be synced first";
  if (!problem.empty()) return Append::kFailed;
  Segment& segment = segments_.back();
  problem = segment.file->append(bytes);
  if (!problem.empty()) {
    can_append_ = segment.file->truncate(segment.size).empty();
    return Append::kFailed;
  }
  resize(segment, segment.size + bytes.size());
  dirty_ = true;
  sequence = next_sequence_++;
  return Append::kStored;
}

std::string Spool::begin_segment() {
  Segment segment{next_sequence_, path_of(segment_name(next_sequence_))};
  if (std::string problem = files_.create(segment.path, segment.file); !problem.empty()) {
    // Its name may be that of one which was begun in vain.
    ++next_sequence_;
    return problem;
  }
  segments_.push_back(std::move(segment));
  writing_ = can_append_ = true;
  synced_size_ = 0;
  return {};
}

std::string Spool::sync() {
  if (!writing_ || (!dirty_ && can_append_)) return {};
  std::string problem = segments_.back().file->sync();
  if (problem.empty() && synced_size_ == 0) problem = files_.sync_folder(folder_);
  if (!problem.empty()) {
    withdraw();
    return problem;
  }
  dirty_ = false;
  synced_size_ = segments_.back().size;
  if (!can_append_ || synced_size_ >= limits_.segment_bytes) finish_segment();
  return {};
}

void Spool::finish_segment() {
  writing_ = false;
  can_append_ = true;
  if (reading_ + 1 != segments_.size()) segments_.back().file.reset();
}

// What could not be synced counts as lost, even if another sync() should say that all is well: the
// kernel forgets what it could not write.
void Spool::withdraw() {
  Segment& segment = segments_.back();
  static_cast<void>(segment.file->truncate(synced_size_));
  resize(segment, synced_size_);
  dirty_ = false;
  finish_segment();
  if (segment.size != 0) return;
  static_cast<void>(files_.remove(segment.path));
  segments_.pop_back();
  // Its name might still be there.
  ++next_sequence_;
}

std::uint64_t Spool::readable(const Segment& segment) const {
  return writing_ && &segment == &segments_.back() ? synced_size_ : segment.size;
}

std::optional<std::pair<Spool::Sequence, SpoolRecord>> Spool::next(std::string& problem) {
  while (reading_ < segments_.size()) {
    Segment& segment = segments_[reading_];
    Found found = read(segment, offset_, readable(segment), problem);
    if (!problem.empty() && !give_up_segment()) return std::nullopt;
    if (problem.empty()) failed_reads_ = 0;
    if (!found) {
      if (reading_ + 1 == segments_.size()) return std::nullopt;
      segment.file.reset();
      ++reading_;
      offset_ = 0;
      continue;
    }
    const Sequence sequence = found->first;
    done_.add(expected_, sequence);  // missing
    expected_ = std::max(expected_, sequence + 1);
    if (done_.contains(sequence)) continue;
    if (limits_.max_age == 0 || now_() - found->second.written_at <= limits_.max_age) return found;
    stats_.too_old_entries += found->second.entries;
    acknowledge(sequence);
  }
  return std::nullopt;
}

// What the disk does not give may come another time. False while there is hope.
bool Spool::give_up_segment() {
  const Segment& segment = segments_[reading_];
  if (++failed_reads_ < kMostFailedReads) return false;
  failed_reads_ = 0;
  stats_.corrupt_bytes += readable(segment) - offset_;
  ++stats_.corrupt_records;
  offset_ = readable(segment);
  return true;
}

Spool::Found Spool::read(Segment& segment, std::uint64_t& offset, std::uint64_t end, std::string& problem) {
  bool in_damage = false;
  while (offset < end) {
    const std::uint64_t begin = offset;
    if (Found found = read_record(segment, offset, end, problem)) return found;
    const std::uint64_t next = problem.empty() ? find_magic(segment, begin + 1, end, problem) : begin;
    if (!problem.empty()) {
      offset = begin;
      return std::nullopt;
    }
    offset = next;
    stats_.corrupt_bytes += offset - begin;
    if (!std::exchange(in_damage, true)) ++stats_.corrupt_records;
  }
  return std::nullopt;
}

Spool::Found Spool::read_record(Segment& segment, std::uint64_t& offset, std::uint64_t end,
                                std::string& problem) {
  if (!segment.file) problem = files_.open(segment.path, segment.file);
  std::string bytes;
  if (problem.empty()) problem = segment.file->read(offset, kSpoolHeadBytes, bytes);
  if (!problem.empty() || bytes.size() < kSpoolHeadBytes) return std::nullopt;
  const auto head = decode_head(bytes);
  if (!head || offset + kSpoolHeadBytes + head->size > end) return std::nullopt;
  problem = segment.file->read(offset + kSpoolHeadBytes, head->size, bytes);
  if (!problem.empty() || bytes.size() < head->size) return std::nullopt;
  auto record = decode_content(*head, bytes);
  if (!record) return std::nullopt;
  offset += kSpoolHeadBytes + head->size;
  return std::pair(head->sequence, std::move(*record));
}

// Where the next record may begin; `end` if nowhere.
std::uint64_t Spool::find_magic(const Segment& segment, std::uint64_t offset, std::uint64_t end,
                                std::string& problem) const {
  constexpr std::size_t kPiece = 64 << 10;
  const std::size_t overlap = kSpoolRecordMagic.size() - 1;
  std::string bytes;
  while (offset < end) {
    problem = segment.file->read(offset, std::min<std::uint64_t>(kPiece, end - offset), bytes);
    if (!problem.empty() || bytes.size() <= overlap) return end;
    const std::size_t at = bytes.find(kSpoolRecordMagic);
    if (at != bytes.npos) return offset + at;
    offset += bytes.size() - overlap;
  }
  return end;
}

std::string Spool::save() {
  // Everything was read, and all of it is done: what is missing at the end is, too.
  if (at_end() && done_.mark() >= expected_ && !dirty_) {
    done_.add(expected_, next_sequence_);
    expected_ = next_sequence_;
  }
  // First, since on a full disk there is no room for the cursor. Without it what was removed counts as
  // acknowledged, too.
  while (!segments_.empty()) {
    const bool is_last = segments_.size() == 1;
    const Sequence end = is_last ? next_sequence_ : segments_[1].first;
    if (end > done_.mark() || (is_last && dirty_)) break;
    if (is_last) writing_ = false;
    remove_first_segment();
  }
  return done_.mark() == saved_ ? std::string() : store_cursor();
}

std::string Spool::store_cursor() {
  const Sequence mark = done_.mark();
  const std::string path = path_of(std::string(kCursorName));
  const std::string beside = path + ".new";
  std::unique_ptr<SpoolFile> file;
  std::string problem = files_.remove(beside);
  if (problem.empty()) problem = files_.create(beside, file);
  if (problem.empty()) problem = file->append(cursor_text(mark));
  if (problem.empty()) problem = file->sync();
  if (problem.empty()) problem = files_.rename(beside, path);
  if (problem.empty()) problem = files_.sync_folder(folder_);
  if (problem.empty()) saved_ = mark;
  return problem;
}

bool Spool::make_room(std::uint64_t bytes) {
  if (!limits_.drop_oldest) return false;
  while (use_.bytes + bytes > limits_.max_bytes) {
    if (segments_.empty() || (writing_ && segments_.size() == 1)) return false;
    drop_first_segment();
  }
  return true;
}

// What was read of it already is in good hands.
void Spool::drop_first_segment() {
  const Sequence end = segments_.size() > 1 ? segments_[1].first : next_sequence_;
  if (reading_ == 0) {
    std::string ignored;
    Segment& segment = segments_.front();
    while (const Found found = read(segment, offset_, readable(segment), ignored)) {
      if (!done_.contains(found->first)) stats_.dropped_entries += found->second.entries;
    }
    done_.add(expected_, end);
    expected_ = std::max(expected_, end);
  }
  remove_first_segment();
}

void Spool::remove_first_segment() {
  Segment& segment = segments_.front();
  resize(segment, 0);
  static_cast<void>(files_.remove(segment.path));
  segments_.pop_front();
  if (reading_ == 0) {
    offset_ = 0;
  } else {
    --reading_;
  }
}

void Spool::resize(Segment& segment, std::uint64_t size) {
  use_.bytes += size - segment.size;
  segment.size = size;
}

bool Spool::at_end() const {
  if (reading_ >= segments_.size()) return true;
  return reading_ + 1 == segments_.size() && offset_ >= readable(segments_.back());
}

std::uint64_t Spool::bytes() const {
  std::uint64_t sum = 0;
  for (const Segment& segment : segments_) sum += segment.size;
  return sum;
}

}  // namespace lokitail::agent
