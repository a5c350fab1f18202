// Relabels the entries of a client. The rules run once for each label set; what came out is
// remembered.
//
// Threads: belongs to one worker. Errors: the constructor throws config::Error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "agent/discovery/relabel.h"
#include "config/config.h"
#include "pipeline/labels.h"
#include "pipeline/symbol_table.h"

namespace lokitail::agent {

class EntryRelabeler {
 public:
  EntryRelabeler(const std::vector<config::RelabelConfig>& rules, pipeline::SymbolTable& symbols)
      : relabeler_(rules), symbols_(symbols) {}

  // What becomes of these labels; nullptr where a rule drops them. Valid until the next call.
  const pipeline::Labels* apply(const pipeline::Labels& labels);

 private:
  struct Known {
    std::vector<std::pair<pipeline::Symbol, std::string>> before;
    config::LabelMap texts;                  // after it
    std::optional<pipeline::Labels> result;  // views into `texts`; nothing where they are dropped

    bool is_of(const pipeline::Labels& labels) const;
  };

  std::unique_ptr<Known> relabel(const pipeline::Labels& labels) const;

  const Relabeler relabeler_;
  pipeline::SymbolTable& symbols_;
  boost::unordered_flat_map<std::uint64_t, std::unique_ptr<Known>> known_;  // by hash of the labels
};

}  // namespace lokitail::agent
