#include "agent/lint/target_labels.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

#include "agent/discovery/relabel.h"
#include "pipeline/lang/regex.h"

namespace lokitail::agent::lint {
namespace {

using config::LabelMap;
using config::Node;
using config::RelabelAction;
using config::RelabelConfig;

// The blocks that say where a job's lines come from, other than files.
constexpr std::array<std::string_view, 11> kReceivers = {
    "journal",          "syslog", "gcplog",     "loki_push_api",     "windows_events", "kafka",
    "azure_event_hubs", "gelf",   "cloudflare", "docker_sd_configs", "heroku_drain"};
// Those of them whose lines bring labels of their own.
constexpr std::string_view kPushApi = "loki_push_api";
constexpr std::string_view kWindowsEvents = "windows_events";
constexpr std::string_view kDiscoverySuffix = "_sd_configs";

bool is_internal(std::string_view label) { return label.starts_with("__"); }

std::string label_of(const LabelMap& labels, const char* name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string() : found->second;
}

// Where a label of a target is given: in its own labels, or by the last rule that sets it.
config::Place place_of(const std::string& label, const Node& given, const Node& rules, const Node& job) {
  config::Place place = job.place();
  if (const Node key = child_key(given, label); !key.is_null()) place = key.place();
  for (const Node& rule : rules.items()) {
    const Node target = child(rule, "target_label");
    if (target.is_scalar() && target.text() == label) place = target.place();
  }
  return place;
}

// ---- Static targets
// -------------------------------------------------------------------------------

class StaticTargets {
 public:
  StaticTargets(const Node& job, const config::ScrapeConfig& scrape, TargetLabels& out)
      : job_(job), rules_(child(job, "relabel_configs")), scrape_(scrape), out_(out) {}

  void add_all() {
    const Relabeler relabeler(scrape_.relabel_configs);
    const auto& nodes = child(job_, "static_configs").items();
    for (std::size_t i = 0; i < scrape_.static_configs.size(); ++i) {
      const Node given = i < nodes.size() ? child(nodes[i], "labels") : Node();
      const config::StaticConfig& group = scrape_.static_configs[i];
      for (std::size_t address = 0; address == 0 || address < group.targets.size(); ++address) {
        LabelMap labels = group.labels;
        labels["__address__"] = group.targets.empty() ? "localhost" : group.targets[address];
        if (relabeler.apply(labels)) add(std::move(labels), given);
      }
    }
    // One that some target lacks is empty there, as selectors see it.
    for (auto& [name, fact] : out_.state.labels) {
      const auto lacks = [&name = name](const PathModel& path) { return !path.labels->contains(name); };
      if (std::ranges::any_of(out_.paths, lacks)) fact.values->insert("");
    }
  }

 private:
  void add(LabelMap labels, const Node& given) {
    PathModel path;
    path.path = label_of(labels, "__path__");
    path.exclude = label_of(labels, "__path_exclude__");
    path.host = label_of(labels, "__host__");
    const Node written = child(given, "__path__");
    path.place = written.is_null() ? place_of("__path__", given, rules_, job_) : written.place();
    if (path.path.empty()) return;  // no target
    std::erase_if(labels, [](const auto& label) { return is_internal(label.first); });
    for (const auto& [name, value] : labels) {
      const auto found =
          out_.state.labels.try_emplace(name, Fact{place_of(name, given, rules_, job_), "", ""});
      Fact& fact = found.first->second;
      if (!fact.values) fact.values.emplace();
      fact.values->insert(value);
    }
    path.labels = std::move(labels);
    const auto same = [&path](const PathModel& other) {
      return other.path == path.path && other.labels == path.labels;
    };
    if (std::ranges::none_of(out_.paths, same)) out_.paths.push_back(std::move(path));
  }

  const Node& job_;
  const Node rules_;
  const config::ScrapeConfig& scrape_;
  TargetLabels& out_;
};

// ---- Targets yet to be discovered
// -----------------------------------------------------------------

// What rules make of labels that are not known.
class RuleReader {
 public:
  explicit RuleReader(TargetLabels& out) : out_(out) {}

  void read(const RelabelConfig& rule, const Node& node) {
    switch (rule.action) {
      case RelabelAction::kReplace:
      case RelabelAction::kHashMod:
      case RelabelAction::kLowercase:
      case RelabelAction::kUppercase:
        return set(rule, node);
      case RelabelAction::kLabelMap:
        return map_names(rule);
      case RelabelAction::kLabelDrop:
      case RelabelAction::kLabelKeep:
        return remove(rule);
      case RelabelAction::kKeep:
      case RelabelAction::kDrop:
      case RelabelAction::kKeepEqual:
      case RelabelAction::kDropEqual:
        return;
    }
  }

 private:
  void set(const RelabelConfig& rule, const Node& node) {
    const Node target = child(node, "target_label");
    if (rule.target_label == "__path__") {
      out_.paths.push_back({rule.replacement, "", "", child(node, "replacement").place(), std::nullopt});
    }
    if (is_internal(rule.target_label)) return;
    if (rule.target_label.find('$') != std::string::npos) {
      out_.state.has_unknown_labels = true;
      return;
    }
    Fact fact{target.place(), "", ""};
    const bool is_copy =
        rule.action == RelabelAction::kReplace && rule.regex == "(.*)" && rule.source_labels.size() == 1;
    if (is_copy) fact.source = rule.source_labels.front();
    const bool is_constant =
        rule.action == RelabelAction::kReplace && rule.replacement.find('$') == std::string::npos;
    if (is_constant) fact.values = std::set<std::string>{rule.replacement};
    fact.is_rewritten = !is_copy;
    out_.state.labels.insert_or_assign(rule.target_label, std::move(fact));
  }

  void map_names(const RelabelConfig& rule) {
    // Names that begin with __ are gone in the end, whatever comes behind.
    if (!is_internal(rule.replacement)) out_.state.has_unknown_labels = true;
  }

  void remove(const RelabelConfig& rule) {
    try {
      const pipeline::lang::Regex regex(rule.regex, pipeline::lang::Regex::Anchoring::kWhole);
      const bool removes_matching = rule.action == RelabelAction::kLabelDrop;
      std::erase_if(out_.state.labels,
                    [&](const auto& label) { return regex.matches(label.first) == removes_matching; });
    } catch (const std::invalid_argument&) {
      // An error of the configuration, which is told elsewhere.
    }
  }

  TargetLabels& out_;
};

void add_constant(FlowState& state, const Node& labels) {
  for (const auto& [name, value] : labels.entries()) {
    if (is_internal(name.text())) continue;
    Fact fact{name.place(), "", ""};
    fact.values = std::set<std::string>{value.text()};
    state.labels.insert_or_assign(name.text(), std::move(fact));
  }
}

void read_rules(const Node& job, const config::ScrapeConfig& scrape, TargetLabels& out) {
  const auto& nodes = child(job, "relabel_configs").items();
  RuleReader reader(out);
  for (std::size_t i = 0; i < scrape.relabel_configs.size() && i < nodes.size(); ++i) {
    reader.read(scrape.relabel_configs[i], nodes[i]);
  }
}

// The first block of the job that says where lines come from.
std::string_view kind_of(const Node& job) {
  const auto is_there = [&job](std::string_view key) {
    const Node node = child(job, key);
    return !node.is_null() && !(node.is_sequence() && node.items().empty());
  };
  for (const auto& [key, value] : job.entries()) {
    const bool discovers = key.text().ends_with(kDiscoverySuffix) && key.text() != "docker_sd_configs";
    if ((discovers || key.text() == "static_configs") && is_there(key.text())) return key.text();
  }
  for (const std::string_view kind : kReceivers) {
    if (is_there(kind)) return kind;
  }
  return {};
}

void add_filename(const Node& job, FlowState& state) {
  // Always that of the file, whatever the configuration says.
  state.labels.insert_or_assign("filename", Fact{job.place(), "", ""});
}

}  // namespace

TargetLabels target_labels(const Node& job, const config::ScrapeConfig& scrape, bool from_stdin) {
  TargetLabels out;
  if (from_stdin) {
    for (const Node& group : child(job, "static_configs").items()) {
      add_constant(out.state, child(group, "labels"));
    }
    return out;
  }
  const std::string_view kind = kind_of(job);
  if (kind == "static_configs") {
    out.are_files = true;
    try {
      StaticTargets(job, scrape, out).add_all();
    } catch (const config::Error&) {
      out.state.has_unknown_labels = true;  // a rule that is none
    }
    add_filename(job, out.state);
    return out;
  }
  if (kind.ends_with(kDiscoverySuffix) && kind != "docker_sd_configs") {
    out.are_files = true;
    // Files and servers of lists name labels of their own; all others bring only what begins with __.
    out.state.has_unknown_labels = kind == "file_sd_configs" || kind == "http_sd_configs";
    read_rules(job, scrape, out);
    add_filename(job, out.state);
    return out;
  }
  read_rules(job, scrape, out);
  add_constant(out.state, child(child(job, kind), "labels"));
  if (kind.empty() || kind == kPushApi) out.state.has_unknown_labels = true;
  if (kind == kWindowsEvents) {
    for (const char* label : {"channel", "computer"}) {
      out.state.labels.try_emplace(label, Fact{job.place(), "", ""});
    }
  }
  return out;
}

}  // namespace lokitail::agent::lint
