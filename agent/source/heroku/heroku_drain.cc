#include "agent/source/heroku/heroku_drain.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "agent/http/url.h"
#include "pipeline/lang/rfc3339.h"

namespace lokitail::agent {
namespace {

// Each change of host, application and process has its own copy of the query's parameters.
constexpr std::size_t kMostBlockBytes = std::size_t{64} << 20;

PushResult malformed(std::string message) { return {PushError::kMalformed, std::move(message)}; }

// Takes what stands before the next space off the front, with the space.
std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

// As forms are encoded.
std::string decoded(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return http::percent_decode(spaced);
}

// Parameters by name; of one that comes several times all values, with commas.
std::map<std::string, std::string> parameters_of(std::string_view query) {
  std::map<std::string, std::string> parameters;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string value = decoded(pair.substr(std::min(equals + 1, pair.size())));
    const auto [known, is_new] = parameters.try_emplace(decoded(pair.substr(0, equals)), value);
    if (!is_new) known->second += "," + value;
  }
  return parameters;
}

// A message without its count: <prival>version time host app process id text.
class Message {
 public:
  explicit Message(std::string_view frame) : rest_(frame) {
    const std::string_view head = take_word(rest_);
    is_one_ = head.size() > 3 && head.front() == '<' && head.find('>') != head.npos;
    pipeline::Timestamp parsed;
    if (pipeline::lang::parse_rfc3339(take_word(rest_), parsed)) time = parsed;
    host = take_word(rest_);
    app = take_word(rest_);
    process = take_word(rest_);
    is_one_ &= !rest_.empty();
    id = take_word(rest_);
    text = rest_;
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  }

  bool is_one() const { return is_one_; }

  std::optional<pipeline::Timestamp> time;
  std::string_view host;
  std::string_view app;
  std::string_view process;
  std::string_view id;
  std::string_view text;

 private:
  std::string_view rest_;
  bool is_one_ = false;
};

}  // namespace

PushResult read_heroku_drain(std::string body, const HerokuReading& reading, ReceivedBlock& block) {
  const auto parameters = parameters_of(reading.query);
  std::map<std::string, std::string> names;  // labels of the parameters
  for (const auto& [name, value] : parameters) names["__heroku_drain_param_" + name] = value;
  std::string_view rest = block.keep(std::move(body));
  while (!rest.empty()) {
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), size);
    const auto digits = static_cast<std::size_t>(end - rest.data());
    if (error != std::errc() || digits >= rest.size() || *end != ' ' || size > rest.size() - digits - 1) {
      return malformed("expected messages that begin with their length");
    }
    const Message message(rest.substr(digits + 1, size));
    rest.remove_prefix(digits + 1 + size);
    if (!message.is_one()) return malformed("expected \"<priority>version time host app process id text\"");
    ReceivedBlock::Pairs labels = {{"__heroku_drain_host", message.host},
                                   {"__heroku_drain_app", message.app},
                                   {"__heroku_drain_proc", message.process},
                                   {"__heroku_drain_log_id", message.id}};
    for (const auto& [name, value] : names) labels.emplace_back(name, value);
    block.continue_group(labels, reading.tenant);
    block.add_kept(message.text, reading.keeps_times ? message.time : std::nullopt);
    if (block.bytes() > kMostBlockBytes) {
      return {PushError::kTooLarge, "the messages take too much memory with the parameters of the query"};
    }
  }
  return {};
}

}  // namespace lokitail::agent
