#include "pipeline/lang/zone.h"

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

namespace lokitail::pipeline::lang {

namespace {

cctz::time_point<cctz::seconds> to_time_point(int64_t unix_seconds) {
  // Thirty million years either way: further out the library's own arithmetic would overflow.
  constexpr int64_t kFarthest = 1'000'000'000'000'000;
  return cctz::time_point<cctz::seconds>(cctz::seconds(std::clamp(unix_seconds, -kFarthest, kFarthest)));
}

// Names that cctz takes and Go does not.
bool has_foreign_prefix(std::string_view name) {
  return name.starts_with("file:") || name.starts_with("libc:") || name.starts_with("Fixed/");
}

}  // namespace

struct Zone::Rules {
  Rules(const cctz::time_zone& zone, std::string_view name);

  struct Name {
    std::string abbreviation;
    int32_t offset;
  };

  Period at(int64_t unix_seconds) const {
    const auto lookup = rules.lookup(to_time_point(unix_seconds));
    return {lookup.offset, lookup.abbr};
  }

  cctz::time_zone rules;
  std::string zone_name;
  std::vector<Name> names;  // all pairs ever used, oldest first
};

Zone::Rules::Rules(const cctz::time_zone& zone, std::string_view name_of_zone)
    : rules(zone), zone_name(name_of_zone) {
  const auto add = [this](const Period& period) {
    const auto same = [&](const Name& name) {
      return name.offset == period.offset && name.abbreviation == period.abbreviation;
    };
    if (std::none_of(names.begin(), names.end(), same)) {
      names.push_back({std::string(period.abbreviation), period.offset});
    }
  };
  auto time = cctz::time_point<cctz::seconds>::min();
  const auto first = rules.lookup(to_time_point(time.time_since_epoch().count()));
  add({first.offset, first.abbr});
  // The library extends the rules by 400 years; that is some 800 changes at most.
  cctz::time_zone::civil_transition change;
  for (int i = 0; i < 2'000 && rules.next_transition(time, &change); ++i) {
    time = rules.lookup(change.to).trans;
    const auto lookup = rules.lookup(time);
    add({lookup.offset, lookup.abbr});
  }
}

Zone::Zone() : abbreviation_("UTC") {}

const Zone& Zone::utc() {
  static const Zone zone;
  return zone;
}

// Rules that never change, as those of UTC under another name, are not worth a lookup.
Zone::Zone(std::shared_ptr<const Rules> rules) {
  const Rules::Name& first = rules->names.front();
  if (rules->names.size() > 1) {
    rules_ = std::move(rules);
  } else {
    offset_ = first.offset;
    abbreviation_ = first.abbreviation;
  }
}

const Zone& Zone::local() {
  static const Zone zone(std::make_shared<const Rules>(cctz::local_time_zone(), "Local"));
  return zone;
}

Zone Zone::load(std::string_view name) {
  if (name.empty() || name == "UTC") return utc();
  if (name == "Local") return local();
  if (name.front() == '/' || name.front() == '\\' || name.find("..") != std::string_view::npos) {
    throw std::invalid_argument("time: invalid location name");
  }
  cctz::time_zone rules;
  if (has_foreign_prefix(name) || !cctz::load_time_zone(std::string(name), &rules)) {
    throw std::invalid_argument("unknown time zone " + std::string(name));
  }
  return Zone(std::make_shared<const Rules>(rules, name));
}

Zone Zone::fixed(std::string abbreviation, int32_t offset) {
  Zone zone;
  zone.offset_ = offset;
  zone.abbreviation_ = std::move(abbreviation);
  return zone;
}

Zone::Period Zone::at(int64_t unix_seconds) const {
  return rules_ == nullptr ? Period{offset_, abbreviation_} : rules_->at(unix_seconds);
}

std::string Zone::name() const { return rules_ == nullptr ? abbreviation_ : rules_->zone_name; }

int64_t Zone::instant_of(int64_t clock_seconds) const {
  if (rules_ == nullptr) return clock_seconds - offset_;
  // A first guess takes the reading for UTC. Where the offset is zero then, Go leaves it at that.
  const int32_t guess = rules_->at(clock_seconds).offset;
  if (guess == 0) return clock_seconds;
  return clock_seconds - rules_->at(clock_seconds - guess).offset;
}

std::optional<int32_t> Zone::offset_of(std::string_view abbreviation, int64_t clock_seconds) const {
  if (rules_ == nullptr) {
    return abbreviation == abbreviation_ ? std::optional(offset_) : std::nullopt;
  }
  const Rules::Name* any = nullptr;
  for (const Rules::Name& name : rules_->names) {
    if (name.abbreviation != abbreviation) continue;
    // One abbreviation may have had several offsets; prefer the one of that time.
    const Period then = rules_->at(clock_seconds - name.offset);
    if (then.abbreviation == abbreviation) return then.offset;
    if (any == nullptr) any = &name;
  }
  return any == nullptr ? std::nullopt : std::optional(any->offset);
}

CivilTime to_civil(const Timestamp& time, const Zone& zone) {
  CivilTime civil;
  civil.zone = zone.at(time.seconds);
  // Unsigned, since the seconds of a Unix time may be as far out as 64 bits allow.
  const auto clock = static_cast<int64_t>(static_cast<uint64_t>(time.seconds) +
                                          static_cast<uint64_t>(int64_t{civil.zone.offset}));
  int64_t days = clock / kSecondsPerDay;
  auto second_of_day = static_cast<int>(clock % kSecondsPerDay);
  if (second_of_day < 0) {
    second_of_day += static_cast<int>(kSecondsPerDay);
    --days;
  }
  const Date date = date_from_days(days);
  civil.year = date.year;
  civil.month = date.month;
  civil.day = date.day;
  civil.weekday = weekday_from_days(days);
  civil.yearday = static_cast<int>(days - days_from_date(date.year, 1, 1)) + 1;
  civil.hour = second_of_day / 3600;
  civil.minute = second_of_day / 60 % 60;
  civil.second = second_of_day % 60;
  civil.nanosecond = time.nanoseconds;
  return civil;
}

}  // namespace lokitail::pipeline::lang
