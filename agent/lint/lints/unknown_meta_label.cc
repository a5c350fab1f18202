// Rules that read a label which no discovery and no receiver has: a misspelt one.
//
// Names are known where a family of them is closed. A label that file_sd_configs, http_sd_configs,
// loki_push_api, the job's own labels or a rule above may set counts as set, whatever its name.

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>

#include "agent/lint/lint.h"
#include "config/nearest.h"

namespace lokitail::agent::lint {
namespace {

using config::Node;
using Names = std::span<const std::string_view>;

// ---- The table ------------------------------------------------------------------------------------

struct Family {
  std::string_view prefix;
  std::string_view from;
  Names names;
  Names open;  // behind these anything goes
};

constexpr std::string_view kConsulNames[] = {"address",    "dc",           "health",  "namespace",
                                             "node",       "partition",    "service", "service_address",
                                             "service_id", "service_port", "tags"};
constexpr std::string_view kConsulAgentNames[] = {
    "address", "dc", "health", "node", "service", "service_address", "service_id", "service_port", "tags"};
constexpr std::string_view kConsulOpen[] = {"metadata_", "service_metadata_", "tagged_address_"};

constexpr std::string_view kDockerNames[] = {
    "container_id",  "container_image", "container_log_stream", "container_name", "container_network_mode",
    "network_id",    "network_ingress", "network_internal",     "network_ip",     "network_name",
    "network_scope", "port_private",    "port_public",          "port_public_ip"};
constexpr std::string_view kDockerOpen[] = {"container_label_", "network_label_"};

constexpr std::string_view kKafkaNames[] = {"group_id", "member_id", "message_key", "partition", "topic"};
constexpr std::string_view kGelfNames[] = {"facility", "host", "level", "version"};
constexpr std::string_view kHerokuNames[] = {"app", "host", "log_id", "proc"};
constexpr std::string_view kHerokuOpen[] = {"param_"};
constexpr std::string_view kSyslogNames[] = {
    "connection_hostname", "connection_ip_address", "message_app_name", "message_facility",
    "message_hostname",    "message_msg_id",        "message_proc_id",  "message_severity"};
constexpr std::string_view kSyslogOpen[] = {"message_sd_"};

constexpr std::string_view kKubernetesNames[] = {"namespace",
                                                 "node_name",
                                                 "node_provider_id",
                                                 "pod_container_id",
                                                 "pod_container_image",
                                                 "pod_container_init",
                                                 "pod_container_name",
                                                 "pod_container_port_name",
                                                 "pod_container_port_number",
                                                 "pod_container_port_protocol",
                                                 "pod_controller_kind",
                                                 "pod_controller_name",
                                                 "pod_cronjob_name",
                                                 "pod_deployment_name",
                                                 "pod_host_ip",
                                                 "pod_ip",
                                                 "pod_job_name",
                                                 "pod_name",
                                                 "pod_node_name",
                                                 "pod_phase",
                                                 "pod_ready",
                                                 "pod_uid",
                                                 "service_cluster_ip",
                                                 "service_external_name",
                                                 "service_loadbalancer_ip",
                                                 "service_name",
                                                 "service_port_name",
                                                 "service_port_number",
                                                 "service_port_protocol",
                                                 "service_type",
                                                 "endpoints_name",
                                                 "endpoint_address_target_kind",
                                                 "endpoint_address_target_name",
                                                 "endpoint_hostname",
                                                 "endpoint_node_name",
                                                 "endpoint_port_name",
                                                 "endpoint_port_protocol",
                                                 "endpoint_ready",
                                                 "endpointslice_address_target_kind",
                                                 "endpointslice_address_target_name",
                                                 "endpointslice_address_type",
                                                 "endpointslice_endpoint_conditions_ready",
                                                 "endpointslice_endpoint_conditions_serving",
                                                 "endpointslice_endpoint_conditions_terminating",
                                                 "endpointslice_endpoint_hostname",
                                                 "endpointslice_endpoint_node_name",
                                                 "endpointslice_endpoint_zone",
                                                 "endpointslice_name",
                                                 "endpointslice_port",
                                                 "endpointslice_port_app_protocol",
                                                 "endpointslice_port_name",
                                                 "endpointslice_port_protocol",
                                                 "ingress_class_name",
                                                 "ingress_host",
                                                 "ingress_name",
                                                 "ingress_path",
                                                 "ingress_scheme"};
// Labels and annotations of each kind of object, and what else has a name of its own at the end.
constexpr std::string_view kKubernetesOpen[] = {"endpoints_annotation_",
                                                "endpoints_annotationpresent_",
                                                "endpoints_label_",
                                                "endpoints_labelpresent_",
                                                "endpointslice_annotation_",
                                                "endpointslice_annotationpresent_",
                                                "endpointslice_label_",
                                                "endpointslice_labelpresent_",
                                                "endpointslice_endpoint_topology_",
                                                "ingress_annotation_",
                                                "ingress_annotationpresent_",
                                                "ingress_label_",
                                                "ingress_labelpresent_",
                                                "namespace_annotation_",
                                                "namespace_annotationpresent_",
                                                "namespace_label_",
                                                "namespace_labelpresent_",
                                                "node_address_",
                                                "node_annotation_",
                                                "node_annotationpresent_",
                                                "node_label_",
                                                "node_labelpresent_",
                                                "pod_annotation_",
                                                "pod_annotationpresent_",
                                                "pod_label_",
                                                "pod_labelpresent_",
                                                "service_annotation_",
                                                "service_annotationpresent_",
                                                "service_label_",
                                                "service_labelpresent_"};

constexpr Family kFamilies[] = {
    {"__gelf_message_", "gelf", kGelfNames, {}},
    {"__heroku_drain_", "heroku_drain", kHerokuNames, kHerokuOpen},
    {"__meta_consul_", "consul_sd_configs", kConsulNames, kConsulOpen},
    {"__meta_consulagent_", "consulagent_sd_configs", kConsulAgentNames, kConsulOpen},
    {"__meta_docker_", "docker_sd_configs", kDockerNames, kDockerOpen},
    {"__meta_kafka_", "kafka", kKafkaNames, {}},
    {"__meta_kubernetes_", "kubernetes_sd_configs", kKubernetesNames, kKubernetesOpen},
    {"__syslog_", "syslog", kSyslogNames, kSyslogOpen}};

// The families of __meta_ that are known, those of other discoveries of Prometheus behind ours.
constexpr std::string_view kInternal = "__";
constexpr std::string_view kMeta = "__meta_";
constexpr std::string_view kOurs[] = {"consul", "consulagent", "docker", "kafka", "kubernetes"};
constexpr std::string_view kOthers[] = {
    "azure",     "digitalocean", "dns",     "dockerswarm", "ec2",      "eureka",    "file",
    "filepath",  "gce",          "hetzner", "ionos",       "kuma",     "lightsail", "linode",
    "marathon",  "nerve",        "nomad",   "openstack",   "ovhcloud", "puppetdb",  "scaleway",
    "serverset", "stackit",      "triton",  "url",         "uyuni",    "vultr"};

// The fields that only journald itself writes begin with an underscore. Anybody may write others.
constexpr std::string_view kJournal = "__journal_";
constexpr std::string_view kTrustedFields[] = {"_boot_id",
                                               "_cmdline",
                                               "_comm",
                                               "_hostname",
                                               "_machine_id",
                                               "_systemd_cgroup",
                                               "_systemd_owner_uid",
                                               "_systemd_session",
                                               "_systemd_slice",
                                               "_systemd_unit",
                                               "_systemd_user_slice",
                                               "_systemd_user_unit",
                                               "_transport"};

// ---- Looking up -----------------------------------------------------------------------------------

bool is_among(std::string_view name, Names names) { return std::ranges::find(names, name) != names.end(); }

// The beginning of `text` with as many underscores as `pattern`; empty where it has fewer.
std::string_view beginning_like(std::string_view text, std::string_view pattern) {
  std::size_t end = 0;
  for (auto left = std::ranges::count(pattern, '_'); left > 0; --left) {
    end = text.find('_', end);
    if (end++ == text.npos) return {};
  }
  return text.substr(0, end);
}

// What there is instead of this name of the family; empty where nothing is like it.
std::string nearest_in(const Family& family, std::string_view name) {
  std::vector<std::string> opened;
  for (const std::string_view open : family.open) {
    const std::string_view beginning = beginning_like(name, open);
    if (!beginning.empty()) opened.push_back(std::string(open) + std::string(name.substr(beginning.size())));
  }
  std::vector<std::string_view> candidates(family.names.begin(), family.names.end());
  candidates.insert(candidates.end(), opened.begin(), opened.end());
  const std::string_view found = config::nearest(name, candidates);
  return found.empty() ? std::string() : std::string(family.prefix) + std::string(found);
}

struct Problem {
  std::string what;
  std::string better;
};

std::optional<Problem> problem_of_journal(std::string_view field) {
  const auto is_trusted = [](std::string_view name) { return is_among(name, kTrustedFields); };
  if (field.starts_with('_')) {
    const std::string_view found =
        is_trusted(field) ? std::string_view() : config::nearest(field, kTrustedFields);
    // Those of the kernel, udev and audit are many: only what is hardly anything else.
    const bool is_near =
        !found.empty() && found.size() + 1 >= field.size() && field.size() + 1 >= found.size();
    if (!is_near) return std::nullopt;
    return Problem{"the journal has no such field", std::string(kJournal) + std::string(found)};
  }
  const std::string trusted = '_' + std::string(field);
  if (!is_trusted(trusted)) return std::nullopt;
  return Problem{"the journal's own fields begin with an underscore", std::string(kJournal) + trusted};
}

// What is wrong with the name of a label; nothing where it may be there.
std::optional<Problem> problem_of(std::string_view name) {
  if (name.starts_with(kJournal)) return problem_of_journal(name.substr(kJournal.size()));
  for (const Family& family : kFamilies) {
    if (!name.starts_with(family.prefix)) continue;
    const std::string_view rest = name.substr(family.prefix.size());
    const bool is_open = std::ranges::any_of(family.open, [rest](std::string_view open) {
      return rest.size() > open.size() && rest.starts_with(open);
    });
    if (is_open || is_among(rest, family.names)) return std::nullopt;
    return Problem{fmt::format("{} has no such label", family.from), nearest_in(family, rest)};
  }
  if (!name.starts_with(kMeta)) return std::nullopt;
  const std::string_view rest = name.substr(kMeta.size());
  const std::string_view family = rest.substr(0, rest.find('_'));
  if (is_among(family, kOurs) || is_among(family, kOthers)) return std::nullopt;
  const std::string_view found = config::nearest(family, kOurs);
  if (found.empty()) return std::nullopt;
  return Problem{"no discovery has such a label",
                 fmt::format("{}{}{}", kMeta, found, rest.substr(family.size()))};
}

// The same for the names that a labelmap is about, of which `beginning` is known.
std::optional<Problem> problem_of_names(std::string_view beginning) {
  for (const Family& family : kFamilies) {
    if (!beginning.starts_with(family.prefix)) continue;
    const std::string_view rest = beginning.substr(family.prefix.size());
    const auto goes_on = [rest](std::string_view name) {
      return name.starts_with(rest) || rest.starts_with(name);
    };
    const auto begins = [rest](std::string_view name) { return name.starts_with(rest); };
    if (std::ranges::any_of(family.open, goes_on) || std::ranges::any_of(family.names, begins))
      return std::nullopt;
    return Problem{fmt::format("{} has no such labels", family.from), nearest_in(family, rest)};
  }
  return std::nullopt;
}

// ---- Jobs -----------------------------------------------------------------------------------------

// Labels that the job, or a rule so far, sets by name.
class Given {
 public:
  explicit Given(const Node& job) {
    for (const std::string_view key : {"file_sd_configs", "http_sd_configs", "loki_push_api"}) {
      if (!child(job, key).is_null()) is_anything_ = true;
    }
    const Node groups = child(job, "static_configs");
    for (const Node& group : groups.items()) {
      const Node labels = child(group, "labels");
      for (const auto& [name, value] : labels.entries()) names_.insert(name.text());
    }
  }

  void add(const Node& rule) {
    const std::string target = child(rule, "target_label").text();
    const std::string replacement = child(rule, "replacement").text();
    const bool is_composed = target.starts_with(kInternal) && target.find('$') != std::string::npos;
    if (is_composed || (is_labelmap(rule) && replacement.starts_with(kInternal))) is_anything_ = true;
    names_.insert(target);
  }
  bool may_have(const std::string& name) const { return is_anything_ || names_.contains(name); }
  bool is_anything() const { return is_anything_; }

  static bool is_labelmap(const Node& rule) {
    return config::equal_fold(child(rule, "action").text(), "labelmap");
  }

 private:
  std::unordered_set<std::string> names_;
  bool is_anything_ = false;
};

void check_rule(const Node& rule, const Given& given, Report& report) {
  const Node sources = child(rule, "source_labels");
  for (const Node& source : sources.items()) {
    if (given.may_have(source.text())) continue;
    const auto problem = problem_of(source.text());
    if (!problem) continue;
    report.add(source.place(), fmt::format("the label {} is never there: {}", source.text(), problem->what),
               problem->better);
  }
  const Node regex = child(rule, "regex");
  if (!Given::is_labelmap(rule) || given.is_anything()) return;
  const std::string beginning = regex.text().substr(0, regex.text().find_first_of("\\.*+?()[]{}|^$"));
  if (const auto problem = problem_of_names(beginning)) {
    report.add(regex.place(),
               fmt::format("labels that begin with {} are never there: {}", beginning, problem->what),
               problem->better);
  }
}

}  // namespace

void check_unknown_meta_label(const Subject& subject, Report& report) {
  for (const JobModel* job : subject.sound_jobs()) {
    Given given(job->node);
    const Node rules = child(job->node, "relabel_configs");
    for (const Node& rule : rules.items()) {
      check_rule(rule, given, report);
      given.add(rule);
    }
  }
}

}  // namespace lokitail::agent::lint
