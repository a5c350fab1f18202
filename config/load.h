// From the text of a configuration file to validated values.
//
// Threads: no shared state; any thread.
// Errors:  throws Error, which names the place, what was expected, and the nearest valid key.
//          What is odd but harmless becomes a warning. Where warnings gather errors, nothing is
//          thrown but for text that is no YAML: what comes back lacks what could not be read.
// Source:  Promtail 3's configuration. Blocks that Promtail has and this program does not have
//          yet are refused by name, rather than passed over.
#pragma once

#include <string>

#include "config/config.h"
#include "config/error.h"

namespace lokitail::config {

// A file's text.
std::string read_file(const std::string& path);

// Reads a file's text into values, each block validated by itself.
Config read_config(const Node& root, const std::string& file_name, Warnings& warnings);
Config read_config(const std::string& text, const std::string& file_name, Warnings& warnings);

// Brings the blocks together: merges the `client` block into the clients, names them, and checks
// what concerns more than one block. Flags are applied before.
void complete(Config& config, Warnings& warnings);

// Both of them.
Config load(const std::string& text, const std::string& file_name, Warnings& warnings);

}  // namespace lokitail::config
