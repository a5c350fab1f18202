// A spool whose files hold anything: it opens, reads to the end, and goes on from there.
//
// The first byte says how much of the rest is the cursor; the others are the segment.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "agent/spool/spool.h"
#include "tests/unit/agent/spool/memory_files.h"

namespace {

using namespace lokitail::agent;

void put(SpoolFiles& files, const std::string& path, std::string_view bytes) {
  std::unique_ptr<SpoolFile> file;
  if (!files.create(path, file).empty() || !file->append(bytes).empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  const std::size_t cursor_bytes = std::min<std::size_t>(data[0], input.size() - 1);
  test::MemoryFiles files(1);
  put(files, "spool/cursor", input.substr(1, cursor_bytes));
  put(files, "spool/0000000000000003.seg", input.substr(1 + cursor_bytes));

  SpoolUse use;
  Spool spool(files, "spool", {}, use, [] { return std::int64_t{0}; });
  if (!spool.open().empty()) std::abort();
  std::string problem;
  std::uint64_t last = 0;
  bool any = false;
  while (const auto found = spool.next(problem)) {
    spool.acknowledge(found->first);
    // A record that comes out behind its own sequence would be lost in another order.
    if (any && found->first == last) std::abort();
    last = found->first;
    any = true;
  }
  if (!spool.at_end()) std::abort();

  SpoolRecord record{.written_at = 1, .raw_bytes = 2, .entries = 3, .streams = {4}, .body = "body"};
  Spool::Sequence sequence = 0;
  // Sequences end somewhere, which no spool reaches by itself.
  if (last >= UINT64_MAX - 8 || spool.append(record, sequence, problem) != Spool::Append::kStored) return 0;
  if (!spool.sync().empty()) std::abort();
  const auto found = spool.next(problem);
  if (!found || !(found->second == record)) std::abort();
  spool.acknowledge(found->first);
  if (!spool.save().empty() || spool.bytes() != 0 || use.bytes != 0) std::abort();
  return 0;
}
