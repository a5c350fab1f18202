// The smallest HTTP client that serves the tests.
//
// Errors: status 0 where there was no answer at all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lokitail::test {

struct HttpAnswer {
  int status = 0;
  std::string head;  // status line and headers
  std::string body;
};

HttpAnswer http_get(std::uint16_t port, const std::string& path);
HttpAnswer http_post(std::uint16_t port, const std::string& path, std::string_view body,
                     const std::string& content_type,
                     const std::vector<std::pair<std::string, std::string>>& headers = {});

// The sum of all samples of a metric whose labels contain `labels`, e.g. `reason="line_too_long"`;
// -1 where there is none. `text` is a page in Prometheus' format.
double metric_value(const std::string& text, const std::string& name, const std::string& labels = "");

}  // namespace lokitail::test
