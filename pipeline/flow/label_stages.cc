// The stages that set and remove labels, structured metadata and tenants.

#include <array>

#include "pipeline/flow/flow_reader.h"

namespace lokitail::pipeline::flow {
namespace {

constexpr const char* kTenantLabel = "__tenant_id__";

void read_sources(const std::vector<FlowLabel>& labels, StageFlow& flow) {
  for (const FlowLabel& label : labels) flow.reads.push_back({label.source, label.place});
}

}  // namespace

void labels(const config::Node& body, StageFlow& flow) {
  flow.labels = sourced(body);
  read_sources(flow.labels, flow);
}

void static_labels(const config::Node& body, StageFlow& flow) {
  for (const auto& [key, value] : body.entries()) {
    const std::string text = text_of(value);
    if (!text.empty()) flow.labels.push_back({key.text(), key.place(), "", text});
  }
}

void labeldrop(const config::Node& body, StageFlow& flow) { flow.removes_labels = names_of(body); }

void labelallow(const config::Node& body, StageFlow& flow) { flow.keeps_labels = names_of(body); }

// Which values go beyond their budget, only lines tell.
void cardinality_guard(const config::Node& body, StageFlow& flow) {
  for (const auto& [label, budget] : member(body, "labels").entries()) {
    flow.reads_labels.push_back({label.text(), label.place()});
  }
}

void structured_metadata(const config::Node& body, StageFlow& flow) {
  flow.metadata = sourced(body);
  read_sources(flow.metadata, flow);
}

void tenant(const config::Node& body, StageFlow& flow) {
  FlowLabel tenant{kTenantLabel, flow.place, ""};
  read_source(body, flow);
  if (!flow.reads.empty()) tenant.source = flow.reads.back().name;
  if (const auto label = member(body, "label"); !text_of(label).empty()) {
    flow.reads_labels.push_back({text_of(label), label.place()});
  }
  if (const auto value = member(body, "value"); !text_of(value).empty()) tenant.value = text_of(value);
  flow.labels.push_back(std::move(tenant));
}

void geoip(const config::Node& body, StageFlow& flow) {
  read_source(body, flow);
  constexpr std::array kOfCities = {
      "city_name",          "country_name", "continent_name", "continent_code",   "location_latitude",
      "location_longitude", "postal_code",  "timezone",       "subdivision_name", "subdivision_code"};
  constexpr std::array kOfNetworks = {"autonomous_system_number", "autonomous_system_organization"};
  const auto add = [&flow](const auto& names) {
    for (const char* name : names) {
      flow.labels.push_back({std::string("geoip_") + name, flow.place, ""});
    }
  };
  if (text_of(member(body, "db_type")) == "asn") {
    add(kOfNetworks);
  } else {
    add(kOfCities);
  }
}

}  // namespace lokitail::pipeline::flow
