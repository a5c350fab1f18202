// Random histories of a spool on a filesystem that crashes at every place where something is written,
// and fails now and then. After each crash, what was durable is there.
//
// LOKITAIL_SPOOL_SEED repeats one history.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "agent/spool/spool.h"
#include "tests/unit/agent/spool/memory_files.h"

namespace lokitail::agent {
namespace {

using test::Crash;
using test::MemoryFiles;

class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed), files_(seed + 1) {}

  void run() {
    for (int life = 0; life < 6; ++life) {
      files_.fail_often(pick(3) == 0 ? 5 : 0);
      files_.crash_after(1 + pick(120));
      try {
        live();
      } catch (const Crash&) {
      }
      files_.reboot();
    }
    // The last life is a quiet one: everything comes out.
    files_.fail_often(0);
    SpoolUse use;
    Spool spool(files_, "spool", limits_, use, [] { return 0; });
    open(spool);
    check(spool);
    read_all(spool, done_);
    CHECK(spool.at_end());
    for (const auto& [id, sequence] : read_) spool.acknowledge(sequence);
    const std::string problem = spool.save();
    REQUIRE(problem.empty());
    CHECK(spool.bytes() == 0);
    CHECK(use.bytes == 0);
  }

 private:
  std::size_t pick(std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(random_); }

  static void open(Spool& spool) {
    std::string problem = "not tried";
    for (int tries = 0; tries < 1000 && !problem.empty(); ++tries) problem = spool.open();
    REQUIRE(problem.empty());
  }

  void live() {
    SpoolUse use;
    Spool spool(files_, "spool", limits_, use, [] { return 0; });
    open(spool);
    check(spool);
    for (int step = 0; step < 60; ++step) {
      switch (pick(5)) {
        case 0:
        case 1:
          append(spool);
          break;
        case 2:
          sync(spool);
          break;
        case 3:
          read(spool);
          break;
        case 4:
          acknowledge(spool);
          break;
        case 5:
          save(spool);
          break;
      }
    }
  }

  void append(Spool& spool) {
    SpoolRecord record;
    const std::uint64_t id = next_id_++;
    record.entries = 1;
    record.raw_bytes = id;
    record.streams.assign(pick(3), static_cast<std::uint32_t>(id));
    // Bytes that look like the beginning of a record do not mislead.
    record.body = std::to_string(id) + (pick(9) == 0 ? "LKSR" : "") + std::string(pick(700), 'x');
    Spool::Sequence sequence = 0;
    std::string problem;
    // Whether it was stored or not: where the power is cut, it may be there.
    written_.emplace(id, record);
    const auto result = spool.append(record, sequence, problem);
    REQUIRE(result != Spool::Append::kFull);
    if (result == Spool::Append::kStored) unsynced_.insert(id);
  }

  void sync(Spool& spool) {
    const std::string problem = spool.sync();
    if (problem.empty()) durable_.merge(unsynced_);
    unsynced_.clear();
  }

  std::optional<std::uint64_t> read(Spool& spool) {
    std::string problem;
    const auto found = spool.next(problem);
    if (!found) return std::nullopt;  // at the end, or the disk has failed
    const std::uint64_t id = found->second.raw_bytes;
    INFO("record " << id);
    REQUIRE(written_.contains(id));
    CHECK(found->second == written_.at(id));
    // In order; again in a later life only.
    CHECK((read_.empty() || read_.rbegin()->first < id));
    CHECK_FALSE(saved_.contains(id));
    read_.emplace(id, found->first);
    return id;
  }

  void read_all(Spool& spool, std::set<std::uint64_t>& ids) {
    do {
      while (const auto id = read(spool)) ids.insert(*id);
    } while (!spool.at_end());
  }

  void acknowledge(Spool& spool) {
    if (read_.empty()) return;
    const auto which = std::next(read_.begin(), static_cast<std::ptrdiff_t>(pick(read_.size() - 1)));
    spool.acknowledge(which->second);
    done_.insert(which->first);
  }

  void save(Spool& spool) {
    // A crash within may have saved it already.
    may_be_saved_ = done_;
    if (!spool.save().empty()) return;
    // Up to the first that is not done: records that were read in order.
    for (const auto& [id, sequence] : read_) {
      if (!done_.contains(id)) break;
      saved_.insert(id);
    }
  }

  // A new life: all that is durable and not done comes out, in order, and nothing else but what was
  // written.
  void check(Spool&) {
    SpoolUse use;
    Spool looker(files_, "spool", limits_, use, [] { return 0; });
    open(looker);
    read_.clear();
    std::set<std::uint64_t> found;
    read_all(looker, found);
    for (const std::uint64_t id : durable_) {
      INFO("record " << id << " was durable");
      CHECK((found.contains(id) || saved_.contains(id) || may_be_saved_.contains(id) || done_.contains(id)));
    }
    read_.clear();
    unsynced_.clear();
    // What was acknowledged but not saved comes again, and has to be acknowledged again.
    std::erase_if(done_, [&](std::uint64_t id) { return found.contains(id); });
    durable_ = std::move(found);
  }

  const SpoolLimits limits_{.segment_bytes = 2000};
  std::mt19937_64 random_;
  MemoryFiles files_;
  std::uint64_t next_id_ = 0;
  std::map<std::uint64_t, SpoolRecord> written_;
  std::set<std::uint64_t> unsynced_;  // stored
  std::set<std::uint64_t> durable_;
  std::map<std::uint64_t, Spool::Sequence> read_;  // in this life
  std::set<std::uint64_t> done_;                   // acknowledged
  std::set<std::uint64_t> may_be_saved_;
  std::set<std::uint64_t> saved_;
};

TEST_CASE("whenever the power is cut, a spool has what was durable", "[spool]") {
  const char* const wanted = std::getenv("LOKITAIL_SPOOL_SEED");
  if (wanted != nullptr) {
    History(std::strtoull(wanted, nullptr, 10)).run();
    return;
  }
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    INFO("LOKITAIL_SPOOL_SEED=" << seed);
    History(seed).run();
  }
}

}  // namespace
}  // namespace lokitail::agent
