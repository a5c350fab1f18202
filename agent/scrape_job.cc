#include "agent/scrape_job.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "agent/discovery/static_targets.h"
#include "agent/source/file/file_targets.h"

namespace lokitail::agent {

ScrapeJob::ScrapeJob(std::shared_ptr<const config::Config> config, const config::ScrapeConfig& scrape,
                     const TargetContext& context)
    : config_(std::move(config)),
      scrape_(scrape),
      files_(*context.files),
      static_targets_(static_targets(scrape)),
      target_(make_target(scrape, context)) {
  if (scrape.discovers_files()) discovered_.emplace(context.control, scrape, files_);
}

void ScrapeJob::add_files() { files_.change({}, std::exchange(static_targets_, {})); }

void ScrapeJob::start() {
  if (discovered_) discovered_->start();
  if (target_) target_->start();
}

void ScrapeJob::stop() {
  if (discovered_) discovered_->stop();
  if (target_) target_->stop();
}

void ScrapeJob::leave_files() { files_.remove_job(name()); }

void ScrapeJob::let_go() {
  if (target_) target_->let_go();
}

boost::asio::awaitable<void> ScrapeJob::close() {
  if (target_) co_await target_->close();
}

std::vector<TargetReport> ScrapeJob::reports() const {
  std::vector<TargetReport> reports = report_static_targets(scrape_);
  if (discovered_) std::ranges::move(discovered_->report(), std::back_inserter(reports));
  return reports;
}

}  // namespace lokitail::agent
