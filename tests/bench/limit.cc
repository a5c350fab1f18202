// The yardstick of the benchmarks: the inherent work of the main job, on one thread, and nothing
// else.
//
//     limit docker|level|trace FOLDER
//
// Reads FOLDER/*/*-json.log in blocks, finds lines with memchr, reads Docker's envelope and the
// JSON inside with simdjson's on-demand parser, parses the timestamp, appends the entry to its
// stream's protobuf bytes, and compresses each MiB with snappy. No network, no configuration, no
// other input than the benchmarks' corpus: what is missing or malformed ends the program.
//
//   docker  labels stream;               the time of the envelope
//   level   labels stream, level;        the timestamp inside
//   trace   labels stream, level, trace_id; likewise
//
// It shares no code with the agent, so that it measures the agent against something else. Part of
// simdjson's on-demand parser is compiled for the target of its translation unit, so this is built
// for plain x86-64 (limit) and for x86-64-v3 (limit_v3); the better of them counts. Prints
// {"lines", "bytes", "streams", "pushes", "compressed", "cpu"} as JSON.
#include <fcntl.h>
#include <glob.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <simdjson.h>
#include <snappy.h>

#include "tests/bench/cpu_time.h"

namespace {

using lokitail::bench::cpu_seconds;

constexpr std::size_t kBlock = 256u << 10;
constexpr std::size_t kBatch = 1u << 20;

enum class Work { kDocker, kLevel, kTrace };

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "limit: %s\n", why.c_str());
  std::exit(1);
}

struct Time {
  std::uint64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
};

std::uint64_t number(std::string_view text, std::size_t at, std::size_t digits) {
  std::uint64_t value = 0;
  for (std::size_t i = at; i < at + digits; ++i) {
    const auto digit = static_cast<unsigned char>(text[i] - '0');
    if (digit > 9) die("no timestamp: " + std::string(text));
    value = value * 10 + digit;
  }
  return value;
}

// 2025-11-07T10:30:15.123Z
Time parse_time(std::string_view text) {
  if (text.size() < 20 || text.back() != 'Z') die("no timestamp: " + std::string(text));
  using namespace std::chrono;
  const sys_days day = year(static_cast<int>(number(text, 0, 4))) / static_cast<int>(number(text, 5, 2)) /
                       static_cast<int>(number(text, 8, 2));
  Time time;
  time.seconds = static_cast<std::uint64_t>(day.time_since_epoch().count()) * 86400 +
                 number(text, 11, 2) * 3600 + number(text, 14, 2) * 60 + number(text, 17, 2);
  if (text[19] == '.') {
    const std::size_t digits = text.size() - 21;
    std::uint64_t fraction = number(text, 20, digits);
    for (std::size_t i = digits; i < 9; ++i) fraction *= 10;
    time.nanoseconds = static_cast<std::uint32_t>(fraction);
  }
  return time;
}

std::size_t varint_size(std::uint64_t value) {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

char* put_varint(char* out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) *out++ = static_cast<char>(value | 0x80);
  *out++ = static_cast<char>(value);
  return out;
}

// A stream of the open batch: its entries as they go on the wire.
struct Stream {
  std::string key;     // label values, each with its length
  std::string labels;  // {a="b"}
  std::string entries;

  void append(Time time, std::string_view line) {
    const std::size_t stamp = 2 + varint_size(time.seconds) + varint_size(time.nanoseconds);
    const std::size_t size = 2 + stamp + 1 + varint_size(line.size()) + line.size();
    char head[48];
    char* out = head;
    *out++ = 0x12;
    out = put_varint(out, size);
    *out++ = 0x0a;
    *out++ = static_cast<char>(stamp);
    *out++ = 0x08;
    out = put_varint(out, time.seconds);
    *out++ = 0x10;
    out = put_varint(out, time.nanoseconds);
    *out++ = 0x12;
    out = put_varint(out, line.size());
    entries.append(head, out).append(line);
  }
};

struct Totals {
  std::uint64_t lines = 0, bytes = 0, streams = 0, pushes = 0, compressed = 0;
};

class Batch {
 public:
  explicit Batch(Totals& totals) : totals_(totals) {}

  void append(std::string_view file, std::string_view stream, std::string_view level, std::string_view trace,
              Time time, std::string_view line) {
    key_.clear();
    for (const std::string_view value : {file, stream, level, trace}) {
      key_ += static_cast<char>(value.size());
      key_ += value;
    }
    find(file, stream, level, trace).append(time, line);
    bytes_ += line.size();
    if (bytes_ >= kBatch) finish();
  }

  void finish() {
    if (used_ == 0) return;
    message_.clear();
    for (std::size_t i = 0; i < used_; ++i) {
      Stream& stream = streams_[i];
      const std::size_t labels = stream.labels.size();
      char head[32];
      char* out = head;
      *out++ = 0x0a;
      out = put_varint(out, 1 + varint_size(labels) + labels + stream.entries.size());
      *out++ = 0x0a;
      out = put_varint(out, labels);
      message_.append(head, out);
      message_ += stream.labels;
      message_ += stream.entries;
      stream.entries.clear();
    }
    const std::size_t room = snappy::MaxCompressedLength(message_.size());
    if (compressed_.size() < room) compressed_.resize(room);
    std::size_t compressed = 0;
    snappy::RawCompress(message_.data(), message_.size(), compressed_.data(), &compressed);
    totals_.streams += used_;
    totals_.pushes += 1;
    totals_.compressed += compressed;
    by_key_.clear();
    used_ = 0;
    bytes_ = 0;
  }

 private:
  Stream& find(std::string_view file, std::string_view stream, std::string_view level,
               std::string_view trace) {
    if (const auto found = by_key_.find(key_); found != by_key_.end()) return *found->second;
    if (used_ == streams_.size()) streams_.emplace_back();
    Stream& fresh = streams_[used_++];
    fresh.key = key_;
    by_key_.emplace(fresh.key, &fresh);
    fresh.labels.assign("{filename=\"").append(file).append("\", job=\"docker\"");
    if (!level.empty()) fresh.labels.append(", level=\"").append(level).append("\"");
    fresh.labels.append(", stream=\"").append(stream).append("\"");
    if (!trace.empty()) fresh.labels.append(", trace_id=\"").append(trace).append("\"");
    fresh.labels.append("}");
    return fresh;
  }

  Totals& totals_;
  std::string key_;
  std::unordered_map<std::string_view, Stream*> by_key_;
  std::deque<Stream> streams_;  // the first used_ are of this batch; the others keep their memory
  std::size_t used_ = 0;
  std::size_t bytes_ = 0;
  std::string message_;
  std::vector<char> compressed_;
};

class Reader {
 public:
  Reader(Work work, Batch& batch, Totals& totals) : work_(work), batch_(batch), totals_(totals) {}

  void read(const std::string& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) die("cannot open " + path);
    std::size_t kept = 0;  // the beginning of a line, at the front of the buffer
    for (;;) {
      const ssize_t got = ::read(file, buffer_.get() + kept, kBlock - kept);
      if (got < 0) die("cannot read " + path);
      if (got == 0) break;
      totals_.bytes += static_cast<std::uint64_t>(got);
      kept = take_block(path, kept + static_cast<std::size_t>(got));
      if (kept == kBlock) die("a line longer than a block in " + path);
    }
    close(file);
  }

 private:
  // Returns how much of an unfinished line is left, moved to the front.
  std::size_t take_block(std::string_view path, std::size_t size) {
    char* at = buffer_.get();
    char* const end = at + size;
    while (char* const newline =
               static_cast<char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)))) {
      take_line(path, at, static_cast<std::size_t>(newline - at));
      at = newline + 1;
    }
    const auto left = static_cast<std::size_t>(end - at);
    std::memmove(buffer_.get(), at, left);
    return left;
  }

  void take_line(std::string_view path, const char* line, std::size_t size) {
    ++totals_.lines;
    const auto readable =
        kBlock + simdjson::SIMDJSON_PADDING - static_cast<std::size_t>(line - buffer_.get());
    auto envelope = outer_.iterate(line, size, readable);
    std::string_view log, stream, time;
    if (envelope["log"].get_string().get(log) || envelope["stream"].get_string().get(stream) ||
        envelope["time"].get_string().get(time)) {
      die("no envelope: " + std::string(line, size));
    }
    std::string_view level, trace;
    if (work_ != Work::kDocker) take_inner(log, level, trace, time);
    batch_.append(path, stream, level, trace, parse_time(time), log);
  }

  void take_inner(std::string_view log, std::string_view& level, std::string_view& trace,
                  std::string_view& time) {
    // simdjson unescaped `log` into a buffer of its own, which has room behind every string.
    auto inner = inner_.iterate(log.data(), log.size(), log.size() + simdjson::SIMDJSON_PADDING);
    if (inner["level"].get_string().get(level) || inner["timestamp"].get_string().get(time) ||
        (work_ == Work::kTrace && inner["trace_id"].get_string().get(trace))) {
      die("no JSON inside: " + std::string(log));
    }
  }

  const Work work_;
  Batch& batch_;
  Totals& totals_;
  std::unique_ptr<char[]> buffer_ = std::make_unique<char[]>(kBlock + simdjson::SIMDJSON_PADDING);
  simdjson::ondemand::parser outer_;
  simdjson::ondemand::parser inner_;
};

}  // namespace

int main(int count, char** arguments) {
  const std::string_view name = count == 3 ? arguments[1] : "";
  if (name != "docker" && name != "level" && name != "trace") {
    die("usage: limit docker|level|trace FOLDER");
  }
  const Work work = name == "docker" ? Work::kDocker : name == "level" ? Work::kLevel : Work::kTrace;
  Totals totals;
  Batch batch(totals);
  Reader reader(work, batch, totals);
  glob_t files{};
  if (glob((std::string(arguments[2]) + "/*/*-json.log").c_str(), 0, nullptr, &files) != 0) {
    die("no logs in " + std::string(arguments[2]));
  }
  for (std::size_t i = 0; i < files.gl_pathc; ++i) reader.read(files.gl_pathv[i]);
  globfree(&files);
  batch.finish();
  std::printf(
      "{\"lines\": %llu, \"bytes\": %llu, \"streams\": %llu, \"pushes\": %llu, "
      "\"compressed\": %llu, \"cpu\": %.4f}\n",
      static_cast<unsigned long long>(totals.lines), static_cast<unsigned long long>(totals.bytes),
      static_cast<unsigned long long>(totals.streams), static_cast<unsigned long long>(totals.pushes),
      static_cast<unsigned long long>(totals.compressed), cpu_seconds());
  return 0;
}
