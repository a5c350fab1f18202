// The arguments of `lokitail demo`.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace lokitail::agent::demo {

struct Options {
  int seconds = 20;  // 0: until Ctrl-C
  int rate = 80;     // lines a second
  std::string keep;  // folder that stays; empty: a temporary one
  bool docker = false;
  std::string docker_root = "/var/lib/docker/containers";
  bool trace = false;        // requests through services that are processes
  std::string service;       // to be one of these services; empty: none
  std::uint16_t listen = 0;  // where it listens
  std::string next;          // the one that it asks
  bool help = false;
};

extern const std::string_view kUsage;

// Throws std::invalid_argument, whose text is for the user.
Options parse_options(std::span<const char* const> arguments);

}  // namespace lokitail::agent::demo
