// The block `tracing`.

#include "config/blocks.h"

namespace lokitail::config {

void read_tracing(const Node& node, TracingConfig& tracing, Warnings& warnings) {
  Fields fields(node, "tracing", kRefuseUnknown, warnings);
  set(tracing.enabled, fields.find("enabled"));
  set_url(tracing.endpoint, fields.find("endpoint"));
  if (const Node* ratio = fields.find("sampling_ratio")) {
    tracing.sampling_ratio = read_float(*ratio);
    if (!(tracing.sampling_ratio >= 0 && tracing.sampling_ratio <= 1)) {
      throw ratio->error("sampling_ratio must be from 0 to 1");
    }
  }
  set_positive(tracing.timeout, fields.find("timeout"), "timeout");
  if (const Node* size = fields.find("queue_size")) {
    tracing.queue_size = read_int(*size);
    if (tracing.queue_size < 1) throw size->error("queue_size must be at least 1");
  }
  if (const Node* headers = fields.find("headers")) read_headers(*headers, tracing.headers);
  read_http_client(fields, tracing.http, warnings);
  fields.finish();
  // Promtail sends traces where the environment names a Jaeger, and its files say so.
  if (tracing.enabled && tracing.endpoint.empty()) {
    warnings.add(node.place(), "tracing has no `endpoint`: no traces are sent");
  }
}

}  // namespace lokitail::config
