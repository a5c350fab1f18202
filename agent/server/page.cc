#include "agent/server/page.h"

#include <zlib.h>

#include <string>
#include <string_view>

#include "agent/server/page_files.h"

namespace lokitail::agent {
namespace {

namespace asio = boost::asio;

// Whether the client takes it packed. `gzip;q=0` does not.
bool takes_gzip(const HttpRequest& request) {
  std::string_view accepted = request.header("Accept-Encoding").value_or("");
  while (!accepted.empty()) {
    const std::string_view one = accepted.substr(0, accepted.find(','));
    accepted.remove_prefix(std::min(one.size() + 1, accepted.size()));
    if (one.find("gzip") == one.npos) continue;
    const std::size_t quality = one.find("q=");
    return quality == one.npos || one.find_first_of("123456789", quality) != one.npos;
  }
  return false;
}

std::string unpacked(const PageFile& file) {
  std::string text(file.size, '\0');
  z_stream stream{};
  constexpr int kGzip = 16 + MAX_WBITS;
  if (inflateInit2(&stream, kGzip) != Z_OK) return {};
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(file.packed.data()));
  stream.avail_in = static_cast<uInt>(file.packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  ::inflate(&stream, Z_FINISH);
  ::inflateEnd(&stream);
  return text;
}

HttpAnswer page_answer(const PageFile& file, const HttpRequest& request) {
  HttpAnswer answer;
  answer.content_type = file.content_type;
  answer.headers.emplace_back("ETag", file.etag);
  answer.headers.emplace_back("Cache-Control", "no-cache");  // may be kept, but is asked for
  answer.headers.emplace_back("Vary", "Accept-Encoding");
  if (request.header("If-None-Match").value_or("").find(file.etag) != std::string_view::npos) {
    answer.status = 304;
  } else if (takes_gzip(request)) {
    answer.headers.emplace_back("Content-Encoding", "gzip");
    answer.body = file.packed;
  } else {
    answer.body = unpacked(file);
  }
  return answer;
}

}  // namespace

void serve_page(HttpServer& server) {
  const auto serve = [&server](const char* path, const PageFile& file) {
    server.on_get(
        path,
        [&file](HttpRequest& request) -> asio::awaitable<HttpAnswer> {
          co_return page_answer(file, request);
        },
        Access::kPage);
  };
  serve("/", kPageHtml);
  serve("/targets", kPageHtml);
  serve("/service-discovery", kPageHtml);
  serve("/page.js", kPageScript);
  serve("/page.css", kPageStyle);
  // The prefix alone, without which relative addresses would lead elsewhere.
  server.on_get(
      "",
      [](HttpRequest& request) -> asio::awaitable<HttpAnswer> {
        HttpAnswer answer;
        answer.status = 301;
        const std::size_t name = request.target.rfind('/') + 1;
        answer.location = std::string(request.target.substr(name)) + "/";
        co_return answer;
      },
      Access::kPage);
}

}  // namespace lokitail::agent
