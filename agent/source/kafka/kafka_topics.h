// Which topics a job reads: those it names, and those that its regular expressions match.
//
// Threads: one. Errors: the constructor throws config::Error for an expression that is none.
// Source:  Promtail: a topic that begins with ^ is a Go regular expression.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "pipeline/lang/regex.h"

namespace lokitail::agent {

class KafkaTopics {
 public:
  explicit KafkaTopics(const std::vector<config::KafkaConfig::Topic>& topics);

  // Whether the topics of the cluster matter.
  bool has_patterns() const { return !patterns_.empty(); }
  // Sorted, each once, of a cluster with these topics. Kafka's own (__consumer_offsets) are matched only by
  // an expression that begins with ^__: whoever reads the offsets while committing some never ends.
  std::vector<std::string> choose(const std::vector<std::string>& existing) const;

 private:
  struct Pattern {
    pipeline::lang::Regex regex;
    bool matches_internal;
  };
  std::vector<std::string> names_;
  std::vector<Pattern> patterns_;
};

}  // namespace lokitail::agent
