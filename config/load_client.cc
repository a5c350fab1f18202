// An item of `clients`, and the deprecated `client` block.

#include "config/blocks.h"

namespace lokitail::config {
namespace {

void read_backoff(const Node& node, BackoffConfig& backoff, Warnings& warnings) {
  Fields fields(node, "backoff_config", kRefuseUnknown, warnings);
  set_not_negative(backoff.min_period, fields.find("min_period"), "min_period");
  set_not_negative(backoff.max_period, fields.find("max_period"), "max_period");
  set_not_negative(backoff.max_retries, fields.find("max_retries"), "max_retries");
  fields.finish();
}

// What is not in Promtail.
void read_additions(Fields& fields, ClientConfig& client, Warnings& warnings) {
  if (const Node* match = fields.find("match")) {
    client.match = read_text(*match);
    client.match_place = match->place();
  }
  for_each_item(fields.find("relabel_configs"), "relabel_configs", warnings, [&](const Node& item) {
    RelabelConfig rule;
    read_relabel(item, rule, warnings);
    client.relabel_configs.push_back(std::move(rule));
  });
  if (const Node* names = fields.find("failover_to")) client.failover_to = read_text_list(*names);
  set_not_negative(client.failover_after, fields.find("failover_after"), "failover_after");
  set_not_negative(client.connection_max_age, fields.find("connection_max_age"), "connection_max_age");
  if (const Node* concurrency = fields.find("concurrency")) {
    client.concurrency = read_int(*concurrency);
    if (client.concurrency < 1) throw concurrency->error("concurrency must be at least 1");
  }
}

}  // namespace

void read_headers(const Node& node, std::map<std::string, Secret>& headers) {
  if (!node.is_mapping()) throw node.error("headers: expected a mapping, found " + node.describe());
  node.refuse_replaced_keys();
  for (const auto& [name, value] : node.entries()) {
    headers.insert_or_assign(name.text(), Secret(read_text(value)));
  }
}

void read_client(const Node& node, ClientConfig& client, Warnings& warnings) {
  client.place = node.place();
  Fields fields(node, "client", kRefuseUnknown, warnings);
  set_url(client.url, fields.find("url"));
  set(client.name, fields.find("name"));
  client.has_own_name = !client.name.empty();
  set_not_negative(client.batchwait, fields.find("batchwait"), "batchwait");
  set_not_negative(client.batchsize, fields.find("batchsize"), "batchsize");
  set_positive(client.timeout, fields.find("timeout"), "timeout");
  if (const Node* backoff = fields.find("backoff_config")) {
    read_backoff(*backoff, client.backoff, warnings);
  }
  if (const Node* headers = fields.find("headers")) read_headers(*headers, client.headers);
  set(client.external_labels, fields.find("external_labels"));
  set(client.tenant_id, fields.find("tenant_id"));
  set(client.drop_rate_limited_batches, fields.find("drop_rate_limited_batches"));
  read_http_client(fields, client.http, warnings);
  read_additions(fields, client, warnings);
  fields.finish();
}

}  // namespace lokitail::config
