#include "agent/source/targets.h"

#include <utility>

#include "agent/source/docker/docker_target.h"
#include "agent/source/gelf/gelf_target.h"
#include "agent/source/heroku/heroku_target.h"
#include "agent/source/journal/journal_target.h"
#include "agent/source/kafka/kafka_target.h"
#include "agent/source/push/push_target.h"
#include "agent/source/syslog/syslog_target.h"

namespace lokitail::agent {
namespace {

template <typename Kind>
std::unique_ptr<Target> make(const char* kind, const config::ScrapeConfig& job,
                             const TargetContext& context) {
  auto target = std::make_unique<Kind>(job, context);
  target->describe(job.job_name, kind);
  return target;
}

}  // namespace

std::unique_ptr<Target> make_target(const config::ScrapeConfig& job, const TargetContext& context) {
  if (job.has_files()) return nullptr;
  if (job.journal) return make<JournalTarget>("journal", job, context);
  if (job.syslog) return make<SyslogTarget>("syslog", job, context);
  if (job.push_api) return make<PushTarget>("loki_push_api", job, context);
  if (job.gelf) return make<GelfTarget>("gelf", job, context);
  if (job.heroku_drain) return make<HerokuTarget>("heroku_drain", job, context);
  if (!job.docker_sd_configs.empty()) return make<DockerTarget>("docker", job, context);
  if (job.kafka) return make<KafkaTarget>("kafka", job, context);
  return nullptr;
}

}  // namespace lokitail::agent
