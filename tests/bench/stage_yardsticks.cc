#include <re2/re2.h>
#include <simdjson.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "pipeline/lang/json_scan.h"
#include "tests/bench/stage_rows.h"

namespace lokitail::bench {
namespace {

namespace lang = pipeline::lang;

[[noreturn]] void die(const char* yardstick, std::string_view line) {
  std::fprintf(stderr, "bench_stages: %s cannot read %.*s\n", yardstick, static_cast<int>(line.size()),
               line.data());
  std::exit(1);
}

class Copying final : public Yardstick {
 public:
  void take(std::string_view line) override {
    if (copy_.size() < line.size()) copy_.resize(2 * line.size());
    std::memcpy(copy_.data(), line.data(), line.size());
    asm volatile("" : : "r"(copy_.data()) : "memory");  // somebody might look at it
  }

 private:
  std::vector<char> copy_;
};

class ScanningJson final : public Yardstick {
 public:
  explicit ScanningJson(const std::vector<std::string>& members) : scanner_(members) {}

  void take(std::string_view line) override {
    arena_.reset();
    if (scanner_.scan(line, arena_) != lang::JsonDocument::kObject) die("the scanner", line);
  }

 private:
  lang::JsonScanner scanner_;
  pipeline::Arena arena_;
};

class ScanningDockerJson final : public Yardstick {
 public:
  explicit ScanningDockerJson(const std::vector<std::string>& members)
      : envelope_({"log", "stream", "time"}), scanner_(members) {}

  void take(std::string_view line) override {
    arena_.reset();
    if (envelope_.scan(line, arena_) != lang::JsonDocument::kObject ||
        scanner_.scan(envelope_.fields()[0].text, arena_) != lang::JsonDocument::kObject) {
      die("the scanner", line);
    }
  }

 private:
  lang::JsonScanner envelope_;
  lang::JsonScanner scanner_;
  pipeline::Arena arena_;
};

class SimdjsonOnDemand final : public Yardstick {
 public:
  explicit SimdjsonOnDemand(std::vector<std::string> members) : members_(std::move(members)) {}

  void take(std::string_view line) override {
    static_assert(simdjson::SIMDJSON_PADDING <= pipeline::kTextPadding);
    auto document = parser_.iterate(line.data(), line.size(), line.size() + pipeline::kTextPadding);
    simdjson::ondemand::object object;
    if (document.get_object().get(object)) die("simdjson", line);
    for (const std::string& member : members_) {
      simdjson::ondemand::value value;
      if (object.find_field_unordered(member).get(value) || !read(value)) die("simdjson", line);
    }
  }

 private:
  bool read(simdjson::ondemand::value value) {
    simdjson::ondemand::json_type type{};
    if (value.type().get(type)) return false;
    if (type == simdjson::ondemand::json_type::number) {
      return !value.get_double().get(number_);
    }
    return !value.get_string().get(text_);
  }

  const std::vector<std::string> members_;
  simdjson::ondemand::parser parser_;
  std::string_view text_;
  double number_ = 0;
};

class Matching final : public Yardstick {
 public:
  Matching(const std::string& expression, int groups)
      : re2_(expression), groups_(static_cast<std::size_t>(groups) + 1) {}

  void take(std::string_view line) override {
    if (!re2_.Match({line.data(), line.size()}, 0, line.size(), RE2::UNANCHORED, groups_.data(),
                    static_cast<int>(groups_.size()))) {
      die("RE2", line);
    }
  }

 private:
  RE2 re2_;
  std::vector<re2::StringPiece> groups_;
};

}  // namespace

MakeYardstick copying() {
  return [] { return std::make_unique<Copying>(); };
}
MakeYardstick scanning_json(std::vector<std::string> members) {
  return [members] { return std::make_unique<ScanningJson>(members); };
}
MakeYardstick simdjson_on_demand(std::vector<std::string> members) {
  return [members] { return std::make_unique<SimdjsonOnDemand>(members); };
}
MakeYardstick scanning_docker_json(std::vector<std::string> members) {
  return [members] { return std::make_unique<ScanningDockerJson>(members); };
}
MakeYardstick matching(std::string expression, int groups) {
  return [expression, groups] { return std::make_unique<Matching>(expression, groups); };
}

}  // namespace lokitail::bench
