#include "agent/source/docker/container_lines.h"

#include <utility>

#include "pipeline/lang/rfc3339.h"

namespace lokitail::agent {

using pipeline::lang::JsonField;

ContainerLines::ContainerLines(StreamLabels labels, const LogPosition& read, DockerCounters counters)
    : texts_(std::move(labels)),
      read_before_(read),
      counters_(counters),
      scanner_({"log", "stream", "time"}) {}

void ContainerLines::attach(pipeline::SymbolTable& symbols) {
  if (std::exchange(symbols_, &symbols) != &symbols) make_labels();
}

void ContainerLines::set_labels(StreamLabels labels) {
  texts_ = std::move(labels);
  if (symbols_ != nullptr) make_labels();
}

void ContainerLines::make_labels() {
  for (std::size_t i = 0; i < kLogStreams; ++i) {
    streams_[i].labels.clear();
    if (!texts_[i]) continue;
    for (const auto& [name, value] : *texts_[i]) streams_[i].labels.set(symbols_->intern(name), value);
  }
}

void ContainerLines::push(std::string_view line, pipeline::Timestamp read_time, pipeline::Pipeline& pipeline,
                          pipeline::Origin* origin) {
  arena_.reset();
  const bool is_json = scanner_.scan(line, arena_) != pipeline::lang::JsonDocument::kMalformed;
  const auto fields = scanner_.fields();
  pipeline::Timestamp time;
  if (!is_json || fields[0].kind != JsonField::Kind::kString || fields[2].kind != JsonField::Kind::kString ||
      !pipeline::lang::parse_rfc3339(fields[2].text, time)) {
    counters_.parsing_errors.Increment();
    return emit(LogStream::kStdout, read_time, line, pipeline, origin);
  }
  const LogStream stream = fields[1].kind == JsonField::Kind::kString && fields[1].text == "stderr"
                               ? LogStream::kStderr
                               : LogStream::kStdout;
  Stream& state = streams_[index_of(stream)];
  if (state.joiner.ends_before(time)) flush(stream, pipeline);
  const std::string_view piece = fields[0].text;
  if (!state.joiner.holds() && !LineJoiner::goes_on(piece)) {
    return emit(stream, time, LineJoiner::trimmed(piece), pipeline, origin);
  }
  state.held.also_from(origin);
  state.joiner.add(time, piece, [&](pipeline::Timestamp of, std::string_view text) {
    emit(stream, of, text, pipeline, state.held.take_origins().get());
  });
}

void ContainerLines::flush(pipeline::Pipeline& pipeline) {
  for (std::size_t i = 0; i < kLogStreams; ++i) flush(static_cast<LogStream>(i), pipeline);
}

void ContainerLines::flush(LogStream stream, pipeline::Pipeline& pipeline) {
  Stream& state = streams_[index_of(stream)];
  state.joiner.flush([&](pipeline::Timestamp time, std::string_view text) {
    emit(stream, time, text, pipeline, state.held.take_origins().get());
  });
}

void ContainerLines::forget() {
  for (Stream& stream : streams_) {
    stream.joiner.forget();
    stream.held.release_origins();
  }
}

void ContainerLines::emit(LogStream stream, pipeline::Timestamp time, std::string_view text,
                          pipeline::Pipeline& pipeline, pipeline::Origin* origin) {
  if (read_before_.covers(stream, time)) return;
  if (!texts_[index_of(stream)]) return counters_.dropped.Increment();
  counters_.entries.Increment();
  pipeline.push(text, time, streams_[index_of(stream)].labels, origin);
}

}  // namespace lokitail::agent
