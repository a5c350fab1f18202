// From the labels of a line to a metric's series, without a lock and without a text made: by the
// hash of the labels. Label sets are told apart by that 64-bit hash.
//
// Threads: belongs to one stage; no locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "pipeline/labels.h"
#include "pipeline/metric_family.h"
#include "pipeline/metric_text.h"
#include "pipeline/symbol_table.h"

namespace lokitail::pipeline {

// Which labels of a line become labels of a series: all but those whose names begin with __, and
// `hidden`.
class ExposedLabels {
 public:
  ExposedLabels(const SymbolTable& symbols, std::string_view hidden) : symbols_(symbols), hidden_(hidden) {}

  std::uint64_t hash(const Labels& labels) {
    std::uint64_t sum = 0;
    for (const Label& label : labels) {
      if (is_exposed(label.name)) sum += label.hash;
    }
    return sum;
  }

  std::string text(const Labels& labels) {
    std::vector<std::pair<std::string_view, std::string_view>> exposed;
    for (const Label& label : labels) {
      if (is_exposed(label.name)) exposed.emplace_back(symbols_.name(label.name), label.value);
    }
    return metric_labels(exposed);
  }

 private:
  // Names are added to the table as targets are found, so they are looked at as they come.
  bool is_exposed(Symbol name) {
    while (name >= exposed_.size()) {
      const std::string_view next = symbols_.name(static_cast<Symbol>(exposed_.size()));
      exposed_.push_back(!next.starts_with("__") && next != hidden_);
    }
    return exposed_[name];
  }

  const SymbolTable& symbols_;
  const std::string_view hidden_;
  std::vector<bool> exposed_;  // by symbol
};

class SeriesIndex {
 public:
  explicit SeriesIndex(std::shared_ptr<MetricFamily> family) : family_(std::move(family)) {}

  const MetricFamily& family() const { return *family_; }

  // The series of these labels, touched. `hash` is that of the exposed ones. nullptr: the metric
  // has too many series already. Valid until the next call.
  MetricSeries* find(const Labels& labels, std::uint64_t hash, std::int64_t now, ExposedLabels& exposed) {
    if (const auto count = family_->retirements(); count != retirements_) let_go(count);
    // Lines of one stream come in rows.
    if (latest_ != nullptr && latest_hash_ == hash && latest_->touch(now)) return latest_;
    latest_ = nullptr;
    auto found = index_.find(hash);
    if (found != index_.end() && !found->second->touch(now)) {
      index_.erase(found);  // retired this very moment
      found = index_.end();
    }
    if (found == index_.end()) {
      // Label sets may share a text, and then a series, where names are not as they are written.
      if (index_.size() >= 2 * MetricFamily::kMostSeries) return nullptr;
      auto series = family_->series(exposed.text(labels), now);
      if (series == nullptr) return nullptr;
      found = index_.emplace(hash, std::move(series)).first;
    }
    latest_hash_ = hash;
    return latest_ = found->second.get();
  }

 private:
  void let_go(std::uint64_t retirements) {
    retirements_ = retirements;
    latest_ = nullptr;
    boost::unordered::erase_if(index_, [](const auto& entry) { return entry.second->retired(); });
  }

  const std::shared_ptr<MetricFamily> family_;
  boost::unordered_flat_map<std::uint64_t, std::shared_ptr<MetricSeries>> index_;
  std::uint64_t retirements_ = 0;  // that index_ knows of
  std::uint64_t latest_hash_ = 0;
  MetricSeries* latest_ = nullptr;
};

}  // namespace lokitail::pipeline
