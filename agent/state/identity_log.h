// The file beside positions.yaml that says which file each offset belongs to: a log of small changes,
// from which the state is rebuilt by replaying it.
//
// Format: a first line `lokitail-identities 1`, then one change per line. Each line begins with its
// checksum (the lower 32 bits of its XXH3 hash, 8 hexadecimal digits) and a space. Fields are separated
// by one space; in texts, bytes up to space, `%` and DEL are written %XX. Times are nanoseconds.
//
//   f ID IDENTITY OFFSET SIZE MODIFIED FINISHED PATH   a file; IDENTITY is `-` where it is not known, else
//                                                      DEVICE:INODE:BORN:FINGERPRINT(hex):BYTES
//   o ID OFFSET        settled up to there
//   p ID PATH          the file is what PATH leads to
//   g PATH             nothing is at PATH any more
//   d ID               forgotten
//   k KEY VALUE        a position of another kind of source
//   n KEY              there is none any more
//   y DIGEST...        XXH3 of positions.yaml: the text this state belongs to is one of these
//
// A line whose checksum is wrong is passed over: a torn tail costs the last change, no more. Should an
// offset get lost this way, the one before it counts, and lines are sent again.
//
// Threads: plain values and pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/state/file_identity.h"
#include "agent/state/shared_path.h"

namespace lokitail::agent {

using GenerationId = std::uint64_t;  // ascending; 0 is none

struct KnownFile {
  SharedPath path;                       // the name under which it is or was read
  std::optional<FileIdentity> identity;  // unknown when taken over from Promtail
  std::uint64_t offset = 0;              // settled bytes
  std::uint64_t size = 0;                // as last seen
  std::int64_t modified = 0;
  bool finished = false;  // read to its end, after it was rotated away or deleted
};

struct KnownPlace {
  GenerationId id = 0;  // what was seen there last
  bool present = false;
};

struct PositionsState {
  std::map<GenerationId, KnownFile> files;
  std::map<SharedPath, KnownPlace, std::less<>> places;
  std::map<std::string, std::string> values;  // of other kinds of sources, as they are
  std::vector<std::uint64_t> digests;
};

// Of the text of positions.yaml.
std::uint64_t digest(std::string_view text);

// These add one line to `log`.
void log_header(std::string& log);
void log_file(std::string& log, GenerationId id, const KnownFile& file);
void log_offset(std::string& log, GenerationId id, std::uint64_t offset);
void log_place(std::string& log, const std::string& path, KnownPlace place);
void log_forgotten(std::string& log, GenerationId id);
void log_value(std::string& log, const std::string& key, const std::string& value);
void log_no_value(std::string& log, const std::string& key);
void log_digests(std::string& log, const std::vector<std::uint64_t>& digests);

// The whole state as a new log.
std::string format_log(const PositionsState& state);

struct Replay {
  PositionsState state;
  bool usable = false;      // it is a log of ours
  bool torn = false;        // the last line has no end
  std::size_t damaged = 0;  // lines that were passed over, a torn last one aside
};
// Takes arbitrary bytes.
Replay replay_log(std::string_view log);

}  // namespace lokitail::agent
