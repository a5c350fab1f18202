#include "agent/source/docker/container_filter.h"

#include <algorithm>
#include <stdexcept>

#include "config/error.h"

namespace lokitail::agent {

ContainerFilter::ContainerFilter(const config::DockerSdConfig& config) {
  for (const auto& filter : config.filters) {
    for (const std::string& value : filter.values) {
      if (filter.name == "label") {
        labels_.push_back(value);
      } else if (filter.name == "status") {
        states_.push_back(value);
      } else {
        try {
          (filter.name == "id" ? ids_ : names_).push_back({value, pipeline::lang::Regex(value)});
        } catch (const std::invalid_argument& error) {
          throw config::Error(config.place,
                              "filters: \"" + value + "\" is no regular expression: " + error.what());
        }
      }
    }
  }
}

bool ContainerFilter::any_matches(const std::vector<Expression>& expressions, const std::string& text) {
  return std::ranges::any_of(expressions, [&text](const Expression& expression) {
    return expression.text == text || expression.regex.matches(text);
  });
}

// With the slash or without it.
bool ContainerFilter::name_matches(const ListedContainer& container) const {
  if (names_.empty()) return true;
  return std::ranges::any_of(container.names, [this](const std::string& name) {
    return any_matches(names_, name) || (name.starts_with('/') && any_matches(names_, name.substr(1)));
  });
}

bool ContainerFilter::labels_match(const ListedContainer& container) const {
  return std::ranges::all_of(labels_, [&container](const std::string& wanted) {
    const std::size_t equals = wanted.find('=');
    const auto label = container.labels.find(wanted.substr(0, equals));
    if (label == container.labels.end()) return false;
    return equals == wanted.npos || label->second == wanted.substr(equals + 1);
  });
}

bool ContainerFilter::matches(const ListedContainer& container) const {
  return (ids_.empty() || any_matches(ids_, container.id)) && name_matches(container) &&
         labels_match(container) &&
         (states_.empty() || std::ranges::find(states_, container.state) != states_.end());
}

}  // namespace lokitail::agent
