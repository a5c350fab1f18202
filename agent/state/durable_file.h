// Files that are either the old ones or the new ones after a power cut, never something between.
//
// Threads: any. Errors: a message for people; empty where all went well.
#pragma once

#include <string>
#include <string_view>

namespace lokitail::agent {

// Reads a whole file. `missing` tells whether there is none, which is no error.
[[nodiscard]] std::string read_whole_file(const std::string& path, std::string& content, bool& missing);

// Writes beside, syncs, renames over `path`, and syncs the folder. A new file is readable by its owner
// only; one that exists keeps its mode.
[[nodiscard]] std::string replace_file(const std::string& path, std::string_view content);

// "WHAT PATH: REASON", with the reason that errno gives.
std::string file_problem(const char* what, const std::string& path);

// All of `content`, in spite of short writes.
[[nodiscard]] std::string write_all(int file, std::string_view content);

}  // namespace lokitail::agent
