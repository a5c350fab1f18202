#include "agent/source/kafka/kafka_topics.h"

#include <catch2/catch.hpp>

namespace lokitail::agent {
namespace {

using Names = std::vector<std::string>;

KafkaTopics topics_of(const Names& names) {
  std::vector<config::KafkaConfig::Topic> topics;
  for (const std::string& name : names) topics.push_back({name, {"f", 3, 7}});
  return KafkaTopics(topics);
}

TEST_CASE("topics by name are read whether they are there or not", "[kafka]") {
  const KafkaTopics topics = topics_of({"b", "a", "b"});
  CHECK_FALSE(topics.has_patterns());
  CHECK(topics.choose({}) == Names{"a", "b"});
  CHECK(topics.choose({"c", "ab"}) == Names{"a", "b"});
}

TEST_CASE("topics by expression, which are Go's", "[kafka]") {
  const KafkaTopics topics = topics_of({R"(^app-\d+)", "^(?i)Audit$", "app-1", "plain"});
  CHECK(topics.has_patterns());
  CHECK(topics.choose({}) == Names{"app-1", "plain"});
  CHECK(topics.choose({"app-1", "app-22-x", "app-x", "my-app-1", "AUDIT", "audits"}) ==
        Names{"AUDIT", "app-1", "app-22-x", "plain"});
}

TEST_CASE("Kafka's own topics are for who asks for them", "[kafka]") {
  CHECK(topics_of({"^.*"}).choose({"__consumer_offsets", "a"}) == Names{"a"});
  CHECK(topics_of({"^__consumer"}).choose({"__consumer_offsets", "a"}) == Names{"__consumer_offsets"});
}

TEST_CASE("an expression that is none is refused at its place", "[kafka]") {
  try {
    topics_of({"^("});
    FAIL("nothing was thrown");
  } catch (const config::Error& error) {
    CHECK(std::string(error.what()).starts_with("f:3:7: not a regular expression: "));
  }
}

}  // namespace
}  // namespace lokitail::agent
