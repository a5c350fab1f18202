// An item of `file_sd_configs`.

#include <algorithm>

#include "config/blocks.h"

namespace lokitail::config {
namespace {

// As Prometheus: .json, .yml or .yaml, with one star in the last part of the path at most.
void check_pattern(const Node& node, const std::string& pattern) {
  const std::string name = pattern.substr(pattern.rfind('/') + 1);
  const std::string folder = pattern.substr(0, pattern.size() - name.size());
  const bool known = name.ends_with(".json") || name.ends_with(".yml") || name.ends_with(".yaml");
  if (!known || std::ranges::count(name, '*') > 1 || folder.find('*') != std::string::npos) {
    throw node.error(
        "path name \"" + pattern +
        "\" is not valid for file discovery: expected *.json, *.yml or *.yaml, with one * at most");
  }
}

}  // namespace

FileSdConfig read_file_sd(const Node& node, Warnings& warnings) {
  FileSdConfig config;
  Fields fields(node, "file_sd_configs", kRefuseUnknown, warnings);
  const Node* const files = fields.find("files");
  if (files) config.files = read_text_list(*files);
  set_refresh_interval(config.refresh_interval, fields);
  fields.finish();
  if (!files || config.files.empty())
    throw node.error("file service discovery config must contain at least one path name");
  for (std::size_t i = 0; i < config.files.size(); ++i) {
    check_pattern(i < files->items().size() ? files->items()[i] : *files, config.files[i]);
  }
  return config;
}

}  // namespace lokitail::config
