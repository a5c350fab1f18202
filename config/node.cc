#include "config/node.h"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include "config/nearest.h"
#include "config/scalar.h"

namespace lokitail::config {

struct Node::Data {
  Type type = Type::kNull;
  bool quoted = false;
  std::string text;
  std::vector<Node> items;
  std::vector<std::pair<Node, Node>> entries;
  Place place;
  size_t weight = 1;  // nodes below and including this one, aliases followed
  size_t height = 1;  // levels below and including this one
};

// Builds the tree from yaml-cpp's events. An alias shares the node of its anchor, so it costs no
// memory here; what it would cost those who walk the tree is counted and bounded.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const std::string& file_name) : file_name_(file_name) {}

  Node take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(finish(start(mark), anchor)); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    auto data = start(mark);
    data->text = value;
    data->quoted = tag == "!";
    data->type = scalar_type(tag, value);
    add(finish(std::move(data), anchor));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Error(place_of(mark), "this alias stands inside of what it names");
    const Node::Data& target = *found->second.data_;
    count_copies(target.weight, mark);
    check_depth(open_.size() + target.height, mark);
    add(found->second);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, Node::Type::kSequence, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, Node::Type::kMapping, anchor);
  }
  void OnMapEnd() override { close(); }

  Place place_of(const YAML::Mark& mark) const {
    if (mark.is_null()) return {file_name_, 0, 0};
    return {file_name_, mark.line + 1, mark.column + 1};
  }

 private:
  using Entries = std::vector<std::pair<Node, Node>>;

  // A collection whose end has not come yet.
  struct Open {
    std::shared_ptr<Node::Data> data;
    YAML::anchor_t anchor;
    bool has_key = false;
    Node key;
    Entries merges;  // the `<<` entries
    std::unordered_set<std::string> keys;
  };

  // How many nodes aliases and merge keys may stand for in all. Far above any configuration
  // written by hand, far below what would hurt.
  static constexpr size_t kMaxCopies = 200'000;

  std::shared_ptr<Node::Data> start(const YAML::Mark& mark) const {
    auto data = std::make_shared<Node::Data>();
    data->place = place_of(mark);
    return data;
  }

  Node finish(std::shared_ptr<Node::Data> data, YAML::anchor_t anchor) {
    Node node(std::move(data));
    if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
    return node;
  }

  void open(const YAML::Mark& mark, Node::Type type, YAML::anchor_t anchor) {
    check_depth(open_.size() + 1, mark);
    auto data = start(mark);
    data->type = type;
    open_.push_back(Open{std::move(data), anchor, false, {}, {}, {}});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    for (const auto& [key, value] : done.merges) merge(done, value);
    Node::Data& data = *done.data;
    for (const Node& item : data.items) weigh(data, item);
    for (const auto& [key, value] : data.entries) weigh(data, value);
    add(finish(std::move(done.data), done.anchor));
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
      add_key(parent, node);
    } else {
      parent.has_key = false;
      Entries& entries = is_merge_key(parent.key) ? parent.merges : parent.data->entries;
      entries.emplace_back(std::move(parent.key), std::move(node));
    }
  }

  static bool is_merge_key(const Node& key) { return key.text() == "<<" && !key.quoted(); }

  static void add_key(Open& parent, const Node& node) {
    if (!node.is_scalar()) throw node.error("expected a key, found " + node.describe());
    parent.has_key = true;
    parent.key = node;
    if (is_merge_key(node)) return;
    if (!parent.keys.insert(node.text()).second) {
      throw node.error("key \"" + node.text() + "\" is already set in this mapping");
    }
    if (node.type() != Node::Type::kString) {
      auto data = std::make_shared<Node::Data>(*node.data_);
      data->type = Node::Type::kString;
      parent.key = Node(std::move(data));
    }
  }

  // Brings the entries of the merged mappings in; keys that are there already win.
  void merge(Open& into, const Node& source) {
    if (source.is_mapping()) {
      for (const auto& entry : source.entries()) {
        if (!into.keys.insert(entry.first.text()).second) continue;
        count_copies(entry.second.data_->weight, source.place());
        into.data->entries.push_back(entry);
      }
    } else if (source.is_sequence() && std::all_of(source.items().begin(), source.items().end(),
                                                   [](const Node& n) { return n.is_mapping(); })) {
      for (const Node& item : source.items()) merge(into, item);
    } else {
      throw source.error("expected a mapping or a list of mappings to merge, found " + source.describe());
    }
  }

  void count_copies(size_t weight, const YAML::Mark& mark) { count_copies(weight, place_of(mark)); }
  void count_copies(size_t weight, const Place& place) {
    copies_ += weight;
    if (copies_ > kMaxCopies) throw Error(place, "the aliases of this document stand for too much");
  }

  void check_depth(size_t depth, const YAML::Mark& mark) const {
    if (depth > Node::kMaxDepth) throw Error(place_of(mark), "nested too deeply");
  }

  static Node::Type scalar_type(const std::string& tag, const std::string& text) {
    static const std::string kCore = "tag:yaml.org,2002:";
    if (tag.empty() || tag == "?") return resolve_plain(text);
    const bool resolvable =
        tag == kCore + "int" || tag == kCore + "float" || tag == kCore + "bool" || tag == kCore + "null";
    return resolvable ? resolve_plain(text) : Node::Type::kString;
  }

  const std::string& file_name_;
  Node root_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, Node> anchors_;
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
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
  } catch (const YAML::Exception& error) {
    throw Error(builder.place_of(error.mark), "this is not valid YAML: " + error.msg);
  }
  return builder.take_root();
}

Node::Type Node::type() const { return data_->type; }
const std::string& Node::text() const { return data_->text; }
bool Node::quoted() const { return data_->quoted; }
const std::vector<Node>& Node::items() const { return data_->items; }
const std::vector<std::pair<Node, Node>>& Node::entries() const { return data_->entries; }
const Place& Node::place() const { return data_->place; }

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
