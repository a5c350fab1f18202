#include "agent/delivery/lane.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <numeric>
#include <random>
#include <utility>

#include "agent/delivery/push_split.h"
#include "agent/delivery/refusals.h"
#include "agent/telemetry/log.h"
#include "lokitail/telemetry/trace_scope.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;

// Where something is wrong with our credentials or with Loki's settings, prompt retries only add
// load: pauses begin this many times longer.
constexpr int kSlowFactor = 10;
// How many waiting pushes are looked at for one that may go: more would not help.
constexpr std::size_t kMostLookedAt = 64;
// A throttled stream's push that was refused so often may be larger than the stream's burst.
constexpr int kAttemptsBeforeHalving = 3;
// Less than this is never taken for too large for a stream or for a push.
constexpr std::size_t kLeastPushBytes = 64 << 10;

std::uint64_t random_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

// The first line of what the server said, as Promtail logs it.
std::string_view first_line(std::string_view body) {
  constexpr std::size_t kMost = 1024;
  return body.substr(0, std::min(body.find('\n'), kMost));
}

std::string what_happened(const http::Response& response) {
  if (response.status == 0) return response.error;
  return fmt::format("server returned HTTP status {}: {}", response.status, first_line(response.body));
}

// The span of a request, with its answer.
Span answered(Span span, const http::Response& response) {
  const std::int64_t status = response.status;
  if (status != 0) span.attributes.emplace_back("http.response.status_code", status);
  if (!response.ok()) span.error = what_happened(response);
  span.end = Span::now();
  return span;
}

std::deque<Requests> requests_of(const LaneContext& context, const std::string& tenant) {
  std::deque<Requests> requests;
  for (const auto& destination : context.destinations) requests.emplace_back(destination, tenant);
  return requests;
}

std::vector<std::size_t> all_entries(const Push& push) {
  std::vector<std::size_t> entries(push.entries);
  std::iota(entries.begin(), entries.end(), std::size_t{0});
  return entries;
}

}  // namespace

Lane::Lane(const LaneContext& context, std::string tenant)
    : context_(context),
      tenant_(std::move(tenant)),
      requests_(requests_of(context_, tenant_)),
      route_(requests_.size(), std::chrono::duration_cast<Clock::duration>(context_.config.failover_after)),
      window_(static_cast<std::size_t>(context_.config.concurrency)),
      backoff_(context_.config.backoff.min_period, context_.config.backoff.max_period, random_seed()),
      slow_backoff_(
          kSlowFactor * context_.config.backoff.min_period,
          std::max(context_.config.backoff.max_period, kSlowFactor * context_.config.backoff.min_period),
          random_seed()),
      pause_timer_(context_.io),
      throttle_timer_(context_.io),
      store_timer_(context_.io),
      watch_timer_(context_.io) {}

void Lane::take(std::unique_ptr<Push> push) {
  if (belongs_on_disk(*push)) return store(std::move(push));
  queue_.push_back({std::move(push)});
  watch();
  pump();
}

std::chrono::nanoseconds Lane::oldest_wait() const {
  return queue_.empty() ? std::chrono::nanoseconds() : Clock::now() - queue_.front().came;
}

// Sends what may be sent: the oldest first, and of each stream one push at a time.
void Lane::pump() {
  if (stopping_ || pausing_) return;
  const auto now = Clock::now();
  StreamIds ahead;  // streams that have entries further in front
  std::size_t looked_at = 0;
  for (auto item = queue_.begin(); item != queue_.end() && in_flight_ < window_.size(); ++item) {
    if (++looked_at > kMostLookedAt) break;
    if (!item->in_flight) {
      item = set_apart(item);
      if (may_go(*item, ahead, now)) launch(item);
    }
    if (in_flight_ < window_.size()) ahead.add(item->push->streams);
  }
  wake_for_throttled();
}

bool Lane::may_go(const Waiting& waiting, const StreamIds& ahead, Clock::time_point now) const {
  if (ahead.meets(waiting.push->streams)) return false;
  return std::ranges::none_of(throttles_, [&](const auto& throttle) {
    return throttle.second.until > now && waiting.push->streams.contains(throttle.first);
  });
}

// What a push has of a throttled stream waits by itself, in front of the rest.
Lane::Queue::iterator Lane::set_apart(Queue::iterator item) {
  for (const auto& [stream, throttle] : throttles_) {
    const Push& push = *item->push;
    if (push.streams.size() == 1 || !push.streams.contains(stream)) continue;
    auto [apart, rest] = partition_push(
        push, [id = stream](const EntryInPush& entry) { return stream_id(entry.labels) == id; });
    if (!apart) continue;
    replace(item, std::move(apart), std::move(rest));
    return std::prev(item);
  }
  return item;
}

void Lane::launch(Queue::iterator item) {
  item->in_flight = true;
  item->sent = Clock::now();
  ++in_flight_;
  asio::co_spawn(
      context_.io, [self = shared_from_this(), item] { return self->attempt(item); }, asio::detached);
}

asio::awaitable<void> Lane::attempt(Queue::iterator item) {
  const auto self = shared_from_this();
  const Clock::time_point start = Clock::now();
  const std::size_t way = route_.choose(start);
  const Destination& destination = requests_[way].destination();
  // The push may be another by then, where it goes to disk meanwhile.
  const std::shared_ptr<PushTrace> trace = item->push->trace;
  std::optional<Span> span;
  std::string traceparent;
  if (trace) {
    span = trace->request(*item->push, destination.host(), item->attempts);
    traceparent = telemetry::make_traceparent(span->context);
  }
  const http::Response response = co_await requests_[way].post(item->push->body, std::move(traceparent));
  if (stopping_) co_return;
  // Nothing waits from here on: what is logged is about this push.
  std::optional<telemetry::TraceScope> scope;
  if (span) {
    scope.emplace(span->context);
    trace->finish(answered(*std::move(span), response));
  }
  last_answer_ = LastAnswer{response.status, std::chrono::system_clock::now()};
  const auto took = Clock::now() - start;
  context_.metrics.request_duration(destination.host(), response.status == 0 ? -1 : response.status)
      .Observe(std::chrono::duration<double>(took).count());

  item->in_flight = false;
  --in_flight_;
  ++item->attempts;
  const Answer answer =
      interpret_answer(response.status, response.body, response.retry_after, item->push->raw_bytes);
  const bool troubled = answer.meaning == Meaning::kRetry || answer.meaning == Meaning::kRetrySlowly;
  if (response.status == 429 || troubled) {
    window_.overloaded();
  } else {
    window_.taken(took, queue_.size() > in_flight_ + 1);
  }
  bool elsewhere = false;
  if (troubled && response.status != 429) {
    elsewhere = route_.failed(way, Clock::now());
  } else if (route_.succeeded(way)) {
    log::info("sending to another destination from now on",
              {{"client", context_.config.name}, {"tenant", tenant_}, {"host", destination.host()}});
  }
  if (item->is_on_disk) {
    // It was stored while it was on its way, and comes again from there.
    queue_.erase(item);
    if (troubled && !elsewhere) back_off(answer, response);
    load();
  } else if (elsewhere && !gives_up(*item, response)) {
    in_trouble(response);
    context_.metrics.batch_retries(destination.host(), tenant_).Increment();
    log::warn("sending failed; trying another destination",
              {{"client", context_.config.name},
               {"tenant", tenant_},
               {"from", destination.host()},
               {"to", requests_[route_.current()].destination().host()},
               {"error", trouble_}});
  } else {
    handle(item, answer, response, destination);
  }
  scope.reset();
  update_shape();
  pump();
}

void Lane::handle(Queue::iterator item, const Answer& answer, const http::Response& response,
                  const Destination& destination) {
  switch (answer.meaning) {
    case Meaning::kSettled:
      count_sent(*item->push, item->push->entries, destination);
      return settle(item);
    case Meaning::kRefused:
      return refuse(item, answer, response, destination);
    case Meaning::kSplit:
      return halve(item, answer, response);
    case Meaning::kThrottled:
      return throttle(item, answer, response);
    case Meaning::kRetry:
    case Meaning::kRetrySlowly:
      return retry(item, answer, response);
  }
}

void Lane::count_sent(const Push& push, std::size_t entries, const Destination& destination) {
  context_.metrics.sent_bytes(destination.host()).Increment(static_cast<double>(push.body.size()));
  context_.metrics.sent_entries(destination.host()).Increment(static_cast<double>(entries));
  context_.metrics.entries_done(context_.config.name, "sent", "", entries);
  context_.metrics.client_sent_bytes(context_.config.name, push.body.size());
}

void Lane::settle(Queue::iterator item) {
  if (!trouble_.empty() && !pausing_) {
    log::info("sending works again", {{"client", context_.config.name}, {"tenant", tenant_}});
    trouble_.clear();
  }
  backoff_.reset();
  slow_backoff_.reset();
  const std::unique_ptr<Push> push = std::move(item->push);
  queue_.erase(item);
  std::erase_if(throttles_, [&](const auto& throttle) {
    return push->streams.contains(throttle.first) &&
           std::ranges::none_of(queue_, [&](const Waiting& waiting) {
             return waiting.push->streams.contains(throttle.first);
           });
  });
  if (push->in_budget) context_.budget.give_back(context_.client, push->cost());
  // What comes from the spool has its sources behind it.
  PushTrace* const from_spool = push->trace && push->is_loaded ? push->trace.get() : nullptr;
  if (from_spool != nullptr) from_spool->settling();
  push->receipt->part_settled();
  if (from_spool != nullptr) from_spool->settled();
  load();
}

void Lane::refuse(Queue::iterator item, const Answer& answer, const http::Response& response,
                  const Destination& destination) {
  const Push& push = *item->push;
  if (answer.longest_line) {
    context_.shape.set_longest_line(*answer.longest_line);
    learned("line_bytes", *answer.longest_line);
  }
  if (answer.most_labels) learned("label_names", *answer.most_labels);
  std::vector<std::size_t> which = find_refused(push, response.body);
  if (push.entries == 1) which = {0};
  if (which.empty() && context_.dead_letters.wanted()) {
    // Loki does not say which: sending them in halves tells. It ignores what it has already.
    if (auto [first, second] = halve_push(push); first) {
      return replace(item, std::move(first), std::move(second));
    }
  }
  const std::size_t refused = which.empty() ? std::min(answer.refused_entries, push.entries) : which.size();
  const auto share = static_cast<double>(refused) / static_cast<double>(push.entries);
  const auto count = static_cast<double>(refused);
  Metrics& metrics = context_.metrics;
  metrics.refused_entries(destination.host(), tenant_, answer.reason).Increment(count);
  metrics.dropped_entries(destination.host(), tenant_, "ingester_error").Increment(count);
  metrics.dropped_bytes(destination.host(), tenant_, "ingester_error")
      .Increment(share * static_cast<double>(push.body.size()));
  metrics.entries_done(context_.config.name, "refused", answer.reason, refused);
  count_sent(push, push.entries - refused, destination);
  bury(push, which, answer.reason, first_line(response.body));
  log::error("Loki refused entries for good; it has taken the others of this push",
             {{"host", destination.host()},
              {"tenant", tenant_},
              {"status", response.status},
              {"reason", answer.reason},
              {"refused", refused},
              {"entries", push.entries},
              {"error", first_line(response.body)}});
  settle(item);
}

void Lane::halve(Queue::iterator item, const Answer& answer, const http::Response& response) {
  const Push& push = *item->push;
  PushPair halves;
  if (push.entries > 1) halves = halve_push(push);
  if (!halves.first) {
    log::error("dropping an entry that is too large for Loki even alone",
               {{"client", context_.config.name}, {"tenant", tenant_}, {"error", what_happened(response)}});
    return drop(item, answer.reason, what_happened(response));
  }
  log::warn("push is too large for Loki: sending it in two halves", {{"client", context_.config.name},
                                                                     {"tenant", tenant_},
                                                                     {"entries", push.entries},
                                                                     {"bytes", push.raw_bytes},
                                                                     {"error", what_happened(response)}});
  // A batch counts its lines alone: something is left for labels and times.
  const std::size_t most = std::max(push.raw_bytes / 2 - push.raw_bytes / 16, kLeastPushBytes);
  context_.shape.learn_most_bytes(most, Clock::now());
  learned("push_bytes", context_.shape.most_bytes());
  replace(item, std::move(halves.first), std::move(halves.second));
}

void Lane::learned(const char* limit, std::size_t value) {
  context_.metrics.learned_limit(context_.config.name, limit).Set(static_cast<double>(value));
}

void Lane::throttle(Queue::iterator item, const Answer& answer, const http::Response& response) {
  context_.metrics.batch_retries(requests_[route_.current()].destination().host(), tenant_).Increment();
  if (item->push->streams.size() == 1) {
    if (gives_up(*item, response)) return drop(item, "rate_limited", what_happened(response));
    const bool is_large = item->push->entries > 1 && item->push->raw_bytes > kLeastPushBytes;
    if (item->attempts % kAttemptsBeforeHalving == 0 && is_large) {
      if (auto [first, second] = halve_push(*item->push); first) {
        replace(item, std::move(first), std::move(second));
      }
    }
  }
  bool known = false;
  for (const std::string& labels : answer.streams) {
    const StreamId id = stream_id(labels);
    if (!item->push->streams.contains(id)) continue;
    known = true;
    const auto [place, is_new] =
        throttles_.try_emplace(id, Throttle{Backoff(context_.config.backoff.min_period,
                                                    context_.config.backoff.max_period, random_seed())});
    Throttle& throttled = place->second;
    std::chrono::nanoseconds delay = throttled.backoff.next();
    if (answer.retry_after) delay = std::max<std::chrono::nanoseconds>(delay, *answer.retry_after);
    throttled.until = Clock::now() + std::chrono::duration_cast<Clock::duration>(delay);
    if (is_new) {
      log::warn("Loki throttles a stream; it waits, and all others go on",
                {{"client", context_.config.name}, {"tenant", tenant_}, {"stream", labels}});
    }
  }
  if (!known) retry(item, answer, response);
}

void Lane::retry(Queue::iterator item, const Answer& answer, const http::Response& response) {
  const std::string& host = requests_[route_.current()].destination().host();
  context_.metrics.batch_retries(host, tenant_).Increment();
  if (!gives_up(*item, response)) return back_off(answer, response);
  in_trouble(response);
  log::error("final error sending batch", {{"host", host}, {"tenant", tenant_}, {"error", trouble_}});
  const std::string said = trouble_;
  drop(item, answer.reason, said);
}

void Lane::in_trouble(const http::Response& response) {
  if (trouble_.empty()) trouble_since_ = std::chrono::system_clock::now();
  trouble_ = what_happened(response);
}

// Nothing is sent for a while.
void Lane::back_off(const Answer& answer, const http::Response& response) {
  in_trouble(response);
  // Others that were on their way have met the same trouble.
  if (pausing_) return;
  const std::string& host = requests_[route_.current()].destination().host();
  const bool slowly = answer.meaning == Meaning::kRetrySlowly;
  std::chrono::nanoseconds delay = slowly ? slow_backoff_.next() : backoff_.next();
  if (answer.retry_after) delay = std::max<std::chrono::nanoseconds>(delay, *answer.retry_after);
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(delay).count();
  if (slowly) {
    log::error("Loki does not take our pushes; retrying slowly, nothing is dropped",
               {{"host", host},
                {"tenant", tenant_},
                {"reason", answer.reason},
                {"error", trouble_},
                {"retry_in_ms", milliseconds}});
  } else {
    log::warn("error sending batch, will retry", {{"host", host},
                                                  {"tenant", tenant_},
                                                  {"status", response.status == 0 ? -1 : response.status},
                                                  {"error", trouble_},
                                                  {"retry_in_ms", milliseconds}});
  }
  pause(std::chrono::duration_cast<Clock::duration>(delay));
  make_way();
}

bool Lane::gives_up(const Waiting& waiting, const http::Response& response) const {
  if (response.status == 429 && context_.config.drop_rate_limited_batches) return true;
  const auto most = context_.config.backoff.max_retries;
  return most > 0 && waiting.attempts >= most;
}

void Lane::drop(Queue::iterator item, const std::string& reason, std::string_view error) {
  const Push& push = *item->push;
  const std::string& host = requests_[route_.current()].destination().host();
  const auto count = static_cast<double>(push.entries);
  context_.metrics.refused_entries(host, tenant_, reason).Increment(count);
  const std::string promtail_reason = reason == "rate_limited" ? reason : "ingester_error";
  context_.metrics.dropped_entries(host, tenant_, promtail_reason).Increment(count);
  context_.metrics.dropped_bytes(host, tenant_, promtail_reason)
      .Increment(static_cast<double>(push.body.size()));
  context_.metrics.entries_done(context_.config.name, "dropped", reason, push.entries);
  bury(push, all_entries(push), reason, error);
  settle(item);
}

// These entries are given up.
void Lane::bury(const Push& push, const std::vector<std::size_t>& entries, std::string_view reason,
                std::string_view error) {
  DecodedPush decoded;
  if (!context_.dead_letters.wanted() || !decode_push(push.body, {}, decoded)) return;
  std::size_t index = 0;
  for (const PushStream& stream : decoded.streams) {
    for (const PushEntry& entry : stream.entries) {
      if (!std::ranges::binary_search(entries, index++)) continue;
      context_.dead_letters.add({context_.config.name, tenant_, reason, error}, stream.labels, entry);
    }
  }
  context_.dead_letters.flush();
}

// `first` comes in front of `item`, which becomes `second`.
void Lane::replace(Queue::iterator item, std::unique_ptr<Push> first, std::unique_ptr<Push> second) {
  if (item->push->in_budget) {
    context_.budget.take(context_.client, first->cost() + second->cost());
    context_.budget.give_back(context_.client, item->push->cost());
  }
  queue_.insert(item, {std::move(first)})->came = item->came;
  item->push = std::move(second);
  item->attempts = 0;
}

void Lane::pause(Clock::duration length) {
  pausing_ = true;
  pause_timer_.expires_after(length);
  pause_timer_.async_wait([self = shared_from_this()](const boost::system::error_code&) {
    self->pausing_ = false;
    self->pump();
  });
}

void Lane::wake_for_throttled() {
  const auto now = Clock::now();
  auto next = Clock::time_point::max();
  for (const auto& [stream, throttle] : throttles_) {
    if (throttle.until > now) next = std::min(next, throttle.until);
  }
  if (next == Clock::time_point::max()) return;
  throttle_timer_.expires_at(next);
  throttle_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
    if (!cancelled) self->pump();
  });
}

// Where pushes wait for answers, those to come are made so that several can be on their way.
void Lane::update_shape() {
  const bool waits = queue_.size() > in_flight_;
  context_.shape.set_parts(waits ? window_.size() : 1);
  context_.shape.forget_most_bytes(Clock::now());
}

void Lane::hurry() {
  pause_timer_.cancel();
  for (auto& [stream, throttle] : throttles_) throttle.until = Clock::now();
  pump();
}

void Lane::stop() {
  stopping_ = true;
  pause_timer_.cancel();
  throttle_timer_.cancel();
  store_timer_.cancel();
  watch_timer_.cancel();
  if (spool_) spool_->save();
  for (Requests& requests : requests_) requests.close();
}

std::vector<std::unique_ptr<Push>> Lane::take_left() {
  std::vector<std::unique_ptr<Push>> left;
  for (Waiting& waiting : queue_) {
    // A request that is on its way still looks at its push, which is not settled by that any more.
    if (!waiting.push->in_budget) continue;
    left.push_back(waiting.in_flight ? std::make_unique<Push>(*waiting.push) : std::move(waiting.push));
  }
  std::erase_if(queue_, [](const Waiting& waiting) { return waiting.push == nullptr; });
  std::ranges::move(std::exchange(unstored_, {}), std::back_inserter(left));
  return left;
}

}  // namespace lokitail::agent
