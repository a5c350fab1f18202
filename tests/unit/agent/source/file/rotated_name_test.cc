#include "agent/source/file/rotated_name.h"

#include <catch2/catch.hpp>

namespace lokitail::agent {

TEST_CASE("names of rotated files") {
  for (const char* const name :
       {"app.log.1", "app.log.12", "app.log-20240131", "app.log.2024-01-31_10", "app.log.20240131-150405",
        "app.log_1", "app.log.old", "app.log.1.gz", "app.log-20240131.zst", "app.log.2.bz2", "app.log.gz"}) {
    INFO(name);
    CHECK(is_rotated_name("app.log", name));
  }
  for (const char* const name : {"app.log", "app.log.", "app.log1", "other.log.1", "app.log.1.lz4",
                                 "app.log.1.gz.tmp", "app.log.err", "app.log.bak.x", "app.lo"}) {
    INFO(name);
    CHECK_FALSE(is_rotated_name("app.log", name));
  }
}

TEST_CASE("numbers of rotated files") {
  CHECK(rotation_number("app.log", "app.log.1") == 1);
  CHECK(rotation_number("app.log", "app.log-12") == 12);
  CHECK(rotation_number("app.log", "app.log.3.gz") == 3);
  CHECK(rotation_number("app.log", "app.log.gz") == 0);
  CHECK(rotation_number("app.log", "app.log.20240131") == 0);
  CHECK(rotation_number("app.log", "app.log.2024-01-31_10") == 0);
  CHECK(rotation_number("app.log", "app.log.old") == 0);
}

}  // namespace lokitail::agent
