// What sends to the agent in the benchmarks, a process of its own:
//
//     bench_sender syslog|push --port PORT [--lines N] [--connections N]
//
// syslog sends RFC 5424 messages over TCP, counted in octets, as rsyslog does; push sends bodies of about a
// mebibyte of lines, as an agent does, and waits for each answer. Messages are made beforehand, so that sending
// costs little. Prints {"lines", "line_bytes", "cpu"} when all was taken, in seconds of its own CPU.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <snappy.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "agent/loki/push.pb.h"
#include "tests/bench/cpu_time.h"
#include "tests/bench/log_lines.h"

namespace {

namespace asio = boost::asio;
namespace bhttp = boost::beast::http;
using tcp = asio::ip::tcp;
using lokitail::bench::cpu_seconds;
using lokitail::bench::LogFormat;
using lokitail::bench::make_log_lines;

constexpr std::size_t kWriteBytes = 64 * 1024;

struct Options {
  std::string kind;
  std::uint16_t port = 0;
  std::uint64_t lines = 1'000'000;
  unsigned connections = 2;
};

struct Sent {
  std::uint64_t lines = 0;
  std::uint64_t line_bytes = 0;
};

tcp::socket connect(asio::io_context& io, const Options& options) {
  tcp::socket socket(io);
  socket.connect({asio::ip::address_v4::loopback(), options.port});
  return socket;
}

// `lines` messages of one sender.
Sent send_syslog(const Options& options, std::uint64_t lines) {
  std::vector<std::string> messages;
  const auto texts = make_log_lines(LogFormat::kLogfmt);
  for (const std::string_view text : texts.views()) {
    const std::string message =
        fmt::format("<{}>1 2026-01-02T03:04:05.{:06d}Z host-{} checkout 4711 request - {}",
                    8 * 16 + messages.size() % 8, messages.size() % 1'000'000, messages.size() % 4, text);
    messages.push_back(fmt::format("{} {}", message.size(), message));
  }
  asio::io_context io;
  tcp::socket socket = connect(io, options);
  Sent sent;
  std::string buffer;
  while (sent.lines < lines) {
    const std::size_t index = sent.lines++ % messages.size();
    buffer += messages[index];
    sent.line_bytes += texts.views()[index].size();
    if (buffer.size() >= kWriteBytes || sent.lines == lines) {
      asio::write(socket, asio::buffer(buffer));
      buffer.clear();
    }
  }
  // The agent closes when it has taken everything.
  socket.shutdown(tcp::socket::shutdown_send);
  boost::system::error_code at_end;
  char nothing = 0;
  socket.read_some(asio::buffer(&nothing, 1), at_end);
  return sent;
}

Sent send_push(const Options& options, std::uint64_t lines) {
  const auto texts = make_log_lines(LogFormat::kZap);
  logproto::PushRequest request;
  constexpr int kStreams = 8;
  for (int i = 0; i < kStreams; ++i) {
    request.add_streams()->set_labels(fmt::format(R"({{app="checkout", pod="checkout-{}"}})", i));
  }
  std::uint64_t count = 0;
  for (const std::string_view text : texts.views()) {
    auto* const entry =
        request.mutable_streams(static_cast<int>(count * kStreams / texts.views().size()))->add_entries();
    entry->mutable_timestamp()->set_seconds(1'767'323'045);
    entry->mutable_timestamp()->set_nanos(static_cast<int>(count++));
    entry->set_line(std::string(text));
  }
  std::string body;
  const std::string raw = request.SerializeAsString();
  snappy::Compress(raw.data(), raw.size(), &body);

  asio::io_context io;
  tcp::socket socket = connect(io, options);
  boost::beast::flat_buffer buffer;
  Sent sent;
  while (sent.lines < lines) {
    bhttp::request<bhttp::span_body<const char>> message(
        bhttp::verb::post, "/loki/api/v1/push", 11, boost::beast::span<const char>(body.data(), body.size()));
    message.set(bhttp::field::host, "agent");
    message.set(bhttp::field::content_type, "application/x-protobuf");
    message.prepare_payload();
    bhttp::write(socket, message);
    bhttp::response<bhttp::string_body> answer;
    bhttp::read(socket, buffer, answer);
    if (!answer.keep_alive()) socket = connect(io, options);
    if (answer.result_int() == 429 || answer.result_int() == 503) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      continue;
    }
    if (answer.result_int() != 204)
      throw std::runtime_error("answered with " + std::to_string(answer.result_int()));
    sent.lines += count;
    sent.line_bytes += texts.bytes();
  }
  return sent;
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  if (count > 1) options.kind = arguments[1];
  for (int i = 2; i + 1 < count; i += 2) {
    const std::string name = arguments[i];
    if (name == "--port") options.port = static_cast<std::uint16_t>(std::stoul(arguments[i + 1]));
    if (name == "--lines") options.lines = std::stoull(arguments[i + 1]);
    if (name == "--connections") options.connections = static_cast<unsigned>(std::stoul(arguments[i + 1]));
  }
  if (options.kind != "syslog" && options.kind != "push") {
    std::fputs("usage: bench_sender syslog|push --port PORT [--lines N] [--connections N]\n", stderr);
    return 2;
  }
  std::vector<Sent> sent(options.connections);
  std::vector<std::thread> threads;
  for (Sent& part : sent) {
    threads.emplace_back([&] {
      try {
        const std::uint64_t lines = options.lines / options.connections;
        part = options.kind == "syslog" ? send_syslog(options, lines) : send_push(options, lines);
      } catch (const std::exception& error) {
        std::fprintf(stderr, "bench_sender: %s\n", error.what());
        std::exit(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Sent all;
  for (const Sent& part : sent) all.lines += part.lines, all.line_bytes += part.line_bytes;
  fmt::print("{{\"lines\": {}, \"line_bytes\": {}, \"cpu\": {:.3f}}}\n", all.lines, all.line_bytes,
             cpu_seconds());
}
