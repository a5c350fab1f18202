#include "agent/source/file/rotated_files.h"

#include <algorithm>
#include <compare>
#include <tuple>

#include "agent/source/file/rotated_name.h"

namespace lokitail::agent {
namespace {

int sign(std::strong_ordering order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }

// Whether the file with the highest number was written first. Where births and changes contradict each other, or one
// of them says nothing, a pair does not count: what was copied before it was truncated is younger than the
// file that it was copied of, which may have been renamed later.
bool highest_is_oldest(const std::vector<RotatedFile>& files) {
  int votes = 0;
  for (const RotatedFile& a : files) {
    for (const RotatedFile& b : files) {
      if (a.number <= b.number || a.packed || b.packed) continue;
      const int by_birth = sign(b.identity.born <=> a.identity.born);
      if (by_birth == sign(b.modified <=> a.modified)) votes += by_birth;
    }
  }
  return votes >= 0;
}

}  // namespace

void sort_by_age(std::vector<RotatedFile>& files) {
  const int step = highest_is_oldest(files) ? -1 : 1;
  const bool by_date =
      std::ranges::any_of(files, [](const RotatedFile& file) { return file.packed && file.number == 0; });
  std::ranges::sort(files, {}, [step, by_date](const RotatedFile& file) {
    const std::string_view date = by_date ? uncompressed_name(file.name) : std::string_view();
    return std::tuple(step * file.number, date, file.identity.born, file.modified,
                      std::string_view(file.name));
  });
}

}  // namespace lokitail::agent
