#include "agent/delivery/lane_spool.h"

#include <boost/asio/post.hpp>

#include <cctype>
#include <charconv>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "agent/clock.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {
namespace {

constexpr std::chrono::seconds kSaveInterval{1};
constexpr std::chrono::milliseconds kRetryInterval{500};  // after the disk has failed
constexpr unsigned kMostFailedOpens = 10;
constexpr std::string_view kTenantPrefix = "tenant-";

SpoolRecord record_of(const Push& push) {
  SpoolRecord record;
  record.written_at = system_time().seconds;
  record.raw_bytes = push.raw_bytes;
  record.entries = static_cast<std::uint32_t>(push.entries);
  record.streams = push.streams.all();
  record.body = push.body;
  return record;
}

std::unique_ptr<Push> push_of(SpoolRecord record, const std::string& tenant) {
  auto push = std::make_unique<Push>();
  push->body = std::move(record.body);
  push->tenant = tenant;
  push->entries = record.entries;
  push->raw_bytes = record.raw_bytes;
  push->streams = StreamIds(std::move(record.streams));
  push->in_budget = false;
  push->is_loaded = true;
  return push;
}

}  // namespace

void SpoolTroubles::set(const std::string& tenant, const std::string& problem) {
  const std::lock_guard lock(mutex_);
  const auto [place, is_new] = troubles_.try_emplace(tenant, Trouble{{}, std::chrono::system_clock::now()});
  place->second.problem = problem;
}

void SpoolTroubles::clear(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  troubles_.erase(tenant);
}

std::optional<SpoolTroubles::Trouble> SpoolTroubles::oldest() const {
  const std::lock_guard lock(mutex_);
  std::optional<Trouble> found;
  for (const auto& [tenant, trouble] : troubles_) {
    if (!found || trouble.since < found->since) found = trouble;
  }
  return found;
}

// What belongs to the spool's thread.
struct LaneSpool::Disk {
  Disk(std::shared_ptr<ClientSpool> of, const std::string& tenant)
      : client(std::move(of)),
        spool(client->thread->files(), client->folder + "/" + folder_name(kTenantPrefix, tenant),
              client->limits, client->use, [] { return system_time().seconds; }),
        save_timer(client->thread->io()),
        load_timer(client->thread->io()) {}

  const std::shared_ptr<ClientSpool> client;
  Spool spool;
  boost::asio::steady_timer save_timer;
  boost::asio::steady_timer load_timer;
  unsigned failed_loads = 0;  // one after the other
  bool save_scheduled = false;
  bool opened = false;
  bool refuses = false;  // something could not be stored: nothing is, before it was tried again
  bool failing = false;  // it was told
  Pushes waiting;        // to be stored together
  SpoolStats counted;
};

LaneSpool::LaneSpool(std::shared_ptr<ClientSpool> client, std::string tenant, Listener listener)
    : client_(std::move(client)),
      tenant_(std::move(tenant)),
      listener_(std::move(listener)),
      disk_(std::make_unique<Disk>(client_, tenant_)) {}

LaneSpool::~LaneSpool() {
  // Where nothing runs any more, it is destroyed with the call.
  client_->thread->post([disk = std::shared_ptr<Disk>(std::move(disk_))] {});
}

// Letters, digits, - and _ stand for themselves, any other byte is %XX.
std::string LaneSpool::folder_name(std::string_view prefix, std::string_view name) {
  std::string folder(prefix);
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_') {
      folder += c;
    } else {
      folder += fmt::format("%{:02x}", byte);
    }
  }
  return folder;
}

std::optional<std::string> LaneSpool::tenant_of(std::string_view folder_name) {
  if (!folder_name.starts_with(kTenantPrefix)) return std::nullopt;
  std::string tenant;
  for (std::size_t i = kTenantPrefix.size(); i < folder_name.size(); ++i) {
    unsigned byte = static_cast<unsigned char>(folder_name[i]);
    if (byte == '%' && i + 2 < folder_name.size()) {
      std::from_chars(folder_name.data() + i + 1, folder_name.data() + i + 3, byte, 16);
      i += 2;
    }
    tenant += static_cast<char>(byte);
  }
  return tenant;
}

void LaneSpool::store(std::unique_ptr<Push> push) {
  client_->thread->post(
      [self = shared_from_this(), push = std::make_shared<std::unique_ptr<Push>>(std::move(push))] {
        self->disk_->waiting.push_back(std::move(*push));
        // All that is waiting already is synced together.
        if (self->disk_->waiting.size() == 1) {
          self->client_->thread->post([self] { self->store_waiting(); });
        }
      });
}

void LaneSpool::store_again(Pushes pushes) {
  client_->thread->post([self = shared_from_this(), pushes = std::make_shared<Pushes>(std::move(pushes))] {
    Disk& disk = *self->disk_;
    disk.refuses = false;
    // What came since was not given back yet: it is younger.
    std::move(disk.waiting.begin(), disk.waiting.end(), std::back_inserter(*pushes));
    disk.waiting = std::move(*pushes);
    self->store_waiting();
  });
}

void LaneSpool::store_waiting() {
  Pushes waiting = std::exchange(disk_->waiting, {});
  if (waiting.empty()) return;
  if (disk_->refuses || !ready() || !append(waiting)) return give_back(std::move(waiting));
  tell_stored(std::move(waiting));
}

void LaneSpool::tell_stored(Pushes pushes) {
  boost::asio::post(client_->control,
                    [self = shared_from_this(), pushes = std::make_shared<Pushes>(std::move(pushes))] {
                      self->has_more_ = true;
                      for (auto& push : *pushes) self->listener_.stored(std::move(push));
                    });
}

// All of them, or none as far as anybody can rely on it.
bool LaneSpool::append(Pushes& waiting) {
  std::string problem;
  Spool::Sequence sequence = 0;
  auto result = Spool::Append::kStored;
  auto at = waiting.begin();
  for (; at != waiting.end() && result == Spool::Append::kStored; ++at) {
    result = disk_->spool.append(record_of(**at), sequence, problem);
  }
  const std::string not_synced = disk_->spool.sync();
  if (result == Spool::Append::kFull) problem = "the spool is full";
  if (problem.empty()) problem = not_synced;
  count();
  report(problem);
  if (problem.empty()) return true;
  // Those in front are safe where the sync went well.
  if (not_synced.empty()) {
    Pushes safe(std::make_move_iterator(waiting.begin()), std::make_move_iterator(at - 1));
    waiting.erase(waiting.begin(), at - 1);
    if (!safe.empty()) tell_stored(std::move(safe));
  }
  return false;
}

void LaneSpool::give_back(Pushes pushes) {
  disk_->refuses = true;
  boost::asio::post(client_->control,
                    [self = shared_from_this(), pushes = std::make_shared<Pushes>(std::move(pushes))] {
                      self->listener_.not_stored(std::move(*pushes));
                    });
}

void LaneSpool::load() {
  client_->thread->post([self = shared_from_this()] {
    Disk& disk = *self->disk_;
    std::optional<std::pair<Spool::Sequence, SpoolRecord>> found;
    std::string problem;
    const bool opened = self->ready();
    if (opened) found = disk.spool.next(problem);
    if (opened) self->report(problem);
    if (!opened || !problem.empty()) {
      if (!found && self->load_later()) return;
    }
    disk.failed_loads = 0;
    self->count();
    self->save_later();
    auto push = found ? push_of(std::move(found->second), self->tenant_) : nullptr;
    if (push) {
      push->receipt =
          std::make_shared<Receipt>(1, [self, sequence = found->first] { self->acknowledge(sequence); });
    }
    boost::asio::post(
        self->client_->control,
        [self, more = !disk.spool.at_end(), push = std::make_shared<std::unique_ptr<Push>>(std::move(push))] {
          self->has_more_ = more;
          self->listener_.loaded(std::move(*push));
        });
  });
}

// Whoever has to send what is here waits for it. False where that is in vain.
bool LaneSpool::load_later() {
  if (++disk_->failed_loads > (disk_->opened ? Spool::kMostFailedReads : kMostFailedOpens)) return false;
  disk_->load_timer.expires_after(kRetryInterval);
  disk_->load_timer.async_wait([self = weak_from_this()](const boost::system::error_code& cancelled) {
    const auto spool = self.lock();
    if (spool && !cancelled) spool->load();
  });
  return true;
}

void LaneSpool::acknowledge(Spool::Sequence sequence) {
  client_->thread->post([self = shared_from_this(), sequence] {
    self->disk_->spool.acknowledge(sequence);
    self->save_later();
  });
}

void LaneSpool::save() {
  client_->thread->post([self = shared_from_this()] { self->save_now(); });
}

void LaneSpool::save_later() {
  if (std::exchange(disk_->save_scheduled, true)) return;
  disk_->save_timer.expires_after(kSaveInterval);
  disk_->save_timer.async_wait([self = weak_from_this()](const boost::system::error_code& cancelled) {
    const auto spool = self.lock();
    if (spool && !cancelled) spool->save_now();
  });
}

void LaneSpool::save_now() {
  disk_->save_scheduled = false;
  if (!disk_->opened) return;
  const std::string problem = disk_->spool.save();
  report(problem);
  count();
  if (!problem.empty()) save_later();
}

bool LaneSpool::ready() {
  if (disk_->opened) return true;
  const std::string problem = disk_->spool.open();
  report(problem);
  disk_->opened = problem.empty();
  return disk_->opened;
}

// Once, until it is over.
void LaneSpool::report(const std::string& problem) {
  const bool fails = !problem.empty();
  if (fails && !disk_->failing) {
    log::error("the spool does not work; trying again and again",
               {{"client", client_->client}, {"tenant", tenant_}, {"error", problem}});
  }
  if (fails) client_->troubles.set(tenant_, problem);
  if (!fails && disk_->failing) client_->troubles.clear(tenant_);
  disk_->failing = fails;
}

void LaneSpool::count() {
  const SpoolStats& now = disk_->spool.stats();
  SpoolStats& before = disk_->counted;
  Metrics& metrics = client_->metrics;
  metrics.spool_bytes(client_->client).Set(static_cast<double>(client_->use.bytes));
  const auto add = [](prometheus::Counter& counter, std::uint64_t more) {
    if (more != 0) counter.Increment(static_cast<double>(more));
  };
  add(metrics.spool_corrupt_records(client_->client), now.corrupt_records - before.corrupt_records);
  const auto drop = [&](const char* reason, std::uint64_t entries) {
    if (entries == 0) return;
    metrics.entries_taken(client_->client, "spool", entries);
    metrics.entries_done(client_->client, "dropped", reason, entries);
  };
  drop("spool_too_old", now.too_old_entries - before.too_old_entries);
  drop("spool_full", now.dropped_entries - before.dropped_entries);
  before = now;
}

}  // namespace lokitail::agent
