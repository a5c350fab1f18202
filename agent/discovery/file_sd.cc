#include "agent/discovery/file_sd.h"

#include <sys/inotify.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

#include "agent/telemetry/log.h"
#include "config/node.h"
#include "config/value.h"

namespace lokitail::agent {
namespace {

namespace fs = std::filesystem;

// Several changes at a time are looked at once.
constexpr std::chrono::milliseconds kFilesSettle{50};
// A folder that is not there, or cannot be watched, is looked for this often at least.
constexpr std::chrono::seconds kUnwatchedLook{5};
constexpr std::uintmax_t kMostBytes = 16u << 20;
constexpr std::uint32_t kChanges =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;

}  // namespace

std::vector<config::LabelMap> read_target_list(std::string_view text, const std::string& file_name) {
  const config::Node document = config::Node::parse(text, file_name);
  if (!document.is_sequence() && !document.is_null())
    throw document.error("expected a list, found " + document.describe());
  std::vector<config::LabelMap> all;
  config::Warnings warnings;
  for (const config::Node& item : document.items()) {
    config::Fields fields(item, "target group", config::Fields::Strictness::kRefuseUnknown, warnings);
    std::vector<std::string> targets;
    config::LabelMap labels;
    if (const config::Node* list = fields.find("targets")) targets = config::read_text_list(*list);
    if (const config::Node* map = fields.find("labels")) labels = config::read_label_map(*map);
    fields.finish();
    for (std::string& address : targets) {
      config::LabelMap& target = all.emplace_back(labels);
      target["__address__"] = std::move(address);
    }
  }
  return all;
}

FileSd::FileSd(boost::asio::io_context& control, Inotify& inotify, const config::FileSdConfig& config,
               Found found)
    : config_(config), found_(std::move(found)), timer_(control) {
  for (const std::string& pattern : config.files) {
    globs_.emplace_back(pattern);
    std::string parent = fs::path(pattern).parent_path();
    if (parent.empty()) parent = ".";
    const auto same = [&parent](const auto& folder) { return folder->path() == parent; };
    if (std::ranges::any_of(folders_, same)) continue;
    folders_.push_back(std::make_unique<WatchedFolder>(
        inotify, std::move(parent), kChanges, [this](std::uint32_t, std::string_view) { look_soon(); }));
  }
}

FileSd::~FileSd() = default;

void FileSd::start() { look(); }

void FileSd::stop() {
  timer_.cancel();
  folders_.clear();
}

void FileSd::look_soon() {
  if (!std::exchange(is_soon_, true)) look_after(kFilesSettle);
}

void FileSd::look_after(std::chrono::nanoseconds time) {
  timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(time));
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) look();
  });
}

void FileSd::look() {
  is_soon_ = false;
  bool all_watched = true;
  std::set<std::string> there;
  for (const auto& folder : folders_) {
    all_watched &= folder->watch();  // before the look, so that nothing is missed
    std::error_code error;
    for (fs::directory_iterator it(folder->path(), error), end; !error && it != end; it.increment(error)) {
      const std::string path = folder->path() == "." ? it->path().filename().string() : it->path().string();
      const auto matches = [whole = clean_path(path)](const Glob& glob) { return glob.matches(whole); };
      if (std::ranges::any_of(globs_, matches)) there.insert(path);
    }
  }
  for (const std::string& path : there) read(path);
  std::erase_if(texts_, [&](const auto& known) {
    if (there.contains(known.first)) return false;
    found_(known.first, {});
    return true;
  });
  look_after(all_watched ? config_.refresh_interval
                         : std::min<std::chrono::nanoseconds>(config_.refresh_interval, kUnwatchedLook));
}

void FileSd::read(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || size > kMostBytes || !file) {
    log::error("cannot read a file of targets", {{"file", path},
                                                 {"error", error               ? error.message()
                                                           : size > kMostBytes ? "it is too large"
                                                                               : "cannot open it"}});
    return;
  }
  std::string text(std::istreambuf_iterator<char>(file), {});
  const auto [known, is_new] = texts_.try_emplace(path);
  if (!is_new && known->second == text) return;
  known->second = text;
  try {
    std::vector<config::LabelMap> targets = read_target_list(text, path);
    for (config::LabelMap& labels : targets) labels["__meta_filepath"] = path;
    found_(path, std::move(targets));
  } catch (const config::Error& problem) {
    log::error("a file of targets cannot be understood; its former targets stay",
               {{"error", problem.what()}});
  }
}

}  // namespace lokitail::agent
