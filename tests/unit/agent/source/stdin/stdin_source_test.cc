#include "agent/source/stdin/stdin_source.h"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <string>

#include "tests/unit/agent/source/received/received_scene.h"

namespace lokitail::agent {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// A source that reads a pipe, in a job whose lines wait for a rate of 100 a second.
class PacedInput {
 public:
  PacedInput() {
    REQUIRE(::pipe(pipe_.data()) == 0);
    StdinSource::Spec spec;
    spec.file = pipe_[0];
    spec.job = "job";
    spec.labels = {{"a", "b"}};
    spec.max_line_bytes = 20;
    source_ = std::make_shared<StdinSource>(spec, [this](StdinSource::Event event) {
      if (event == StdinSource::Event::kEnded) ended = true;
    });
  }
  ~PacedInput() { ::close(pipe_[0]); }

  void feed(const std::string& text) {
    REQUIRE(::write(pipe_[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::close(pipe_[1]);
    scene.worker->add(source_);
  }
  void finish() {
    scene.worker->post([this] { source_->finish(*scene.worker); });
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const std::string& entry : scene.entries())
      lines.push_back(entry.substr(std::string(R"({a="b"} )").size()));
    return lines;
  }

  test::ReceivedScene scene{"- limit: {rate: 100, burst: 10}"};
  std::atomic<bool> ended{false};

 private:
  std::array<int, 2> pipe_{};
  std::shared_ptr<StdinSource> source_;
};

struct Numbered {
  explicit Numbered(int count) {
    for (int i = 0; i < count; ++i) {
      lines.push_back("line " + std::to_string(i));
      text += lines.back() + "\n";
    }
  }
  std::vector<std::string> lines;
  std::string text;
};

TEST_CASE("lines of the input wait for a rate, and come all the same", "[stdin]") {
  PacedInput input;
  Numbered many(80);
  many.text += "a line that is too long by far\n\nlast";
  many.lines.insert(many.lines.end(), {"a line that is too lo", "last"});
  many.lines[80].resize(20);
  const auto begin = Clock::now();
  input.feed(many.text);
  REQUIRE(input.scene.wait_entries(10));
  CHECK_FALSE(input.ended);
  REQUIRE(test::eventually([&] { return input.ended.load(); }));
  // 10 at once, and 10 in advance.
  CHECK(Clock::now() - begin >= 500ms);
  CHECK(input.scene.drain());
  CHECK(input.lines() == many.lines);
}

TEST_CASE("lines of the input that wait are not forgotten at a stop", "[stdin]") {
  PacedInput input;
  Numbered many(1000);
  many.text += "rest";
  many.lines.push_back("rest");
  const auto begin = Clock::now();
  input.feed(many.text);
  REQUIRE(input.scene.wait_entries(10));
  input.finish();
  CHECK(input.scene.drain());
  CHECK(input.lines() == many.lines);
  CHECK(Clock::now() - begin < 5s);
}

}  // namespace
}  // namespace lokitail::agent
