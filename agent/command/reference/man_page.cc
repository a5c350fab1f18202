#include "agent/command/reference/man_page.h"

#include <fmt/format.h>

#include "agent/command/run.h"
#include "agent/version.h"
#include "config/flags.h"

namespace lokitail::agent::reference {
namespace {

constexpr std::string_view kBegin = R"(.SH NAME
lokitail \- log agent for Grafana Loki
.SH SYNOPSIS
.B lokitail
.BI \-config.file= FILE
.RI [ flags ]
.br
.B lokitail
.I COMMAND
.RI [ arguments ]
.SH DESCRIPTION
lokitail reads files, the logs of containers, the systemd journal, syslog, Kafka and what is pushed to it,
runs each line through a pipeline, and delivers the result to Grafana Loki.
It reads the configuration and the positions of Promtail, and takes its flags:
with one dash or two, as
.BI \- x = value
or
.BI \- x " value" ,
and switches as
.BI \- x
or
.BR \- \fIx\fB=false .
)";

constexpr std::string_view kEnd = R"(.SH FILES
.TP
.I /etc/lokitail/config.yaml
the configuration of the service
.TP
.I /etc/lokitail/credentials/NAME
a secret, which the service sees as
.I /run/credentials/lokitail.service/secret_NAME
.TP
.I /var/lib/lokitail
positions, and the spool
.SH SEE ALSO
.BR journalctl (1),
.BR systemctl (1)
)";

// Text as it is: no requests at the beginning of a line, and dashes that can be searched and
// copied.
std::string escaped(std::string_view text) {
  std::string out;
  bool begins = true;
  for (const char c : text) {
    if (begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    begins = c == '\n';
  }
  return out;
}

std::string flag(const config::FlagText& flag) {
  std::string text = fmt::format(".TP\n\\fB\\-{}\\fR", escaped(flag.name));
  if (!flag.type.empty()) text += fmt::format(" \\fI{}\\fR", flag.type);
  text += "\n" + escaped(flag.help);
  if (!flag.standard.empty()) text += " (default " + escaped(flag.standard) + ")";
  return text + "\n";
}

std::string group(const config::FlagGroup& group) {
  std::string text = ".SS " + escaped(group.title) + "\n";
  if (group.has_effect) {
    for (const config::FlagText& each : group.flags) text += flag(each);
    return text;
  }
  for (const config::FlagText& each : group.flags) {
    text += fmt::format("\\fB\\-{}\\fR\n.br\n", escaped(each.name));
  }
  return text;
}

}  // namespace

std::string man_page(std::span<const CommandText> commands) {
  std::string text =
      fmt::format(".TH LOKITAIL 1 \"\" \"lokitail {}\" \"User Commands\"\n{}", kVersion, kBegin);
  text += ".SH FLAGS\n";
  for (const config::FlagGroup& each : config::flag_groups()) text += group(each);
  text += ".SH COMMANDS\n";
  for (const CommandText& command : commands) {
    text += fmt::format(".SS {}\n{}.\n.PP\n.EX\n{}.EE\n", escaped(command.name), escaped(command.summary),
                        escaped(command.usage));
  }
  return text + ".SH EXIT STATUS\n" + escaped(kExitStatus) + std::string(kEnd);
}

}  // namespace lokitail::agent::reference
