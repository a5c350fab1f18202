// Go's text/template with the functions that Promtail gives it: Go's own, Sprig's and a few of
// Promtail's. Nested definitions ({{define}}, {{block}}, {{template}}) are refused.
//
// Threads:   a template is immutable once compiled; any thread may execute it.
// Ownership: data has to live only as long as execute() runs.
// Errors:    compile() throws std::invalid_argument with Go's message. Executing never throws: any
//            run-time error, and going beyond the limits on memory and work, is `false`.
// Source:    Go 1.24's text/template and fmt, Sprig v3.3, Promtail's template stage.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/timestamp.h"

namespace lokitail::pipeline::lang {

// What a template works on: named texts.
class TemplateData {
 public:
  virtual ~TemplateData() = default;
  // The text that belongs to the `index`-th of GoTemplate::fields(); nothing where there is none.
  virtual std::optional<std::string_view> field(std::size_t index) const = 0;
  // All there are, for templates that look at the data as a whole. Of a name that comes twice the
  // last text counts.
  using Visitor = std::function<void(std::string_view name, std::string_view text)>;
  virtual void for_each(const Visitor& visit) const = 0;
  // What {{ now }} is.
  virtual Timestamp now() const = 0;
  // What {{ getHostByName }} is; nothing for a host that has no address.
  virtual std::optional<std::string> find_host(const std::string& name) const {
    static_cast<void>(name);
    return std::nullopt;
  }
};

class GoTemplate {
 public:
  // The Go type of the data; it shows where `index .` finds nothing: no value, or an empty text.
  enum class DataType { kMapOfAny, kMapOfString };

  static GoTemplate compile(std::string_view text, DataType data_type = DataType::kMapOfAny);

  GoTemplate(GoTemplate&&) noexcept;
  GoTemplate& operator=(GoTemplate&&) noexcept;
  ~GoTemplate();

  // The names of the entries of the data that the template asks for: .level gives "level".
  const std::vector<std::string>& fields() const;

  // Appends to `out`. On an error `out` is as before, and `error` says why, if it is given.
  bool execute(const TemplateData& data, std::string& out, std::string* error = nullptr) const;

  // The text, if that is all the template is; nothing where something has to be executed.
  std::optional<std::string_view> constant() const;

 private:
  struct Compiled;
  explicit GoTemplate(std::unique_ptr<const Compiled> compiled);

  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace lokitail::pipeline::lang
