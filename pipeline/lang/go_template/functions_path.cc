// Paths, as Go's path and path/filepath packages take them apart: on Unix the two agree.
#include <algorithm>

#include "pipeline/lang/go_template/function.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

std::string_view without_trailing_slashes(std::string_view path) {
  return path.substr(0, path.find_last_not_of('/') + 1);
}

Value base(const Call& call) {
  std::string_view path = call.string(0);
  if (path.empty()) return Value::string(".");
  path = without_trailing_slashes(path);
  if (path.empty()) return Value::string("/");
  return Value::string(path.substr(path.rfind('/') + 1));
}

Value ext(const Call& call) {
  const std::string_view path = call.string(0);
  const std::size_t mark = path.find_last_of("./");
  return Value::string(mark == std::string_view::npos || path[mark] == '/' ? "" : path.substr(mark));
}

Value is_abs(const Call& call) { return Value::boolean(call.string(0).starts_with('/')); }

// The shortest path that names the same: without doubled slashes, `.`, and `..` behind a name.
std::string_view cleaned(Context& context, std::string_view path) {
  if (path.empty()) return ".";
  const bool rooted = path.front() == '/';
  const std::span<char> out = context.allocate<char>(path.size() + 1);
  if (out.empty()) return {};
  std::size_t size = 0;
  if (rooted) out[size++] = '/';
  const std::size_t root = size;
  std::size_t keep = root;  // `..` takes no name off before this
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (name.empty() || name == ".") continue;
    if (name == ".." && size > keep) {
      while (size > keep && out[size - 1] != '/') --size;
      if (size > keep) --size;  // and the slash
      continue;
    }
    if (name == ".." && rooted) continue;
    if (size > root) out[size++] = '/';
    std::ranges::copy(name, out.begin() + static_cast<std::ptrdiff_t>(size));
    size += name.size();
    if (name == "..") keep = size;
  }
  if (size == 0) out[size++] = '.';
  return {out.data(), size};
}

Value clean(const Call& call) { return Value::string(cleaned(call.context, call.string(0))); }

Value dir(const Call& call) {
  const std::string_view path = call.string(0);
  return Value::string(cleaned(call.context, path.substr(0, path.rfind('/') + 1)));
}

constexpr Function kPathFunctions[] = {
    {"base", "string", base},      {"osBase", "string", base}, {"dir", "string", dir},
    {"osDir", "string", dir},      {"clean", "string", clean}, {"osClean", "string", clean},
    {"ext", "string", ext},        {"osExt", "string", ext},   {"isAbs", "string", is_abs},
    {"osIsAbs", "string", is_abs},
};

}  // namespace

std::span<const Function> path_functions() { return kPathFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
