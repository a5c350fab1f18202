// The log of one container as Docker's json-file driver writes it:
// ROOT/<64 hex>/<64 hex>-json.log with lines {"log":"...\n","stream":"stdout","time":"..."}.
// Source: https://docs.docker.com/engine/logging/drivers/json-file/
//
// Threads: one. Errors: std::runtime_error where it cannot write.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "agent/command/demo/services.h"

namespace lokitail::agent::demo {

class ContainerLog {
 public:
  // `name` stands for the container: equal names, equal identifiers.
  ContainerLog(const std::filesystem::path& root, std::string_view name);
  ~ContainerLog();
  ContainerLog(ContainerLog&& other) noexcept;
  ContainerLog& operator=(ContainerLog&&) = delete;

  // Takes down what the container printed; written by flush().
  void append(const ServiceLine& line);
  void flush();
  // As Docker does it: the file becomes ...-json.log.1 and a new one begins.
  void rotate();

 private:
  void open();

  std::filesystem::path path_;
  int file_ = -1;
  std::string pending_;
};

}  // namespace lokitail::agent::demo
