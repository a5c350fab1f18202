// Stages that remove the label in which the tenant travels.

#include <algorithm>

#include <fmt/format.h>

#include "agent/lint/lint.h"

namespace lokitail::agent::lint {
namespace {

constexpr const char* kTenant = "__tenant_id__";

bool names_tenant(const std::vector<pipeline::FlowName>& names) {
  return std::ranges::find(names, kTenant, &pipeline::FlowName::name) != names.end();
}

}  // namespace

void check_tenant_dropped(const Subject& subject, Report& report) {
  for (const JobModel* job : subject.sound_jobs()) {
    for (const StepModel& step : job->steps) {
      const auto tenant = step.before.labels.find(kTenant);
      if (tenant == step.before.labels.end()) continue;
      const auto& keeps = step.flow.keeps_labels;
      const bool drops = (keeps && !names_tenant(*keeps)) || names_tenant(step.flow.removes_labels);
      if (!drops) continue;
      report.add(step.flow.place,
                 fmt::format("{} removes {}, in which the tenant set in line {} travels: entries go to "
                             "the client's own tenant",
                             step.flow.stage, kTenant, tenant->second.place.line),
                 keeps ? fmt::format("{} in the list, or the tenant stage behind it", kTenant)
                       : "the tenant stage behind it");
    }
  }
}

}  // namespace lokitail::agent::lint
