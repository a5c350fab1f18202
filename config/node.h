// A read-only view of a YAML document in which every node knows its place in the file.
//
// Threads:   nodes are immutable and share ownership of their document: copy them freely, read
//            them from any thread. Fields and Warnings belong to one thread.
// Ownership: references that a node hands out live as long as any node of that document does.
// Errors:    parse() throws Error for text that is not YAML; the accessors never throw.
// Source:    YAML 1.1 as Go's gopkg.in/yaml.v2 resolves it, since that is what Promtail reads:
//            yes/no/on/off are booleans, 0x10, 0o17, 017, 0b1 and 1_000 are integers, and a key
//            given twice is an error. One difference is deliberate: keys are always strings, so
//            that a label may be called `n` or `y`.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/error.h"

namespace lokitail::config {

class Node {
 public:
  enum class Type { kNull, kBool, kInt, kFloat, kString, kSequence, kMapping };

  // Nesting deeper than this is refused, aliases followed. It keeps every walk over a document
  // safe from running out of stack.
  static constexpr size_t kMaxDepth = 200;

  // The first document of `text`; text without any is null. `file_name` is for messages only.
  static Node parse(std::string_view text, const std::string& file_name);

  Node();  // null, without a place

  Type type() const;
  bool is_null() const { return type() == Type::kNull; }
  bool is_mapping() const { return type() == Type::kMapping; }
  bool is_sequence() const { return type() == Type::kSequence; }
  bool is_scalar() const { return !is_null() && !is_mapping() && !is_sequence(); }

  // A scalar's text as written, without its quotes; empty for all others.
  const std::string& text() const;
  bool quoted() const;

  // The items of a sequence; empty for all others.
  const std::vector<Node>& items() const;
  // The keys and values of a mapping, in file order, with what its merge keys (`<<`) bring in. Of a key that
  // comes from both the later value counts, as in Promtail's structs. Empty for all others.
  const std::vector<std::pair<Node, Node>>& entries() const;

  const Place& place() const;

  // Throws where a key of this mapping, or of one below, stands beside one of that name that is merged in: what
  // Promtail reads into maps (labels, stages) may not have a key twice.
  void refuse_replaced_keys() const;

  // An error at this place, for `throw node.error("...")`.
  Error error(std::string message) const;

  // "a number", "a list", "null", ... for messages.
  std::string describe() const;

 private:
  friend class TreeBuilder;
  struct Data;
  explicit Node(std::shared_ptr<const Data> data);

  std::shared_ptr<const Data> data_;
};

// Reads the keys of one mapping. Each key that is asked for becomes known; finish() complains
// about those that nobody asked for, naming the nearest known one. `what` names the mapping in
// messages, such as "client" or "json stage".
class Fields {
 public:
  enum class Strictness {
    kRefuseUnknown,
    kWarnUnknown  // inside of stages; keys then match whatever their case
  };

  // Throws unless the node is a mapping or null, which counts as an empty mapping.
  Fields(const Node& mapping_or_null, std::string what, Strictness strictness, Warnings& warnings);

  // nullptr when the key is absent or null. Pointers live as long as the document. The key texts
  // must outlive this object; they are literals nearly everywhere.
  const Node* find(std::string_view key);
  // nullptr only when the key is absent.
  const Node* find_present(std::string_view key);
  // Throws when the key is absent or null.
  const Node& require(std::string_view key);

  // Keys that Promtail has and this program does not have yet: an error where one is given
  // and says anything, unlike null and an empty list.
  void not_yet(std::initializer_list<std::string_view> keys);
  // Keys that are accepted and have no effect here: a warning where one is given and
  // says anything.
  void ignored(std::initializer_list<std::string_view> keys);

  void finish();

  const Node& node() const { return node_; }

 private:
  const std::pair<Node, Node>* look_up(std::string_view key);

  Node node_;
  std::string what_;
  Strictness strictness_;
  Warnings& warnings_;
  std::vector<bool> known_;              // per entry of the mapping: somebody asked for it
  std::vector<std::string_view> asked_;  // all keys asked for
};

}  // namespace lokitail::config
