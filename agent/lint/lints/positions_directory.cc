// A folder for the positions that is not there, or may not be written.

#include <unistd.h>

#include <filesystem>

#include <fmt/format.h>

#include "agent/lint/lint.h"

namespace lokitail::agent::lint {

void check_positions_directory(const Subject& subject, Report& report) {
  const std::string& file = subject.config.positions.filename;
  if (!subject.looks_at_files || subject.config.target_config.read_stdin || file.empty()) return;
  const config::Node block = child(subject.root, "positions");
  const config::Node given = child(block, "filename");
  const config::Place place = given.is_null() ? config::Place{subject.config.file_name, 0, 0} : given.place();
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::absolute(file, error).parent_path();
  if (std::filesystem::is_directory(file, error)) {
    report.error(place, fmt::format("{} is a folder: the agent does not start, rather than send all files "
                                    "again",
                                    file));
  } else if (!std::filesystem::is_directory(folder, error)) {
    report.add(place,
               fmt::format("the folder {} for the positions does not exist: after a restart all "
                           "files are read from their beginning again",
                           folder.string()),
               fmt::format("mkdir -p {}", folder.string()));
  } else if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    report.add(place, fmt::format("{} may not be written, as whom the check was run: positions cannot be "
                                  "kept there",
                                  folder.string()));
  }
}

}  // namespace lokitail::agent::lint
