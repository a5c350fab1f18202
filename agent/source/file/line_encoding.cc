#include "agent/source/file/line_encoding.h"

#include <iconv.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "config/text_encoding.h"
#include "pipeline/utf8.h"

namespace lokitail::agent {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // in UTF-8
// For one character more than was counted on, and its replacement.
constexpr std::size_t kRoom = 16;

const char* find_byte(const char* data, std::size_t size, char byte) {
  return static_cast<const char*>(std::memchr(data, byte, size));
}

}  // namespace

LineEncoding::LineEncoding(std::string_view name) {
  const config::TextEncoding& known = *config::find_text_encoding(name);
  // Only to be mended: glibc takes more for UTF-8 than is.
  if (std::string_view(known.iconv) == "UTF-8") return;
  looks_for_order_ = known.name == "utf-16";
  if (known.name == "utf-16le") unit_ = Unit::kUtf16Little;
  if (known.name == "utf-16be" || looks_for_order_) unit_ = Unit::kUtf16Big;
  // What Windows leaves open in its code pages is, in the web's tables, a control character.
  maps_controls_ = known.name.starts_with("windows-");
  open(known.iconv);
}

LineEncoding::~LineEncoding() {
  if (converter_ != nullptr) ::iconv_close(converter_);
}

void LineEncoding::open(const char* name) {
  const iconv_t converter = ::iconv_open("UTF-8", name);
  if (converter == reinterpret_cast<iconv_t>(-1)) {
    throw std::runtime_error(std::string("this machine cannot convert ") + name +
                             ": glibc's gconv modules are missing");
  }
  converter_ = converter;
}

void LineEncoding::begin(std::string_view head, bool at_start) {
  at_start_ = at_start && unit_ != Unit::kByte;
  if (!looks_for_order_ || !head.starts_with("\xFF\xFE")) return;
  looks_for_order_ = false;
  unit_ = Unit::kUtf16Little;
  ::iconv_close(converter_);
  open("UTF-16LE");
}

const char* LineEncoding::first_end(std::string_view text, bool is_end) const {
  if (unit_ == Unit::kByte) return find_byte(text.data(), text.size(), '\n');
  const bool little = unit_ == Unit::kUtf16Little;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char* const found = find_byte(text.data() + at, text.size() - at, '\n');
    if (found == nullptr) return nullptr;
    at = static_cast<std::size_t>(found - text.data());
    if (little) {
      if (at % 2 != 0) continue;
      if (at + 1 == text.size()) return is_end ? found : nullptr;
      if (text[at + 1] == '\0') return found + 1;
    } else if (at % 2 == 1 && text[at - 1] == '\0') {
      return found;
    }
  }
  return nullptr;
}

std::string_view LineEncoding::without_end(std::string_view line) const {
  if (unit_ == Unit::kByte) return line.ends_with('\n') ? line.substr(0, line.size() - 1) : line;
  using namespace std::string_view_literals;
  const bool is_half = line.size() % 2 == 1 && line.ends_with('\n');
  const bool is_whole =
      line.size() % 2 == 0 && line.ends_with(unit_ == Unit::kUtf16Little ? "\n\0"sv : "\0\n"sv);
  return line.substr(0, line.size() - (is_whole ? 2 : is_half ? 1 : 0));
}

std::string_view LineEncoding::decode(std::string_view line, std::size_t padding) {
  std::string_view rest = without_end(line);
  if (converter_ == nullptr) return mended(rest, padding);
  std::size_t done = 0;
  ::iconv(converter_, nullptr, nullptr, nullptr, nullptr);  // its initial state
  while (!rest.empty()) {
    // No more than three bytes come out for one, but for the last characters of a few encodings.
    buffer_.resize(std::max(buffer_.size(), done + 3 * rest.size() + kRoom));
    char* in = const_cast<char*>(rest.data());  // which is only read
    std::size_t in_left = rest.size();
    char* out = buffer_.data() + done;
    std::size_t out_left = buffer_.size() - done;
    const std::size_t result = ::iconv(converter_, &in, &in_left, &out, &out_left);
    const int error = result == static_cast<std::size_t>(-1) ? errno : 0;
    done = static_cast<std::size_t>(out - buffer_.data());
    rest.remove_prefix(rest.size() - in_left);
    if (error == EILSEQ) {
      done += replace(static_cast<unsigned char>(rest.front()), buffer_.data() + done);
      rest.remove_prefix(std::min<std::size_t>(unit_ == Unit::kByte ? 1 : 2, rest.size()));
    } else if (error == EINVAL) {  // the line ends in the midst of a character
      done += replace(0, buffer_.data() + done);
      break;
    }
  }
  buffer_.resize(std::max(buffer_.size(), done + kRoom + padding));
  std::string_view decoded(buffer_.data(), done);
  if (std::exchange(at_start_, false) && decoded.starts_with(kByteOrderMark)) {
    decoded.remove_prefix(kByteOrderMark.size());
  }
  return decoded;
}

std::string_view LineEncoding::mended(std::string_view text, std::size_t padding) {
  buffer_.resize(std::max(buffer_.size(), kReplacement.size() * text.size() + padding));
  char* out = buffer_.data();
  while (!text.empty()) {
    const pipeline::Character character = pipeline::first_character(text);
    const std::string_view bytes = character.valid ? text.substr(0, character.size) : kReplacement;
    out = std::ranges::copy(bytes, out).out;
    text.remove_prefix(character.size);
  }
  return {buffer_.data(), static_cast<std::size_t>(out - buffer_.data())};
}

// Writes what stands for a byte that is no character. Says how many bytes that are.
std::size_t LineEncoding::replace(unsigned char byte, char* out) const {
  if (maps_controls_ && byte >= 0x80 && byte <= 0x9F) {
    out[0] = '\xC2';
    out[1] = static_cast<char>(byte);
    return 2;
  }
  std::memcpy(out, kReplacement.data(), kReplacement.size());
  return kReplacement.size();
}

}  // namespace lokitail::agent
