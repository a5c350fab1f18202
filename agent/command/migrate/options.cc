#include "agent/command/migrate/options.h"

#include <array>

#include "agent/command/arguments.h"

namespace lokitail::agent::migrate {

const std::string_view kUsage = R"(usage: lokitail migrate [options]

Puts lokitail's service in the place of Promtail's: with its configuration, its flags and its positions.
Without --apply it looks, says what it would do, and changes nothing.

  -config.file FILE   Promtail's configuration; otherwise the one that its service has
  --root DIR          the machine's files are in DIR, as in an image that is not running
  --apply             do it; Promtail and lokitail have to be stopped

Exit status: 0; 1 where there is no Promtail, or its configuration is none for lokitail, or something failed;
2 for wrong arguments.
)";

Options parse_options(std::span<const char* const> all) {
  constexpr std::array<std::string_view, 4> kFlags = {"apply", "config.file", "help", "root"};
  Options options;
  for (Arguments arguments(all); arguments.next();) {
    const std::string_view flag = arguments.flag();
    if (flag == "apply") {
      options.apply = arguments.switched_on();
    } else if (flag == "config.file") {
      options.config_file = arguments.value();
    } else if (flag == "root") {
      options.root = arguments.value();
    } else if (arguments.is_help()) {
      options.help = true;
    } else {
      arguments.refuse(kFlags);
    }
  }
  while (options.root.ends_with('/')) options.root.pop_back();
  return options;
}

}  // namespace lokitail::agent::migrate
