#include "tests/support/journal.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>

namespace lokitail::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRemote = "/lib/systemd/systemd-journal-remote";
constexpr const char* kJournald = "/lib/systemd/systemd-journald";
constexpr const char* kHostSocket = "/run/systemd/journal/socket";
constexpr const char* kHostSettings = "/run/systemd/journald.conf.d/lokitail-test.conf";
constexpr const char* kBoot = "5d5a2c81498b4dc79fd52d4d4fcc1004";

// As both the export format and journald's protocol have it.
void append_field(std::string& out, const std::string& name, const std::string& value) {
  if (value.find('\n') == value.npos) {
    out += name + '=' + value + '\n';
    return;
  }
  std::uint64_t size = value.size();
  out += name + '\n';
  for (int i = 0; i < 8; ++i, size >>= 8) out += static_cast<char>(size & 0xff);
  out += value + '\n';
}

}  // namespace

std::int64_t journal_time(std::chrono::microseconds ago) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now - ago).count();
}

// ---- Files ----------------------------------------------------------------------------------------

std::string JournalFile::missing() {
  return fs::exists(kRemote) && find_program("journalctl") ? "" : "systemd-journal-remote is not installed";
}

void JournalFile::add(std::int64_t time, const JournalFields& fields) {
  static const std::int64_t kBooted = journal_time(std::chrono::hours(24 * 30));
  latest_ = std::max(time, latest_ + 1);
  export_ += fmt::format("__REALTIME_TIMESTAMP={}\n__MONOTONIC_TIMESTAMP={}\n_BOOT_ID={}\n", latest_,
                         latest_ - kBooted, kBoot);
  for (const auto& [name, value] : fields) append_field(export_, name, value);
  export_ += '\n';
}

void JournalFile::append() {
  fs::create_directories(path_.parent_path());
  const fs::path text = path_.string() + ".export";  // which is no journal's name
  std::ofstream(text, std::ios::binary) << export_;
  export_.clear();
  const Finished made = run({kRemote, "--output=" + path_.string(), "--split-mode=none", text.string()});
  if (made.exit_code != 0) throw std::runtime_error("systemd-journal-remote: " + made.err);
}

std::string JournalFile::cursor_of(const std::string& message) const {
  const Finished shown =
      run({*find_program("journalctl"), "--file=" + path_.string(), "-o", "export", "MESSAGE=" + message});
  const std::string key = "__CURSOR=";
  const std::size_t at = shown.out.find(key);
  if (at == shown.out.npos) throw std::runtime_error("no such entry: " + message + shown.err);
  return shown.out.substr(at + key.size(), shown.out.find('\n', at) - at - key.size());
}

// ---- journald -------------------------------------------------------------------------------------

std::string Journald::missing() {
  if (!fs::exists(kJournald)) return "systemd-journald is not installed";
  if (!fs::exists("/etc/machine-id")) return "there is no /etc/machine-id";
  const Finished tried = run({"/usr/bin/unshare", "-m", "true"});
  return tried.exit_code == 0 ? "" : "no mount namespace can be made here";
}

Journald::Journald(const fs::path& folder, const std::string& settings) : folder_(folder) {
  fs::create_directories(folder / "run" / "journald.conf.d");
  fs::create_directories(folder / "log");
  std::ofstream(folder / "run" / "journald.conf.d" / "test.conf")
      << "[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\nReadKMsg=no\nAudit=no\n"
      << settings;
  const std::string start = fmt::format(
      "mount --make-rprivate / && mount --bind {0}/run /run/systemd && mount --bind {0}/log /run/log && exec "
      "{1}",
      folder.string(), kJournald);
  process_ = std::make_unique<Process>(
      Command{{"/usr/bin/unshare", "-m", "/bin/sh", "-c", start}, {}, {}, folder / "out", folder / "out"});
  const fs::path path = folder / "run" / "journal" / "socket";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool connected = eventually(
      [&] { return ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0; });
  if (!connected) throw std::runtime_error("journald does not start");
}

Journald::~Journald() {
  if (socket_ >= 0) ::close(socket_);
  process_->signal(SIGTERM);
  process_->wait(std::chrono::seconds(10));
}

void Journald::log(const JournalFields& fields) {
  std::string message;
  for (const auto& [name, value] : fields) append_field(message, name, value);
  // Waits where journald has no room for it.
  if (::send(socket_, message.data(), message.size(), 0) != static_cast<ssize_t>(message.size())) {
    throw std::runtime_error(std::string("journald: ") + std::strerror(errno));
  }
}

void Journald::rotate() { process_->signal(SIGUSR2); }

std::size_t Journald::files() const {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(journal()))
    count += entry.is_regular_file() ? 1 : 0;
  return count;
}

// ---- The host's journald ----------------------------------------------------------------------------

std::string HostJournald::missing() {
  if (fs::exists(kHostSocket)) return "";
  if (::geteuid() != 0) return "journald cannot be started without root";
  return Journald::missing();
}

HostJournald::HostJournald() {
  if (fs::exists(kHostSocket)) return;
  fs::create_directories(fs::path(kHostSettings).parent_path());
  std::ofstream(kHostSettings)
      << "[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\nReadKMsg=no\nAudit=no\n";
  process_ = std::make_unique<Process>(Command{{kJournald}, {}, {}, "/dev/null", "/dev/null"});
  if (!eventually([] { return fs::exists(kHostSocket); }))
    throw std::runtime_error("journald does not start");
}

HostJournald::~HostJournald() {
  if (!process_) return;
  process_->signal(SIGTERM);
  process_->wait(std::chrono::seconds(10));
  for (const fs::path& left :
       {fs::path(kHostSettings), fs::path("/run/systemd/journal"), fs::path("/run/log/journal")}) {
    std::error_code ignored;
    fs::remove_all(left, ignored);
  }
}

}  // namespace lokitail::test
