// Arbitrary bytes as what an API server sends: a page of a list, and a watch in pieces.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "agent/discovery/kubernetes/answers.h"
#include "agent/discovery/kubernetes/labels.h"

namespace {

using namespace lokitail::agent::kubernetes;

void make_targets(const Json& object) {
  static_cast<void>(object_key(object));
  const Pod pod = read_pod(object);
  const Service service = read_service(object);
  const Node node = read_node(object);
  Known known;
  known.pod = [&pod](const std::string&) { return &pod; };
  known.service = [&service](const std::string&) { return &service; };
  known.node = [&node](const std::string&) { return &node; };
  std::size_t made =
      pod_targets(pod, &node).size() + node_targets(node).size() + service_targets(service).size();
  made += endpoints_targets(read_endpoints(object), known).size();
  made += endpoint_slice_targets(read_endpoint_slice(object), known).size();
  made += ingress_targets(read_ingress(object)).size();
  static_cast<void>(made);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Endpoints multiply addresses by ports.
  if (size < 2 || size > 4096) return 0;
  const std::size_t piece = 1 + data[0];
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  AnswerParser parser;
  if (const auto page = parser.parse_page(text)) {
    for (const Json& object : page->items) make_targets(object);
  }
  static_cast<void>(parser.parse_message(text));
  LineReader lines(1024);
  for (std::size_t at = 0; at < text.size(); at += piece) {
    lines.feed(text.substr(at, piece), [&](std::string_view line) {
      if (line.size() > 1024 || line.find('\n') != line.npos) std::abort();
      if (const auto event = parser.parse_event(line)) make_targets(event->object);
      return true;
    });
  }
  return 0;
}
