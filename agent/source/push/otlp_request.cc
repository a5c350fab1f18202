#include "agent/source/push/otlp_request.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "agent/loki/protobuf_reader.h"
#include "agent/source/push/otlp_value.h"
#include "pipeline/lang/json_parse.h"

namespace lokitail::agent {
namespace {

using pipeline::Timestamp;
using pipeline::lang::JsonValue;

// Attributes of resources that become labels (Loki's default_resource_attributes_as_index_labels).
constexpr std::array<std::string_view, 18> kLabels = {"cloud.availability_zone",
                                                      "cloud.region",
                                                      "container.name",
                                                      "deployment.environment",
                                                      "deployment.environment.name",
                                                      "k8s.cluster.name",
                                                      "k8s.container.name",
                                                      "k8s.cronjob.name",
                                                      "k8s.daemonset.name",
                                                      "k8s.deployment.name",
                                                      "k8s.job.name",
                                                      "k8s.namespace.name",
                                                      "k8s.pod.name",
                                                      "k8s.replicaset.name",
                                                      "k8s.statefulset.name",
                                                      "service.instance.id",
                                                      "service.name",
                                                      "service.namespace"};
// Where the name of a service comes from that its resource does not say (Loki's discover_service_name).
constexpr std::array<std::string_view, 12> kServiceNames = {"service",
                                                            "app",
                                                            "application",
                                                            "app_name",
                                                            "name",
                                                            "app_kubernetes_io_name",
                                                            "container",
                                                            "container_name",
                                                            "k8s_container_name",
                                                            "component",
                                                            "workload",
                                                            "job"};

PushResult malformed_otlp(std::string message) { return {PushError::kMalformed, std::move(message)}; }

struct Scope {
  std::string_view name;
  std::string_view version;
  OtlpMembers attributes;
  std::uint64_t dropped_attributes = 0;
};

struct Record {
  std::uint64_t time = 0;  // since 1970, in nanoseconds; 0: nobody said
  std::uint64_t observed_time = 0;
  std::uint64_t severity_number = 0;
  std::string_view severity_text;
  OtlpValue body;
  OtlpMembers attributes;
  std::uint64_t dropped_attributes = 0;
  std::uint64_t flags = 0;
  std::string_view trace_id;  // in hexadecimal digits
  std::string_view span_id;
  std::string_view event_name;
};

std::string_view hexadecimal(std::string_view bytes, pipeline::Arena& arena) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  char* const start = arena.allocate(2 * bytes.size());
  char* to = start;
  for (const char c : bytes) {
    *to++ = kDigits[static_cast<unsigned char>(c) >> 4];
    *to++ = kDigits[static_cast<unsigned char>(c) & 15u];
  }
  return {start, 2 * bytes.size()};
}

// What is read becomes entries of the block, resource by resource.
class Entries {
 public:
  Entries(const PushReading& reading, ReceivedBlock& block)
      : reading_(reading),
        block_(block),
        left_(reading.most_parts),
        allowance_{reading.most_parts, reading.most_bytes} {}

  // For what is read; a resource, a scope and a record may have as many values each, since they are there one after
  // the other.
  OtlpAllowance& allowance() {
    allowance_.values = reading_.most_parts;
    return allowance_;
  }

  // REQUIRES: its attributes live as long as the block. False where there are too many, as with the others.
  bool begin_resource(const OtlpMembers& attributes) {
    ReceivedBlock::Pairs labels;
    of_resource_.clear();
    for (const auto& [key, value] : attributes) {
      const bool is_label = std::ranges::find(kLabels, key) != kLabels.end();
      if (!add_flattened(key, value, block_.arena(), allowance_, is_label ? labels : of_resource_))
        return false;
    }
    name_service(labels);
    block_.begin_group(labels, reading_.tenant);
    return true;
  }

  bool begin_scope(const Scope& scope) {
    of_scope_.clear();
    if (!add_flattened(scope.attributes, block_.arena(), allowance_, of_scope_)) return false;
    if (!scope.name.empty()) of_scope_.emplace_back("scope_name", scope.name);
    if (!scope.version.empty()) of_scope_.emplace_back("scope_version", scope.version);
    add_number(of_scope_, "scope_dropped_attributes_count", scope.dropped_attributes);
    return true;
  }

  bool add(const Record& record) {
    ReceivedBlock::Pairs metadata;
    if (!add_flattened(record.attributes, block_.arena(), allowance_, metadata)) return false;
    add_number(metadata, "dropped_attributes_count", record.dropped_attributes);
    add_number(metadata, "flags", record.flags);
    add_number(metadata, "observed_timestamp", record.observed_time);
    add_number(metadata, "severity_number", record.severity_number);
    add_text(metadata, "severity_text", record.severity_text);
    add_text(metadata, "event_name", record.event_name);
    add_text(metadata, "span_id", record.span_id);
    add_text(metadata, "trace_id", record.trace_id);
    metadata.insert(metadata.end(), of_scope_.begin(), of_scope_.end());
    metadata.insert(metadata.end(), of_resource_.begin(), of_resource_.end());
    if (metadata.size() + 1 > left_) return false;
    left_ -= metadata.size() + 1;
    const std::uint64_t nanoseconds = record.time != 0 ? record.time : record.observed_time;
    std::optional<Timestamp> time;
    if (nanoseconds != 0 && reading_.keeps_times) {
      time.emplace(static_cast<std::int64_t>(nanoseconds / pipeline::kNanosecondsPerSecond),
                   static_cast<std::int32_t>(nanoseconds % pipeline::kNanosecondsPerSecond));
    }
    block_.add_kept(text_of(record.body, block_.arena()), time, std::move(metadata));
    return true;
  }

  PushResult too_many() const {
    return {PushError::kTooLarge, "more than " + std::to_string(reading_.most_parts) +
                                      " records and attributes, or " + std::to_string(reading_.most_bytes) +
                                      " bytes of names"};
  }
  // What cannot be read is this, unless there was too much of it.
  PushResult unreadable(const char* what) const {
    return allowance_.is_exceeded ? too_many() : malformed_otlp(what);
  }

 private:
  void name_service(ReceivedBlock::Pairs& labels) {
    const auto named = [](const ReceivedBlock::Pairs& pairs, std::string_view name) {
      return std::ranges::find(pairs, name, [](const auto& pair) { return pair.first; });
    };
    if (named(labels, "service_name") != labels.end()) return;
    for (const std::string_view name : kServiceNames) {
      for (const ReceivedBlock::Pairs* const pairs : {&labels, &of_resource_}) {
        const auto found = named(*pairs, name);
        if (found == pairs->end()) continue;
        const std::string_view value = found->second;  // a view of what stays where it is
        labels.emplace_back("service_name", value);
        return;
      }
    }
    labels.emplace_back("service_name", "unknown_service");
  }

  void add_number(ReceivedBlock::Pairs& pairs, std::string_view name, std::uint64_t number) {
    if (number != 0) pairs.emplace_back(name, block_.arena().copy(std::to_string(number)));
  }
  static void add_text(ReceivedBlock::Pairs& pairs, std::string_view name, std::string_view text) {
    if (!text.empty()) pairs.emplace_back(name, text);
  }

  const PushReading& reading_;
  ReceivedBlock& block_;
  std::size_t left_;
  OtlpAllowance allowance_;
  ReceivedBlock::Pairs of_resource_;
  ReceivedBlock::Pairs of_scope_;
};

// ---- Protobuf ---------------------------------------------------------------------------------------

class ProtobufLogs {
 public:
  ProtobufLogs(const PushReading& reading, ReceivedBlock& block) : block_(block), entries_(reading, block) {}

  PushResult read(std::string_view request) {
    ProtobufReader reader(request);
    while (reader.next()) {
      if (reader.number() != 1 || !reader.is_bytes()) continue;
      if (PushResult result = read_resource_logs(reader.bytes()); !result) return result;
    }
    return reader.sound() ? PushResult{} : broken();
  }

 private:
  PushResult broken() const { return entries_.unreadable("proto: malformed logs request"); }

  PushResult read_resource_logs(std::string_view message) {
    OtlpMembers attributes;
    ProtobufReader reader(message);
    while (reader.next()) {
      if (reader.number() == 1 && !read_attributes(reader.bytes(), attributes)) return broken();
    }
    if (!reader.sound()) return broken();
    if (!entries_.begin_resource(attributes)) return entries_.too_many();
    ProtobufReader scopes(message);
    while (scopes.next()) {
      if (scopes.number() != 2 || !scopes.is_bytes()) continue;
      if (PushResult result = read_scope_logs(scopes.bytes()); !result) return result;
    }
    return {};
  }

  // Those of a resource.
  bool read_attributes(std::string_view message, OtlpMembers& attributes) {
    OtlpAllowance& allowance = entries_.allowance();
    ProtobufReader reader(message);
    while (reader.next()) {
      if (reader.number() == 1 && !read_otlp_member(reader.bytes(), attributes, allowance)) return false;
    }
    return reader.sound();
  }

  PushResult read_scope_logs(std::string_view message) {
    Scope scope;
    ProtobufReader reader(message);
    while (reader.next()) {
      if (reader.number() == 1 && !read_scope(reader.bytes(), scope)) return broken();
    }
    if (!reader.sound()) return broken();
    if (!entries_.begin_scope(scope)) return entries_.too_many();
    ProtobufReader records(message);
    while (records.next()) {
      if (records.number() != 2 || !records.is_bytes()) continue;
      Record record;
      if (!read_record(records.bytes(), record)) return broken();
      if (!entries_.add(record)) return entries_.too_many();
    }
    return {};
  }

  bool read_scope(std::string_view message, Scope& scope) {
    OtlpAllowance& allowance = entries_.allowance();
    ProtobufReader reader(message);
    while (reader.next()) {
      if (reader.number() == 1) scope.name = reader.bytes();
      if (reader.number() == 2) scope.version = reader.bytes();
      if (reader.number() == 3 && !read_otlp_member(reader.bytes(), scope.attributes, allowance))
        return false;
      if (reader.number() == 4) scope.dropped_attributes = reader.value();
    }
    return reader.sound();
  }

  bool read_record(std::string_view message, Record& record) {
    OtlpAllowance& allowance = entries_.allowance();
    ProtobufReader reader(message);
    bool sound = true;
    while (sound && reader.next()) {
      switch (reader.number()) {
        case 1:
          record.time = reader.value();
          break;
        case 2:
          record.severity_number = reader.value();
          break;
        case 3:
          record.severity_text = reader.bytes();
          break;
        case 5:
          sound = read_otlp_value(reader.bytes(), record.body, allowance);
          break;
        case 6:
          sound = read_otlp_member(reader.bytes(), record.attributes, allowance);
          break;
        case 7:
          record.dropped_attributes = reader.value();
          break;
        case 8:
          record.flags = reader.value();
          break;
        case 9:
          record.trace_id = hexadecimal(reader.bytes(), block_.arena());
          break;
        case 10:
          record.span_id = hexadecimal(reader.bytes(), block_.arena());
          break;
        case 11:
          record.observed_time = reader.value();
          break;
        case 12:
          record.event_name = reader.bytes();
          break;
        default:
          break;
      }
    }
    return sound && reader.sound();
  }

  ReceivedBlock& block_;
  Entries entries_;
};

// ---- JSON -------------------------------------------------------------------------------------------

std::string_view text_in(const JsonValue& object, std::string_view key) {
  const JsonValue* const value = object.find(key);
  return value != nullptr && value->is_string() ? value->text() : std::string_view();
}

// 64 bits are written as text; a number will do.
bool number_in(const JsonValue& object, std::string_view key, std::uint64_t& number) {
  const JsonValue* const value = object.find(key);
  if (value == nullptr || value->is_null()) return true;
  if (value->is_number()) {
    if (!(value->number() >= 0 && value->number() < 1.8e19)) return false;
    number = static_cast<std::uint64_t>(value->number());
    return true;
  }
  if (!value->is_string()) return false;
  const std::string_view text = value->text();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// Of each part, about: an attribute is {"key":"a","value":{"stringValue":"b"}}.
constexpr std::size_t kJsonValuesOfPart = 4;

class JsonLogs {
 public:
  JsonLogs(const PushReading& reading, ReceivedBlock& block)
      : block_(block), most_parts_(reading.most_parts), entries_(reading, block) {}

  PushResult read(std::string_view document) {
    pipeline::lang::JsonParser parser;
    const auto request = parser.parse_document(document, block_.arena(), kJsonValuesOfPart * most_parts_);
    if (!request && parser.had_too_many_values()) return entries_.too_many();
    if (!request) return malformed_otlp("the body is no JSON object");
    return for_each(*request, "resourceLogs",
                    [this](const JsonValue& logs) { return read_resource_logs(logs); });
  }

 private:
  template <typename Read>
  PushResult for_each(const JsonValue& object, std::string_view key, Read read) {
    const JsonValue* const list = object.find(key);
    if (list == nullptr || list->is_null()) return {};
    if (!list->is_array()) return malformed_otlp(std::string(key) + ": expected a list");
    for (const JsonValue& item : list->items()) {
      if (!item.is_object()) return malformed_otlp(std::string(key) + ": expected objects");
      if (PushResult result = read(item); !result) return result;
    }
    return {};
  }

  bool attributes_of(const JsonValue& object, OtlpMembers& attributes) {
    const JsonValue* const list = object.find("attributes");
    return list == nullptr || read_otlp_members(*list, attributes, block_.arena(), entries_.allowance());
  }

  PushResult read_resource_logs(const JsonValue& logs) {
    OtlpMembers attributes;
    const JsonValue* const resource = logs.find("resource");
    if (resource != nullptr && !attributes_of(*resource, attributes))
      return entries_.unreadable("resource: attributes are malformed");
    if (!entries_.begin_resource(attributes)) return entries_.too_many();
    return for_each(logs, "scopeLogs",
                    [this](const JsonValue& scope_logs) { return read_scope_logs(scope_logs); });
  }

  PushResult read_scope_logs(const JsonValue& logs) {
    Scope scope;
    if (const JsonValue* const given = logs.find("scope"); given != nullptr) {
      scope.name = text_in(*given, "name");
      scope.version = text_in(*given, "version");
      if (!attributes_of(*given, scope.attributes) ||
          !number_in(*given, "droppedAttributesCount", scope.dropped_attributes)) {
        return entries_.unreadable("scope: malformed");
      }
    }
    if (!entries_.begin_scope(scope)) return entries_.too_many();
    return for_each(logs, "logRecords", [this](const JsonValue& record) { return read_record(record); });
  }

  PushResult read_record(const JsonValue& given) {
    Record record;
    const JsonValue* const body = given.find("body");
    const bool sound =
        number_in(given, "timeUnixNano", record.time) &&
        number_in(given, "observedTimeUnixNano", record.observed_time) &&
        number_in(given, "severityNumber", record.severity_number) &&
        number_in(given, "droppedAttributesCount", record.dropped_attributes) &&
        number_in(given, "flags", record.flags) && attributes_of(given, record.attributes) &&
        (body == nullptr || read_otlp_value(*body, record.body, block_.arena(), entries_.allowance()));
    if (!sound) return entries_.unreadable("logRecords: a record is malformed");
    record.severity_text = text_in(given, "severityText");
    record.event_name = text_in(given, "eventName");
    // In JSON these are hexadecimal digits already.
    record.trace_id = text_in(given, "traceId");
    record.span_id = text_in(given, "spanId");
    return entries_.add(record) ? PushResult{} : entries_.too_many();
  }

  ReceivedBlock& block_;
  const std::size_t most_parts_;
  Entries entries_;
};

}  // namespace

PushResult read_otlp_protobuf(std::string body, const PushReading& reading, ReceivedBlock& block) {
  return ProtobufLogs(reading, block).read(block.keep(std::move(body)));
}

PushResult read_otlp_json(std::string body, const PushReading& reading, ReceivedBlock& block) {
  return JsonLogs(reading, block).read(block.keep(std::move(body)));
}

}  // namespace lokitail::agent
