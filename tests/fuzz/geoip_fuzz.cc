// The geoip stage on damaged databases. The first byte chooses: the rest is the file, or it patches
// a good one, with an offset of two bytes and the byte to be there for each.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/maxmind_db.h"
#include "tests/unit/pipeline/support.h"

// libmaxminddb 1.7 leaks when it refuses some damaged files.
extern "C" const char* __lsan_default_suppressions() { return "leak:libmaxminddb"; }

namespace {

using lokitail::pipeline::test::PipelineRunner;

// Knows all addresses.
std::string good_database() {
  using namespace lokitail::test::maxmind;
  Database database({});
  const std::size_t name = database.add_data(text("Norway"));
  const std::string place =
      map({{"code", text("EU")}, {"iso_code", text("03")}, {"names", map({{"en", pointer(name)}})}});
  const std::size_t record =
      database.add_data(map({{"autonomous_system_number", uint32(64'496)},
                             {"autonomous_system_organization", text("Example")},
                             {"city", place},
                             {"continent", place},
                             {"country", place},
                             {"location", map({{"latitude", real(59.9)}, {"longitude", single(10.7F)}})},
                             {"postal", map({{"code", text("0150")}})},
                             {"subdivisions", array({place, place})}}));
  database.add_network("::/1", record);
  database.add_network("8000::/1", record);
  return database.bytes();
}

// A file without a name on a disk.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content) : file_(memfd_create("database", MFD_CLOEXEC)) {
    if (file_ < 0 || write(file_, content.data(), content.size()) != static_cast<ssize_t>(content.size())) {
      std::abort();
    }
  }
  ~MemoryFile() { close(file_); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  const int file_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string database;
  if (data[0] % 2 == 0) {
    static const std::string good = good_database();
    database = good;
    for (std::size_t i = 1; i + 2 < size; i += 3) {
      const std::size_t offset = std::size_t{data[i]} << 8 | data[i + 1];
      database[offset % database.size()] = static_cast<char>(data[i + 2]);
    }
  } else {
    database.assign(reinterpret_cast<const char*>(data) + 1, size - 1);
  }
  const MemoryFile file(database);
  for (const char* type : {"city", "asn"}) {
    const std::string stage = "- geoip: {source: ip, db_type: " + std::string(type) + ", db: ";
    try {
      PipelineRunner runner("- regex: {expression: '(?P<ip>.*)'}\n" + stage + file.path() + "}");
      for (const char* line : {"0.0.0.0", "10.1.2.3", "255.255.255.255", "::1", "2001:db8::1"}) {
        runner.push(line);
      }
      if (runner.entries().size() != 5) std::abort();
    } catch (const lokitail::config::Error&) {
      break;  // is no database
    }
  }
  return 0;
}
