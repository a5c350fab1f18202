// What flows through a pipeline: one log line with what is known about it.
//
// Threads: belongs to one pipeline; no locks.
// Ownership: all text is views. They are valid until the entry has left the pipeline; a stage that
// keeps an entry longer copies it (held_entry.h).
#pragma once

#include <string_view>

#include <boost/container/small_vector.hpp>

#include "pipeline/arena.h"
#include "pipeline/extracted.h"
#include "pipeline/labels.h"
#include "pipeline/origin.h"
#include "pipeline/timestamp.h"

namespace lokitail::pipeline {

// The name is no Symbol: senders may have any number of names.
struct Metadata {
  std::string_view name;
  std::string_view value;
};

struct Entry {
  // Always followed by kTextPadding readable bytes (arena.h): a stage that sets a line from text of
  // which that is not known copies it into the arena.
  std::string_view line;
  Timestamp timestamp;
  Labels labels;
  boost::container::small_vector<Metadata, 4> structured_metadata;
  Extracted extracted;
  Arena arena;
  Origin* origin = nullptr;

  // Starts a new entry. Labels are copied into extracted, as Promtail does at the start of each
  // pipeline, nested ones included.
  void begin(std::string_view new_line, Timestamp read_time, std::span<const Label> target, Origin* from) {
    arena.reset();
    extracted.clear();
    structured_metadata.clear();
    line = new_line;
    timestamp = read_time;
    labels.assign(target);
    origin = from;
    extract_labels();
  }

  void extract_labels() {
    for (const Label& label : labels) extracted.set(label.name, Value::text(label.value));
  }

  // The text of an extracted value; nothing where it is missing or null.
  std::optional<std::string_view> text(Symbol name) { return extracted.get(name).to_text(arena); }
};

}  // namespace lokitail::pipeline
