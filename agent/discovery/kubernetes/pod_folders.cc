#include "agent/discovery/kubernetes/pod_folders.h"

#include <sys/inotify.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

namespace lokitail::agent::kubernetes {
namespace {

namespace fs = std::filesystem;

// The net below inotify; and where there is no watch.
constexpr std::chrono::seconds kLook{30};
constexpr std::chrono::seconds kUnwatchedLook{2};

}  // namespace

std::optional<PodFolderName> parse_pod_folder(std::string_view name) {
  const std::size_t first = name.find('_');
  const std::size_t last = name.rfind('_');
  // None of the three can have such a character.
  if (first == name.npos || last == first || std::ranges::count(name, '_') != 2) return std::nullopt;
  PodFolderName parts{std::string(name.substr(0, first)),
                      std::string(name.substr(first + 1, last - first - 1)),
                      std::string(name.substr(last + 1))};
  if (parts.name_space.empty() || parts.pod.empty() || parts.uid.empty()) return std::nullopt;
  return parts;
}

std::string pod_folder(const PodFolderName& name) {
  return name.name_space + '_' + name.pod + '_' + name.uid;
}

// The folder of a pod.
class PodFolders::Folder final : public InotifyListener {
 public:
  Folder(PodFolders& owner, std::string name) : owner_(owner), name_(std::move(name)) {}
  ~Folder() { unwatch(); }

  // Whether there is another container than before.
  bool look() {
    const std::string path = owner_.directory_ + '/' + name_;
    // Before the look, so that nothing is missed.
    if (watch_ == Inotify::kNoWatch) watch_ = owner_.inotify_.add(path, Inotify::kFolderEvents, *this);
    std::set<std::string> now;
    std::error_code error;
    for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
      std::error_code ignored;
      if (it->is_directory(ignored)) now.insert(it->path().filename());
    }
    // A container's folder that goes takes its files with it: their target stays until all is gone.
    const std::size_t before = containers_.size();
    containers_.merge(now);
    return containers_.size() != before;
  }
  void unwatch() {
    if (watch_ != Inotify::kNoWatch) owner_.inotify_.remove(std::exchange(watch_, Inotify::kNoWatch), *this);
  }
  void inotify_event(std::uint32_t mask, std::string_view) override {
    if ((mask & IN_IGNORED) != 0) watch_ = Inotify::kNoWatch;
    if ((mask & (IN_CREATE | IN_MOVED_TO | IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) != 0) {
      const std::string name = name_;  // we may be gone in the end
      owner_.look_at(name);
    }
  }
  const std::set<std::string>& containers() const { return containers_; }

 private:
  PodFolders& owner_;
  const std::string name_;
  std::set<std::string> containers_;
  Inotify::Watch watch_ = Inotify::kNoWatch;
};

PodFolders::PodFolders(boost::asio::io_context& control, Inotify& inotify, std::string directory,
                       Changed changed)
    : inotify_(inotify),
      directory_(std::move(directory)),
      changed_(std::move(changed)),
      timer_(control),
      root_(std::make_unique<WatchedFolder>(
          inotify_, directory_, Inotify::kFolderEvents,
          [this](std::uint32_t mask, std::string_view name) { root_event(mask, name); })) {}

PodFolders::~PodFolders() = default;

void PodFolders::start() {
  is_running_ = true;
  look();
}

void PodFolders::stop() {
  is_running_ = false;
  timer_.cancel();
  root_.reset();
  folders_.clear();
  forgotten_.clear();
}

const std::set<std::string>& PodFolders::containers(const std::string& folder) const {
  return folders_.at(folder)->containers();
}

void PodFolders::look() {
  if (!is_running_) return;
  const bool is_watched = root_->watch();
  std::vector<std::string> names;
  for (const auto& [name, folder] : folders_) names.push_back(name);
  std::error_code error;
  for (fs::directory_iterator it(directory_, error), end; !error && it != end; it.increment(error)) {
    std::string name = it->path().filename();
    if (!folders_.contains(name)) names.push_back(std::move(name));
  }
  for (const std::string& name : names) look_at(name);
  timer_.expires_after(is_watched ? kLook : kUnwatchedLook);
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    forgotten_.clear();
    look();
  });
}

void PodFolders::root_event(std::uint32_t mask, std::string_view name) {
  if ((mask & IN_MOVE_SELF) != 0) root_->unwatch();
  if (!root_->is_on()) {
    look();
  } else if (!name.empty() && (mask & ~std::uint32_t{IN_ATTRIB | IN_ISDIR}) != 0) {
    look_at(std::string(name));
  }
}

void PodFolders::look_at(const std::string& name) {
  if (!is_running_ || !parse_pod_folder(name)) return;
  std::error_code error;
  if (!fs::is_directory(directory_ + '/' + name, error)) {
    forget(name);
    return;
  }
  const auto [known, is_new] = folders_.try_emplace(name);
  if (is_new) known->second = std::make_unique<Folder>(*this, name);
  const bool has_more = known->second->look();
  if (is_new || has_more) changed_(name);
}

void PodFolders::forget(const std::string& name) {
  auto known = folders_.extract(name);
  if (known.empty()) return;
  known.mapped()->unwatch();
  forgotten_.push_back(std::move(known.mapped()));
  changed_(name);
}

}  // namespace lokitail::agent::kubernetes
