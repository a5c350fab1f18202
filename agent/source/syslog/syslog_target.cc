#include "agent/source/syslog/syslog_target.h"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "agent/http/tls.h"
#include "agent/into_error.h"
#include "agent/ip_address.h"
#include "agent/listen_address.h"
#include "agent/name_lookup.h"
#include "agent/source/received/datagram_listener.h"
#include "agent/source/received/dropped_entries.h"
#include "agent/source/syslog/syslog_entries.h"
#include "agent/source/syslog/syslog_framing.h"
#include "agent/telemetry/log.h"
#include "agent/worker.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

// At a time of a connection: there may be many senders, most of which say little, and a few that say much.
constexpr std::size_t kFirstReadBytes = 4 * 1024;
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kMostHostNames = 4096;
// For the name of a sender: a connection is read only then, datagrams are taken meanwhile.
constexpr std::chrono::seconds kConnectionLookUp{1};
constexpr std::chrono::seconds kDatagramLookUp{10};
constexpr std::chrono::milliseconds kAcceptPause{100};

}  // namespace

struct SyslogTarget::State : std::enable_shared_from_this<State> {
  State(const config::ScrapeConfig& of, const TargetContext& context)
      : job(of),
        config(*of.syslog),
        control(context.control),
        worker(context.worker),
        source(std::make_shared<ReceivedSource>(context.control, context.worker, spec_of(of),
                                                count_dropped(context.metrics, of.job_name))),
        entries(of, context.metrics, *source),
        datagrams(control, context.metrics.counter_of("lokitail_syslog_lost_datagrams_total",
                                                      "Datagrams for which the socket had no room",
                                                      {{"job", of.job_name}})),
        acceptor(control) {}

  static ReceivedSource::Spec spec_of(const config::ScrapeConfig& job) {
    ReceivedSource::Spec spec;
    spec.job = job.job_name;
    spec.labels = job.syslog->labels;
    spec.relabel_configs = job.relabel_configs;
    spec.keeps_without_labels = true;
    return spec;
  }
  void listen_tcp();
  asio::awaitable<void> accept();
  asio::awaitable<void> serve(beast::tcp_stream stream);
  template <typename Stream>
  asio::awaitable<void> read_from(Stream& stream, beast::tcp_stream& lowest, SyslogPeer peer);

  void receive();
  void take_datagram(std::string_view datagram, const asio::ip::address& from);
  const SyslogPeer& peer_of(const asio::ip::address& address);

  const config::ScrapeConfig& job;
  const config::SyslogConfig& config;
  asio::io_context& control;
  Worker& worker;
  const std::shared_ptr<ReceivedSource> source;
  SyslogEntries entries;
  DatagramListener datagrams;
  std::optional<asio::ssl::context> tls;
  tcp::acceptor acceptor;
  std::map<asio::ip::address, SyslogPeer> peers;  // of datagrams
  std::set<beast::tcp_stream*> streams;
  bool listening = false;
};

SyslogTarget::SyslogTarget(const config::ScrapeConfig& job, const TargetContext& context)
    : state_(std::make_shared<State>(job, context)) {}

SyslogTarget::~SyslogTarget() = default;

void SyslogTarget::start() {
  State& state = *state_;
  state.worker.add(state.source);
  if (state.config.listen_protocol == "udp") {
    state.datagrams.open(state.config.listen_address);
    state.receive();
    log::info("syslog listening on address",
              {{"job", state.job.job_name}, {"protocol", "udp"}, {"port", state.datagrams.port()}});
  } else {
    state.listen_tcp();
    asio::co_spawn(
        state.control, [self = state_] { return self->accept(); }, asio::detached);
  }
  state.listening = true;
}

void SyslogTarget::stop() {
  State& state = *state_;
  state.listening = false;
  error_code ignored;
  state.acceptor.close(ignored);
  state.datagrams.close();
  for (beast::tcp_stream* const stream : state.streams) stream->cancel();
  state.entries.flush();
  state.source->finish();
}

bool SyslogTarget::ready() const { return state_->listening; }

std::vector<const TargetTraffic*> SyslogTarget::traffic() const { return {&state_->source->traffic()}; }

// ---- TCP ------------------------------------------------------------------------------------------

void SyslogTarget::State::listen_tcp() {
  const config::TlsConfig& files = config.tls_config;
  if (!files.cert_file.empty() || !files.key_file.empty() || !files.ca_file.empty()) {
    std::string problem;
    tls.emplace(http::make_server_tls_context(files, problem));
    if (!problem.empty()) throw std::runtime_error("syslog: " + problem);
  }
  listen_at(ListenAddress::from(config.listen_address), acceptor);
  log::info(
      "syslog listening on address",
      {{"job", job.job_name}, {"protocol", tls ? "tls" : "tcp"}, {"port", acceptor.local_endpoint().port()}});
}

asio::awaitable<void> SyslogTarget::State::accept() {
  const auto self = shared_from_this();
  while (acceptor.is_open()) {
    error_code error;
    tcp::socket accepted = co_await acceptor.async_accept(into(error));
    if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (error) {  // too many descriptors: the sender waits
      asio::steady_timer pause(control, kAcceptPause);
      co_await pause.async_wait(into(error));
      continue;
    }
    asio::co_spawn(control, serve(beast::tcp_stream(std::move(accepted))), asio::detached);
  }
}

asio::awaitable<void> SyslogTarget::State::serve(beast::tcp_stream stream) {
  const auto self = shared_from_this();
  error_code error;
  const tcp::endpoint remote = stream.socket().remote_endpoint(error);
  if (error) co_return;
  SyslogPeer peer{without_mapping(remote.address()).to_string(), {}};
  if (entries.wants_host_names()) {
    NameLookup lookup(control);
    peer.host_name = co_await lookup.name_of(remote.address(), kConnectionLookUp);
  }
  if (!listening) co_return;  // since then; the job may be gone
  if (!tls) {
    streams.insert(&stream);
    co_await read_from(stream, stream, std::move(peer));
    streams.erase(&stream);
    co_return;
  }
  beast::ssl_stream<beast::tcp_stream> secure(std::move(stream), *tls);
  beast::tcp_stream& lowest = secure.next_layer();
  streams.insert(&lowest);
  lowest.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(config.idle_timeout));
  co_await secure.async_handshake(asio::ssl::stream_base::server, into(error));
  if (error) {
    log::warn("TLS handshake of a syslog sender failed",
              {{"from", peer.address}, {"error", error.message()}});
  } else if (listening) {
    co_await read_from(secure, lowest, std::move(peer));
  }
  streams.erase(&lowest);
}

template <typename Stream>
asio::awaitable<void> SyslogTarget::State::read_from(Stream& stream, beast::tcp_stream& lowest,
                                                     SyslogPeer peer) {
  // Shared with what is called when blocks are settled, perhaps after the end.
  struct Unsettled {
    explicit Unsettled(asio::io_context& io) : gate(io) {}
    std::size_t bytes = 0;
    asio::steady_timer gate;
  };
  const auto unsettled = std::make_shared<Unsettled>(control);
  SyslogFraming framing(static_cast<std::size_t>(config.max_message_length));
  const auto add = [&](std::string_view text, bool was_cut) { entries.add(text, was_cut, peer); };
  const auto flush = [&] {
    unsettled->bytes += entries.waiting_bytes();
    const bool waits = unsettled->bytes > kMostUnsettledBytes;
    entries.flush(
        [unsettled](std::size_t bytes) {
          unsettled->bytes -= bytes;
          unsettled->gate.cancel();
        },
        waits);
  };
  std::vector<char> buffer(kFirstReadBytes);
  error_code error;
  while (!error && listening) {
    lowest.expires_after(
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(config.idle_timeout));
    const std::size_t size = co_await stream.async_read_some(asio::buffer(buffer), into(error));
    if (!listening) break;  // nothing may be offered any more
    if (!framing.take({buffer.data(), size}, add)) {
      entries.count_fault(peer.address, "messages framed by octet counting or newlines");
      flush();
      break;
    }
    if (size == buffer.size()) buffer.resize(kReadBytes);
    if (error && !framing.end(add)) entries.count_fault(peer.address, "the rest of a message");
    flush();
    lowest.expires_never();
    while (unsettled->bytes > kMostUnsettledBytes && listening) {
      unsettled->gate.expires_at(asio::steady_timer::time_point::max());
      error_code ignored;
      co_await unsettled->gate.async_wait(into(ignored));
    }
    co_await source->wait_for_room();
  }
  error_code ignored;
  lowest.socket().shutdown(tcp::socket::shutdown_both, ignored);
}

// ---- UDP ------------------------------------------------------------------------------------------

void SyslogTarget::State::receive() {
  const auto take = [self = shared_from_this()](std::string_view datagram, const asio::ip::address& from) {
    self->take_datagram(datagram, from);
    return self->entries.waiting_bytes() < ReceivedSource::kFullBlockBytes;
  };
  const auto hand_over = [self = shared_from_this()] { self->entries.flush(); };
  asio::co_spawn(control, datagrams.receive(take, hand_over, source), asio::detached);
}

void SyslogTarget::State::take_datagram(std::string_view datagram, const asio::ip::address& from) {
  const SyslogPeer& peer = peer_of(from);
  SyslogFraming framing(static_cast<std::size_t>(config.max_message_length));
  const auto add = [&](std::string_view text, bool was_cut) { entries.add(text, was_cut, peer); };
  if (!framing.take(datagram, add) || !framing.end(add)) {
    entries.count_fault(peer.address, "messages framed by octet counting or newlines");
  }
}

const SyslogPeer& SyslogTarget::State::peer_of(const asio::ip::address& address) {
  const auto found = peers.find(address);
  if (found != peers.end()) return found->second;
  if (peers.size() >= kMostHostNames) peers.clear();
  SyslogPeer& peer = peers[address];
  peer.address = without_mapping(address).to_string();
  if (entries.wants_host_names()) {
    // Until the answer is there it has no name.
    asio::co_spawn(
        control,
        [self = shared_from_this(), address]() -> asio::awaitable<void> {
          NameLookup lookup(self->control);
          const std::string name = co_await lookup.name_of(address, kDatagramLookUp);
          if (const auto known = self->peers.find(address); known != self->peers.end()) {
            known->second.host_name = name;
          }
        },
        asio::detached);
  }
  return peer;
}

}  // namespace lokitail::agent
