#include "agent/telemetry/log.h"

#include <catch2/catch.hpp>

namespace lokitail::agent::log {
namespace {

TEST_CASE("a record is logfmt or JSON") {
  CHECK(format_record(Format::kLogfmt, Level::kWarn, "2025-11-07T10:30:15.123Z", "a.cc:7", "two words",
                      {{"path", "/x=y"}, {"count", 3}, {"empty", ""}}) ==
        "level=warn ts=2025-11-07T10:30:15.123Z caller=a.cc:7 msg=\"two words\" path=\"/x=y\" "
        "count=3 empty=\"\"");
  CHECK(
      format_record(Format::kJson, Level::kError, "t", "a.cc:7", "say \"no\"\n",
                    {{"count", 3}, {"ok", true}, {"text", "3"}}) ==
      R"({"level":"error","ts":"t","caller":"a.cc:7","msg":"say \"no\"\n","count":3,"ok":true,"text":"3"})");
}

TEST_CASE("foreign text cannot break out of its field") {
  CHECK(format_record(Format::kLogfmt, Level::kInfo, "t", "c", "m",
                      {{"error", "a\nlevel=error msg=\"forged\"\x01"}}) ==
        "level=info ts=t caller=c msg=m error=\"a\\nlevel=error msg=\\\"forged\\\"\\u0001\"");
}

}  // namespace
}  // namespace lokitail::agent::log
