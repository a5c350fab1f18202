// Accounts for every line that was read: which stage took it out, which hold some, and what came out for
// the clients. Beside lokitail_client_entries_total, which says what became of it there.
//
//   lines of a job = what its stages consumed + what they hold + its entries
//   entries of all jobs (less what the limit on lines dropped) = entries taken by each client
//   entries taken by a client = sent + refused + dropped + unmatched + spooled + pending
//
// Threads: any. Each worker publishes pages that are right in themselves.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "pipeline/pipeline.h"

namespace lokitail::agent {

class Ledger final : public prometheus::Collectable {
 public:
  struct Job {
    std::uint64_t lines = 0;    // into the pipeline
    std::uint64_t entries = 0;  // out of it
    std::vector<pipeline::StageCounts> stages;

    // Stages are told from each other by their names and places.
    Job& operator+=(const Job& other);
  };
  using Page = std::map<std::string, Job>;  // by name

  // The page of one worker, by its number.
  void publish(std::size_t worker, Page page);
  // The sums of all workers' pages.
  Page page() const;

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  mutable std::mutex mutex_;
  std::vector<Page> pages_;  // by worker; guarded by it
};

}  // namespace lokitail::agent
