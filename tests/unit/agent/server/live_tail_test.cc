#include "agent/server/live_tail.h"

#include <catch2/catch.hpp>

#include <string>

#include "pipeline/arena.h"

namespace lokitail::agent {
namespace {

using Point = EntryWatcher::Point;

// A tail with one watcher, to which entries are shown.
class Tailed {
 public:
  explicit Tailed(TailWish wish = {})
      : tail_(std::make_shared<LiveTail>(std::move(wish))), watcher_(LiveTail::make_watcher(tail_)) {
    watcher_->begin(symbols_);
  }

  void show(const std::string& line, const std::string& level = "info", const std::string& job = "app",
            Point point = Point::kAfter) {
    text_ = line + std::string(pipeline::kTextPadding, '\0');
    pipeline::Entry entry;
    entry.begin(std::string_view(text_).substr(0, line.size()), {1, 0}, {}, nullptr);
    entry.labels.set(symbols_.intern("level"), level);
    watcher_->saw(job, point, entry);
  }

  LiveTail::Taken take() { return tail_->take(); }

 private:
  pipeline::SymbolTable symbols_;
  std::shared_ptr<LiveTail> tail_;
  std::shared_ptr<EntryWatcher> watcher_;
  std::string text_;
};

TEST_CASE("entries become server-sent events") {
  Tailed tailed;
  tailed.show("a \"line\"\n of two");
  CHECK(tailed.take().events ==
        "data: {\"job\":\"app\",\"timestamp\":\"1970-01-01T00:00:01Z\",\"labels\":{\"level\":\"info\"},"
        "\"line\":\"a \\\"line\\\"\\n of two\"}\n\n");
  CHECK(tailed.take().events.empty());
}

TEST_CASE("those that are wanted alone") {
  TailWish wish;
  wish.job = "app";
  wish.selector = "{level=\"error\"} |= \"disk\"";
  wish.point = Point::kBefore;
  Tailed tailed(wish);
  tailed.show("disk full", "error", "app", Point::kAfter);
  tailed.show("disk full", "error", "other", Point::kBefore);
  tailed.show("disk full", "info", "app", Point::kBefore);
  tailed.show("memory full", "error", "app", Point::kBefore);
  CHECK(tailed.take().events.empty());
  tailed.show("disk full", "error", "app", Point::kBefore);
  CHECK_FALSE(tailed.take().events.empty());
  CHECK_THROWS_AS(LiveTail(TailWish{Point::kAfter, "", "{level", 1}), std::invalid_argument);
}

TEST_CASE("no more than the rate, and what is left out is counted") {
  TailWish wish;
  wish.rate = 3;
  Tailed tailed(wish);
  for (int i = 0; i < 10; ++i) tailed.show("line");
  const LiveTail::Taken taken = tailed.take();
  CHECK(taken.skipped >= 6);  // three at once, and one more where this takes long
  CHECK(taken.skipped <= 7);
  CHECK(tailed.take().skipped == 0);
}

TEST_CASE("a reader that is slow gets no more than is kept for it") {
  TailWish wish;
  wish.rate = 1000;
  Tailed tailed(wish);
  for (int i = 0; i < 100; ++i) tailed.show(std::string(100'000, 'x'));
  const LiveTail::Taken taken = tailed.take();
  CHECK(taken.events.size() < LiveTail::kMostBytes + 100'000);
  CHECK(taken.skipped > 80);
}

TEST_CASE("secrets are not shown") {
  Tailed tailed;
  const std::string secret = "ghp_" + std::string("abcdEFGH1234ijklMNOP5678qrstUVWX9012");
  tailed.show("pushing with " + secret + " now");
  const std::string events = tailed.take().events;
  CHECK(events.find(secret) == events.npos);
  CHECK_THAT(events, Catch::Contains("pushing with ") && Catch::Contains(" now"));
}

}  // namespace
}  // namespace lokitail::agent
