// The rotated files of a log, in the order in which they were written.
//
// Threads: the control thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/source/file/followed_file.h"

namespace lokitail::agent {

struct RotatedFile {
  std::string name;
  int number = 0;  // of its name (rotation_number()); 0 for none
  FileKey key;
  FileIdentity identity;
  std::int64_t modified = 0;
  bool packed = false;
  bool known = false;                  // it was read, or is
  std::unique_ptr<FollowedFile> file;  // nullptr once it is followed
};

// The oldest first. A number in the name tells most: with it births and changes only have to say whether the
// highest is the oldest, as nearly always, or the newest. Births go in ticks of some milliseconds and may be
// equal, a copy is younger than what it was made of, a file can be written to after it was rotated, and
// when it was compressed says nothing: then dates in the names have to do.
void sort_by_age(std::vector<RotatedFile>& files);

}  // namespace lokitail::agent
