#include "agent/command/top/picture.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace lokitail::agent::top {
namespace {

double number_of(const JsonValue& object, std::string_view key) {
  const JsonValue* const value = object.find(key);
  return value != nullptr && value->is_number() ? value->number() : 0;
}

bool flag_of(const JsonValue& object, std::string_view key) {
  const JsonValue* const value = object.find(key);
  return value != nullptr && value->kind() == JsonValue::Kind::kBool && value->boolean();
}

std::string bytes(double value) {
  constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{:.{}f} {}", value, unit == 0 ? 0 : 1, kUnits[unit]);
}

std::string duration(double seconds) {
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  if (seconds < 172800) return fmt::format("{:.0f} h", seconds / 3600);
  return fmt::format("{:.0f} d", seconds / 86400);
}

std::string rate(double per_second) {
  return per_second < 0.05 || per_second >= 10 ? fmt::format("{:.0f}", per_second)
                                               : fmt::format("{:.1f}", per_second);
}

// Cut or filled up to so many bytes; of a path the end is what tells.
std::string fitted(std::string_view text, std::size_t width, bool keeps_end = false) {
  if (text.size() <= width) return std::string(text) + std::string(width - text.size(), ' ');
  if (width < 2) return std::string(width, ' ');
  if (!keeps_end) return std::string(text.substr(0, width - 1)) + "~";
  return "~" + std::string(text.substr(text.size() - (width - 1)));
}

constexpr std::size_t kNumbersOfClient = 58;
constexpr std::size_t kNumbersOfTarget = 58;
constexpr std::size_t kLeastName = 12;

std::size_t name_width(std::size_t columns, std::size_t numbers) {
  return std::max(columns > numbers ? columns - numbers : 0, kLeastName);
}

std::string cut(std::string line, std::size_t columns) {
  if (line.size() > columns) line.resize(columns);
  return line;
}

Colour colour_of(std::string_view state) {
  if (state == "failing" || state == "unreadable" || state == "stuck") return Colour::kRed;
  if (state == "delivering" || state == "reading" || state == "ready") return Colour::kGreen;
  return Colour::kDim;
}

}  // namespace

Picture::Rate Picture::rate_of(const std::string& what, double count, double passed) {
  now_[what] = count;
  const auto before = before_.find(what);
  if (before == before_.end() || passed <= 0) return {count, 0};
  return {count, std::max(count - before->second, 0.0) / passed};
}

void Picture::take(const JsonValue& status, const JsonValue& clients, const JsonValue& targets,
                   double seconds) {
  const double passed = seconds_ < 0 ? 0 : seconds - seconds_;
  seconds_ = seconds;
  before_ = std::exchange(now_, {});
  host_ = text_of(status, "host"), version_ = text_of(status, "version"), reason_ = text_of(status, "reason");
  healthy_ = flag_of(status, "healthy");
  uptime_ = number_of(status, "uptime_seconds"), memory_ = number_of(status, "memory_bytes");
  in_flight_ = number_of(status, "bytes_in_flight"),
  in_flight_limit_ = number_of(status, "bytes_in_flight_limit");
  lines_ = rate_of("lines", number_of(status, "lines_total"), passed);
  bytes_ = rate_of("bytes", number_of(status, "sent_bytes_total"), passed);
  clients_.clear();
  for (const JsonValue& item : items_of(clients.find("clients"))) {
    Client client;
    client.name = text_of(item, "name"), client.state = text_of(item, "state");
    client.trouble = text_of(item, "trouble");
    if (const JsonValue* const answer = item.find("last_answer"))
      client.status = static_cast<int>(number_of(*answer, "status"));
    client.waiting = number_of(item, "queued_pushes"), client.lag_seconds = number_of(item, "lag_seconds");
    if (const JsonValue* const entries = item.find("entries")) {
      client.lost = number_of(*entries, "refused") + number_of(*entries, "dropped");
      client.sent = rate_of("client " + client.name, number_of(*entries, "sent"), passed);
    }
    clients_.push_back(std::move(client));
  }
  targets_.clear();
  for (const JsonValue& item : items_of(targets.find("targets"))) {
    Target target;
    target.path = text_of(item, "path"), target.job = text_of(item, "job"),
    target.state = text_of(item, "state");
    if (target.path.empty()) target.path = text_of(item, "kind");
    if (const std::string part = text_of(item, "part"); !part.empty()) target.path += " " + part;
    target.lag_bytes = number_of(item, "lag_bytes"), target.lag_seconds = number_of(item, "lag_seconds");
    target.lines_per_second = number_of(item, "lines_per_second");
    target.bytes_per_second = number_of(item, "bytes_per_second");
    targets_.push_back(std::move(target));
  }
}

std::string Picture::head() const {
  const std::string state = healthy_ ? paint_(Colour::kGreen, "healthy")
                                     : paint_(Colour::kRed, reason_.empty() ? "not ready" : reason_);
  return fmt::format("{} on {}  {}  up {}  {}", paint_(Colour::kBold, "lokitail"), without_controls(host_),
                     without_controls(version_), duration(uptime_), state);
}

std::string Picture::totals() const {
  return fmt::format("read {} lines/s   sent {}/s   in flight {} of {}   memory {}", rate(lines_.per_second),
                     bytes(bytes_.per_second), bytes(in_flight_), bytes(in_flight_limit_), bytes(memory_));
}

std::string Picture::client_line(const Client& client, std::size_t columns) const {
  const std::string name = fitted(without_controls(client.name), name_width(columns, kNumbersOfClient));
  const std::string state = paint_(colour_of(client.state), fitted(client.state, 11));
  return fmt::format("{} {}{:>7}{:>9}{:>10}{:>9}{:>10}", name, state, client.status, client.waiting,
                     duration(client.lag_seconds), rate(client.sent.per_second), client.lost);
}

std::string Picture::target_line(const Target& target, std::size_t columns) const {
  const std::string name = fitted(without_controls(target.path), name_width(columns, kNumbersOfTarget), true);
  const std::string state = paint_(colour_of(target.state), fitted(target.state, 10));
  return fmt::format("{} {}{:>12}{:>10}{:>9}{:>12}", name, state, bytes(target.lag_bytes),
                     duration(target.lag_seconds), rate(target.lines_per_second),
                     bytes(target.bytes_per_second));
}

std::vector<std::string> Picture::lines(std::size_t columns, std::size_t rows, Order order) const {
  std::vector<std::string> lines{head(), cut(totals(), columns), ""};
  lines.push_back(
      paint_(Colour::kDim, cut(fmt::format("{} {:<11}{:>7}{:>9}{:>10}{:>9}{:>10}",
                                           fitted("CLIENT", name_width(columns, kNumbersOfClient)), "STATE",
                                           "ANSWER", "WAITING", "LAG", "SENT/S", "LOST"),
                               columns)));
  for (const Client& client : clients_) {
    lines.push_back(client_line(client, columns));
    if (!client.trouble.empty())
      lines.push_back("  " + paint_(Colour::kRed, cut(without_controls(client.trouble), columns - 2)));
  }
  lines.emplace_back();
  lines.push_back(
      paint_(Colour::kDim, cut(fmt::format("{} {:<10}{:>12}{:>10}{:>9}{:>12}",
                                           fitted("TARGET", name_width(columns, kNumbersOfTarget)), "STATE",
                                           "LAG", "BEHIND", "LINES/S", "BYTES/S"),
                               columns)));
  std::vector<const Target*> sorted;
  for (const Target& target : targets_) sorted.push_back(&target);
  std::ranges::stable_sort(sorted, [order](const Target* a, const Target* b) {
    return order == Order::kLag ? a->lag_bytes > b->lag_bytes : a->lines_per_second > b->lines_per_second;
  });
  for (const Target* const target : sorted) {
    if (lines.size() >= rows) break;
    lines.push_back(target_line(*target, columns));
  }
  return lines;
}

}  // namespace lokitail::agent::top
