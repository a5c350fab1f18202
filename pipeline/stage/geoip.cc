// geoip: sets labels to what a MaxMind database knows of an IP address.
//
//   db       required: the file. It is mapped into memory and never read anew
//   source   the extracted value that holds the address
//   db_type  required: city or asn
//
// A label is set where the database has a text for it that is not empty. Without `source`, and with
// any other `db_type`, none ever is: Promtail starts with both, so they are warnings. A value that
// is no address, or none that the database knows, leaves the entry as it is.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <maxminddb.h>
#include <netinet/in.h>

#include "config/nearest.h"
#include "config/value.h"
#include "pipeline/lang/go_template/number.h"
#include "pipeline/lang/maxmind_data.h"
#include "pipeline/stage.h"
#include "pipeline/utf8.h"

namespace lokitail::pipeline {
namespace {

using lang::MaxMindReader;
using lang::MaxMindValue;

// Reads what Go's net.ParseIP reads. An IPv4 address written as an IPv6 one is an IPv4 address.
bool parse_address(std::string_view text, sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) return false;
  std::ranges::copy(text, terminated.begin());
  auto& v4 = reinterpret_cast<sockaddr_in&>(address);
  address.ss_family = AF_INET;
  if (text.find(':') == std::string_view::npos) {
    return inet_pton(AF_INET, terminated.data(), &v4.sin_addr) == 1;
  }
  in6_addr v6;
  if (inet_pton(AF_INET6, terminated.data(), &v6) != 1) return false;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) {
    std::memcpy(&v4.sin_addr, v6.s6_addr + 12, sizeof v4.sin_addr);
  } else {
    address.ss_family = AF_INET6;
    reinterpret_cast<sockaddr_in6&>(address).sin6_addr = v6;
  }
  return true;
}

class Database {
 public:
  // Opens the file that `path` names; throws config::Error at its place.
  explicit Database(const config::Node& path) {
    const std::string name = config::read_string(path);
    const int status = MMDB_open(name.c_str(), MMDB_MODE_MMAP, &file_);
    if (status == MMDB_SUCCESS) return;
    const bool system_knows = status == MMDB_FILE_OPEN_ERROR || status == MMDB_IO_ERROR;
    throw path.error("geoip stage: cannot open the database \"" + name +
                     "\": " + (system_knows ? std::strerror(errno) : MMDB_strerror(status)));
  }
  ~Database() { MMDB_close(&file_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  std::string_view type() const { return file_.metadata.database_type; }

  // Calls visit(MaxMindReader&, MaxMindValue entry) if it knows the address.
  template <typename Visitor>
  void look_up(std::string_view address_text, Visitor visit) const {
    sockaddr_storage address{};
    if (!parse_address(address_text, address)) return;
    int error = MMDB_SUCCESS;
    const MMDB_lookup_result_s found =
        MMDB_lookup_sockaddr(&file_, reinterpret_cast<const sockaddr*>(&address), &error);
    if (error != MMDB_SUCCESS || !found.found_entry) return;
    MaxMindReader reader({file_.data_section, file_.data_section_size});
    visit(reader, reader.at(found.entry.offset));
  }

 private:
  MMDB_s file_{};
};

void set_text(Entry& entry, Symbol label, MaxMindValue value) {
  const auto text = value.text();
  if (text && !text->empty() && is_utf8(*text)) entry.labels.set(label, *text);
}

class CityLabels {
 public:
  explicit CityLabels(SymbolTable& symbols)
      : city_name_(symbols.intern("geoip_city_name")),
        country_name_(symbols.intern("geoip_country_name")),
        continent_name_(symbols.intern("geoip_continent_name")),
        continent_code_(symbols.intern("geoip_continent_code")),
        latitude_(symbols.intern("geoip_location_latitude")),
        longitude_(symbols.intern("geoip_location_longitude")),
        timezone_(symbols.intern("geoip_timezone")),
        postal_code_(symbols.intern("geoip_postal_code")),
        subdivision_name_(symbols.intern("geoip_subdivision_name")),
        subdivision_code_(symbols.intern("geoip_subdivision_code")) {}

  void set(Entry& entry, MaxMindReader& reader, MaxMindValue record) const {
    const auto [city, continent, country, location, postal, subdivisions] =
        reader.members(record, {"city", "continent", "country", "location", "postal", "subdivisions"});
    const auto english = [&](MaxMindValue place) {
      return reader.member(reader.member(place, "names"), "en");
    };
    set_text(entry, city_name_, english(city));
    set_text(entry, country_name_, english(country));
    set_text(entry, continent_name_, english(continent));
    set_text(entry, continent_code_, reader.member(continent, "code"));
    const auto [latitude, longitude, timezone] =
        reader.members(location, {"latitude", "longitude", "time_zone"});
    set_coordinates(entry, latitude, longitude);
    set_text(entry, timezone_, timezone);
    set_text(entry, postal_code_, reader.member(postal, "code"));
    const auto smallest = reader.last_item(subdivisions);
    set_text(entry, subdivision_name_, english(smallest));
    set_text(entry, subdivision_code_, reader.member(smallest, "iso_code"));
  }

 private:
  void set_coordinates(Entry& entry, MaxMindValue latitude, MaxMindValue longitude) const {
    const auto north = latitude.real();
    const auto east = longitude.real();
    if (!north || !east) return;
    // As Go's fmt.Sprint writes a float64.
    lang::go_template::NumberBuffer buffer;
    const auto text = [&](double number) {
      return entry.arena.copy(lang::go_template::format_float(number, 'g', -1, buffer));
    };
    entry.labels.set(latitude_, text(*north));
    entry.labels.set(longitude_, text(*east));
  }

  const Symbol city_name_, country_name_, continent_name_, continent_code_, latitude_, longitude_, timezone_,
      postal_code_, subdivision_name_, subdivision_code_;
};

class AsnLabels {
 public:
  explicit AsnLabels(SymbolTable& symbols)
      : number_(symbols.intern("geoip_autonomous_system_number")),
        organization_(symbols.intern("geoip_autonomous_system_organization")) {}

  void set(Entry& entry, MaxMindReader& reader, MaxMindValue record) const {
    const auto [number, organization] =
        reader.members(record, {"autonomous_system_number", "autonomous_system_organization"});
    if (const std::uint64_t natural = number.natural().value_or(0); natural != 0) {
      lang::go_template::NumberBuffer buffer;
      entry.labels.set(number_, entry.arena.copy(lang::go_template::format_uint(natural, buffer)));
    }
    set_text(entry, organization_, organization);
  }

 private:
  const Symbol number_, organization_;
};

// For what Promtail starts with though it can never set a label.
class PassingStage final : public EntryStage {
 public:
  Verdict process(Entry&) override { return Verdict::kKeep; }
};

template <typename Knowledge>
class GeoipStage final : public EntryStage {
 public:
  GeoipStage(std::unique_ptr<const Database> database, Symbol source, SymbolTable& symbols)
      : database_(std::move(database)), source_(source), labels_(symbols) {}

  Verdict process(Entry& entry) override {
    if (const auto address = entry.text(source_)) {
      database_->look_up(
          *address, [&](MaxMindReader& reader, MaxMindValue record) { labels_.set(entry, reader, record); });
    }
    return Verdict::kKeep;
  }

 private:
  const std::unique_ptr<const Database> database_;
  const Symbol source_;
  const Knowledge labels_;
};

// Warns where the type that the database says it has hints at another `db_type`.
void check_type(const Database& database, std::initializer_list<std::string_view> parts,
                const config::Node& db_type, config::Warnings& warnings) {
  const auto is_in_type = [&](std::string_view part) {
    return database.type().find(part) != std::string_view::npos;
  };
  if (std::ranges::any_of(parts, is_in_type)) return;
  warnings.add(db_type.place(), "geoip stage: the database is of the type \"" + std::string(database.type()) +
                                    "\", which may have nothing for " + db_type.text());
}

}  // namespace

std::unique_ptr<Stage> make_geoip(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "geoip stage", config::Fields::Strictness::kWarnUnknown, context.warnings);
  const config::Node* const db = fields.find("db");
  const config::Node* const source = fields.find("source");
  const config::Node* const db_type = fields.find("db_type");
  fields.finish();
  if (db == nullptr || config::read_string(*db).empty()) throw body.error("db path cannot be empty");
  if (source != nullptr && config::read_string(*source).empty()) {
    throw source->error("source cannot be empty");
  }
  const std::string type = db_type == nullptr ? "" : config::read_string(*db_type);
  if (db_type == nullptr || type.empty()) throw body.error("db type should be either city or asn");

  auto database = std::make_unique<const Database>(*db);
  if (source == nullptr) {
    context.warnings.add(body.place(), "geoip stage: without a source no label is ever set");
    return std::make_unique<PassingStage>();
  }
  const Symbol name = context.symbols.intern(source->text());
  if (type == "city") {
    check_type(*database, {"City", "Country", "Enterprise", "Location"}, *db_type, context.warnings);
    return std::make_unique<GeoipStage<CityLabels>>(std::move(database), name, context.symbols);
  }
  if (type == "asn") {
    check_type(*database, {"ASN", "ISP"}, *db_type, context.warnings);
    return std::make_unique<GeoipStage<AsnLabels>>(std::move(database), name, context.symbols);
  }
  constexpr std::string_view kTypes[] = {"asn", "city"};
  context.warnings.add(db_type->place(), "geoip stage: expected city or asn, found \"" + type + "\"" +
                                             config::did_you_mean(type, kTypes) + "; no label is ever set");
  return std::make_unique<PassingStage>();
}

}  // namespace lokitail::pipeline
