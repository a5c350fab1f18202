#include "config/nearest.h"

#include <catch2/catch.hpp>

#include <array>

namespace lokitail::config {
namespace {

TEST_CASE("the nearest name is suggested, and only a near one") {
  constexpr std::array<std::string_view, 5> kNames{"url", "batchwait", "batchsize", "tenant_id",
                                                   "http_listen_port"};
  const struct {
    const char* what;
    std::string_view word;
    std::string_view want;
  } rows[] = {
      {"a letter missing", "batchsze", "batchsize"},
      {"a letter too many", "urll", "url"},
      {"neighbours swapped", "bathcwait", "batchwait"},
      {"letter case does not count", "TenantID", "tenant_id"},
      {"a part of a key", "port", "http_listen_port"},
      {"a part that is not whole", "por", ""},
      {"another word", "password", ""},
      {"nothing", "", ""},
      {"very long",
       std::string_view("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
       ""},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(nearest(row.word, kNames) == row.want);
  }
  CHECK(did_you_mean("urll", kNames) == " (did you mean \"url\"?)");
  CHECK(did_you_mean("password", kNames).empty());
}

TEST_CASE("equal_fold compares without regard to ASCII case") {
  CHECK(equal_fold("Url", "uRL"));
  CHECK_FALSE(equal_fold("url", "urls"));
  CHECK_FALSE(equal_fold("\xC3\x84", "\xC3\xA4"));
}

}  // namespace
}  // namespace lokitail::config
