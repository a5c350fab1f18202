#include "tests/support/loki.h"

#include <algorithm>
#include <cctype>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "agent/loki/receiver.h"

namespace lokitail::test {
namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

Request request_of(const agent::ReceivedPush& push) {
  Request request;
  request.at = std::chrono::steady_clock::now();
  request.tenant = push.head.tenant();
  request.target = push.head.target;
  request.connection = push.head.connection;
  request.body_bytes = push.body.size();
  for (const auto& [name, value] : push.head.headers) request.headers[lower(name)] = value;
  for (const agent::PushStream& stream : push.push->streams) {
    for (const agent::PushEntry& entry : stream.entries) {
      request.entries.push_back(
          {request.tenant, stream.labels, entry.timestamp.to_unix_nanoseconds(), entry.line});
    }
  }
  return request;
}

agent::PushAnswer answer_of(const Reply& reply) {
  agent::PushAnswer answer;
  answer.status = static_cast<unsigned>(reply.status);
  answer.headers.assign(reply.headers.begin(), reply.headers.end());
  answer.body = reply.body;
  answer.delay = reply.delay;
  if (reply.cut) answer.connection = agent::PushAnswer::Connection::kReset;
  return answer;
}

}  // namespace

class Loki::Impl {
 public:
  Impl(const std::string& address, std::uint16_t port) : receiver_(options(address, port)) {}

  agent::PushAnswer take(const agent::ReceivedPush& push) {
    const std::lock_guard lock(mutex_);
    if (push.push == nullptr) {
      undecodable_ = push.decoded.message;
      return agent::refusal(push.decoded);
    }
    Request request = request_of(push);
    const Reply reply = rule_(request);
    request.status = reply.status;
    request.cut = reply.cut;
    if (reply.store) {
      stored_.insert(stored_.end(), request.entries.begin(), request.entries.end());
    }
    requests_.push_back(std::move(request));
    return answer_of(reply);
  }

  // Calls `read` with everything at rest.
  template <class Read>
  auto look(Read&& read) {
    const std::lock_guard lock(mutex_);
    if (!undecodable_.empty()) throw std::runtime_error("undecodable push: " + undecodable_);
    return read(*this);
  }

  std::mutex mutex_;
  // Guarded by mutex_:
  Rule rule_ = [](const Request&) { return Reply::ok(); };
  std::vector<Arrival> stored_;
  std::vector<Request> requests_;
  std::string undecodable_;
  // Last, because its thread uses everything above.
  agent::Receiver receiver_;

 private:
  agent::ReceiverOptions options(const std::string& address, std::uint16_t port) {
    agent::ReceiverOptions options;
    options.address = address;
    options.port = port;
    options.answer = [this](const agent::ReceivedPush& push) { return take(push); };
    return options;
  }
};

Loki::Loki(const std::string& address, std::uint16_t port)
    : impl_(std::make_unique<Impl>(address, port)), port_(impl_->receiver_.port()) {}

Loki::~Loki() = default;

std::string Loki::url() const { return "http://" + host() + "/loki/api/v1/push"; }

std::string Loki::host() const { return "127.0.0.1:" + std::to_string(port_); }

void Loki::answer(Rule rule) {
  const std::lock_guard lock(impl_->mutex_);
  impl_->rule_ = std::move(rule);
}

void Loki::answer(const Reply& reply) {
  answer([reply](const Request&) { return reply; });
}

void Loki::go_down() { impl_->receiver_.close(); }

void Loki::come_back() { impl_->receiver_.open(); }

std::vector<Arrival> Loki::stored() const {
  return impl_->look([](const Impl& impl) { return impl.stored_; });
}

std::size_t Loki::stored_count() const {
  return impl_->look([](const Impl& impl) { return impl.stored_.size(); });
}

bool Loki::wait_stored(std::size_t entries, std::chrono::milliseconds deadline) const {
  return eventually([&] { return stored_count() >= entries; }, deadline, 2ms);
}

std::vector<std::string> Loki::lines() const {
  std::vector<std::string> lines;
  for (const Arrival& arrival : stored()) lines.push_back(arrival.line);
  return lines;
}

std::vector<Request> Loki::requests() const {
  return impl_->look([](const Impl& impl) { return impl.requests_; });
}

std::size_t Loki::request_count() const {
  return impl_->look([](const Impl& impl) { return impl.requests_.size(); });
}

}  // namespace lokitail::test
