#include "pipeline/redact/redactor.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <utility>

namespace lokitail::pipeline::redact {
namespace {

// Texts that are shorter stand nearly everywhere.
constexpr std::size_t kShortestText = 3;

std::unique_ptr<const re2::RE2> compile(const char* expression) {
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_max_mem(int64_t{512} * 1024);
  return std::make_unique<const re2::RE2>(expression, options);
}

}  // namespace

// A built-in pattern, compiled.
struct Redactor::Expected {
  const BuiltIn* built_in;
  std::unique_ptr<const re2::RE2> expression;
  std::size_t searched_to = 0;  // what was found ends there
};

struct Redactor::Search {
  lang::Regex expression;
  bool always;       // no anchor tells where it is not
  bool due = false;  // for the present text
};

Redactor::Redactor(std::vector<Custom> custom, const std::vector<const BuiltIn*>& built_in) {
  for (Custom& pattern : custom) {
    const std::vector<std::string> texts = pattern.expression.necessary_texts(kShortestText);
    for (const std::string& text : texts) {
      scanner_.add(Anchor::literal(text, LetterCase::kAny), static_cast<AnchorScanner::Id>(names_.size()));
    }
    names_.push_back(std::move(pattern.name));
    searches_.push_back({std::move(pattern.expression), texts.empty()});
  }
  search_due_ = std::ranges::any_of(searches_, &Search::always);
  for (const BuiltIn* pattern : built_in) {
    std::string_view anchors = pattern->anchors;
    while (!anchors.empty()) {
      const std::string_view anchor = anchors.substr(0, anchors.find('|'));
      anchors.remove_prefix(std::min(anchor.size() + 1, anchors.size()));
      scanner_.add(Anchor::parse(anchor, pattern->letter_case),
                   static_cast<AnchorScanner::Id>(names_.size()));
    }
    names_.emplace_back(pattern->name);
    expected_.push_back({pattern, pattern->expression == nullptr ? nullptr : compile(pattern->expression)});
  }
  scanner_.compile();
}

Redactor::Redactor(Redactor&&) noexcept = default;
Redactor::~Redactor() = default;

std::span<const Found> Redactor::find(std::string_view text) {
  scan(text);
  if (search_due_) search(text);
  if (found_.size() > 1) merge();
  return found_;
}

void Redactor::scan(std::string_view text) {
  if (!found_.empty()) {
    found_.clear();
    for (Expected& expected : expected_) expected.searched_to = 0;
  }
  scanner_.scan(
      text, [this, text](std::size_t anchor, AnchorScanner::Id pattern) { look_at(text, anchor, pattern); });
}

void Redactor::look_at(std::string_view text, std::size_t anchor, std::size_t pattern) {
  if (pattern < searches_.size()) {
    search_due_ = searches_[pattern].due = true;
    return;
  }
  Expected& expected = expected_[pattern - searches_.size()];
  if (anchor < expected.searched_to) return;
  const auto range = match(text, anchor, expected);
  if (!range) return;
  found_.push_back({*range, pattern});
  expected.searched_to = range->end;
}

std::optional<Range> Redactor::match(std::string_view text, std::size_t anchor,
                                     const Expected& expected) const {
  const BuiltIn& pattern = *expected.built_in;
  if (pattern.finder != nullptr) return pattern.finder(text, anchor);
  if (!pattern.may_begin(text, anchor)) return std::nullopt;
  std::array<re2::StringPiece, 2> groups;
  const int count = 1 + std::min(expected.expression->NumberOfCapturingGroups(), 1);
  if (!expected.expression->Match(text, anchor, text.size(), re2::RE2::ANCHOR_START, groups.data(), count)) {
    return std::nullopt;
  }
  const re2::StringPiece& secret = groups[static_cast<std::size_t>(count) - 1];
  const auto begin = static_cast<std::size_t>(secret.data() - text.data());
  const Range range{begin, begin + secret.size()};
  if (pattern.accepts != nullptr && !pattern.accepts(range.of(text))) return std::nullopt;
  return range;
}

void Redactor::search(std::string_view text) {
  const lang::RegexText prepared(text);
  search_due_ = false;
  for (std::size_t pattern = 0; pattern < searches_.size(); ++pattern) {
    Search& each = searches_[pattern];
    search_due_ = search_due_ || each.always;
    if (!std::exchange(each.due, false) && !each.always) continue;
    std::array<std::string_view, 2> groups;
    for (std::size_t from = 0; from <= text.size() && each.expression.match_from(prepared, from, groups);) {
      const std::string_view secret = groups[1].data() == nullptr ? groups[0] : groups[1];
      const auto begin = static_cast<std::size_t>(secret.data() - text.data());
      if (!secret.empty()) found_.push_back({{begin, begin + secret.size()}, pattern});
      const auto end = static_cast<std::size_t>(groups[0].data() - text.data()) + groups[0].size();
      from = end + (groups[0].empty() ? 1 : 0);
    }
  }
}

void Redactor::merge() {
  std::ranges::sort(found_, [](const Found& a, const Found& b) {
    return std::pair(a.range.begin, a.pattern) < std::pair(b.range.begin, b.pattern);
  });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < found_.size(); ++i) {
    Range& last = found_[kept].range;
    if (found_[i].range.begin < last.end) {
      last.end = std::max(last.end, found_[i].range.end);
    } else {
      found_[++kept] = found_[i];
    }
  }
  found_.resize(kept + 1);
}

}  // namespace lokitail::pipeline::redact
