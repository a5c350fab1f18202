#include "agent/delivery/refusals.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <limits>
#include <optional>
#include <string>

#include "agent/loki/push_decode.h"
#include "pipeline/lang/rfc3339.h"

namespace lokitail::agent {
namespace {

using pipeline::Timestamp;

// What breaks a rule. An empty stream: that of any entry.
struct Rule {
  std::string stream;
  std::optional<Timestamp> before{};   // older entries
  std::optional<Timestamp> exactly{};  // entries of this time
  std::optional<std::size_t> line_longer_than{};

  bool broken_by(const std::string& labels, const PushEntry& entry) const {
    if (!stream.empty() && stream != labels) return false;
    if (before && entry.timestamp >= *before) return false;
    if (exactly && entry.timestamp != *exactly) return false;
    return !line_longer_than || entry.line.size() > *line_longer_than;
  }
};

// The text between two others, from a place on; nothing where they are not there.
std::optional<std::string_view> between(std::string_view text, std::string_view before,
                                        std::string_view behind) {
  const std::size_t begin = text.find(before);
  if (begin == text.npos) return std::nullopt;
  text.remove_prefix(begin + before.size());
  const std::size_t end = text.find(behind);
  if (end == text.npos) return std::nullopt;
  return text.substr(0, end);
}

// The time behind some words, which ends where no time goes on.
std::optional<Timestamp> time_behind(std::string_view text, std::string_view words) {
  const std::size_t begin = text.find(words);
  if (begin == text.npos) return std::nullopt;
  text.remove_prefix(begin + words.size());
  text = text.substr(0, text.find_first_not_of("0123456789-:.TZ+"));
  while (!text.empty() && (text.back() == '.' || text.back() == '-')) text.remove_suffix(1);
  Timestamp time;
  if (!pipeline::lang::parse_rfc3339(text, time)) return std::nullopt;
  return time;
}

std::optional<std::size_t> number_between(std::string_view text, std::string_view before,
                                          std::string_view behind) {
  const auto digits = between(text, before, behind);
  std::size_t number = 0;
  if (!digits) return std::nullopt;
  const auto [end, error] = std::from_chars(digits->data(), digits->data() + digits->size(), number);
  if (error != std::errc() || end != digits->data() + digits->size()) return std::nullopt;
  return number;
}

std::optional<Rule> too_old(std::string_view message) {
  if (message.find("has timestamp too old") == message.npos) return std::nullopt;
  const auto oldest = time_behind(message, "oldest acceptable timestamp is: ");
  if (!oldest) return std::nullopt;
  return Rule{.stream = {}, .before = oldest};
}

std::optional<Rule> too_new(std::string_view message) {
  const auto time = time_behind(message, "has timestamp too new: ");
  const auto stream = between(message, "entry for stream '", "' has timestamp too new");
  if (!time || !stream) return std::nullopt;
  return Rule{.stream = std::string(*stream), .exactly = time};
}

std::optional<Rule> too_long(std::string_view message) {
  const auto limit = number_between(message, "ax entry size '", "' bytes exceeded");
  if (!limit) return std::nullopt;
  return Rule{.stream = {}, .line_longer_than = limit};
}

// Of a stream whose labels are not to Loki's taste none is taken.
std::optional<Rule> bad_stream(std::string_view message) {
  const auto stream = between(message, "stream '", "' has ");
  const std::size_t what = message.rfind("' has ");
  if (!stream || message.substr(what).find("label") == message.npos) return std::nullopt;
  return Rule{.stream = std::string(*stream)};
}

// "entry with timestamp T ignored, reason: 'entry too far behind, … oldest acceptable timestamp is:
// B'", once for each of the first entries, and then "total ignored: 3 out of 7 for stream: {…}".
std::optional<Rule> too_far_behind(std::string_view answer) {
  if (answer.find("entry too far behind") == answer.npos) return std::nullopt;
  constexpr std::string_view kStream = "for stream: ";
  const std::size_t stream = answer.find(kStream);
  const auto oldest = time_behind(answer, "oldest acceptable timestamp is: ");
  if (!oldest || stream == answer.npos) return std::nullopt;
  const std::string_view labels = answer.substr(stream + kStream.size());
  const std::size_t end = labels.rfind('}');
  if (end == labels.npos) return std::nullopt;
  return Rule{.stream = std::string(labels.substr(0, end + 1)), .before = oldest};
}

std::vector<Rule> read_rules(std::string_view answer) {
  if (auto rule = too_far_behind(answer)) return {*rule};
  std::vector<Rule> rules;
  while (!answer.empty()) {
    const std::size_t end = std::min(answer.find('\n'), answer.size());
    const std::string_view message = answer.substr(0, end);
    for (const auto& read : {too_old, too_new, too_long, bad_stream}) {
      if (auto rule = read(message)) {
        rules.push_back(std::move(*rule));
        break;
      }
    }
    answer.remove_prefix(std::min(end + 1, answer.size()));
  }
  return rules;
}

}  // namespace

std::vector<std::size_t> find_refused(const Push& push, std::string_view answer) {
  const std::vector<Rule> rules = read_rules(answer);
  DecodedPush decoded;
  if (rules.empty() || !decode_push(push.body, {}, decoded)) return {};
  std::vector<std::size_t> refused;
  std::size_t index = 0;
  for (const PushStream& stream : decoded.streams) {
    for (const PushEntry& entry : stream.entries) {
      const auto broken = [&](const Rule& rule) { return rule.broken_by(stream.labels, entry); };
      if (std::ranges::any_of(rules, broken)) refused.push_back(index);
      ++index;
    }
  }
  return refused;
}

}  // namespace lokitail::agent
