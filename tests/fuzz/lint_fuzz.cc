// Checks a configuration of any text: whatever it says, its errors are told and the lints find
// their way through it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/lint/lint.h"
#include "agent/lint/trial_build.h"
#include "config/load.h"

namespace {

using namespace lokitail;
namespace lint = agent::lint;

void check(const std::string& text) {
  config::Warnings warnings;
  warnings.gather_errors();
  config::Node root;
  if (!warnings.attempt([&] { root = config::Node::parse(text, "f"); })) return;
  config::Config config;
  warnings.attempt([&] { config = config::read_config(root, "f", warnings); });
  warnings.attempt([&] { config::complete(config, warnings); });
  for (const config::ScrapeConfig& scrape : config.scrape_configs) {
    agent::gather_job_errors(scrape, warnings);
  }
  lint::Subject subject{config, root, text};
  subject.looks_at_files = false;
  const auto& jobs = lint::child(root, "scrape_configs").items();
  for (std::size_t i = 0; i < jobs.size() && i < config.scrape_configs.size(); ++i) {
    subject.jobs.push_back(lint::model_job(jobs[i], config.scrape_configs[i], i == 0));
    // Jobs with errors are left alone otherwise: here they have to be survived.
    subject.jobs.back().is_faulty = false;
  }
  for (const lint::Finding& finding : lint::run_lints(subject, lint::Ignores(text))) {
    if (finding.message.empty()) __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMost = 1 << 16;
  if (size > kMost) return 0;
  check(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
