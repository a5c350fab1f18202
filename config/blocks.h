// How the blocks of a configuration are read; for the load_*.cc files only.
//
// Each reader starts from the defaults that its struct has and changes what the file gives. A key
// that is null leaves its default.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/node.h"
#include "config/value.h"

namespace lokitail::config {

constexpr auto kRefuseUnknown = Fields::Strictness::kRefuseUnknown;

void read_server(const Node& node, ServerConfig& server, Warnings& warnings);
void read_client(const Node& node, ClientConfig& client, Warnings& warnings);
void read_scrape(const Node& node, ScrapeConfig& scrape, Warnings& warnings);
void read_tracing(const Node& node, TracingConfig& tracing, Warnings& warnings);
void read_relabel(const Node& node, RelabelConfig& relabel, Warnings& warnings);

// The HTTP client's keys stand beside those of what uses it.
void read_http_client(Fields& fields, HttpClientConfig& http, Warnings& warnings);

// Each of these sets `out` where the node is there.
inline void set(std::string& out, const Node* node) {
  if (node) out = read_text(*node);
}
inline void set(Secret& out, const Node* node) {
  if (node) out = Secret(read_text(*node));
}
inline void set(bool& out, const Node* node) {
  if (node) out = read_bool(*node);
}
inline void set(int64_t& out, const Node* node) {
  if (node) out = read_int(*node);
}
inline void set(double& out, const Node* node) {
  if (node) out = read_float(*node);
}
inline void set(Duration& out, const Node* node) {
  if (node) out = read_duration(*node);
}
inline void set(LabelMap& out, const Node* node) {
  if (node) out = read_label_map(*node);
}
inline void set_bytes(uint64_t& out, const Node* node) {
  if (node) out = read_bytes(*node);
}

// Throws with the complaint and the text where it is none of the valid ones.
void set_choice(std::string& out, const Node* node, std::initializer_list<std::string_view> valid,
                std::string_view complaint);

// The same for numbers that must lie above zero, or not below it.
void set_positive(Duration& out, const Node* node, std::string_view what);
void set_not_negative(Duration& out, const Node* node, std::string_view what);
void set_not_negative(int64_t& out, const Node* node, std::string_view what);

// The key `refresh_interval` of blocks that are Prometheus' own, whose durations are its own too.
void set_refresh_interval(Duration& out, Fields& fields);

// The block `basic_auth`.
BasicAuth read_basic_auth(const Node& node, Warnings& warnings);

// The block `tls_config`.
void read_tls(const Node& node, TlsConfig& tls, Warnings& warnings);
// Its keys, where they stand beside others.
void read_tls(Fields& fields, TlsConfig& tls);

// Where a job's lines come from.
FileSdConfig read_file_sd(const Node& node, Warnings& warnings);
KubernetesSdConfig read_kubernetes_sd(const Node& node, Warnings& warnings);
HttpSdConfig read_http_sd(const Node& node, Warnings& warnings);
ConsulSdConfig read_consul_sd(const Node& node, Warnings& warnings);
ConsulSdConfig read_consul_agent_sd(const Node& node, Warnings& warnings);
JournalConfig read_journal(const Node& node, Warnings& warnings);
SyslogConfig read_syslog(const Node& node, Warnings& warnings);
PushApiConfig read_push_api(const Node& node, Warnings& warnings);
GelfConfig read_gelf(const Node& node, Warnings& warnings);
HerokuDrainConfig read_heroku_drain(const Node& node, Warnings& warnings);
DockerSdConfig read_docker_sd(const Node& node, Warnings& warnings);
KafkaConfig read_kafka(const Node& node, Warnings& warnings);

// Headers by name: a mapping.
void read_headers(const Node& node, std::map<std::string, Secret>& headers);

// A URL; throws where it could not be used.
void set_url(Secret& out, const Node* node);

// Calls `read` with each item of a list; null is an empty list.
template <typename Read>
void for_each_item(const Node* node, std::string_view what, Warnings& warnings, Read read) {
  if (!node) return;
  if (!node->is_sequence()) {
    throw node->error(std::string(what) + ": expected a list, found " + node->describe());
  }
  for (const Node& item : node->items()) {
    warnings.attempt([&] { read(item); });
  }
}

// A switch of something that Promtail has and this program does not have yet: it may only say no.
void not_yet_when_true(Fields& fields, std::string_view key, std::string_view what);

// Keys that are accepted in silence.
void skip(Fields& fields, std::initializer_list<std::string_view> keys);

}  // namespace lokitail::config
