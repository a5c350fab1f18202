#include "config/node.h"

#include <algorithm>
#include <unordered_map>

#include "config/base64.h"
#include "config/nearest.h"
#include "config/scalar.h"
#include "config/yaml_parser.h"

namespace lokitail::config {

struct Node::Data {
  Type type = Type::kNull;
  bool quoted = false;
  std::string text;
  std::vector<Node> items;
  std::vector<std::pair<Node, Node>> entries;
  Place place;
  std::string replaced_key;  // of one of the entries, if any
  size_t weight = 1;         // nodes below and including this one, aliases followed
  size_t height = 1;         // levels below and including this one
};

// Builds the tree from the parser's events. An alias shares the node of its anchor, so it costs no
// memory here; what it would cost those who walk the tree is counted and bounded.
class TreeBuilder final : public YamlHandler {
 public:
  explicit TreeBuilder(const std::string& file_name) : file_name_(file_name) {}

  Node take_root() { return std::move(root_); }

  void scalar(const YamlProperties& properties, const std::string& value, bool plain) override {
    auto data = start(properties, Node::Type::kNull);
    data->quoted = !plain;
    data->type = scalar_type(properties, value, plain);
    if (data->type != Node::Type::kNull) data->text = value;
    if (properties.tag == kCore + "binary") data->text = decode_binary(value, data->place);
    add(Node(std::move(data)));
  }

  void alias(const YamlMark& mark, const std::string& anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Error(place_of(mark), "unknown anchor \"" + anchor + "\"");
    const auto& target = found->second;
    if (std::ranges::find(open_, target, &Open::data) != open_.end()) {
      throw Error(place_of(mark), "this alias stands inside of what it names");
    }
    count_copies(target->weight, place_of(mark));
    check_depth(open_.size() + target->height, mark);
    add(Node(target));
  }

  void begin_sequence(const YamlProperties& properties) override { open(properties, Node::Type::kSequence); }
  void end_sequence() override { close(); }
  void begin_mapping(const YamlProperties& properties) override { open(properties, Node::Type::kMapping); }
  void end_mapping() override { close(); }

  Place place_of(const YamlMark& mark) const { return {file_name_, mark.line + 1, mark.column + 1}; }

 private:
  using Data = std::shared_ptr<Node::Data>;

  // Where the entry of a key is, and whether it is the mapping's own.
  struct Entry {
    size_t index;
    bool merged;
  };

  // A collection whose end has not come yet.
  struct Open {
    Data data;
    bool has_key = false;
    Node key = {};
    std::unordered_map<std::string, Entry> keys = {};
  };

  // How many nodes aliases and merge keys may stand for in all. Far above any configuration
  // written by hand, far below what would hurt.
  static constexpr size_t kMaxCopies = 200'000;
  inline static const std::string kCore = "tag:yaml.org,2002:";

  Data start(const YamlProperties& properties, Node::Type type) {
    auto data = std::make_shared<Node::Data>();
    data->type = type;
    data->place = place_of(properties.mark);
    if (!properties.anchor.empty()) anchors_[properties.anchor] = data;
    return data;
  }

  void open(const YamlProperties& properties, Node::Type type) {
    check_depth(open_.size() + 1, properties.mark);
    open_.push_back(Open{start(properties, type)});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    Node::Data& data = *done.data;
    for (const Node& item : data.items) weigh(data, item);
    for (const auto& [key, value] : data.entries) weigh(data, value);
    add(Node(std::move(done.data)));
  }

  static void weigh(Node::Data& parent, const Node& child) {
    parent.weight += child.data_->weight;
    parent.height = std::max(parent.height, child.data_->height + 1);
  }

  // Puts a finished node where it belongs: the root, a list, a key or a value.
  void add(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.data->type == Node::Type::kSequence) {
      parent.data->items.push_back(std::move(node));
    } else if (!parent.has_key) {
      parent.key = as_key(std::move(node));
      parent.has_key = true;
    } else {
      parent.has_key = false;
      if (is_merge_key(parent.key)) {
        merge(parent, node);
      } else {
        put(parent, {std::move(parent.key), std::move(node)}, false);
      }
    }
  }

  static bool is_merge_key(const Node& key) { return key.text() == "<<" && !key.quoted(); }

  static Node as_key(Node node) {
    if (!node.is_scalar()) throw node.error("expected a key, found " + node.describe());
    if (node.type() == Node::Type::kString) return node;
    auto data = std::make_shared<Node::Data>(*node.data_);
    data->type = Node::Type::kString;
    return Node(std::move(data));
  }

  // Of a key that is there already the later value counts.
  static void put(Open& parent, std::pair<Node, Node> entry, bool merged) {
    auto& entries = parent.data->entries;
    const auto [known, is_new] = parent.keys.try_emplace(entry.first.text(), Entry{entries.size(), merged});
    if (is_new) {
      entries.push_back(std::move(entry));
      return;
    }
    if (!merged && !known->second.merged) {
      throw entry.first.error("key \"" + entry.first.text() + "\" is already set in this mapping");
    }
    known->second.merged = known->second.merged && merged;
    entries[known->second.index] = std::move(entry);
    parent.data->replaced_key = known->first;
  }

  // Brings the entries of the merged mappings in. Of a list the first mapping counts most.
  void merge(Open& into, const Node& source) {
    const auto& items = source.items();
    if (source.is_mapping()) {
      for (const auto& entry : source.entries()) {
        count_copies(entry.second.data_->weight, source.place());
        put(into, entry, true);
      }
      const std::string& replaced = source.data_->replaced_key;
      if (!replaced.empty()) into.data->replaced_key = replaced;
    } else if (source.is_sequence() && std::ranges::all_of(items, &Node::is_mapping)) {
      std::for_each(items.rbegin(), items.rend(), [&](const Node& item) { merge(into, item); });
    } else {
      throw source.error("expected a mapping or a list of mappings to merge, found " + source.describe());
    }
  }

  void count_copies(size_t weight, const Place& place) {
    copies_ += weight;
    if (copies_ > kMaxCopies) throw Error(place, "the aliases of this document stand for too much");
  }

  void check_depth(size_t depth, const YamlMark& mark) const {
    if (depth > Node::kMaxDepth) throw Error(place_of(mark), "nested too deeply");
  }

  // A tag of YAML's own asks for a type, which the text must have; other tags make strings.
  Node::Type scalar_type(const YamlProperties& properties, const std::string& text, bool plain) const {
    using enum Node::Type;
    const std::string& tag = properties.tag;
    if (tag.empty()) return plain ? resolve_plain(text) : kString;
    if (!tag.starts_with(kCore)) return kString;
    const std::string name = tag.substr(kCore.size());
    if (name != "bool" && name != "int" && name != "float" && name != "null") return kString;
    const Node::Type type = resolve_plain(text);
    const bool fits = (name == "bool" && type == kBool) || (name == "int" && type == kInt) ||
                      (name == "float" && (type == kFloat || type == kInt)) ||
                      (name == "null" && type == kNull);
    if (!fits) throw Error(place_of(properties.mark), "\"" + text + "\" is no !!" + name);
    return type;
  }

  static std::string decode_binary(const std::string& text, const Place& place) {
    auto decoded = decode_base64(text);
    if (!decoded) throw Error(place, "!!binary expects base64");
    return *std::move(decoded);
  }

  const std::string& file_name_;
  Node root_;
  std::vector<Open> open_;
  std::unordered_map<std::string, Data> anchors_;
  size_t copies_ = 0;
};

Node::Node() {
  static const auto null = std::make_shared<const Data>();
  data_ = null;
}

Node::Node(std::shared_ptr<const Data> data) : data_(std::move(data)) {}

Node Node::parse(std::string_view text, const std::string& file_name) {
  TreeBuilder builder(file_name);
  try {
    parse_yaml(text, builder);
  } catch (const YamlError& error) {
    throw Error(builder.place_of(error.mark), std::string("this is not valid YAML: ") + error.what());
  }
  return builder.take_root();
}

Node::Type Node::type() const { return data_->type; }
const std::string& Node::text() const { return data_->text; }
bool Node::quoted() const { return data_->quoted; }
const std::vector<Node>& Node::items() const { return data_->items; }
const std::vector<std::pair<Node, Node>>& Node::entries() const { return data_->entries; }
const Place& Node::place() const { return data_->place; }

void Node::refuse_replaced_keys() const {
  if (!data_->replaced_key.empty()) {
    throw error("key \"" + data_->replaced_key +
                "\" is already set in this mapping by what is merged into it");
  }
  for (const Node& item : items()) item.refuse_replaced_keys();
  for (const auto& [key, value] : entries()) value.refuse_replaced_keys();
}

Error Node::error(std::string message) const { return Error(place(), std::move(message)); }

std::string Node::describe() const {
  switch (type()) {
    case Type::kNull:
      return "null";
    case Type::kBool:
      return "a boolean";
    case Type::kInt:
      return "a number";
    case Type::kFloat:
      return "a number with a fraction";
    case Type::kString:
      return "a string";
    case Type::kSequence:
      return "a list";
    case Type::kMapping:
      return "a mapping";
  }
  return "something else";
}

namespace {

// Null and an empty list leave things as they are without the key.
bool says_something(const Node& node) {
  return !node.is_null() && !(node.is_sequence() && node.items().empty());
}

}  // namespace

Fields::Fields(const Node& mapping_or_null, std::string what, Strictness strictness, Warnings& warnings)
    : node_(mapping_or_null),
      what_(std::move(what)),
      strictness_(strictness),
      warnings_(warnings),
      known_(node_.entries().size(), false) {
  if (!node_.is_mapping() && !node_.is_null()) {
    throw node_.error(what_ + ": expected a mapping, found " + node_.describe());
  }
}

const std::pair<Node, Node>* Fields::look_up(std::string_view key) {
  asked_.push_back(key);
  const auto& entries = node_.entries();
  const std::pair<Node, Node>* found = nullptr;
  for (size_t i = 0; i < entries.size(); ++i) {
    const std::string& text = entries[i].first.text();
    if (text == key) {
      known_[i] = true;
      return &entries[i];
    }
    if (strictness_ == Strictness::kWarnUnknown && !found && equal_fold(text, key)) {
      known_[i] = true;
      found = &entries[i];
    }
  }
  return found;
}

const Node* Fields::find_present(std::string_view key) {
  const auto* entry = look_up(key);
  return entry ? &entry->second : nullptr;
}

const Node* Fields::find(std::string_view key) {
  const Node* value = find_present(key);
  return value && !value->is_null() ? value : nullptr;
}

const Node& Fields::require(std::string_view key) {
  const Node* value = find(key);
  if (!value) throw node_.error(what_ + ": \"" + std::string(key) + "\" is required");
  return *value;
}

void Fields::not_yet(std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys) {
    const auto* entry = look_up(key);
    if (entry && says_something(entry->second)) {
      warnings_.refuse(entry->first.error(std::string(key) + " is not supported by lokitail yet"));
    }
  }
}

void Fields::ignored(std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys) {
    const auto* entry = look_up(key);
    if (entry && says_something(entry->second)) {
      warnings_.add(entry->first.place(), what_ + ": " + std::string(key) + " has no effect here");
    }
  }
}

void Fields::finish() {
  for (size_t i = 0; i < known_.size(); ++i) {
    if (known_[i]) continue;
    const Node& key = node_.entries()[i].first;
    std::string message = what_ + ": unknown key \"" + key.text() + "\"" + did_you_mean(key.text(), asked_);
    if (strictness_ == Strictness::kRefuseUnknown) {
      warnings_.refuse(key.error(std::move(message)));
    } else {
      warnings_.add(key.place(), std::move(message));
    }
  }
}

}  // namespace lokitail::config
