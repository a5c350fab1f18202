#include "pipeline/lang/go_template/parser.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "pipeline/label_text.h"
#include "pipeline/lang/go_template/lexer.h"
#include "pipeline/lang/go_template/number.h"
#include "pipeline/lang/go_template/unquote.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

using Kind = Token::Kind;

// Of {{if}}, {{range}}, {{with}} and parentheses together. Execution recurses as deep.
constexpr int kMaxDepth = 200;

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  Tree parse() {
    const std::string_view end = list(tree_.statements);
    if (!end.empty()) fail("unexpected {{" + std::string(end) + "}}");
    return std::move(tree_);
  }

 private:
  struct Variable {
    std::string_view name;
    std::size_t index;
  };

  [[noreturn]] void fail(const std::string& message) const {
    throw std::invalid_argument("template: pipeline_template:" + std::to_string(line_) + ": " + message);
  }
  [[noreturn]] void unexpected(const Token& token, std::string_view context) const;

  Token read();
  Token next();
  Token next_visible();
  const Token& peek();
  const Token& peek_visible();
  void expect_right_delimiter(std::string_view context);

  std::string_view list(std::vector<Statement>& statements);
  void action(std::vector<Statement>& statements);
  void loop_exit(Statement& statement, std::string_view keyword);
  void control(Statement& statement, std::string_view keyword);
  void leave(std::size_t outside);
  void else_branch(Statement& statement, std::string_view keyword);

  Pipe pipeline(std::string_view context, Kind end);
  std::vector<Token> declarations(Pipe& pipe, std::string_view context);
  void declare(Pipe& pipe, const std::vector<Token>& names);
  Command command();
  static void prepare_call(Command& command);
  Word operand();
  bool term(Word& word);
  void check(const Pipe& pipe, std::string_view context) const;

  void function_word(Word& word, std::string_view name);
  void variable_word(Word& word, std::string_view name);
  void number_word(Word& word, std::string_view text);
  void character_word(Word& word, std::string_view text);
  std::string_view unquote_string(std::string_view quoted);
  void add_field(Word& word, std::string_view name);
  std::size_t data_field(std::string_view name);

  class Deeper {
   public:
    explicit Deeper(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kMaxDepth) parser_.fail("nested too deeply");
    }
    ~Deeper() { --parser_.depth_; }

   private:
    Parser& parser_;
  };

  Lexer lexer_;
  std::vector<Token> ahead_;  // tokens read but not used, the next one last
  int line_ = 1;
  int depth_ = 0;
  int ranges_ = 0;  // that the place is inside of
  Tree tree_;
  std::vector<Variable> variables_{{"$", kRootVariable}};  // in scope
  std::vector<std::string_view> pending_;                  // declared by the pipeline that is being read
};

void Parser::unexpected(const Token& token, std::string_view context) const {
  std::string what;
  if (token.kind == Kind::kError) {
    fail(lexer_.error());
  } else if (token.kind == Kind::kEnd) {
    what = "EOF";
  } else if (token.kind == Kind::kKeyword || token.kind == Kind::kNil) {
    what = "<" + std::string(token.text) + ">";
  } else {
    const bool is_long = token.text.size() > 10;
    append_quoted(what, token.text.substr(0, 10));
    if (is_long) what += "...";
  }
  fail("unexpected " + what + " in " + std::string(context));
}

Token Parser::read() {
  Token token = lexer_.next();
  line_ = token.line;
  if (token.kind == Kind::kError) fail(lexer_.error());
  return token;
}

Token Parser::next() {
  if (ahead_.empty()) return read();
  const Token token = ahead_.back();
  ahead_.pop_back();
  return token;
}

Token Parser::next_visible() {
  Token token = next();
  while (token.kind == Kind::kSpace) token = next();
  return token;
}

const Token& Parser::peek() {
  if (ahead_.empty()) ahead_.push_back(read());
  return ahead_.back();
}

const Token& Parser::peek_visible() {
  ahead_.push_back(next_visible());
  return ahead_.back();
}

void Parser::expect_right_delimiter(std::string_view context) {
  const Token token = next_visible();
  if (token.kind != Kind::kRightDelimiter) unexpected(token, context);
}

// Reads up to the end of the template or to a keyword that ends a list, which it returns; what
// stands behind the keyword has not been read.
std::string_view Parser::list(std::vector<Statement>& statements) {
  while (true) {
    const Token token = next_visible();
    if (token.kind == Kind::kEnd) return {};
    if (token.kind == Kind::kText) {
      statements.push_back({});
      statements.back().text = token.text;
      continue;
    }
    if (token.kind != Kind::kLeftDelimiter) unexpected(token, "input");
    const Token& word = peek_visible();
    if (word.is_keyword("end") || word.is_keyword("else")) return next_visible().text;
    action(statements);
  }
}

void Parser::action(std::vector<Statement>& statements) {
  Statement& statement = statements.emplace_back();
  const Token word = peek_visible();
  if (word.kind != Kind::kKeyword) {
    statement.kind = Statement::Kind::kAction;
    statement.pipe = pipeline("command", Kind::kRightDelimiter);
    return;
  }
  next_visible();
  if (word.text == "if") {
    statement.kind = Statement::Kind::kIf;
  } else if (word.text == "with") {
    statement.kind = Statement::Kind::kWith;
  } else if (word.text == "range") {
    statement.kind = Statement::Kind::kRange;
  } else if (word.text == "break" || word.text == "continue") {
    return loop_exit(statement, word.text);
  } else {
    fail("{{" + std::string(word.text) + "}} is not supported: templates cannot define templates");
  }
  control(statement, word.text);
}

void Parser::loop_exit(Statement& statement, std::string_view keyword) {
  const std::string name = "{{" + std::string(keyword) + "}}";
  expect_right_delimiter(name);
  if (ranges_ == 0) fail(name + " outside {{range}}");
  statement.kind = keyword == "break" ? Statement::Kind::kBreak : Statement::Kind::kContinue;
}

// if, with and range, from behind the keyword to behind {{end}}.
void Parser::control(Statement& statement, std::string_view keyword) {
  const Deeper deeper(*this);
  const std::size_t outer = variables_.size();
  const bool is_range = statement.kind == Statement::Kind::kRange;
  statement.pipe = pipeline(keyword, Kind::kRightDelimiter);
  ranges_ += is_range;
  const std::size_t outside_body = variables_.size();
  const std::string_view end = list(statement.body);
  ranges_ -= is_range;
  leave(outside_body);
  if (end.empty()) fail("unexpected EOF");
  if (end == "else") {
    else_branch(statement, keyword);
  } else {
    expect_right_delimiter("end");
  }
  variables_.resize(outer);
}

// Go knows the variables of a body still in the {{else}} behind it, but means others of that name
// there: those outside of the body, or none at all, which it notices no sooner than at run time.
void Parser::leave(std::size_t outside) {
  for (std::size_t i = outside; i < variables_.size(); ++i) {
    const auto outer =
        std::ranges::find(std::reverse_iterator(variables_.begin() + static_cast<std::ptrdiff_t>(outside)),
                          variables_.rend(), variables_[i].name, &Variable::name);
    variables_[i].index = outer == variables_.rend() ? kUndefinedVariable : outer->index;
  }
}

void Parser::else_branch(Statement& statement, std::string_view keyword) {
  // {{else if}} is {{else}}{{if}} with one {{end}} for both; likewise {{else with}}.
  const Token word = peek_visible();
  if (word.is_keyword("if") || word.is_keyword("with")) {
    if (word.text != keyword) unexpected(word, "else");
    action(statement.otherwise);
    return;
  }
  expect_right_delimiter("else");
  const std::string_view end = list(statement.otherwise);
  if (end.empty()) fail("unexpected EOF");
  if (end != "end") fail("expected end; found {{" + std::string(end) + "}}");
  expect_right_delimiter("end");
}

Pipe Parser::pipeline(std::string_view context, Kind end) {
  const Deeper deeper(*this);
  Pipe pipe;
  const auto outer_pending = pending_.size();
  const std::vector<Token> names = declarations(pipe, context);
  for (const Token& name : names) pending_.push_back(name.text);
  while (true) {
    const Token token = next_visible();
    if (token.kind == end) break;
    switch (token.kind) {
      case Kind::kBool:
      case Kind::kCharacter:
      case Kind::kDot:
      case Kind::kField:
      case Kind::kIdentifier:
      case Kind::kNumber:
      case Kind::kNil:
      case Kind::kRawString:
      case Kind::kString:
      case Kind::kVariable:
      case Kind::kLeftParenthesis:
        ahead_.push_back(token);
        pipe.commands.push_back(command());
        break;
      default:
        unexpected(token, context);
    }
  }
  check(pipe, context);
  pending_.resize(outer_pending);
  declare(pipe, names);
  return pipe;
}

// Reads `$a :=`, `$a =` and, for range, `$a, $b :=`; nothing where there is none of these.
std::vector<Token> Parser::declarations(Pipe& pipe, std::string_view context) {
  std::vector<Token> names;
  while (peek_visible().kind == Kind::kVariable) {
    const Token variable = next();
    const Token behind = peek();
    const Token mark = next_visible();
    if (mark.kind == Kind::kDeclare || mark.kind == Kind::kAssign) {
      names.push_back(variable);
      pipe.assigns = mark.kind == Kind::kAssign;
      return names;
    }
    if (mark.kind != Kind::kComma) {
      // An argument. Space matters behind it, since `$x .y` are two.
      ahead_.push_back(mark);
      if (behind.kind == Kind::kSpace) ahead_.push_back(behind);
      ahead_.push_back(variable);
      return names;
    }
    names.push_back(variable);
    if (context != "range" || names.size() > 1) {
      fail("too many declarations in " + std::string(context));
    }
    const Kind following = peek_visible().kind;
    if (following != Kind::kVariable && following != Kind::kRightDelimiter) {
      fail("range can only initialize variables");
    }
  }
  return names;
}

// Makes variables known, behind their pipeline: `$x := $x` means an outer one on the right.
void Parser::declare(Pipe& pipe, const std::vector<Token>& names) {
  for (const Token& name : names) {
    if (pipe.assigns) {
      const auto found =
          std::ranges::find(variables_.rbegin(), variables_.rend(), name.text, &Variable::name);
      // To assign to what was never declared fails no sooner than at run time.
      const bool known = found != variables_.rend();
      pipe.variables.push_back(known ? found->index : kUndefinedVariable);
      if (!known) variables_.push_back({name.text, kUndefinedVariable});
    } else {
      variables_.push_back({name.text, variables_.size()});
      pipe.variables.push_back(variables_.back().index);
      tree_.variables = std::max(tree_.variables, variables_.size());
    }
  }
}

void Parser::check(const Pipe& pipe, std::string_view context) const {
  if (pipe.commands.empty()) fail("missing value for " + std::string(context));
  for (std::size_t i = 1; i < pipe.commands.size(); ++i) {
    switch (pipe.commands[i].words.front().kind) {
      case Word::Kind::kBool:
      case Word::Kind::kDot:
      case Word::Kind::kNil:
      case Word::Kind::kNumber:
      case Word::Kind::kString:
        fail("non executable command in pipeline stage " + std::to_string(i + 1));
      default:
        break;
    }
  }
}

Command Parser::command() {
  Command command;
  while (true) {
    const Kind kind = peek_visible().kind;
    if (kind == Kind::kRightDelimiter || kind == Kind::kRightParenthesis) break;
    if (kind == Kind::kPipe) {
      next();
      break;
    }
    command.words.push_back(operand());
    const Token token = next();
    if (token.kind == Kind::kSpace) continue;
    if (token.kind != Kind::kRightDelimiter && token.kind != Kind::kRightParenthesis &&
        token.kind != Kind::kPipe) {
      unexpected(token, "operand");
    }
    ahead_.push_back(token);
  }
  prepare_call(command);
  return command;
}

void Parser::prepare_call(Command& command) {
  const Word& first = command.words.front();
  if (first.kind != Word::Kind::kFunction) return;
  command.signature = parse_signature(first.function->parameters);
  if (!command.signature.takes_regex || command.words.size() < 2) return;
  if (command.words[1].kind != Word::Kind::kString) return;
  try {
    command.regex = std::make_unique<const Regex>(command.words[1].value.as_string());
  } catch (const std::invalid_argument&) {
    // The function will say so when it is called, which may be never.
  }
}

Word Parser::operand() {
  Word word;
  if (!term(word)) unexpected(next(), "operand");
  while (peek().kind == Kind::kField) add_field(word, next().text.substr(1));
  return word;
}

void Parser::add_field(Word& word, std::string_view name) {
  switch (word.kind) {
    case Word::Kind::kField:
    case Word::Kind::kPipe:
    case Word::Kind::kVariable:
      break;
    case Word::Kind::kFunction: {
      // The function's result, as if it stood in parentheses.
      auto pipe = std::make_unique<Pipe>();
      const std::string_view text = word.text;
      Command& call = pipe->commands.emplace_back();
      call.words.push_back(std::exchange(word, Word()));
      prepare_call(call);
      word.kind = Word::Kind::kPipe;
      word.text = text;
      word.pipe = std::move(pipe);
      break;
    }
    default: {
      std::string quoted;
      append_quoted(quoted, word.text);
      fail("unexpected . after term " + quoted);
    }
  }
  if (word.kind == Word::Kind::kVariable && word.variable == kRootVariable && word.fields.empty()) {
    word.field = data_field(name);
  }
  word.fields.push_back(name);
}

// Reads one word without the fields behind it; false where there is none.
bool Parser::term(Word& word) {
  const Token token = next_visible();
  word.text = token.text;
  switch (token.kind) {
    case Kind::kIdentifier:
      function_word(word, token.text);
      return true;
    case Kind::kVariable:
      variable_word(word, token.text);
      return true;
    case Kind::kNumber:
      number_word(word, token.text);
      return true;
    case Kind::kCharacter:
      character_word(word, token.text);
      return true;
    case Kind::kDot:
      word.kind = Word::Kind::kDot;
      return true;
    case Kind::kNil:
      word.kind = Word::Kind::kNil;
      return true;
    case Kind::kBool:
      word.kind = Word::Kind::kBool;
      word.value = Value::boolean(token.text == "true");
      return true;
    case Kind::kString:
      word.kind = Word::Kind::kString;
      word.value = Value::string(unquote_string(token.text));
      return true;
    case Kind::kRawString:
      word.kind = Word::Kind::kString;
      word.value = Value::string(token.text.substr(1, token.text.size() - 2));
      return true;
    case Kind::kField:
      word.kind = Word::Kind::kField;
      word.fields.push_back(token.text.substr(1));
      word.field = data_field(word.fields.front());
      return true;
    case Kind::kLeftParenthesis:
      word.kind = Word::Kind::kPipe;
      word.pipe = std::make_unique<Pipe>(pipeline("parenthesized pipeline", Kind::kRightParenthesis));
      return true;
    default:
      ahead_.push_back(token);
      return false;
  }
}

void Parser::function_word(Word& word, std::string_view name) {
  word.kind = Word::Kind::kFunction;
  word.function = find_function(name);
  if (word.function == nullptr) fail("function \"" + std::string(name) + "\" not defined");
}

void Parser::variable_word(Word& word, std::string_view name) {
  word.kind = Word::Kind::kVariable;
  const auto found = std::ranges::find(variables_.rbegin(), variables_.rend(), name, &Variable::name);
  if (found != variables_.rend()) {
    word.variable = found->index;
  } else if (std::ranges::find(pending_, name) != pending_.end()) {
    word.variable = kUndefinedVariable;  // Go notices no sooner than at run time
  } else {
    fail("undefined variable \"" + std::string(name) + "\"");
  }
}

void Parser::number_word(Word& word, std::string_view text) {
  word.kind = Word::Kind::kNumber;
  Number& number = word.number;
  // Behind a sign Go overlooks that the e of a hexadecimal number is no exponent.
  const bool is_hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  const bool looks_float = text.find_first_of(is_hexadecimal ? "pP" : ".eEpP") != std::string_view::npos;
  if (const auto integer = parse_int(text, 0)) {
    number = {true, *integer, static_cast<double>(*integer)};
  } else if (const auto unsigned_integer = parse_uint(text, 0)) {
    number = {false, 0, static_cast<double>(*unsigned_integer)};
    return;  // without a value: nothing but a float can take it
  } else if (const auto value = parse_float(text); value && looks_float) {
    const std::int64_t whole = truncate(*value);
    number = {static_cast<double>(whole) == *value, whole, *value};
  } else if (value) {
    fail("integer overflow: \"" + std::string(text) + "\"");
  } else {
    fail("illegal number syntax: \"" + std::string(text) + "\"");
  }
  word.value = looks_float ? Value::number(number.number) : Value::integer(number.integer);
}

void Parser::character_word(Word& word, std::string_view text) {
  const auto code = unquote_character(text);
  if (!code) fail("malformed character constant: " + std::string(text));
  word.kind = Word::Kind::kNumber;
  word.number = {true, static_cast<std::int64_t>(*code), static_cast<double>(*code)};
  word.value = Value::integer(word.number.integer);
}

std::string_view Parser::unquote_string(std::string_view quoted) {
  const std::string_view inside = quoted.substr(1, quoted.size() - 2);
  if (inside.find('\\') == std::string_view::npos) return inside;
  auto text = unquote(quoted);
  if (!text) fail("invalid syntax");
  tree_.constants.push_back(std::make_unique<const std::string>(std::move(*text)));
  return *tree_.constants.back();
}

std::size_t Parser::data_field(std::string_view name) {
  const auto found = std::ranges::find(tree_.fields, name);
  const auto index = static_cast<std::size_t>(found - tree_.fields.begin());
  if (found == tree_.fields.end()) tree_.fields.emplace_back(name);
  return index;
}

}  // namespace

Tree parse(std::string_view text) { return Parser(text).parse(); }

}  // namespace lokitail::pipeline::lang::go_template
