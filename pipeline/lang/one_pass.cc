#include "pipeline/lang/one_pass.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>

#include "pipeline/lang/one_pass/program.h"
#include "pipeline/lang/one_pass/syntax.h"
#include "pipeline/lang/one_pass/table.h"

namespace lokitail::pipeline::lang {

using one_pass::Program;
using one_pass::Syntax;
using one_pass::Table;

namespace {

Syntax whole(Syntax inside) {
  Syntax all{.kind = Syntax::Kind::kSequence};
  all.parts.push_back({.kind = Syntax::Kind::kBegin});
  all.parts.push_back(std::move(inside));
  all.parts.push_back({.kind = Syntax::Kind::kEnd});
  return all;
}

// Where each tag was last seen.
class Places {
 public:
  explicit Places(const Table& table) : table_(table) { std::fill_n(places_, 2 * table.groups, nullptr); }

  void set(std::uint16_t tags, const char* place) {
    for (std::uint64_t left = table_.tags[tags]; left != 0; left &= left - 1) {
      places_[std::countr_zero(left)] = place;
    }
  }
  void copy(const Places& other) { std::copy_n(other.places_, 2 * table_.groups, places_); }

  std::string_view group(std::size_t number) const {
    const char* const begin = places_[2 * number - 2];
    const char* const end = places_[2 * number - 1];
    if (begin == nullptr || end == nullptr) return {};
    return {begin, static_cast<std::size_t>(end - begin)};
  }

 private:
  const Table& table_;
  const char* places_[2 * Program::kMostGroups];
};

// The last match that was passed. The places are kept only once they are about to change.
struct Passed {
  const char* end = nullptr;
  std::uint16_t tags = Table::kNone;  // none: there was no match
  bool kept = false;
};

}  // namespace

OnePass::OnePass(Table table) : table_(std::make_unique<const Table>(std::move(table))) {}
OnePass::~OnePass() = default;

std::unique_ptr<const OnePass> OnePass::compile(std::string_view pattern, Anchoring anchoring) {
  try {
    Syntax syntax = one_pass::parse(pattern);
    if (anchoring == Anchoring::kWhole) syntax = whole(std::move(syntax));
    return std::unique_ptr<const OnePass>(new OnePass(one_pass::tabulate(one_pass::compile(syntax))));
  } catch (const one_pass::Beyond&) {
    return nullptr;
  }
}

bool OnePass::match(std::string_view text, std::span<std::string_view> groups) const {
  const Table& table = *table_;
  const char* const end = text.data() + text.size();
  const char* at = text.data();
  Places places(table);
  Places kept(table);
  Passed passed;
  Table::Step step = table.start;
  for (;;) {
    const Table::Trait& trait = table.traits[step.trait];
    if (step.trait != 0) {
      if (trait.run != Table::kNone) at = table.runs[trait.run].skip(at, end);
      if (trait.match != Table::kNone) {
        if (groups.empty()) return true;
        passed = {at, trait.match, false};
      }
    }
    if (at == end) {
      if (trait.at_end != Table::kNone) passed = {at, trait.at_end, false};
      break;
    }
    step = table.steps[step.row + table.columns[static_cast<unsigned char>(*at)]];
    if (step.row == Table::kDead) break;
    if (step.tags != 0) {
      if (passed.tags != Table::kNone && !passed.kept) {
        kept.copy(places);
        passed.kept = true;
      }
      places.set(step.tags, at);
    }
    ++at;
  }
  if (passed.tags == Table::kNone) return false;
  if (groups.empty()) return true;
  if (passed.kept) places.copy(kept);
  places.set(passed.tags, passed.end);
  groups[0] = {text.data(), static_cast<std::size_t>(passed.end - text.data())};
  for (std::size_t i = 1; i < groups.size(); ++i) {
    groups[i] = i <= table.groups ? places.group(i) : std::string_view();
  }
  return true;
}

}  // namespace lokitail::pipeline::lang
