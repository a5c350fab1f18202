#include "tests/bench/log_lines.h"

#include <array>
#include <cstring>
#include <iterator>

#include <fmt/format.h>

#include "pipeline/arena.h"
#include "tests/bench/random.h"

namespace lokitail::bench {
namespace {

constexpr std::size_t kBytes = 1 << 20;

constexpr std::array<std::string_view, 4> kMethods = {"GET", "GET", "GET", "POST"};
constexpr std::array<std::string_view, 6> kPaths = {
    "/v1/orders/",     "/v1/orders/search?q=", "/v1/carts/", "/assets/app.3f2a9c.js?v=",
    "/healthz?probe=", "/v1/couriers/7/tours/"};
constexpr std::array<std::string_view, 6> kStatuses = {"200", "200", "200", "201", "304", "502"};
constexpr std::array<std::string_view, 3> kReferers = {"-", "https://shop.example.com/cart",
                                                       "https://www.example.com/search?q=pizza"};
constexpr std::array<std::string_view, 4> kUserAgents = {
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0 "
    "Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "curl/7.88.1", "kube-probe/1.31"};
constexpr std::array<std::string_view, 6> kLevels = {"info", "info", "info", "info", "debug", "warn"};
constexpr std::array<std::string_view, 6> kJavaLevels = {"INFO ", "INFO ", "INFO ",
                                                         "DEBUG", "WARN ", "ERROR"};
constexpr std::array<std::string_view, 5> kCallers = {"http/middleware/logging.go:97",
                                                      "store/postgres/orders.go:341", "queue/consumer.go:64",
                                                      "scheduler/slots.go:152", "executor/runner.go:218"};
constexpr std::array<std::string_view, 6> kMessages = {"request completed",
                                                       "order accepted and handed over to the scheduler",
                                                       "cache miss",
                                                       "slot reserved for the next free oven",
                                                       "upstream is slow, retry",
                                                       "message published to topic orders.accepted.v2"};
constexpr std::array<std::string_view, 5> kClasses = {
    "com.example.shop.payment.CardClient", "com.example.shop.order.OrderService",
    "org.springframework.web.servlet.DispatcherServlet", "org.apache.catalina.core.StandardWrapperValve",
    "java.util.concurrent.ThreadPoolExecutor"};

// One line after the other, a few milliseconds apart.
class Writer {
 public:
  explicit Writer(std::uint64_t seed) : random_(seed) {}

  std::vector<std::string> write(LogFormat format) {
    while (bytes_ < kBytes) {
      milliseconds_ += random_.below(20);
      write_next(format);
    }
    return std::move(lines_);
  }

 private:
  void write_next(LogFormat format) {
    switch (format) {
      case LogFormat::kNginx:
        return add(nginx());
      case LogFormat::kKlog:
        return add(klog());
      case LogFormat::kLogfmt:
        return add(logfmt());
      case LogFormat::kZap:
        return add(zap());
      case LogFormat::kDockerZap:
        return add(docker(zap()));
      case LogFormat::kJava:
        for (const std::string& line : java()) add(line);
        return;
      case LogFormat::kCri:
        return add(cri(logfmt()));
      case LogFormat::kCriJava:
        for (const std::string& line : java()) add(cri(line));
        return;
      case LogFormat::kColoured:
        return add(fmt::format("\x1B[3{}m{}\x1B[0m", random_.below(8), klog()));
      case LogFormat::kWindows:
        return add(windows());
    }
  }

  void add(std::string line) {
    bytes_ += line.size();
    lines_.push_back(std::move(line));
  }

  // 11:59:58 with a separator and the milliseconds; the day of the lines begins at noon.
  std::string clock(std::string_view separator) const {
    const std::uint64_t seconds = 12 * 3600 + milliseconds_ / 1000;
    return fmt::format("{:02}:{:02}:{:02}{}{:03}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60,
                       separator, milliseconds_ % 1000);
  }
  std::string trace_id() { return fmt::format("{:016x}{:016x}", random_.next(), random_.next()); }
  std::string path() { return fmt::format("{}{}", random_.pick(kPaths), random_.below(1'000'000)); }

  std::string nginx() {
    return fmt::format(R"(10.{}.{}.{} - - [07/Nov/2025:{} +0000] "{} {} HTTP/1.1" {} {} "{}" "{}" 0.{:03})",
                       random_.below(256), random_.below(256), random_.below(256), clock("").substr(0, 8),
                       random_.pick(kMethods), path(), random_.pick(kStatuses), random_.below(50'000),
                       random_.pick(kReferers), random_.pick(kUserAgents), random_.below(1000));
  }

  std::string klog() {
    return fmt::format(R"({}1107 {}{:03}       1 {}] "{}" pod="kube-system/coredns-{:x}" duration="{}.{}ms")",
                       random_.pick(std::array<std::string_view, 4>{"I", "I", "W", "E"}), clock("."),
                       random_.below(1000), random_.pick(kCallers), random_.pick(kMessages),
                       random_.below(1 << 20), random_.below(500), random_.below(10));
  }

  std::string logfmt() {
    return fmt::format(R"(ts=2025-11-07T{}Z level={} caller={} msg="{}" method={} path="{}" status={} )"
                       R"(duration={}.{}ms trace_id={})",
                       clock("."), random_.pick(kLevels), random_.pick(kCallers), random_.pick(kMessages),
                       random_.pick(kMethods), path(), random_.pick(kStatuses), random_.below(500),
                       random_.below(10), trace_id());
  }

  std::string zap() {
    return fmt::format(R"({{"level":"{}","ts":{}.{:03}{:03},"logger":"http","caller":"{}","msg":"{}",)"
                       R"("service":"orders","trace_id":"{}","span_id":"{:016x}","duration":0.{:06},)"
                       R"("http":{{"method":"{}","path":"{}","status":{}}}}})",
                       random_.pick(kLevels), 1'762'516'800 + milliseconds_ / 1000, milliseconds_ % 1000,
                       random_.below(1000), random_.pick(kCallers), random_.pick(kMessages), trace_id(),
                       random_.next(), random_.below(1'000'000), random_.pick(kMethods), path(),
                       random_.pick(kStatuses));
  }

  std::string docker(std::string_view line) {
    std::string escaped;
    for (const char c : line) {
      if (c == '"' || c == '\\') escaped += '\\';
      escaped += c;
    }
    return fmt::format(R"({{"log":"{}\n","stream":"stderr","time":"2025-11-07T{}{:06}Z"}})", escaped,
                       clock("."), random_.below(1'000'000));
  }

  std::string cri(std::string_view line) {
    return fmt::format("2025-11-07T{}{:06}Z stdout F {}", clock("."), random_.below(1'000'000), line);
  }

  // An event, with a stack trace behind each sixth.
  std::vector<std::string> java() {
    const std::string_view level = random_.pick(kJavaLevels);
    std::vector<std::string> lines = {fmt::format("2025-11-07 {} {} [http-nio-8080-exec-{}] {} - {}",
                                                  clock(","), level, random_.below(50),
                                                  random_.pick(kClasses), random_.pick(kMessages))};
    if (level != "ERROR") return lines;
    lines.push_back("java.net.SocketTimeoutException: Read timed out");
    for (std::uint64_t frames = 5 + random_.below(25); frames > 0; --frames) {
      const std::string_view name = random_.pick(kClasses);
      lines.push_back(fmt::format("\tat {}.invoke({}.java:{}) ~[app.jar:1.4.2]", name,
                                  name.substr(name.rfind('.') + 1), random_.below(900)));
    }
    return lines;
  }

  std::string windows() {
    return fmt::format(
        R"({{"channel":"Security","event_id":4624,"message":"An account was logged on.\r\n\r\n)"
        R"(Subject:\r\n\tSecurity ID:\t\tS-1-5-18\r\n\tAccount Name:\t\tHOST{0}$\r\n\tLogon ID:)"
        R"(\t\t0x{1:X}\r\n\r\nLogon Type:\t\t\t{2}\r\n\r\nNetwork Information:\r\n\t)"
        R"(Source Network Address:\t10.0.0.{3}\r\n\tSource Port:\t\t{4}"}})",
        random_.below(100), random_.below(1 << 30), 2 + random_.below(9), random_.below(256),
        random_.below(65'536));
  }

  Random random_;
  std::uint64_t milliseconds_ = 0;  // since noon
  std::vector<std::string> lines_;
  std::size_t bytes_ = 0;
};

}  // namespace

LogLines::LogLines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) bytes_ += line.size();
  buffer_ = std::make_unique<char[]>(bytes_ + lines.size() + pipeline::kTextPadding);
  char* at = buffer_.get();
  for (const std::string& line : lines) {
    std::memcpy(at, line.data(), line.size());
    views_.emplace_back(at, line.size());
    at += line.size();
    *at++ = '\n';
  }
}

LogLines make_log_lines(LogFormat format, std::uint64_t seed) { return LogLines(Writer(seed).write(format)); }

}  // namespace lokitail::bench
