#include "pipeline/lang/go_template/execution.h"

#include <boost/container/small_vector.hpp>

#include "pipeline/lang/go_template/format.h"
#include "pipeline/lang/go_template/methods.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

constexpr std::size_t kMaxOutput = std::size_t{16} * 1024 * 1024;

// What the dot stands for. The data as a whole becomes a value only where a template asks for that.
struct Dot {
  bool is_root = true;
  Value value;
};

enum class Flow { kOn, kBreak, kContinue };

class Execution {
 public:
  Execution(const Tree& tree, Context& context, std::string& out)
      : tree_(tree), context_(context), out_(out), room_(kMaxOutput + out.size()) {
    variables_.resize(tree.variables);
  }

  void run() { walk(tree_.statements, Dot()); }

 private:
  using Arguments = boost::container::small_vector<Value, 6>;

  // Where a method's arguments come from.
  struct Invocation {
    const Command& command;
    const Dot& dot;
    const Value* last;
  };

  Flow walk(const std::vector<Statement>& statements, const Dot& dot);
  Flow walk(const Statement& statement, const Dot& dot);
  Flow range(const Statement& statement, const Dot& dot);
  bool iterate(const Statement& statement, const Value& index, const Value& item);
  void print(const Value& value);
  void write(std::string_view text);

  void assign(std::size_t variable, const Value& value);
  bool is_root(const Word& variable) const;

  Value evaluate(const Pipe& pipe, const Dot& dot);
  Value evaluate(const Command& command, const Dot& dot, const Value* last);
  Value evaluate(const Word& word, const Dot& dot);
  Value follow(Value value, const Word& word, std::size_t first, const Invocation* given = nullptr);
  Value call(const Command& command, const Dot& dot, const Value* last);
  Value call_without_arguments(const Function& function);
  Value short_circuit(const Command& command, const Dot& dot, const Value* last);
  Value method(const Command& command, const Dot& dot, const Value* last);
  Value call_method(const Value& self, std::string_view name, const Invocation* given);
  Value argument(const Word& word, const Dot& dot, Want want);
  Value accept(const Value& value, Want want);
  Value nil_map();
  Value any_constant(const Word& word);
  Value constant(const Word& word, Want want);
  bool count_matches(const Function& function, const Signature& signature, std::size_t count);

  const Tree& tree_;
  Context& context_;
  std::string& out_;
  const std::size_t room_;
  boost::container::small_vector<Value, 8> variables_;  // $ only once it was assigned to
  bool root_assigned_ = false;
};

void Execution::write(std::string_view text) {
  if (out_.size() + text.size() > room_) {
    context_.fail("the template's text is too long");
    return;
  }
  out_ += text;
}

void Execution::print(const Value& value) {
  if (context_.failed()) return;
  if (value.is(Type::kString)) return write(value.as_string());
  if (value.empty()) return write("<no value>");
  Text text(context_);
  append_value(text, value);
  if (!context_.failed()) write(text.view());
}

Flow Execution::walk(const std::vector<Statement>& statements, const Dot& dot) {
  for (const Statement& statement : statements) {
    const Flow flow = walk(statement, dot);
    if (flow != Flow::kOn || context_.failed()) return flow;
  }
  return Flow::kOn;
}

Flow Execution::walk(const Statement& statement, const Dot& dot) {
  if (!context_.spend(1)) return Flow::kOn;
  switch (statement.kind) {
    case Statement::Kind::kText:
      write(statement.text);
      break;
    case Statement::Kind::kAction: {
      const Value value = evaluate(statement.pipe, dot);
      if (statement.pipe.variables.empty()) print(value);
      break;
    }
    case Statement::Kind::kIf:
    case Statement::Kind::kWith: {
      const Value value = evaluate(statement.pipe, dot);
      if (context_.failed()) break;
      if (!truth(value)) return walk(statement.otherwise, dot);
      return walk(statement.body, statement.kind == Statement::Kind::kIf ? dot : Dot{false, value});
    }
    case Statement::Kind::kRange:
      return range(statement, dot);
    case Statement::Kind::kBreak:
      return Flow::kBreak;
    case Statement::Kind::kContinue:
      return Flow::kContinue;
  }
  return Flow::kOn;
}

// Runs the body once; false where the loop is over.
bool Execution::iterate(const Statement& statement, const Value& index, const Value& item) {
  const std::vector<std::size_t>& names = statement.pipe.variables;
  if (!context_.spend(1)) return false;
  if (names.size() > 1) assign(names.front(), index);
  if (!names.empty()) assign(names.back(), item);
  return walk(statement.body, Dot{false, item}) != Flow::kBreak && !context_.failed();
}

Flow Execution::range(const Statement& statement, const Dot& dot) {
  const Value value = evaluate(statement.pipe, dot);
  if (context_.failed()) return Flow::kOn;
  if (value.is_list()) {
    std::int64_t index = 0;
    for (const Value& item : value.as_list()) {
      if (!iterate(statement, Value::integer(index++), item)) return Flow::kOn;
    }
  } else if (value.is_map()) {
    // The body may change the map: walk what it was.
    const Map& map = value.as_map();
    const std::span<Map::Entry> entries = context_.allocate<Map::Entry>(map.size);
    std::ranges::copy(map.all().first(entries.size()), entries.begin());
    for (const Map::Entry& entry : entries) {
      if (!iterate(statement, Value::string(entry.key), entry.value)) return Flow::kOn;
    }
  } else if (value.is_integer()) {
    if (statement.pipe.variables.size() > 1) {
      context_.fail("can't use an integer to iterate over more than one variable");
      return Flow::kOn;
    }
    for (std::int64_t i = 0; i < value.as_integer(); ++i) {
      if (!iterate(statement, {}, Value::integer(i, value.type()))) return Flow::kOn;
    }
  } else if (!value.empty()) {
    context_.fail("range can't iterate over ", type_name(value));
    return Flow::kOn;
  }
  if (truth(value) && !(value.is_signed() && value.as_integer() < 0)) return Flow::kOn;
  // A break in {{else}} leaves this loop, too, rather than the one around it.
  const Flow flow = walk(statement.otherwise, dot);
  return flow == Flow::kBreak ? Flow::kOn : flow;
}

Value Execution::evaluate(const Pipe& pipe, const Dot& dot) {
  Value value;
  const Value* last = nullptr;
  for (const Command& command : pipe.commands) {
    value = evaluate(command, dot, last);
    if (context_.failed()) return {};
    if (value.is(Type::kNil)) value = Value();  // what nil an interface held is lost here
    last = &value;
  }
  for (const std::size_t variable : pipe.variables) {
    if (variable == kUndefinedVariable) return context_.fail("undefined variable");
    assign(variable, value);
  }
  return value;
}

void Execution::assign(std::size_t variable, const Value& value) {
  root_assigned_ = root_assigned_ || variable == kRootVariable;
  variables_[variable] = value;
}

// Whether a variable stands for the data as a whole.
bool Execution::is_root(const Word& variable) const {
  return variable.variable == kRootVariable && !root_assigned_;
}

Value Execution::evaluate(const Command& command, const Dot& dot, const Value* last) {
  const Word& first = command.words.front();
  if (first.kind == Word::Kind::kFunction) return call(command, dot, last);
  if (first.kind == Word::Kind::kNil) return context_.fail("nil is not a command");
  if (command.words.size() == 1 && last == nullptr) return evaluate(first, dot);
  if (!first.fields.empty()) return method(command, dot, last);
  return context_.fail("can't give argument to non-function ", first.text);
}

// The value of a word by itself.
Value Execution::evaluate(const Word& word, const Dot& dot) {
  switch (word.kind) {
    case Word::Kind::kDot:
      return dot.is_root ? context_.root() : dot.value;
    case Word::Kind::kNil:
      return Value::nil();
    case Word::Kind::kBool:
    case Word::Kind::kNumber:
    case Word::Kind::kString:
      return any_constant(word);
    case Word::Kind::kField:
      if (!dot.is_root) return follow(dot.value, word, 0);
      return follow(context_.root_field(word.field, word.fields.front()), word, 1);
    case Word::Kind::kVariable:
      if (word.variable == kUndefinedVariable) return context_.fail("undefined variable: ", word.text);
      if (!is_root(word)) return follow(variables_[word.variable], word, 0);
      if (word.fields.empty()) return context_.root();
      return follow(context_.root_field(word.field, word.fields.front()), word, 1);
    case Word::Kind::kFunction:
      return call_without_arguments(*word.function);
    case Word::Kind::kPipe:
      return follow(evaluate(*word.pipe, dot), word, 0);
  }
  return {};
}

// Goes from a value through the fields of a word, from the `first` on. The arguments given are for the
// last of them.
Value Execution::follow(Value value, const Word& word, std::size_t first, const Invocation* given) {
  for (std::size_t i = first; i < word.fields.size() && !context_.failed(); ++i) {
    const std::string_view name = word.fields[i];
    const Invocation* const call = i + 1 == word.fields.size() ? given : nullptr;
    if (value.missing()) continue;
    if (value.is(Type::kNil)) return context_.fail("nil pointer evaluating interface {}.", name);
    if (!value.is_map()) {
      value = call_method(value, name, call);
    } else if (call != nullptr) {
      return context_.fail("not a method but has arguments: ", name);
    } else {
      const Value* const found = value.as_map().find(name);
      value = found == nullptr ? Value() : *found;
    }
  }
  return value;
}

// A command whose first word ends in the name of a method.
Value Execution::method(const Command& command, const Dot& dot, const Value* last) {
  const Word& word = command.words.front();
  Value value;
  switch (word.kind) {
    case Word::Kind::kField:
      value = dot.is_root ? context_.root() : dot.value;
      break;
    case Word::Kind::kVariable:
      if (word.variable == kUndefinedVariable) return context_.fail("undefined variable: ", word.text);
      value = is_root(word) ? context_.root() : variables_[word.variable];
      break;
    default:
      value = evaluate(*word.pipe, dot);
      break;
  }
  const Invocation given = {command, dot, last};
  return follow(value, word, 0, &given);
}

Value Execution::call_method(const Value& self, std::string_view name, const Invocation* given) {
  const Method* const method = find_method(self, name);
  if (method == nullptr) return context_.fail("can't evaluate field ", name);
  const std::size_t words = given == nullptr ? 0 : given->command.words.size() - 1;
  const bool piped = given != nullptr && given->last != nullptr;
  if (words + (piped ? 1 : 0) != method->parameters.size()) {
    return context_.fail("wrong number of args for ", name);
  }
  Arguments arguments;
  for (std::size_t i = 0; i < words; ++i) {
    arguments.push_back(argument(given->command.words[i + 1], given->dot, method->parameters[i]));
    if (context_.failed()) return {};
  }
  if (piped) arguments.push_back(accept(*given->last, method->parameters[words]));
  if (context_.failed()) return {};
  return method->call(context_, self, {arguments.data(), arguments.size()});
}

bool Execution::count_matches(const Function& function, const Signature& signature, std::size_t count) {
  const bool fits = signature.variadic ? count >= signature.fixed_count : count == signature.fixed_count;
  if (!fits) context_.fail("wrong number of args for ", function.name);
  return fits;
}

Value Execution::call_without_arguments(const Function& function) {
  const Signature signature = parse_signature(function.parameters);
  if (!count_matches(function, signature, 0)) return {};
  return function.call(Call{context_, {}});
}

Value Execution::call(const Command& command, const Dot& dot, const Value* last) {
  const Function& function = *command.words.front().function;
  const Signature& signature = command.signature;
  const std::size_t words = command.words.size() - 1;
  if (!context_.spend(1)) return {};
  if (!count_matches(function, signature, words + (last != nullptr))) return {};
  if (function.short_circuits) return short_circuit(command, dot, last);
  Arguments arguments;
  for (std::size_t i = 0; i < words; ++i) {
    arguments.push_back(argument(command.words[i + 1], dot, signature.want(i)));
    if (context_.failed()) return {};
  }
  if (last != nullptr) arguments.push_back(accept(*last, signature.want(words)));
  if (context_.failed()) return {};
  return function.call(Call{context_, {arguments.data(), arguments.size()}, command.regex.get()});
}

// `and` and `or` look at no more arguments than they need.
Value Execution::short_circuit(const Command& command, const Dot& dot, const Value* last) {
  const bool stops_at = command.words.front().text == "or";
  Value value;
  for (std::size_t i = 1; i < command.words.size(); ++i) {
    value = argument(command.words[i], dot, Want::kAny);
    if (context_.failed() || truth(value) == stops_at) return value;
  }
  return last != nullptr ? *last : value;
}

// A word as an argument of the given type.
Value Execution::argument(const Word& word, const Dot& dot, Want want) {
  switch (word.kind) {
    case Word::Kind::kNil:
      if (want == Want::kAny) return Value::nil();
      if (want == Want::kMap || want == Want::kList) return accept({}, want);
      return context_.fail("cannot assign nil to ", want_name(want));
    case Word::Kind::kBool:
    case Word::Kind::kNumber:
    case Word::Kind::kString:
      return constant(word, want);
    default: {
      const Value value = evaluate(word, dot);
      return context_.failed() ? value : accept(value, want);
    }
  }
}

// A constant where any type will do.
Value Execution::any_constant(const Word& word) {
  return word.value.missing() ? context_.fail("overflows int: ", word.text) : word.value;
}

Value Execution::constant(const Word& word, Want want) {
  const bool is_number = word.kind == Word::Kind::kNumber;
  switch (want) {
    case Want::kAny:
      return any_constant(word);
    case Want::kBool:
      if (word.kind == Word::Kind::kBool) return word.value;
      return context_.fail("expected bool; found ", word.text);
    case Want::kString:
      if (word.kind == Word::Kind::kString) return word.value;
      return context_.fail("expected string; found ", word.text);
    case Want::kInt:
      if (is_number && word.number.is_integer) return Value::integer(word.number.integer);
      return context_.fail("expected integer; found ", word.text);
    case Want::kUint32:
      if (is_number && word.number.is_integer && word.number.integer >= 0) {
        return Value::integer(word.number.integer & 0xFFFF'FFFF, Type::kUint64);
      }
      return context_.fail("expected unsigned integer; found ", word.text);
    case Want::kFloat:
      if (is_number) return Value::number(word.number.number);
      return context_.fail("expected float; found ", word.text);
    case Want::kDuration:
      if (is_number && word.number.is_integer) return Value::integer(word.number.integer, Type::kDuration);
      return context_.fail("expected integer; found ", word.text);
    case Want::kList:
    case Want::kMap:
    case Want::kTime:
    case Want::kKeyPair:
    case Want::kVersion:
      break;
  }
  return context_.fail("can't handle a constant for arg of type ", want_name(want));
}

// A nil as a map: an empty one that cannot be added to.
Value Execution::nil_map() {
  Map* const map = context_.new_map();
  map->is_nil = true;
  return Value::map(map);
}

// Checks a value that is not a constant: Go converts nothing, not even an int64 to an int.
Value Execution::accept(const Value& value, Want want) {
  bool fits = true;
  switch (want) {
    case Want::kAny:
      return value.missing() ? Value::nil() : value;
    case Want::kBool:
      fits = value.is(Type::kBool);
      break;
    case Want::kInt:
      fits = value.is(Type::kInt);
      break;
    case Want::kUint32:
      fits = false;  // no function has such a result
      break;
    case Want::kFloat:
      fits = value.is(Type::kFloat);
      break;
    case Want::kString:
      fits = value.is(Type::kString);
      break;
    case Want::kTime:
      fits = value.is(Type::kTime);
      break;
    case Want::kKeyPair:
      fits = value.is(Type::kKeyPair);
      break;
    case Want::kDuration:
      fits = value.is(Type::kDuration);
      break;
    case Want::kVersion:
      fits = value.is(Type::kVersion);
      break;
    case Want::kList:
      if (value.missing()) return Value::list({});
      fits = value.is(Type::kList);
      break;
    case Want::kMap:
      if (value.missing()) return nil_map();
      fits = value.is(Type::kMap);
      break;
  }
  if (fits) return value;
  if (value.empty()) return context_.fail("invalid value; expected ", want_name(want));
  return context_.fail("wrong type for value; expected ", want_name(want));
}

}  // namespace

void execute(const Tree& tree, Context& context, std::string& out) { Execution(tree, context, out).run(); }

}  // namespace lokitail::pipeline::lang::go_template
