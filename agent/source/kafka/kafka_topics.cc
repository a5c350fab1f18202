#include "agent/source/kafka/kafka_topics.h"

#include <algorithm>
#include <stdexcept>

namespace lokitail::agent {

KafkaTopics::KafkaTopics(const std::vector<config::KafkaConfig::Topic>& topics) {
  for (const auto& topic : topics) {
    if (!topic.name.starts_with('^')) {
      names_.push_back(topic.name);
      continue;
    }
    try {
      patterns_.push_back({pipeline::lang::Regex(topic.name), topic.name.starts_with("^__")});
    } catch (const std::invalid_argument& error) {
      throw config::Error(topic.place, std::string("not a regular expression: ") + error.what());
    }
  }
}

std::vector<std::string> KafkaTopics::choose(const std::vector<std::string>& existing) const {
  std::vector<std::string> chosen = names_;
  for (const std::string& topic : existing) {
    const bool is_internal = topic.starts_with("__");
    const bool matches = std::ranges::any_of(patterns_, [&](const Pattern& pattern) {
      return (!is_internal || pattern.matches_internal) && pattern.regex.matches(topic);
    });
    if (matches) chosen.push_back(topic);
  }
  std::ranges::sort(chosen);
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return chosen;
}

}  // namespace lokitail::agent
