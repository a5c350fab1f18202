#include "agent/source/docker/log_frames.h"

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <vector>

#include "agent/source/docker/line_joiner.h"

namespace lokitail::agent {
namespace {

const std::string kTime = "2026-11-23T09:40:38.001251842Z ";
const std::string kLater = "2026-11-23T09:40:39.000000001Z ";

std::string frame(int stream, const std::string& payload) {
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(stream);
  for (int i = 0; i < 4; ++i)
    bytes[static_cast<std::size_t>(7 - i)] = static_cast<char>(payload.size() >> (8 * i));
  return bytes + payload;
}

// "stream nanoseconds piece" of each piece, with the bytes in parts of this size.
struct Read {
  std::vector<std::string> pieces;
  bool fine = true;
  std::uint64_t without_time = 0;
  std::string problem;
};
Read read(const std::string& bytes, bool terminal, std::size_t part, bool finish = false) {
  Read result;
  LogFrames frames(terminal, [&](LogStream stream, pipeline::Timestamp time, std::string_view piece) {
    result.pieces.push_back(fmt::format("{} {} {}", name_of(stream), time.nanoseconds, piece));
  });
  for (std::size_t at = 0; at < bytes.size() && result.fine; at += part) {
    result.fine = frames.feed(std::string_view(bytes).substr(at, part));
  }
  if (finish) frames.finish();
  result.without_time = frames.without_time();
  result.problem = frames.problem();
  return result;
}

TEST_CASE("frames of two streams, however they are torn", "[docker]") {
  const std::string bytes = frame(1, kTime + "out\n") + frame(2, kLater + "err\r\n") +
                            frame(0, kTime + "\n") + frame(1, kTime + "open");
  const std::vector<std::string> want = {"stdout 1251842 out\n", "stderr 1 err\r\n", "stdout 1251842 \n",
                                         "stdout 1251842 open"};
  for (const std::size_t part : {std::size_t{1}, std::size_t{7}, std::size_t{50}, bytes.size()}) {
    CHECK(read(bytes, false, part).pieces == want);
  }
}

TEST_CASE("what has no time is left out and counted", "[docker]") {
  const Read result = read(frame(1, "no time\n") + frame(1, "") + frame(1, kTime + "a\n"), false, 1000);
  CHECK(result.fine);
  CHECK(result.without_time == 2);
  CHECK(result.pieces == std::vector<std::string>{"stdout 1251842 a\n"});
}

TEST_CASE("what are no frames ends the reading", "[docker]") {
  CHECK_FALSE(read(kTime + "a terminal's\n", false, 1000).fine);
  CHECK_FALSE(read(std::string("\x01\0\0\0\x7f\0\0\0", 8), false, 1000).fine);
  const Read told = read(frame(1, kTime + "a\n") + frame(3, "no such file\n"), false, 1000);
  CHECK_FALSE(told.fine);
  CHECK(told.pieces.size() == 1);
  CHECK(told.problem == "the engine: no such file");
}

TEST_CASE("a terminal's lines are told by newlines, and by the size of a piece", "[docker]") {
  const std::string piece(LineJoiner::kPieceBytes, 'x');
  const std::string bytes = kTime + "a\r\n" + kLater + piece + kLater + "rest\r\n" + kTime + "b c\r\n";
  const std::vector<std::string> want = {"stdout 1251842 a\r\n", "stdout 1 " + piece, "stdout 1 rest\r\n",
                                         "stdout 1251842 b c\r\n"};
  for (const std::size_t part : {std::size_t{1}, std::size_t{4099}, bytes.size()}) {
    CHECK(read(bytes, true, part).pieces == want);
  }
  // Without a newline at the end of the line, as of the driver `local`.
  const std::string local = kLater + piece + kLater + "a\rrest\r" + kTime + "b\r\n";
  for (const std::size_t part : {std::size_t{1}, std::size_t{4099}, local.size()}) {
    CHECK(read(local, true, part).pieces ==
          std::vector<std::string>{"stdout 1 " + piece, "stdout 1 a\rrest\r", "stdout 1251842 b\r\n"});
  }
  CHECK(read(kTime + "prompt> ", true, 5).pieces.empty());
  CHECK(read(kTime + "prompt> ", true, 5, true).pieces ==
        std::vector<std::string>{"stdout 1251842 prompt> "});
  CHECK(read(std::string(50, 'q') + "\n" + kTime + "a\n", true, 3).without_time == 1);
}

TEST_CASE("pieces of one line may be some time apart in the journal, and nowhere else", "[docker]") {
  const std::string piece(LineJoiner::kPieceBytes, 'x');
  const auto join = [&](std::chrono::nanoseconds gap) {
    LineJoiner joiner;
    joiner.set_longest_gap(gap);
    std::vector<std::size_t> sizes;
    const auto emit = [&sizes](pipeline::Timestamp, std::string_view line) { sizes.push_back(line.size()); };
    joiner.add({10, 0}, piece, emit);
    joiner.add({10, 900'000'000}, piece, emit);
    joiner.add({11, 800'000'000}, "rest\n", emit);
    joiner.add({12, 0}, piece, emit);
    joiner.add({14, 0}, "another\n", emit);
    return sizes;
  };
  const std::size_t whole = piece.size();
  CHECK(join(std::chrono::seconds(1)) == std::vector<std::size_t>{2 * whole + 4, whole, 7});
  CHECK(join(std::chrono::seconds(0)) == std::vector<std::size_t>{whole, whole, 4, whole, 7});
}

}  // namespace
}  // namespace lokitail::agent
