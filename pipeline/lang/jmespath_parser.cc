#include "pipeline/lang/jmespath_parser.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "pipeline/lang/jmespath.h"
#include "pipeline/lang/json_parse.h"

namespace lokitail::pipeline::lang::jmespath {
namespace {

using Type = Token::Type;

// How strongly an operator binds what stands to its left; 0 for tokens that are none.
int binding_power(Type type) {
  switch (type) {
    case Type::kPipe:
      return 1;
    case Type::kOr:
      return 2;
    case Type::kAnd:
      return 3;
    case Type::kEqual:
    case Type::kNotEqual:
    case Type::kLess:
    case Type::kLessOrEqual:
    case Type::kGreater:
    case Type::kGreaterOrEqual:
      return 5;
    case Type::kFlatten:
      return 9;
    case Type::kStar:
      return 20;
    case Type::kFilter:
      return 21;
    case Type::kDot:
      return 40;
    case Type::kNot:
      return 45;
    case Type::kLeftBrace:
      return 50;
    case Type::kLeftBracket:
      return 55;
    case Type::kLeftParenthesis:
      return 60;
    default:
      return 0;
  }
}

// Operators that bind less strongly end a projection.
constexpr int kProjectionStop = 10;

// An operator-precedence parser: an expression begins with what parse_prefix() takes, and goes on
// with what parse_infix() takes for as long as the operators bind strongly enough.
class Parser {
 public:
  Parser(std::string_view expression, Arena& arena) : tokens_(tokenize(expression)), arena_(arena) {}

  Node run() {
    Node root = parse_expression(0);
    if (current() != Type::kEnd) fail("unexpected " + describe(token()) + " behind the expression");
    return root;
  }

 private:
  Node parse_expression(int power) {
    if (++nesting_ > JmesPath::kMaxNesting) fail("the expression is nested too deeply");
    Node left = parse_prefix();
    while (power < binding_power(current())) {
      const Token operation = take();
      left = parse_infix(operation, std::move(left));
    }
    --nesting_;
    return left;
  }

  Node parse_prefix() {
    const Token first = take();
    switch (first.type) {
      case Type::kJsonLiteral:
        return json_literal(first);
      case Type::kStringLiteral:
        return literal(JsonValue(arena_.copy(first.text)));
      case Type::kIdentifier:
        return named(Node::Type::kField, first.text);
      case Type::kQuotedIdentifier:
        if (current() == Type::kLeftParenthesis) {
          throw JmesPathError("a function's name may not be quoted", first.offset);
        }
        return named(Node::Type::kField, first.text);
      case Type::kStar: {
        Node right =
            current() == Type::kRightBracket ? Node(Node::Type::kIdentity) : parse_projected(Type::kStar);
        return make(Node::Type::kValueProjection, Node(Node::Type::kIdentity), std::move(right));
      }
      case Type::kFilter:
        return parse_filter(Node(Node::Type::kIdentity));
      case Type::kFlatten:
        return parse_flatten(Node(Node::Type::kIdentity));
      case Type::kLeftBrace:
        return parse_multi_select_hash();
      case Type::kLeftBracket:
        return parse_bracket();
      case Type::kCurrent:
        return Node(Node::Type::kIdentity);
      case Type::kReference:
        return make(Node::Type::kReference, parse_expression(0));
      case Type::kNot:
        return make(Node::Type::kNot, parse_expression(binding_power(Type::kNot)));
      case Type::kLeftParenthesis: {
        Node inner = parse_expression(0);
        expect(Type::kRightParenthesis, ")");
        return inner;
      }
      case Type::kEnd:
        throw JmesPathError("the expression is incomplete", first.offset);
      default:
        throw JmesPathError("unexpected " + describe(first), first.offset);
    }
  }

  Node parse_infix(const Token& operation, Node left) {
    switch (operation.type) {
      case Type::kDot:
        if (current() == Type::kStar) {
          take();
          return make(Node::Type::kValueProjection, std::move(left), parse_projected(Type::kDot));
        }
        return make(Node::Type::kSequence, std::move(left), parse_behind_dot(Type::kDot));
      case Type::kPipe:
        return parse_binary(Node::Type::kSequence, operation, std::move(left));
      case Type::kOr:
        return parse_binary(Node::Type::kOr, operation, std::move(left));
      case Type::kAnd:
        return parse_binary(Node::Type::kAnd, operation, std::move(left));
      case Type::kEqual:
      case Type::kNotEqual:
      case Type::kLess:
      case Type::kLessOrEqual:
      case Type::kGreater:
      case Type::kGreaterOrEqual: {
        Node node = parse_binary(Node::Type::kComparison, operation, std::move(left));
        node.comparison = operation.type;
        return node;
      }
      case Type::kLeftParenthesis:
        return parse_call(std::move(left));
      case Type::kFilter:
        return parse_filter(std::move(left));
      case Type::kFlatten:
        return parse_flatten(std::move(left));
      case Type::kLeftBracket:
        if (current() == Type::kNumber || current() == Type::kColon) {
          return indexed(std::move(left), parse_index());
        }
        expect(Type::kStar, "*");
        expect(Type::kRightBracket, "]");
        return make(Node::Type::kProjection, std::move(left), parse_projected(Type::kStar));
      default:
        throw JmesPathError("unexpected " + describe(operation), operation.offset);
    }
  }

  Node parse_binary(Node::Type type, const Token& operation, Node left) {
    return make(type, std::move(left), parse_expression(binding_power(operation.type)));
  }

  // The name is the text of whatever stands before the parenthesis. Commas may be left out.
  Node parse_call(Node callee) {
    Node call = named(Node::Type::kFunction, callee.literal.is_string() ? std::string(callee.literal.text())
                                                                        : std::move(callee.text));
    while (current() != Type::kRightParenthesis) {
      add_child(call, parse_expression(0));
      if (current() == Type::kComma) take();
    }
    take();
    return call;
  }

  Node parse_filter(Node left) {
    Node condition = parse_expression(0);
    expect(Type::kRightBracket, "]");
    Node right = current() == Type::kFlatten ? Node(Node::Type::kIdentity) : parse_projected(Type::kFilter);
    Node filter = make(Node::Type::kFilterProjection, std::move(left), std::move(right));
    add_child(filter, std::move(condition));
    return filter;
  }

  Node parse_flatten(Node left) {
    Node flattened = make(Node::Type::kFlatten, std::move(left));
    return make(Node::Type::kProjection, std::move(flattened), parse_projected(Type::kFlatten));
  }

  // Behind a bracket that begins an expression.
  Node parse_bracket() {
    if (current() == Type::kNumber || current() == Type::kColon) {
      Node index(Node::Type::kBroken);
      try {
        index = parse_index();
      } catch (const BadIndex&) {
        return index;  // the library loses this error, so that `[0` compiles
      }
      return indexed(Node(Node::Type::kIdentity), std::move(index));
    }
    if (current() == Type::kStar && tokens_[at_ + 1].type == Type::kRightBracket) {
      take();
      take();
      return make(Node::Type::kProjection, Node(Node::Type::kIdentity), parse_projected(Type::kStar));
    }
    return parse_multi_select_list();
  }

  // Up to the closing bracket.
  Node parse_index() {
    const bool slice = current() == Type::kColon || tokens_[at_ + 1].type == Type::kColon;
    return slice ? parse_slice() : parse_number();
  }

  Node indexed(Node left, Node index) {
    const bool slice = index.type == Node::Type::kSlice;
    Node node = make(Node::Type::kSequence, std::move(left), std::move(index));
    if (!slice) return node;
    return make(Node::Type::kProjection, std::move(node), parse_projected(Type::kStar));
  }

  Node parse_number() {
    Node node(Node::Type::kIndex);
    node.index = integer();
    take();
    end_index();
    return node;
  }

  Node parse_slice() {
    Node node(Node::Type::kSlice);
    std::size_t part = 0;
    while (current() != Type::kRightBracket && part < node.slice.size()) {
      if (current() == Type::kColon) {
        ++part;
      } else if (current() == Type::kNumber) {
        node.slice[part] = integer();
      } else {
        throw BadIndex("expected `:`, a number or `]`, found " + describe(token()), token().offset);
      }
      take();
    }
    end_index();
    return node;
  }

  void end_index() {
    if (current() != Type::kRightBracket) {
      throw BadIndex("expected `]`, found " + describe(token()), token().offset);
    }
    take();
  }

  std::int64_t integer() const {
    const std::string& text = token().text;
    std::int64_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc{}) throw BadIndex("not a 64-bit integer", token().offset);
    return value;
  }

  // What is done with each item of a projection.
  Node parse_projected(Type operation) {
    const Type next = current();
    if (binding_power(next) < kProjectionStop) return Node(Node::Type::kIdentity);
    if (next == Type::kLeftBracket || next == Type::kFilter) {
      return parse_expression(binding_power(operation));
    }
    if (next != Type::kDot) fail("unexpected " + describe(token()) + " behind a projection");
    take();
    return parse_behind_dot(operation);
  }

  Node parse_behind_dot(Type operation) {
    switch (current()) {
      case Type::kIdentifier:
      case Type::kQuotedIdentifier:
      case Type::kStar:
        return parse_expression(binding_power(operation));
      case Type::kLeftBracket:
        take();
        return parse_multi_select_list();
      case Type::kLeftBrace:
        take();
        return parse_multi_select_hash();
      default:
        fail("expected a name, `*`, `[` or `{` behind a dot, found " + describe(token()));
    }
  }

  Node parse_multi_select_list() {
    Node list(Node::Type::kMultiSelectList);
    for (;;) {
      add_child(list, parse_expression(0));
      if (current() == Type::kRightBracket) break;
      expect(Type::kComma, ",");
    }
    take();
    return list;
  }

  // Commas may be left out here too.
  Node parse_multi_select_hash() {
    Node hash(Node::Type::kMultiSelectHash);
    for (;;) {
      if (current() != Type::kIdentifier && current() != Type::kQuotedIdentifier) {
        fail("expected a key, found " + describe(token()));
      }
      Node member = named(Node::Type::kKeyValue, take().text);
      expect(Type::kColon, ":");
      add_child(member, parse_expression(0));
      add_child(hash, std::move(member));
      if (current() == Type::kComma) {
        take();
      } else if (current() == Type::kRightBrace) {
        take();
        return hash;
      }
    }
  }

  Node json_literal(const Token& token) {
    const auto value = parse_strict_json(token.text, arena_);
    if (!value) throw JmesPathError("invalid JSON in a literal", token.offset);
    return literal(*value);
  }

  static Node literal(JsonValue value) {
    Node node(Node::Type::kLiteral);
    node.literal = value;
    return node;
  }

  static Node named(Node::Type type, std::string name) {
    Node node(type);
    node.text = std::move(name);
    return node;
  }

  template <typename... Children>
  Node make(Node::Type type, Children... children) {
    Node node(type);
    (add_child(node, std::move(children)), ...);
    return node;
  }

  // Trees are walked by recursion, so their depth is bounded.
  void add_child(Node& node, Node child) {
    node.depth = std::max(node.depth, child.depth + 1);
    if (node.depth > JmesPath::kMaxDepth) fail("the expression has too many steps");
    node.children.push_back(std::move(child));
  }

  const Token& token() const { return tokens_[at_]; }
  Type current() const { return token().type; }
  // The last token, which is the end, stays.
  Token take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }

  void expect(Type type, const std::string& what) {
    if (current() != type) fail("expected `" + what + "`, found " + describe(token()));
    take();
  }

  [[noreturn]] void fail(const std::string& message) const { throw JmesPathError(message, token().offset); }

  static std::string describe(const Token& token) {
    return token.type == Type::kEnd ? "the end of the expression" : "`" + token.text + "`";
  }

  // A bracket that holds no good index.
  class BadIndex : public JmesPathError {
   public:
    using JmesPathError::JmesPathError;
  };

  const std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t nesting_ = 0;
  Arena& arena_;
};

}  // namespace

Node parse(std::string_view expression, Arena& arena) { return Parser(expression, arena).run(); }

}  // namespace lokitail::pipeline::lang::jmespath
