#include "tests/support/nginx.h"

#include <csignal>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "tests/support/http_get.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"

namespace lokitail::test {
namespace {

void openssl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  const Finished finished = run(arguments);
  if (finished.exit_code != 0) throw std::runtime_error(finished.err);
}

void make_authority(const std::filesystem::path& key, const std::filesystem::path& certificate) {
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
           "-subj", "/CN=authority of the test", "-keyout", key, "-out", certificate});
}

void make_signed(const std::filesystem::path& directory, const std::string& name,
                 const std::filesystem::path& ca, const std::filesystem::path& ca_key,
                 const std::string& subject_alt_name, const std::string& ends = "") {
  const std::filesystem::path request = directory / (name + ".csr");
  const std::filesystem::path extensions = directory / (name + ".ext");
  write_file(extensions, "subjectAltName=" + subject_alt_name + "\n");
  openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name,
           "-keyout", directory / (name + ".key"), "-out", request});
  const std::filesystem::path certificate = directory / (name + ".pem");
  if (ends.empty()) {
    openssl({"x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "2",
             "-extfile", extensions, "-out", certificate});
    return;
  }
  // Only `ca` takes times, and wants files for its records.
  write_file(directory / "index.txt", "");
  write_file(directory / "ca.conf",
             fmt::format("[ca]\ndefault_ca=c\n[c]\ndatabase={0}/index.txt\n"
                         "new_certs_dir={0}\nserial={0}/serial\npolicy=p\n[p]\ncommonName=supplied\n",
                         directory.string()));
  openssl({"ca",
           "-batch",
           "-config",
           directory / "ca.conf",
           "-in",
           request,
           "-cert",
           ca,
           "-keyfile",
           ca_key,
           "-md",
           "sha256",
           "-rand_serial",
           "-startdate",
           "20200101000000Z",
           "-enddate",
           ends,
           "-extfile",
           extensions,
           "-out",
           certificate});
}

}  // namespace

Certificates::Certificates(const std::filesystem::path& directory, const std::string& server_name,
                           const std::string& server_ends)
    : ca(directory / "ca.pem"),
      server(directory / "server.pem"),
      server_key(directory / "server.key"),
      client(directory / "client.pem"),
      client_key(directory / "client.key") {
  std::filesystem::create_directories(directory);
  make_authority(directory / "ca.key", ca);
  make_signed(directory, "server", ca, directory / "ca.key", "DNS:" + server_name, server_ends);
  make_signed(directory, "client", ca, directory / "ca.key", "DNS:client.test");
}

bool Nginx::installed() { return find_program("nginx").has_value(); }

Nginx::Nginx(const std::filesystem::path& directory, const Certificates& certificates, std::uint16_t upstream,
             const std::string& server_lines)
    : port_(free_port()) {
  std::filesystem::create_directories(directory);
  write_file(directory / "nginx.conf", fmt::format(R"(daemon off;
master_process off;
pid {0}/nginx.pid;
error_log {0}/error.log info;
events {{}}
http {{
  access_log off;
  client_body_temp_path {0}/body;
  proxy_temp_path {0}/proxy;
  fastcgi_temp_path {0}/fastcgi;
  uwsgi_temp_path {0}/uwsgi;
  scgi_temp_path {0}/scgi;
  client_max_body_size 64m;
  server {{
    listen 127.0.0.1:{1} ssl;
    ssl_certificate {2};
    ssl_certificate_key {3};
    {4}
    location / {{ proxy_pass http://127.0.0.1:{5}; proxy_http_version 1.1; }}
  }}
}}
)",
                                                   directory.string(), port_, certificates.server.string(),
                                                   certificates.server_key.string(), server_lines, upstream));
  process_ = std::make_unique<Process>(
      Command{{*find_program("nginx"), "-p", directory, "-c", directory / "nginx.conf"},
              {},
              directory,
              directory / "out",
              directory / "out"});
  // A plain request to a TLS port is answered with a plain 400.
  if (!eventually([this] { return http_get(port_, "/").status != 0 || !process_->running(); }) ||
      !process_->running()) {
    throw std::runtime_error("nginx does not start: " + read_file(directory / "out") +
                             read_file(directory / "error.log"));
  }
}

Nginx::~Nginx() {
  process_->signal(SIGTERM);
  process_->wait(5s);
}

std::string Nginx::url(const std::string& host) const { return fmt::format("https://{}:{}", host, port_); }

}  // namespace lokitail::test
