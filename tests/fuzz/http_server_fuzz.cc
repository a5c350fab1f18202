// Whatever bytes come on a connection, the server neither crashes nor keeps them: it answers and closes.
#include "agent/server/http_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using namespace lokitail::agent;
namespace asio = boost::asio;
using tcp = asio::ip::tcp;

class Served {
 public:
  Served() : server_(io_, options()) {
    const auto answer = [](HttpRequest& request) -> asio::awaitable<HttpAnswer> {
      std::string text =
          form_value(request.query, "a").value_or("") + form_value(request.body, "b").value_or("");
      co_return text_answer(200, text.substr(0, 100));
    };
    server_.on_get("/a", answer);
    server_.on_get("/p", answer, Access::kPage);
    server_.on_post("/b", 1000, answer, {}, Access::kAdmin);
    server_.start();
  }

  void take(const std::uint8_t* data, std::size_t size) {
    tcp::socket socket(io_);
    socket.connect({asio::ip::address_v4::loopback(), server_.port()});
    boost::system::error_code error;
    asio::write(socket, asio::buffer(data, size), error);
    socket.shutdown(tcp::socket::shutdown_send, error);
    bool closed = false;
    read(socket, closed);
    while (!closed) io_.run_one();
  }

 private:
  static HttpServerOptions options() {
    HttpServerOptions options;
    options.address = "127.0.0.1";
    options.admin = true;
    options.path_prefix = "/x";
    return options;
  }

  void read(tcp::socket& socket, bool& closed) {
    socket.async_read_some(asio::buffer(buffer_),
                           [this, &socket, &closed](boost::system::error_code error, std::size_t) {
                             closed = static_cast<bool>(error);
                             if (!closed) read(socket, closed);
                           });
  }

  asio::io_context io_{1};
  HttpServer server_;
  char buffer_[4096];
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Served* const served = new Served;  // lives as long as the process, as its connections do
  if (size < 60'000) served->take(data, size);
  return 0;
}
