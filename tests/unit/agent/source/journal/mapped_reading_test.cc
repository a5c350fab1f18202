#include "agent/source/journal/mapped_reading.h"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "tests/support/temp_dir.h"

namespace lokitail::agent {
namespace {

TEST_CASE("what cannot be read of a mapped file is zeros", "[journal]") {
  const test::TempDir directory;
  const std::string path = directory / "file";
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  test::write_file(path, std::string(4 * page, 'x'));
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(file >= 0);
  auto* const bytes =
      static_cast<const volatile char*>(::mmap(nullptr, 4 * page, PROT_READ, MAP_SHARED, file, 0));
  REQUIRE(bytes != MAP_FAILED);
  {
    const MappedReading reading;
    CHECK(bytes[3 * page] == 'x');
    CHECK_FALSE(reading.failed());
    REQUIRE(::truncate(path.c_str(), static_cast<off_t>(page)) == 0);
    CHECK(bytes[page - 1] == 'x');
    CHECK_FALSE(reading.failed());
    CHECK(bytes[3 * page + 7] == 0);
    CHECK(reading.failed());
    CHECK(bytes[page] == 0);
  }
  const MappedReading reading;
  CHECK_FALSE(reading.failed());
  CHECK(bytes[0] == 'x');
  ::munmap(const_cast<char*>(bytes), 4 * page);
  ::close(file);
}

}  // namespace
}  // namespace lokitail::agent
