// Looks at an entry before a stage gets it, and says whether the stage will find what it looks for:
// what comes out of a stage alone does not tell.
//
// Threads: as the stages. Errors: none; the stage itself has accepted this configuration.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/node.h"
#include "pipeline/entry.h"

namespace lokitail::agent::lint {

class Probe {
 public:
  virtual ~Probe() = default;
  // What a fitting entry is: "matched", "read", ...
  virtual std::string_view verb() const = 0;
  // What the stage looks at; nothing where the entry lacks it.
  virtual std::optional<std::string_view> text(pipeline::Entry& entry) = 0;
  // Whether it finds what it looks for in that text.
  virtual bool fits(pipeline::Entry& entry, std::string_view text) = 0;
};

struct ProbeContext {
  pipeline::SymbolTable& symbols;
  std::function<pipeline::Timestamp()> now;
};

// nullptr for a stage that looks for nothing.
std::unique_ptr<Probe> make_probe(std::string_view stage, const config::Node& body,
                                  const ProbeContext& context);

}  // namespace lokitail::agent::lint
