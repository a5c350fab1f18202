// All metrics that stages make out of lines. Whoever asks for one that exists already gets the same
// family: stages that name the same metric count on the same series.
//
// Ownership: those who asked for a family keep it; when the last one lets go of it, it is gone.
// Threads:   any. Errors: none.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pipeline/metric_definition.h"

namespace lokitail::pipeline {

class MetricFamily;

class MetricFamilies {
 public:
  // The family of that name and form, made now if there is none. One of another form, which a
  // configuration loaded earlier has defined, may still exist beside it.
  std::shared_ptr<MetricFamily> get(const MetricDefinition& definition);

  // Sorted by name. Where there are several of one name, the one made last.
  std::vector<std::shared_ptr<MetricFamily>> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<std::weak_ptr<MetricFamily>>> families_;  // in order of making
};

}  // namespace lokitail::pipeline
