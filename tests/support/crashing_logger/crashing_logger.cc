// Logs and ends badly, as a test tells it: crashing_logger LOG-FILE END LINES. The sink is slow, so
// that lines still wait in memory when the end comes.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "lokitail/telemetry/logger.h"

namespace {

using namespace lokitail::telemetry;

// Writes a little at a time.
class SlowSink final : public Sink {
 public:
  explicit SlowSink(const std::string& path) : file_(path) {}
  void write(Level level, std::string_view lines) override {
    constexpr std::size_t kPiece = 4000;
    for (; !lines.empty(); lines.remove_prefix(std::min(kPiece, lines.size()))) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      file_.write(level, lines.substr(0, kPiece));
    }
  }

 private:
  DescriptorSink file_;
};

void log_lines(const Logger& logger, int lines) {
  for (int i = 0; i < lines; ++i) logger.info("line", {{"i", i}});
}

[[noreturn]] void kill_self() {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

void abort_in_threads() {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([] { std::abort(); });
  for (std::thread& thread : threads) thread.join();
}

void end(const std::string& how, const Logger& logger) {
  if (how.starts_with("abort-in")) return abort_in_threads();
  if (how.starts_with("abort")) std::abort();
  if (how == "terminate") std::terminate();
  if (how == "fault") {
    raise(SIGSEGV);
  } else if (how == "kill-after-flush") {
    if (!logger.flush()) std::exit(3);
    kill_self();
  } else if (how == "kill-after-error") {
    logger.error("grave");
    kill_self();
  } else if (how == "kill-without-thread") {
    kill_self();
  } else if (how == "exit") {
    std::exit(0);
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return 2;
  const std::string how = arguments[2];
  if (how == "abort-with-handler") signal(SIGABRT, [](int) { _exit(42); });
  LoggerOptions options;
  if (how == "kill-without-thread") {
    options.sink = std::make_shared<DescriptorSink>(arguments[1]);
  } else {
    options.sink = std::make_shared<SlowSink>(arguments[1]);
    options.async = AsyncOptions{.drain_on_crash = true};
  }
  static const Logger logger(std::move(options));
  log_lines(logger, std::atoi(arguments[3]));
  end(how, logger);
  return 4;
}
