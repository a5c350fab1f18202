#include "agent/source/heroku/heroku_target.h"

#include <utility>

#include "agent/source/heroku/heroku_drain.h"
#include "agent/source/push/push_request.h"
#include "agent/source/received/dropped_entries.h"

namespace lokitail::agent {
namespace {

// Logplex sends some kilobytes at a time.
constexpr std::size_t kMostBodyBytes = std::size_t{10} << 20;

}  // namespace

HerokuTarget::HerokuTarget(const config::ScrapeConfig& job, const TargetContext& context)
    : receiver_(job, job.heroku_drain->server, kMostBodyBytes, "heroku_drain", context) {
  ReceivedSource::Spec spec;
  spec.job = job.job_name;
  spec.labels = job.heroku_drain->labels;
  spec.relabel_configs = job.relabel_configs;
  spec.is_awaited = true;
  spec.keeps_without_labels = true;
  auto& entries = context.metrics.counter_of("promtail_heroku_drain_target_entries_total",
                                             "Number of successful entries received by the Heroku target");
  auto& faults = context.metrics.counter_of("promtail_heroku_drain_target_parsing_errors_total",
                                            "Number of parsing errors while receiving Heroku messages");
  spec.pushed = [&entries](std::size_t count) { entries.Increment(static_cast<double>(count)); };
  const auto source = std::make_shared<ReceivedSource>(context.control, context.worker, std::move(spec),
                                                       count_dropped(context.metrics, job.job_name));
  const bool keeps_times = job.heroku_drain->use_incoming_timestamp;
  const auto read = [&faults, keeps_times](HttpRequest& request, ReceivedBlock& block) {
    const HerokuReading reading{.keeps_times = keeps_times,
                                .query = request.query,
                                .tenant = request.header("X-Scope-OrgID").value_or("")};
    PushResult result =
        unpack_body(request.body, request.header("Content-Encoding").value_or(""), kMostBodyBytes);
    if (result) result = read_heroku_drain(std::move(request.body), reading, block);
    if (!result) faults.Increment();
    return result;
  };
  receiver_.add({"/heroku/api/v1/drain", "heroku", source, read});
}

}  // namespace lokitail::agent
