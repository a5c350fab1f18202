// Parts of a test that see another system than the rest: Linux' namespaces belong to a thread, and to what that starts.
#pragma once

#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "tests/support/skip.h"
#include "tests/support/temp_dir.h"

namespace lokitail::test {

// Failures of `body` are those of the caller.
inline void on_a_thread(const std::function<void()>& body) {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      body();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

// What is mounted in it nobody else sees. Skips the test where there are no namespaces to be had.
inline void in_mount_namespace(const std::function<void()>& body) {
  on_a_thread([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      return skip(std::string("no mount namespace: ") + std::strerror(errno));
    }
    body();
  });
}

// With a file of /etc that is another, and may be written to.
inline void with_file_of_etc(const std::string& name, const std::string& text,
                             const std::function<void(const std::filesystem::path& file)>& body) {
  in_mount_namespace([&] {
    const TempDir directory;
    const std::filesystem::path file = directory / name;
    write_file(file, text);
    if (::mount(file.c_str(), ("/etc/" + name).c_str(), nullptr, MS_BIND, nullptr) != 0) {
      return skip("nothing can be mounted at /etc/" + name + ": " + std::strerror(errno));
    }
    body(file);
  });
}

}  // namespace lokitail::test
