#include "agent/source/journal/journal_entries.h"

#include <catch2/catch.hpp>

namespace lokitail::agent {
namespace {

constexpr std::uint64_t kTime = 1'700'000'000'123'456;

config::RelabelConfig rule(config::RelabelAction action, std::vector<std::string> sources,
                           const std::string& target) {
  config::RelabelConfig rule;
  rule.action = action;
  rule.source_labels = std::move(sources);
  rule.target_label = target;
  return rule;
}

struct EntriesScene {
  explicit EntriesScene(bool json = false) {
    job.job_name = "j";
    job.journal.emplace().json = json;
    const auto kReplace = config::RelabelAction::kReplace;
    job.relabel_configs = {rule(kReplace, {"__journal__systemd_unit"}, "unit"),
                           rule(kReplace, {"__journal_priority_keyword"}, "level")};
  }
  JournalEntries& entries() {
    if (!made) made.emplace(job, metrics);
    return *made;
  }
  void add(const std::vector<std::string>& fields, bool is_whole = true) {
    entries().begin_entry();
    for (const std::string& field : fields) entries().add_field(std::string(field));
    entries().end_entry(kTime, is_whole);
  }
  // "{labels} line" of each entry.
  std::vector<std::string> take() {
    std::vector<std::string> all;
    const auto block = entries().take_block();
    if (!block) return all;
    for (const auto& group : block->groups()) {
      std::string labels;
      for (const auto& [name, value] : group.labels)
        labels += std::string(name) + "=" + std::string(value) + " ";
      for (const auto& entry : group.entries) {
        CHECK(entry.time == pipeline::Timestamp(1'700'000'000, 123'456'000));
        all.push_back(labels + std::string(entry.line));
      }
    }
    return all;
  }
  double faults(const char* error) {
    return metrics
        .counter_of("promtail_journal_target_parsing_errors_total",
                    "Total number of parsing errors while reading journal messages", {{"error", error}})
        .Value();
  }

  config::ScrapeConfig job;
  Metrics metrics;
  std::optional<JournalEntries> made;
};

TEST_CASE("an entry brings the labels that rules can use, and its message", "[journal]") {
  EntriesScene scene;
  scene.add({"_PID=1", "PRIORITY=4", "MESSAGE=two\nlines", "_SYSTEMD_UNIT=a.service"});
  scene.add({"_PID=2", "PRIORITY=4", "MESSAGE=", "_SYSTEMD_UNIT=a.service"});
  scene.add({"MESSAGE=bare"});
  CHECK(scene.entries().waiting_bytes() > 0);
  const std::string labels = "__journal_priority_keyword=warning __journal__systemd_unit=a.service ";
  CHECK(scene.take() == std::vector<std::string>{labels + "two\nlines", labels, "bare"});
  CHECK(scene.take().empty());
  // The next block begins with labels of its own, though they are the same.
  scene.add({"MESSAGE=bare"});
  CHECK(scene.take() == std::vector<std::string>{"bare"});
}

TEST_CASE("labelmap makes all labels", "[journal]") {
  EntriesScene scene;
  scene.job.relabel_configs = {rule(config::RelabelAction::kLabelMap, {}, "")};
  scene.add({"PRIORITY=9", "MESSAGE=m", "_PID=1"});
  CHECK(scene.take() ==
        std::vector<std::string>{"__journal_priority=9 __journal_priority_keyword=9 __journal_message=m "
                                 "__journal__pid=1 m"});
}

TEST_CASE("what has no message is counted", "[journal]") {
  EntriesScene scene;
  scene.add({"_PID=1"});
  scene.add({"_PID=1", "no field", "=x"}, false);
  scene.entries().drop_entry();
  CHECK(scene.take().empty());
  CHECK(scene.faults("no_message") == 1);
  CHECK(scene.faults("corrupt") == 2);
  // What can be read of an entry is not thrown away.
  scene.add({"MESSAGE=half"}, false);
  CHECK(scene.take() == std::vector<std::string>{"half"});
  CHECK(scene.faults("corrupt") == 3);
}

TEST_CASE("all fields as JSON", "[journal]") {
  EntriesScene scene(true);
  scene.add({"_PID=1", "MESSAGE=<m>", "A=x", "A=y", "_SYSTEMD_UNIT=u"});
  scene.add({"_PID=1"});
  CHECK(scene.take() ==
        std::vector<std::string>{
            R"(__journal__systemd_unit=u {"A":"y","MESSAGE":"\u003cm\u003e","_PID":"1","_SYSTEMD_UNIT":"u"})",
            R"({"_PID":"1"})"});
  CHECK(scene.faults("no_message") == 0);
}

TEST_CASE("names of fields without end are borne with", "[journal]") {
  EntriesScene scene;
  for (int i = 0; i < 10'000; ++i) scene.add({"F" + std::to_string(i) + "=1", "MESSAGE=m", "PRIORITY=1"});
  CHECK(scene.take().size() == 10'000);
}

}  // namespace
}  // namespace lokitail::agent
