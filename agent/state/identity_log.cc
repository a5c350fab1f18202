#include "agent/state/identity_log.h"

#include <charconv>
#include <iterator>

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace lokitail::agent {
namespace {

constexpr std::string_view kHeader = "lokitail-identities 1\n";
constexpr std::size_t kChecksumDigits = 8;

std::uint32_t checksum(std::string_view text) {
  return static_cast<std::uint32_t>(XXH3_64bits(text.data(), text.size()));
}

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == '%' || byte == 0x7F) {
      fmt::format_to(std::back_inserter(out), "%{:02X}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

std::optional<std::string> unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned byte = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (error != std::errc() || digits.size() != 2 || end != digits.data() + 2) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

void append_change(std::string& log, std::string_view change) {
  fmt::format_to(std::back_inserter(log), "{:08x} {}\n", checksum(change), change);
}

// Takes the fields of a line one by one. The first that is missing or wrong makes all of it wrong.
class Fields {
 public:
  Fields(std::string_view text, char separator) : rest_(text), separator_(separator) {}

  std::string_view next() {
    if (at_end_) ok_ = false;
    const auto end = rest_.find(separator_);
    const std::string_view field = rest_.substr(0, end);
    at_end_ = end == std::string_view::npos;
    rest_ = at_end_ ? std::string_view() : rest_.substr(end + 1);
    return field;
  }

  template <typename T>
  T number(int base = 10) {
    const std::string_view field = next();
    T value{};
    const char* const field_end = field.data() + field.size();
    const auto [end, error] = std::from_chars(field.data(), field_end, value, base);
    if (error != std::errc() || end != field_end) ok_ = false;
    return value;
  }

  std::string text() {
    auto value = unescape(next());
    if (!value) ok_ = false;
    return std::move(value).value_or(std::string());
  }

  bool at_end() const { return at_end_; }
  // All fields so far were there and right, and there are no others.
  bool complete() const { return ok_ && at_end_; }

 private:
  std::string_view rest_;
  char separator_;
  bool at_end_ = false;
  bool ok_ = true;
};

std::string identity_text(const std::optional<FileIdentity>& identity) {
  if (!identity) return "-";
  return fmt::format("{}:{}:{}:{:x}:{}", identity->device, identity->inode, identity->born,
                     identity->fingerprint, identity->fingerprint_bytes);
}

bool parse_identity(std::string_view text, std::optional<FileIdentity>& identity) {
  if (text == "-") return true;
  Fields fields(text, ':');
  FileIdentity parsed;
  parsed.device = fields.number<std::uint64_t>();
  parsed.inode = fields.number<std::uint64_t>();
  parsed.born = fields.number<std::int64_t>();
  parsed.fingerprint = fields.number<std::uint64_t>(16);
  parsed.fingerprint_bytes = fields.number<std::uint32_t>();
  if (!fields.complete() || parsed.fingerprint_bytes > kFingerprintBytes) return false;
  identity = parsed;
  return true;
}

bool apply_file(Fields& fields, PositionsState& state) {
  const auto id = fields.number<GenerationId>();
  KnownFile file;
  const bool identified = parse_identity(fields.next(), file.identity);
  file.offset = fields.number<std::uint64_t>();
  file.size = fields.number<std::uint64_t>();
  file.modified = fields.number<std::int64_t>();
  file.finished = fields.number<int>() != 0;
  file.path = fields.text();
  if (!fields.complete() || !identified || id == 0) return false;
  state.files[id] = std::move(file);
  return true;
}

bool apply_offset(Fields& fields, PositionsState& state) {
  const auto id = fields.number<GenerationId>();
  const auto offset = fields.number<std::uint64_t>();
  if (!fields.complete()) return false;
  if (const auto file = state.files.find(id); file != state.files.end()) file->second.offset = offset;
  return true;
}

bool apply_place(Fields& fields, PositionsState& state) {
  const auto id = fields.number<GenerationId>();
  std::string path = fields.text();
  if (!fields.complete()) return false;
  state.places[std::move(path)] = {id, true};
  return true;
}

bool apply_gone(Fields& fields, PositionsState& state) {
  const std::string path = fields.text();
  if (!fields.complete()) return false;
  if (const auto place = state.places.find(path); place != state.places.end()) {
    place->second.present = false;
  }
  return true;
}

bool apply_forgotten(Fields& fields, PositionsState& state) {
  const auto id = fields.number<GenerationId>();
  if (!fields.complete()) return false;
  state.files.erase(id);
  return true;
}

bool apply_value(Fields& fields, PositionsState& state) {
  std::string key = fields.text();
  std::string value = fields.text();
  if (!fields.complete()) return false;
  state.values[std::move(key)] = std::move(value);
  return true;
}

bool apply_no_value(Fields& fields, PositionsState& state) {
  const std::string key = fields.text();
  if (!fields.complete()) return false;
  state.values.erase(key);
  return true;
}

bool apply_digests(Fields& fields, PositionsState& state) {
  std::vector<std::uint64_t> digests;
  do {
    digests.push_back(fields.number<std::uint64_t>(16));
  } while (!fields.at_end());
  if (!fields.complete()) return false;
  state.digests = std::move(digests);
  return true;
}

bool apply(std::string_view line, PositionsState& state) {
  std::uint32_t expected = 0;
  const std::string_view digits = line.substr(0, kChecksumDigits);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), expected, 16);
  if (error != std::errc() || end != digits.data() + kChecksumDigits) return false;
  if (line.size() <= kChecksumDigits || line[kChecksumDigits] != ' ') return false;
  const std::string_view change = line.substr(kChecksumDigits + 1);
  if (checksum(change) != expected) return false;
  Fields fields(change, ' ');
  const std::string_view kind = fields.next();
  if (kind == "f") return apply_file(fields, state);
  if (kind == "o") return apply_offset(fields, state);
  if (kind == "p") return apply_place(fields, state);
  if (kind == "g") return apply_gone(fields, state);
  if (kind == "d") return apply_forgotten(fields, state);
  if (kind == "k") return apply_value(fields, state);
  if (kind == "n") return apply_no_value(fields, state);
  if (kind == "y") return apply_digests(fields, state);
  return false;
}

}  // namespace

std::uint64_t digest(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

void log_header(std::string& log) { log += kHeader; }

void log_file(std::string& log, GenerationId id, const KnownFile& file) {
  append_change(log, fmt::format("f {} {} {} {} {} {} {}", id, identity_text(file.identity), file.offset,
                                 file.size, file.modified, file.finished ? 1 : 0, escape(file.path.text())));
}

void log_offset(std::string& log, GenerationId id, std::uint64_t offset) {
  append_change(log, fmt::format("o {} {}", id, offset));
}

void log_place(std::string& log, const std::string& path, KnownPlace place) {
  append_change(log, place.present ? fmt::format("p {} {}", place.id, escape(path))
                                   : fmt::format("g {}", escape(path)));
}

void log_forgotten(std::string& log, GenerationId id) { append_change(log, fmt::format("d {}", id)); }

void log_value(std::string& log, const std::string& key, const std::string& value) {
  append_change(log, fmt::format("k {} {}", escape(key), escape(value)));
}

void log_no_value(std::string& log, const std::string& key) {
  append_change(log, fmt::format("n {}", escape(key)));
}

void log_digests(std::string& log, const std::vector<std::uint64_t>& digests) {
  std::string change = "y";
  for (const std::uint64_t value : digests) fmt::format_to(std::back_inserter(change), " {:x}", value);
  append_change(log, change);
}

std::string format_log(const PositionsState& state) {
  std::string log;
  log_header(log);
  if (!state.digests.empty()) log_digests(log, state.digests);
  for (const auto& [id, file] : state.files) log_file(log, id, file);
  for (const auto& [path, place] : state.places) {
    log_place(log, path, {place.id, true});
    if (!place.present) log_place(log, path, place);
  }
  for (const auto& [key, value] : state.values) log_value(log, key, value);
  return log;
}

Replay replay_log(std::string_view log) {
  Replay replay;
  if (!log.starts_with(kHeader)) return replay;
  replay.usable = true;
  log.remove_prefix(kHeader.size());
  while (!log.empty()) {
    const auto end = log.find('\n');
    if (end == std::string_view::npos) {
      replay.torn = true;
      break;
    }
    const std::string_view line = log.substr(0, end);
    log.remove_prefix(end + 1);
    if (!line.empty() && !apply(line, replay.state)) ++replay.damaged;
  }
  // Places of files that are forgotten lead nowhere.
  std::erase_if(replay.state.places,
                [&replay](const auto& place) { return !replay.state.files.contains(place.second.id); });
  return replay;
}

}  // namespace lokitail::agent
