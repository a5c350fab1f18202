#include "config/flags.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "config/load.h"

namespace lokitail::config {
namespace {

using namespace std::chrono_literals;

Options parse(const std::vector<const char*>& args) { return parse_flags(args); }

std::string flags_error(const std::vector<const char*>& args) {
  try {
    parse(args);
  } catch (const FlagError& error) {
    return error.what();
  }
  return "no error";
}

Config applied(const std::vector<const char*>& args) {
  Config config;
  apply_flags(parse(args), config);
  return config;
}

TEST_CASE("flags are written in Go's ways") {
  CHECK(parse({"-config.file=a"}).config_file == "a");
  CHECK(parse({"--config.file=a"}).config_file == "a");
  CHECK(parse({"-config.file", "a"}).config_file == "a");
  CHECK(parse({"-config.file=a=b"}).config_file == "a=b");
  CHECK(parse({"-config.file="}).config_file.empty());
  CHECK(parse({"-config.file=a", "-config.file=b"}).config_file == "b");
  CHECK(parse({"-config.expand-env"}).expand_env);
  CHECK(parse({"-config.expand-env=T"}).expand_env);
  CHECK_FALSE(parse({"-config.expand-env=false"}).expand_env);
  CHECK_FALSE(parse({"-config.expand-env", "-config.expand-env=0"}).expand_env);
  // A value behind a boolean is an argument of its own, and passed over.
  const Options options = parse({"-dry-run", "false", "stray", "-", "-config.file=a"});
  CHECK(options.dry_run);
  CHECK(options.config_file == "a");
  CHECK(parse({"--", "-config.file=a"}).config_file.empty());
  CHECK(parse({"-config.file", "-dry-run"}).config_file == "-dry-run");
}

TEST_CASE("options") {
  const Options standard = parse({});
  CHECK(standard.shutdown_timeout == 5s);
  CHECK(standard.overrides.empty());
  CHECK_FALSE(standard.help);
  const Options options = parse({"-version", "-check-syntax", "-inspect", "-print-config-stderr",
                                 "-log-config-reverse-order", "-shutdown.timeout=1m", "-h"});
  CHECK(options.print_version);
  CHECK(options.check_syntax);
  CHECK(options.inspect);
  CHECK(options.print_config_stderr);
  CHECK(options.log_config_reverse_order);
  CHECK(options.shutdown_timeout == 1min);
  CHECK(options.help);
  CHECK(parse({"--help"}).help);
}

TEST_CASE("flags override the configuration") {
  CHECK(applied({"-client.url=http://x", "-client.batch-wait=2s"}).client.batchwait == 2s);
  CHECK(applied({"-client.batch-size-bytes=0x10"}).client.batchsize == 16);
  CHECK(applied({"-client.max-retries", "7"}).client.backoff.max_retries == 7);
  CHECK(applied({"-client.tenant-id=t"}).client.tenant_id == "t");
  CHECK(applied({"-client.external-labels=a=1,b=2=3"}).client.external_labels ==
        LabelMap{{"a", "1"}, {"b", "2=3"}});
  CHECK(applied({"-client.external-labels=\"a=1,2\",b=\"x"}).client.external_labels ==
        LabelMap{{"a", "1,2"}, {"b", "\"x"}});
  CHECK(applied({"-client.external-labels=a=1", "-client.external-labels=b=2"}).client.external_labels ==
        LabelMap{{"b", "2"}});
  CHECK(applied({"-positions.file=p"}).positions.filename == "p");
  CHECK(applied({"-target.sync-period=1s"}).target_config.sync_period == 1s);
  CHECK(applied({"-file-watch.min_poll_frequency=1s"}).global.file_watch_config.min_poll_frequency == 1s);
  CHECK(applied({"-limit.readline-rate=0.5"}).limits_config.readline_rate == 0.5);
  CHECK_FALSE(applied({"-limit.readline-rate-drop=false"}).limits_config.readline_rate_drop);
  CHECK(applied({"-max-line-size=1kb"}).limits_config.max_line_size == 1024);
  CHECK(applied({"-max-streams=3"}).limits_config.max_streams == 3);
  CHECK(applied({"-server.http-listen-port=9080"}).server.http_listen_port == 9080);
  CHECK(applied({"-server.disable"}).server.disable);
  CHECK(applied({"-log.level=debug", "-log.format=json"}).server.log_level == "debug");
  CHECK(applied({"-server.grpc-listen-port=0", "-tracing.enabled=false"}).server.http_listen_port == 80);
}

TEST_CASE("wrong flags are refused") {
  const struct {
    std::vector<const char*> args;
    const char* want;
  } rows[] = {
      {{"-no.such.flag=1"}, "flag provided but not defined: -no.such.flag"},
      {{"-config.fil=x"}, "flag provided but not defined: -config.fil (did you mean \"config.file\"?)"},
      {{"-config.file"}, "flag needs an argument: -config.file"},
      {{"---x"}, "bad flag syntax: ---x"},
      {{"-=x"}, "bad flag syntax: -=x"},
      {{"-dry-run=yes"}, "invalid boolean value \"yes\" for flag -dry-run: parse error"},
      {{"-max-streams=x"}, "invalid value \"x\" for flag -max-streams: parse error"},
      {{"-max-streams=-1"}, "invalid value \"-1\" for flag -max-streams: must not be negative"},
      {{"-max-streams=9223372036854775808"},
       "invalid value \"9223372036854775808\" for flag -max-streams: parse error"},
      {{"-target.sync-period=1d"},
       "invalid value \"1d\" for flag -target.sync-period: expected a duration such as 1.5s or "
       "2h45m"},
      {{"-target.sync-period=0s"},
       "invalid value \"0s\" for flag -target.sync-period: must be greater than zero"},
      {{"-max-line-size=1.5kb"},
       "invalid value \"1.5kb\" for flag -max-line-size: expected a size such as 65536, 256KB or "
       "1MB"},
      {{"-server.http-listen-port=70000"},
       "invalid value \"70000\" for flag -server.http-listen-port: expected a port, 0 to 65535"},
      {{"-client.external-labels=dc"},
       "invalid value \"dc\" for flag -client.external-labels: dc must be formatted as key=value"},
      {{"-client.external-labels=\"a=1"},
       "invalid value \"\"a=1\" for flag -client.external-labels: a quote is not closed"},
      {{"-client.url=http://u:hush@x:y"}, "invalid URL for flag -client.url: invalid port after host"},
      {{"-log.level=loud"}, "invalid value \"loud\" for flag -log.level: unrecognized log level \"loud\""},
      {{"-stdin=maybe"}, "invalid boolean value \"maybe\" for flag -stdin: parse error"},
      {{"-server.tls-min-version=TLS13"},
       "invalid value \"TLS13\" for flag -server.tls-min-version: expected VersionTLS10, VersionTLS11, "
       "VersionTLS12 or VersionTLS13"},
  };
  for (const auto& row : rows) {
    INFO(row.args.front());
    CHECK(flags_error(row.args) == row.want);
  }
  CHECK(flags_error({"-stdin=false"}) == "no error");
  CHECK(flags_error({"-stdin"}) == "no error");
}

TEST_CASE("the flag -help names every flag with its default") {
  const std::string usage = flags_usage();
  CHECK(usage.find("  -client.batch-wait duration\n    \tMaximum wait period before sending batch. "
                   "(deprecated) (default 1s)\n") != std::string::npos);
  CHECK(usage.find("  -config.expand-env\n") != std::string::npos);
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = std::filesystem::temp_directory_path() / "lokitail-flags-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

std::optional<std::string> no_environment(std::string_view) { return std::nullopt; }

std::string configuration_error(const Options& options) {
  try {
    load_files(options, no_environment);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("files are found, expanded, overridden and completed") {
  const TemporaryFolder folder;
  const std::string file =
      folder.write("c.yaml", "clients: [{url: \"http://${HOST}\"}]\npositions: {filename: a}\n");

  Options options;
  options.config_file = "/nonexistent/x.yaml," + file + ",also-nothing";
  options.expand_env = true;
  options.overrides = {{"positions.file", "b"}, {"client.url", "http://flag"}};
  const auto environment = [](std::string_view name) {
    return name == "HOST" ? std::optional<std::string>("host") : std::nullopt;
  };
  const LoadedConfig loaded = load_files(options, environment);
  CHECK(loaded.config.file_name == file);
  CHECK(loaded.config.positions.filename == "b");
  REQUIRE(loaded.config.clients.size() == 2);
  CHECK(loaded.config.clients[0].url.reveal() == "http://host");
  CHECK(loaded.config.clients[1].url.reveal() == "http://flag");
  CHECK(loaded.warnings.texts().size() == 1);
}

TEST_CASE("files that cannot be used") {
  const TemporaryFolder folder;
  Options options;
  CHECK(configuration_error(options) == "at least one client config must be provided");
  options.config_file = "/nonexistent/x.yaml";
  CHECK(configuration_error(options) ==
        "/nonexistent/x.yaml does not exist, set config.file for custom config path");
  options.config_file = folder.write("brace.yaml", "a: ${X}\n");
  CHECK(configuration_error(options) ==
        options.config_file +
            ":1:1: configuration: unknown key \"a\". Use `-config.expand-env=true` flag if you "
            "want to expand environment variables in your config file");
  options.config_file = folder.write("plain.yaml", "a: 1\n");
  CHECK(configuration_error(options) == options.config_file + ":1:1: configuration: unknown key \"a\"");
  options.config_file = std::filesystem::temp_directory_path();
  CHECK(configuration_error(options).find("cannot be read") != std::string::npos);
}

TEST_CASE("flags alone make a configuration") {
  const LoadedConfig loaded =
      load_files(parse({"-client.url=http://x", "-client.external-labels=a=1"}), no_environment);
  REQUIRE(loaded.config.clients.size() == 1);
  CHECK(loaded.config.clients[0].external_labels == LabelMap{{"a", "1"}});
}

}  // namespace
}  // namespace lokitail::config
