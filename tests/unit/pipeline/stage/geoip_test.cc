#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/maxmind_db.h"
#include "tests/unit/pipeline/support.h"

// libmaxminddb 1.7 leaks when it refuses some damaged files.
extern "C" const char* __lsan_default_suppressions() { return "leak:libmaxminddb"; }

namespace lokitail::pipeline::test {
namespace {

namespace maxmind = lokitail::test::maxmind;
using maxmind::Database;
using maxmind::Format;
using maxmind::longmont;

// A database in a file of its own, and a pipeline that has extracted `ip` from a line that is
// nothing but the address.
class Geoip {
 public:
  explicit Geoip(const std::string& bytes) {
    std::string name = std::filesystem::temp_directory_path() / "lokitail-geoip-XXXXXX";
    folder_ = mkdtemp(name.data());
    file_ = folder_ / "test.mmdb";
    std::ofstream(file_, std::ios::binary) << bytes;
  }
  ~Geoip() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string stage(const std::string& further = "source: ip, db_type: city") const {
    return "- geoip: {db: " + file_.string() + ", " + further + "}";
  }

  // The labels that the line got.
  TextMap labels(const std::string& line, const std::string& further = "source: ip, db_type: city") const {
    const std::string stages = "- regex: {expression: '^(?P<ip>.*)$'}\n" + stage(further);
    auto entries = run_pipeline(stages, {line}, {});
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].line == line);
    return entries[0].labels;
  }

  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path folder_;
  std::filesystem::path file_;
};

const TextMap kLongmont = {{"geoip_city_name", "Longmont"},
                           {"geoip_country_name", "United States"},
                           {"geoip_continent_name", "North America"},
                           {"geoip_continent_code", "NA"},
                           {"geoip_location_latitude", "40.1791"},
                           {"geoip_location_longitude", "-105.1126"},
                           {"geoip_postal_code", "80501"},
                           {"geoip_timezone", "America/Denver"},
                           {"geoip_subdivision_name", "Boulder"},
                           {"geoip_subdivision_code", "BO"}};

TEST_CASE("geoip sets what a city database knows", "[stage][geoip]") {
  for (const unsigned bits : {24U, 28U, 32U}) {
    INFO(bits);
    Database database({.record_bits = bits});
    // More than 2^16 nodes would take too long; pointers are what varies with the offset.
    database.add_data(std::string(3'000, '\0'));
    const std::size_t offset = database.add_data(longmont());
    database.add_network("198.51.100.0/24", offset);
    database.add_network("2001:db8:1::/48", offset);
    const Geoip geoip(database.bytes());
    CHECK(geoip.labels("198.51.100.7") == kLongmont);
    CHECK(geoip.labels("2001:db8:1:ffff::1") == kLongmont);
    CHECK(geoip.labels("2001:DB8:1::198.51.100.7") == kLongmont);
    CHECK(geoip.labels("::ffff:198.51.100.7") == kLongmont);
    CHECK(geoip.labels("198.51.101.7").empty());
    CHECK(geoip.labels("2001:db8:2::1").empty());
  }
}

TEST_CASE("geoip in a database of IPv4 alone", "[stage][geoip]") {
  Database database({.ip_version = 4, .record_bits = 24});
  database.add("198.51.100.0/24", longmont());
  const Geoip geoip(database.bytes());
  CHECK(geoip.labels("198.51.100.255") == kLongmont);
  CHECK(geoip.labels("::ffff:198.51.100.7") == kLongmont);
  CHECK(geoip.labels("2001:db8::1").empty());
}

TEST_CASE("geoip takes what Go takes for an address", "[stage][geoip]") {
  Database database({});
  database.add("0.0.0.0/1", longmont());
  const Geoip geoip(database.bytes());
  CHECK(geoip.labels("0.0.0.0") == kLongmont);
  for (const std::string text :
       {"", " 1.2.3.4", "1.2.3.4 ", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "1.2.3.4:80", "0x1.2.3.4",
        "[::1]", "fe80::1%eth0", "::1.2.3", "1::2::3", "localhost",
        "0000000000000000000000000000000000000000000000000000001.2.3.4"}) {
    INFO(text);
    CHECK(geoip.labels(text).empty());
  }
  CHECK(geoip.labels(std::string("1.2.3.4\0x", 9)).empty());
}

TEST_CASE("geoip sets what a record has", "[stage][geoip]") {
  using namespace maxmind;
  const auto location = [](const std::string& latitude, const std::string& longitude) {
    return map({{"location", map({{"latitude", latitude}, {"longitude", longitude}})}});
  };
  const auto coordinates = [](std::string latitude, std::string longitude) {
    return TextMap{{"geoip_location_latitude", std::move(latitude)},
                   {"geoip_location_longitude", std::move(longitude)}};
  };
  const struct {
    const char* what;
    std::string record;
    TextMap want;
  } rows[] = {
      {"nothing", map({}), {}},
      {"no map", text("x"), {}},
      {"a country",
       map({{"country", map({{"names", named("Norway")}})}}),
       {{"geoip_country_name", "Norway"}}},
      {"no English name", map({{"city", map({{"names", map({{"de", text("Köln")}})}})}}), {}},
      {"empty texts",
       map({{"city", map({{"names", named("")}})}, {"postal", map({{"code", text("")}})}}),
       {}},
      {"UTF-8", map({{"city", map({{"names", named("Zürich")}})}}), {{"geoip_city_name", "Zürich"}}},
      {"no UTF-8", map({{"city", map({{"names", named("Z\xFCrich")}})}}), {}},
      {"other types",
       map({{"city", text("x")},
            {"postal", map({{"code", uint32(80'501)}})},
            {"continent", array({map({{"code", text("NA")}})})},
            {"subdivisions", map({{"iso_code", text("CO")}})}}),
       {}},
      {"no subdivision", map({{"subdivisions", array({})}}), {}},
      {"one subdivision",
       map({{"subdivisions", array({map({{"iso_code", text("CO")}})})}}),
       {{"geoip_subdivision_code", "CO"}}},
      {"half a location", map({{"location", map({{"latitude", real(1)}})}}), {}},
      {"whole numbers", location(real(-33), real(180)), coordinates("-33", "180")},
      {"zero", location(real(0), real(-0.0)), coordinates("0", "-0")},
      {"small numbers", location(real(0.0001), real(-0.00001)), coordinates("0.0001", "-1e-05")},
      {"floats", location(single(37.751F), single(-97.5F)), coordinates("37.750999450683594", "-97.5")},
      {"integers", location(uint16(1), uint16(2)), {}},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    Database database({});
    database.add("10.0.0.0/8", row.record);
    CHECK(Geoip(database.bytes()).labels("10.1.2.3") == row.want);
  }
}

TEST_CASE("geoip follows pointers", "[stage][geoip]") {
  using namespace maxmind;
  Database database({});
  const std::size_t name = database.add_data(text("Norway"));
  const std::size_t names = database.add_data(map({{"en", pointer(name)}}));
  const std::size_t country = database.add_data(map({{"names", pointer(names)}}));
  database.add("10.0.0.0/8", map({{"country", pointer(country)}, {"city", pointer(100'000)}}));
  CHECK(Geoip(database.bytes()).labels("10.0.0.1") == TextMap{{"geoip_country_name", "Norway"}});
}

TEST_CASE("geoip sets what an ASN database knows", "[stage][geoip]") {
  using namespace maxmind;
  const auto record = [](const std::string& number, const std::string& organization) {
    return map({{"autonomous_system_number", number}, {"autonomous_system_organization", organization}});
  };
  const struct {
    const char* what;
    std::string record;
    TextMap want;
  } rows[] = {
      {"both",
       record(uint32(4'200'000'000), text("Example, Inc.")),
       {{"geoip_autonomous_system_number", "4200000000"},
        {"geoip_autonomous_system_organization", "Example, Inc."}}},
      {"neither", record(uint32(0), text("")), {}},
      {"of an ISP database",
       map({{"isp", text("x")}, {"autonomous_system_number", uint16(7)}}),
       {{"geoip_autonomous_system_number", "7"}}},
      {"other types", record(int32(-1), uint32(1)), {}},
      {"a city", longmont(), {}},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    Database database({.type = "GeoLite2-ASN"});
    database.add("10.0.0.0/8", row.record);
    CHECK(Geoip(database.bytes()).labels("10.1.2.3", "source: ip, db_type: asn") == row.want);
  }
}

TEST_CASE("geoip takes any value that has a text, and overwrites labels", "[stage][geoip]") {
  Database database({});
  database.add("10.0.0.0/8", longmont());
  const Geoip geoip(database.bytes());
  PipelineRunner runner(
      "- json: {expressions: {ip: }}\n" + geoip.stage() + "\n- labelallow: [geoip_city_name]",
      {{"geoip_city_name", "?"}});
  for (const char* line : {R"({"ip":"10.1.1.1"})", R"({"ip":10})", R"({"ip":null})", "{}", "x"}) {
    runner.push(line);
  }
  std::string cities;
  for (const Collected& entry : runner.entries()) {
    cities += entry.labels.at("geoip_city_name") + " ";
  }
  CHECK(cities == "Longmont ? ? ? ? ");
}

TEST_CASE("geoip starts and warns where Promtail starts and sets nothing", "[stage][geoip]") {
  Database database({});
  database.add("10.0.0.0/8", longmont());
  const Geoip geoip(database.bytes());
  const struct {
    std::string keys;
    std::string warning;
  } rows[] = {
      {"db_type: city", "geoip stage: without a source no label is ever set"},
      {"source: ip, db_type: citty",
       "geoip stage: expected city or asn, found \"citty\" (did you mean \"city\"?); no label is "
       "ever set"},
      {"source: ip, db_type: asn",
       "geoip stage: the database is of the type \"GeoLite2-City\", which may have nothing for "
       "asn"},
      {"source: ip, db_type: city, sourc: x",
       "geoip stage: unknown key \"sourc\" (did you mean \"source\"?)"},
  };
  for (const auto& row : rows) {
    INFO(row.keys);
    PipelineRunner runner(geoip.stage(row.keys));
    REQUIRE(runner.warnings().size() == 1);
    CHECK_THAT(runner.warnings()[0], Catch::EndsWith(": " + row.warning));
    if (row.keys.find("sourc:") == std::string::npos) {
      CHECK(geoip.labels("10.1.2.3", row.keys).empty());
    }
  }
  for (const char* type :
       {"GeoIP2-City-Europe", "GeoIP2-Country", "GeoIP2-Enterprise", "DBIP-Location (compat=City)"}) {
    CHECK(PipelineRunner(Geoip(Database({.type = type}).bytes()).stage()).warnings().empty());
  }
}

TEST_CASE("geoip refuses", "[stage][geoip]") {
  const Geoip geoip(Database({}).bytes());
  const std::string file = geoip.file();
  const struct {
    std::string body;
    std::string want;
  } rows[] = {
      {"", "db path cannot be empty"},
      {"{source: ip, db_type: city}", "db path cannot be empty"},
      {"{db: '', source: ip, db_type: city}", "db path cannot be empty"},
      {"{db: " + file + ", source: '', db_type: city}", "source cannot be empty"},
      {"{db: " + file + ", source: ip}", "db type should be either city or asn"},
      {"{db: " + file + ", source: ip, db_type: ''}", "db type should be either city or asn"},
      {"{db: 7, source: ip, db_type: city}", "expected a string, found \"7\""},
      {"{db: " + file + ", source: 7, db_type: city}", "expected a string, found \"7\""},
      {"{db: " + file + "x, source: ip, db_type: city}",
       "geoip stage: cannot open the database \"" + file + "x\": No such file or directory"},
      {"{db: " + file.substr(0, file.rfind('/')) + ", source: ip, db_type: city}", ""},
      {"[x]", "geoip stage: expected a mapping, found a list"},
  };
  for (const auto& row : rows) {
    INFO(row.body);
    const std::string error = build_error("- geoip: " + row.body);
    CHECK_THAT(error, Catch::StartsWith("test.yaml:1:"));
    CHECK_THAT(error, Catch::EndsWith(row.want));
  }
  const Geoip text("this is no database");
  CHECK_THAT(build_error(text.stage()),
             Catch::StartsWith("test.yaml:1:15: geoip stage: cannot open the database"));
  CHECK_FALSE(build_error(Geoip("").stage()).empty());
}

// Whatever a file of the right name holds: it is refused, or labels are missing, and nothing worse.
TEST_CASE("geoip survives a damaged database", "[stage][geoip]") {
  Database database({});
  database.add("10.0.0.0/8", longmont());
  const std::string good = database.bytes();
  const std::string stages = "- regex: {expression: '^(?P<ip>.*)$'}\n";
  const auto try_out = [&](const std::string& bytes) {
    const Geoip geoip(bytes);
    try {
      return run_pipeline(stages + geoip.stage(), {"10.1.2.3", "2001:db8::1", "255.255.255.255"}).size();
    } catch (const config::Error&) {
      return std::size_t{3};
    }
  };
  std::string damaged = good;
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char byte : {'\0', '\xFF', static_cast<char>(good[i] ^ 0x20)}) {
      damaged[i] = byte;
      CHECK(try_out(damaged) == 3);
    }
    damaged[i] = good[i];
    if (i % 7 == 0) CHECK(try_out(good.substr(0, i)) == 3);
  }
}

TEST_CASE("geoip goes on when its file is replaced or removed", "[stage][geoip]") {
  Database database({});
  database.add("10.0.0.0/8", longmont());
  const Geoip geoip(database.bytes());
  PipelineRunner runner("- regex: {expression: '^(?P<ip>.*)$'}\n" + geoip.stage());
  std::filesystem::remove(geoip.file());
  std::ofstream(geoip.file()) << "x";
  runner.push("10.1.2.3");
  CHECK(runner.entries().at(0).labels.at("geoip_city_name") == "Longmont");
}

}  // namespace
}  // namespace lokitail::pipeline::test
