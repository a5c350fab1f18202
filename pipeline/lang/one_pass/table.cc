#include "pipeline/lang/one_pass/table.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace lokitail::pipeline::lang::one_pass {
namespace {

using TagSet = std::uint64_t;

// What may come next, in the order of priority.
struct Ways {
  struct Way {
    std::uint32_t node;  // takes a byte
    TagSet tags;         // set on the way to it
    auto operator<=>(const Way&) const = default;
  };

  std::vector<Way> ways;
  std::optional<TagSet> match;   // anywhere; nothing is worse than it
  std::optional<TagSet> at_end;  // the best at the end of the text
  auto operator<=>(const Ways&) const = default;

  bool none() const { return ways.empty() && !match && !at_end; }
};

// Gathers ways, from the best to the worst, each node once.
class Gatherer {
 public:
  explicit Gatherer(const Program& program) : program_(program), seen_(program.nodes.size()) {}

  // Adds what can be reached from a node without a byte. False if that is nothing new.
  bool add(std::uint32_t node, bool at_begin) {
    new_ = false;
    visit(node, 0, at_begin, false);
    return new_;
  }
  // Then nothing else matters.
  bool complete() const { return found_.match.has_value(); }

  Ways take() {
    seen_.assign(seen_.size(), {});
    return std::exchange(found_, {});
  }

 private:
  struct Seen {
    bool anywhere = false;
    bool at_end = false;
  };

  // `at_end`: only if the text ends here.
  void visit(std::uint32_t index, TagSet tags, bool at_begin, bool at_end) {
    if (complete()) return;
    Seen& seen = seen_[index];
    if (seen.anywhere || (at_end && seen.at_end)) return;
    (at_end ? seen.at_end : seen.anywhere) = true;
    const Node& node = program_.nodes[index];
    switch (node.kind) {
      case Node::Kind::kBytes:
        if (at_end) return;
        found_.ways.push_back({index, tags});
        new_ = true;
        return;
      case Node::Kind::kSplit:
        visit(node.next, tags, at_begin, at_end);
        return visit(node.other, tags, at_begin, at_end);
      case Node::Kind::kTag:
        return visit(node.next, tags | TagSet{1} << node.value, at_begin, at_end);
      case Node::Kind::kBegin:
        if (at_begin) visit(node.next, tags, at_begin, at_end);
        return;
      case Node::Kind::kEnd:
        return visit(node.next, tags, at_begin, true);
      case Node::Kind::kMatch:
        if (!at_end) found_.match = tags;
        if (!found_.at_end) found_.at_end = tags;
        new_ = true;
        return;
    }
  }

  const Program& program_;
  std::vector<Seen> seen_;
  Ways found_;
  bool new_ = false;
};

class Tabulator {
 public:
  explicit Tabulator(const Program& program) : program_(program), gatherer_(program) {
    table_.groups = program.groups;
    tag_set(0);
    find_columns();
  }

  Table tabulate() {
    gatherer_.add(program_.start, false);
    if (!gatherer_.take().none()) throw Beyond();  // it may begin anywhere
    state({});
    gatherer_.add(program_.start, true);
    const std::uint32_t start = state(gatherer_.take());
    for (std::uint32_t i = 0; i < states_.size(); ++i) make_steps(i);
    table_.traits.emplace_back();
    std::vector<std::uint16_t> traits;
    for (std::uint32_t i = 0; i < states_.size(); ++i) traits.push_back(trait(i));
    for (Table::Step& step : table_.steps) step.trait = traits[step.row / columns_];
    table_.start = {row(start), 0, traits[start]};
    return std::move(table_);
  }

 private:
  // Bytes that all sets hold or lack together share a column.
  void find_columns() {
    std::map<std::string, std::uint8_t> known;
    for (std::size_t byte = 0; byte < table_.columns.size(); ++byte) {
      std::string holders;
      for (const ByteSet& set : program_.sets) holders += set[byte] ? '1' : '0';
      const auto [place, is_new] =
          known.try_emplace(std::move(holders), static_cast<std::uint8_t>(known.size()));
      if (is_new) examples_.push_back(byte);
      table_.columns[byte] = place->second;
    }
    columns_ = static_cast<std::uint32_t>(examples_.size());
  }

  std::uint32_t row(std::uint32_t state) const { return state * columns_; }

  std::uint32_t state(Ways ways) {
    constexpr std::size_t kMostSteps = 32'768;
    constexpr std::size_t kMostWays = 100'000;
    const auto [place, is_new] =
        numbers_.try_emplace(std::move(ways), static_cast<std::uint32_t>(states_.size()));
    if (is_new) {
      states_.push_back(&place->first);
      ways_ += place->first.ways.size();
      if (states_.size() * columns_ > kMostSteps || ways_ > kMostWays) throw Beyond();
    }
    return place->second;
  }

  std::uint16_t tag_set(TagSet tags) {
    const auto known = std::ranges::find(table_.tags, tags);
    const auto index = static_cast<std::uint16_t>(known - table_.tags.begin());
    if (table_.tags.size() == Table::kNone) throw Beyond();
    if (known == table_.tags.end()) table_.tags.push_back(tags);
    return index;
  }

  void make_steps(std::uint32_t from) {
    for (const std::size_t byte : examples_) table_.steps.push_back(step(*states_[from], byte));
  }

  Table::Step step(const Ways& from, std::size_t byte) {
    std::optional<TagSet> tags;
    for (const Ways::Way& way : from.ways) {
      const Node& node = program_.nodes[way.node];
      if (!program_.sets[node.value][byte]) continue;
      if (!gatherer_.add(node.next, false)) continue;
      if (!tags) tags = way.tags;
      if (*tags != way.tags) throw Beyond();
      if (gatherer_.complete()) break;
    }
    const std::uint32_t to = state(gatherer_.take());
    return {row(to), tag_set(tags.value_or(0)), 0};
  }

  std::uint16_t trait(std::uint32_t state) {
    const Ways& ways = *states_[state];
    Table::Trait trait;
    if (ways.match) trait.match = tag_set(*ways.match);
    if (ways.at_end) trait.at_end = tag_set(*ways.at_end);
    trait.run = run(state);
    const auto known = std::ranges::find(table_.traits, trait);
    const auto index = static_cast<std::uint16_t>(known - table_.traits.begin());
    if (known == table_.traits.end()) table_.traits.push_back(trait);
    return index;
  }

  std::uint16_t run(std::uint32_t state) {
    constexpr std::size_t kWorthwhile = 8;
    if (state == 0) return Table::kNone;
    ByteSet bytes;
    for (std::size_t byte = 0; byte < bytes.size(); ++byte) {
      const Table::Step& step = at(row(state), byte);
      bytes[byte] = step.row == row(state) && step.tags == 0;
    }
    // Texts are valid UTF-8, so that to skip all bytes of characters is to skip characters.
    if (all_characters_lead_back(state)) {
      for (std::size_t byte = 0x80; byte < bytes.size(); ++byte) bytes.set(byte);
    }
    if (bytes.count() < kWorthwhile) return Table::kNone;
    const auto known = std::ranges::find(runs_, bytes);
    const auto index = static_cast<std::uint16_t>(known - runs_.begin());
    if (known == runs_.end()) {
      runs_.push_back(bytes);
      table_.runs.emplace_back(bytes);
    }
    return index;
  }

  const Table::Step& at(std::uint32_t row, std::size_t byte) const {
    return table_.steps[row + table_.columns[byte]];
  }

  // Whether every character that is not ASCII leads back to the state, and sets no tags.
  bool all_characters_lead_back(std::uint32_t state) const {
    constexpr CodeSet::Range kRanges[] = {{0x80, 0xD7FF}, {0xE000, CodeSet::kLargest}};
    for (const CodeSet::Range& range : kRanges) {
      for (const ByteRanges& sequence : utf8_sequences(range)) {
        std::vector<std::uint32_t> rows = {row(state)};
        for (const ByteRange& bytes : sequence) rows = behind(rows, bytes);
        if (rows != std::vector<std::uint32_t>{row(state)}) return false;
      }
    }
    return true;
  }

  // The rows that bytes lead to; none if one of them sets tags.
  std::vector<std::uint32_t> behind(const std::vector<std::uint32_t>& rows, ByteRange bytes) const {
    std::vector<std::uint32_t> found;
    for (const std::uint32_t row : rows) {
      for (std::size_t byte = bytes.first; byte <= bytes.last; ++byte) {
        const Table::Step& step = at(row, byte);
        if (step.tags != 0) return {};
        if (std::ranges::find(found, step.row) == found.end()) found.push_back(step.row);
      }
    }
    return found;
  }

  const Program& program_;
  Gatherer gatherer_;
  Table table_;
  std::uint32_t columns_ = 0;
  std::vector<std::size_t> examples_;  // a byte of each column
  std::map<Ways, std::uint32_t> numbers_;
  std::vector<const Ways*> states_;  // the keys of numbers_; the first is dead
  std::size_t ways_ = 0;             // of all states
  std::vector<ByteSet> runs_;        // what table_.runs are of
};

}  // namespace

Table tabulate(const Program& program) { return Tabulator(program).tabulate(); }

}  // namespace lokitail::pipeline::lang::one_pass
