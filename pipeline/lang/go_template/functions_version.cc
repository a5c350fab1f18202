// Semantic versions.
#include "pipeline/lang/go_template/function.h"
#include "pipeline/lang/go_template/version.h"

namespace lokitail::pipeline::lang::go_template {
namespace {

Value semver(const Call& call) {
  const auto version = parse_version(call.string(0));
  if (!version) return call.context.fail("Invalid Semantic Version");
  const std::span<Version> kept = call.context.allocate<Version>(1);
  if (kept.empty()) return {};
  kept[0] = *version;
  return Value::version(kept.data());
}

Value semver_compare(const Call& call) {
  const auto version = parse_version(call.string(1));
  if (!version) return call.context.fail("Invalid Semantic Version");
  if (!call.context.spend(call.string(0).size())) return {};
  const auto fits = fits_constraint(call.string(0), *version);
  if (!fits) return call.context.fail("improper constraint: ", call.string(0));
  return Value::boolean(*fits);
}

constexpr Function kVersionFunctions[] = {
    {"semver", "string", semver},
    {"semverCompare", "string string", semver_compare},
};

}  // namespace

std::span<const Function> version_functions() { return kVersionFunctions; }

}  // namespace lokitail::pipeline::lang::go_template
