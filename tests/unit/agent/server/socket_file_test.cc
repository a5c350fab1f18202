#include "agent/server/socket_file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <fstream>
#include <stdexcept>

#include "tests/support/temp_dir.h"

namespace lokitail::agent {
namespace {

using Acceptor = boost::asio::local::stream_protocol::acceptor;

struct Listening {
  explicit Listening(const std::filesystem::path& path, mode_t mode = 0660)
      : file(path.string(), mode), acceptor(io) {
    file.open(acceptor);
  }
  boost::asio::io_context io;
  SocketFile file;
  Acceptor acceptor;
};

mode_t mode_of(const std::filesystem::path& path) {
  struct stat there {};
  REQUIRE(::lstat(path.c_str(), &there) == 0);
  REQUIRE(S_ISSOCK(there.st_mode));
  return there.st_mode & 07777;
}

TEST_CASE("a socket has its mode whatever the umask is, and goes with its object") {
  test::TempDir folder;
  const std::filesystem::path path = folder / "agent.sock";
  const mode_t before = ::umask(0077);
  {
    const Listening listening(path, 0664);
    CHECK(mode_of(path) == 0664);
  }
  ::umask(before);
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("what an agent has left behind makes way, what is in use and what is no socket does not") {
  test::TempDir folder;
  const std::filesystem::path path = folder / "agent.sock";
  {
    boost::asio::io_context io;
    const Acceptor left_behind(io, path.string());
  }
  const Listening first(path);
  CHECK_THROWS_WITH(Listening(path), Catch::Contains("another process listens there"));
  CHECK(mode_of(path) == 0660);
  std::ofstream(folder / "file") << "mine";
  CHECK_THROWS_WITH(Listening(folder / "file"), Catch::Contains("no socket"));
  CHECK(std::filesystem::file_size(folder / "file") == 4);
  CHECK_THROWS_WITH(Listening(folder / "none" / "agent.sock"), Catch::Contains("agent.sock"));
  CHECK_THROWS_WITH(Listening(folder / std::string(200, 'x')), Catch::Contains("too long"));
}

TEST_CASE("another's socket at the same place stays") {
  test::TempDir folder;
  const std::filesystem::path path = folder / "agent.sock";
  auto first = std::make_unique<Listening>(path);
  std::filesystem::remove(path);
  const Listening second(path);
  first.reset();
  CHECK(mode_of(path) == 0660);
}

}  // namespace
}  // namespace lokitail::agent
