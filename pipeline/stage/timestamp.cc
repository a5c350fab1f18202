// timestamp: reads the entry's time from an extracted value.
//
//   source             required
//   format             a name (RFC3339, Unix, ...) or a Go layout, see lang/time_parser.h; without
//                      it RFC 3339 with any fraction (Promtail requires it)
//   fallback_formats   tried in turn where `format` does not fit
//   location           the tz database's name of a zone, for layouts without one
//   action_on_failure  fudge (default): where no time can be read, the last one of the label set
//                      plus a nanosecond; skip: the time stays as it was
//
// A value that is missing or null is a failure like any other.
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "config/value.h"
#include "pipeline/lang/time_parser.h"
#include "pipeline/stage.h"
#include "pipeline/stage/stage_config.h"
#include "pipeline/stage/timestamp_fudge.h"

namespace lokitail::pipeline {
namespace {

enum class OnFailure { kFudge, kSkip };

class TimestampStage final : public EntryStage {
 public:
  // `now` is asked only where the formats need it.
  TimestampStage(Symbol source, lang::TimeParser parser, OnFailure on_failure, std::function<Timestamp()> now)
      : source_(source), parser_(std::move(parser)), now_(std::move(now)) {
    if (on_failure == OnFailure::kFudge) fudge_.emplace();
    if (!parser_.needs_now()) now_ = nullptr;
  }

  Memory memory() const override { return fudge_ ? Memory::kSource : Memory::kNone; }
  Verdict process(Entry& entry) override {
    const bool read = read_time(entry);
    if (!fudge_) return Verdict::kKeep;
    if (read) {
      fudge_->succeeded(entry);
    } else {
      fudge_->failed(entry);
    }
    return Verdict::kKeep;
  }

 private:
  bool read_time(Entry& entry) const {
    const auto text = entry.text(source_);
    return text && parser_.parse(*text, now_ ? now_() : Timestamp(), entry.timestamp);
  }

  const Symbol source_;
  const lang::TimeParser parser_;
  std::function<Timestamp()> now_;  // empty: not needed
  std::optional<TimestampFudge> fudge_;
};

std::vector<std::string> read_fallback_formats(config::Fields& fields) {
  std::vector<std::string> formats;
  const config::Node* const node = fields.find("fallback_formats");
  if (node == nullptr) return formats;
  if (!node->is_sequence()) {
    throw node->error("expected a list of formats, found " + node->describe());
  }
  for (const config::Node& item : node->items()) formats.push_back(config::read_string(item));
  return formats;
}

lang::TimeParser read_parser(config::Fields& fields) {
  const std::string format = read_optional_string(fields, "format");
  const std::vector<std::string> fallbacks = read_fallback_formats(fields);
  const config::Node* const location = fields.find("location");
  if (location == nullptr) return lang::TimeParser::compile(format, fallbacks);
  try {
    return lang::TimeParser::compile(format, fallbacks, config::read_string(*location));
  } catch (const std::invalid_argument& error) {
    throw location->error(error.what());
  }
}

OnFailure read_on_failure(config::Fields& fields) {
  const config::Node* const node = fields.find("action_on_failure");
  if (node == nullptr) return OnFailure::kFudge;
  const std::string action = config::read_string(*node);
  if (action == "skip") return OnFailure::kSkip;
  if (action == "fudge") return OnFailure::kFudge;
  throw node->error("invalid action on failure (supported values are [skip fudge])");
}

}  // namespace

std::unique_ptr<Stage> make_timestamp(const config::Node& body, StageContext& context) {
  config::Fields fields(body, "timestamp stage", config::Fields::Strictness::kWarnUnknown, context.warnings);
  const Symbol source = read_required_source(fields, context.symbols);
  lang::TimeParser parser = read_parser(fields);
  const OnFailure on_failure = read_on_failure(fields);
  fields.finish();
  return std::make_unique<TimestampStage>(source, std::move(parser), on_failure, context.now);
}

}  // namespace lokitail::pipeline
