// The metrics that the stages of one configuration define. Several stages may define one metric:
// they count on the same series. They have to agree on what it is, or else nobody could read it.
//
// Threads: belongs to the thread that builds the stages. Errors: config::Error.
#pragma once

#include <map>
#include <string>

#include "config/node.h"
#include "pipeline/metric_definition.h"

namespace lokitail::pipeline {

class MetricNames {
 public:
  // Throws at `where` if another definition contradicts this one, and names its place.
  void define(const MetricDefinition& metric, const config::Node& where);

 private:
  struct Owner {
    MetricDefinition metric;
    config::Place place;
  };
  void claim(const std::string& name, const MetricDefinition& metric, const config::Node& where);

  std::map<std::string, Owner> owners_;  // by the names that /metrics shows
};

}  // namespace lokitail::pipeline
