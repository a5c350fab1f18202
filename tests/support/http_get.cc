#include "tests/support/http_get.h"

#include <cstdlib>
#include <sstream>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace lokitail::test {
namespace {

std::string talk(std::uint16_t port, std::string_view request) {
  const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval timeout{10, 0};
  ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  ::setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  std::string answer;
  if (::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    while (!request.empty()) {
      const ssize_t sent = ::send(connection, request.data(), request.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      request.remove_prefix(static_cast<std::size_t>(sent));
    }
    char buffer[16384];
    for (ssize_t got = 0; (got = ::recv(connection, buffer, sizeof buffer, 0)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(got));
    }
  }
  ::close(connection);
  return answer;
}

std::string unchunked(std::string_view body) {
  std::string text;
  for (;;) {
    const std::size_t size = std::strtoul(std::string(body.substr(0, 16)).c_str(), nullptr, 16);
    const std::size_t line_end = body.find("\r\n");
    if (size == 0 || line_end == std::string_view::npos) return text;
    body.remove_prefix(line_end + 2);
    text += body.substr(0, size);
    if (body.size() < size + 2) return text;
    body.remove_prefix(size + 2);
  }
}

HttpAnswer parse(const std::string& text) {
  HttpAnswer answer;
  const std::size_t head_end = text.find("\r\n\r\n");
  if (head_end == std::string::npos || text.size() < 12) return answer;
  answer.status = std::atoi(text.c_str() + 9);
  answer.head = text.substr(0, head_end);
  answer.body = text.substr(head_end + 4);
  const bool chunked = answer.head.find("ransfer-Encoding: chunked") != std::string::npos;
  if (chunked) answer.body = unchunked(answer.body);
  return answer;
}

}  // namespace

HttpAnswer http_get(std::uint16_t port, const std::string& path) {
  return parse(talk(port, "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
}

HttpAnswer http_post(std::uint16_t port, const std::string& path, std::string_view body,
                     const std::string& content_type,
                     const std::vector<std::pair<std::string, std::string>>& headers) {
  std::ostringstream request;
  request << "POST " << path
          << " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: " << content_type
          << "\r\nContent-Length: " << body.size() << "\r\n";
  for (const auto& [name, value] : headers) request << name << ": " << value << "\r\n";
  request << "\r\n" << body;
  return parse(talk(port, request.str()));
}

double metric_value(const std::string& text, const std::string& name, const std::string& labels) {
  double sum = 0;
  bool found = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(name, 0) != 0) continue;
    const char after = line.size() > name.size() ? line[name.size()] : '\0';
    if (after != '{' && after != ' ') continue;
    if (line.find(labels) == std::string::npos) continue;
    sum += std::strtod(line.c_str() + line.rfind(' '), nullptr);
    found = true;
  }
  return found ? sum : -1;
}

}  // namespace lokitail::test
