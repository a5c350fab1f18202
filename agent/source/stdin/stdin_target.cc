#include "agent/source/stdin/stdin_target.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <boost/asio/post.hpp>

#include "agent/telemetry/log.h"
#include "agent/worker.h"

namespace lokitail::agent {
namespace {

constexpr const char* kDefaultJob = "stdin";

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

}  // namespace

StdinJob stdin_job(const config::Config& config) {
  if (config.scrape_configs.empty()) {
    return {kDefaultJob, {}, {{"job", kDefaultJob}, {"hostname", host_name()}}};
  }
  const config::ScrapeConfig& first = config.scrape_configs.front();
  StdinJob job{first.job_name, first.pipeline_stages, {}};
  for (const config::StaticConfig& group : first.static_configs) {
    for (const auto& [name, value] : group.labels) job.labels.insert_or_assign(name, value);
  }
  return job;
}

StdinTarget::StdinTarget(boost::asio::io_context& control, Worker& worker, const StdinJob& job,
                         std::function<void(End)> ended, int file)
    : control_(control), worker_(worker), ended_(std::move(ended)), file_(file), readable_(control) {
  // Asio makes the descriptors that it waits for non-blocking, which would reach every process that
  // shares this one. An epoll set of our own is between them: it is readable when the input is.
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  readable_.assign(set);
  epoll_event readable{};
  readable.events = EPOLLIN;
  // Refused for files, which are never waited for.
  static_cast<void>(::epoll_ctl(set, EPOLL_CTL_ADD, file_, &readable));

  StdinSource::Spec spec;
  spec.file = file_;
  spec.job = job.name;
  spec.labels = job.labels;
  source_ = std::make_shared<StdinSource>(std::move(spec), [this](StdinSource::Event event) {
    boost::asio::post(control_, [this, event] { handle(event); });
  });
}

void StdinTarget::start() {
  reading_ = true;
  worker_.add(source_);
}

void StdinTarget::stop() {
  reading_ = false;
  readable_.cancel();
  worker_.post([this, source = source_] { source->finish(worker_); });
}

void StdinTarget::handle(StdinSource::Event event) {
  if (!reading_) return;
  if (event == StdinSource::Event::kWaits) return wait();
  reading_ = false;
  ended_(event == StdinSource::Event::kEnded ? End::kReached : End::kFailed);
}

void StdinTarget::wait() {
  readable_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [this](const boost::system::error_code& cancelled) {
                         if (!cancelled && reading_) worker_.wake(*source_);
                       });
}

}  // namespace lokitail::agent
