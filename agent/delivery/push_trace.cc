#include "agent/delivery/push_trace.h"

#include <utility>

#include "agent/delivery/push.h"

namespace lokitail::agent {
namespace {

std::int64_t number(std::size_t value) { return static_cast<std::int64_t>(value); }

}  // namespace

std::shared_ptr<PushTrace> PushTrace::begin(const std::shared_ptr<Tracer>& tracer, const BlockTimes* block) {
  const auto context = tracer->begin();
  if (!context) return nullptr;
  std::shared_ptr<PushTrace> trace(new PushTrace(tracer, *context));
  if (block == nullptr) return trace;
  trace->deliver_.start = block->began;
  trace->add("read", block->began, block->read);
  trace->add("pipeline", block->read, trace->opened_);
  return trace;
}

PushTrace::PushTrace(std::shared_ptr<Tracer> tracer, const telemetry::TraceContext& context)
    : tracer_(std::move(tracer)), opened_(Span::now()) {
  deliver_.context = context;
  deliver_.name = "deliver";
  deliver_.start = opened_;
}

PushTrace::~PushTrace() {
  deliver_.end = Span::now();
  deliver_.attributes.emplace_back("lokitail.settled", is_settled_);
  tracer_->finish(std::move(deliver_));
}

Span PushTrace::child(const char* name, Span::Time start) const {
  Span span;
  span.context = deliver_.context.child();
  span.parent = deliver_.context;
  span.name = name;
  span.start = start;
  return span;
}

void PushTrace::add(const char* name, Span::Time start, Span::Time end) const {
  Span span = child(name, start);
  span.end = end;
  finish(std::move(span));
}

void PushTrace::describe(const std::string& client, const std::string& tenant) {
  deliver_.attributes.emplace_back("lokitail.client", client);
  if (!tenant.empty()) deliver_.attributes.emplace_back("lokitail.tenant", tenant);
}

void PushTrace::handed_over(std::size_t entries, std::size_t streams, std::size_t raw_bytes) {
  handed_over_ = Span::now();
  Span span = child("batch", opened_);
  span.end = handed_over_;
  span.attributes.emplace_back("lokitail.entries", number(entries));
  span.attributes.emplace_back("lokitail.streams", number(streams));
  span.attributes.emplace_back("lokitail.uncompressed_bytes", number(raw_bytes));
  finish(std::move(span));
}

void PushTrace::loaded(const Push& push) {
  deliver_.attributes.emplace_back("lokitail.from_spool", true);
  deliver_.attributes.emplace_back("lokitail.entries", number(push.entries));
}

Span PushTrace::request(const Push& push, const std::string& host, int attempts) const {
  Span span = child("push", Span::now());
  span.kind = Span::Kind::kClient;
  span.attributes.emplace_back("http.request.method", "POST");
  span.attributes.emplace_back("lokitail.host", host);
  span.attributes.emplace_back("http.request.body.size", number(push.body.size()));
  span.attributes.emplace_back("lokitail.entries", number(push.entries));
  if (attempts > 0) span.attributes.emplace_back("http.request.resend_count", std::int64_t{attempts});
  return span;
}

void PushTrace::stored() const { add("spool", handed_over_, Span::now()); }

void PushTrace::settled() {
  add("settle", settling_, Span::now());
  is_settled_ = true;
}

}  // namespace lokitail::agent
