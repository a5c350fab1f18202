#include "config/text_encoding.h"

#include <algorithm>
#include <array>
#include <vector>

namespace lokitail::config {
namespace {

// What Promtail's libraries can read. The web's readers take the Windows code pages for the standards
// that those extend, and so do theirs.
constexpr std::array kEncodings = {
    TextEncoding{"utf-8", "UTF-8"},
    TextEncoding{"utf8", "UTF-8"},
    TextEncoding{"us-ascii", "ASCII"},
    TextEncoding{"ascii", "ASCII"},
    TextEncoding{"utf-16", "UTF-16BE"},
    TextEncoding{"utf-16le", "UTF-16LE"},
    TextEncoding{"utf-16be", "UTF-16BE"},
    TextEncoding{"iso-8859-1", "ISO-8859-1"},
    TextEncoding{"latin1", "ISO-8859-1"},
    TextEncoding{"iso-8859-2", "ISO-8859-2"},
    TextEncoding{"iso-8859-3", "ISO-8859-3"},
    TextEncoding{"iso-8859-4", "ISO-8859-4"},
    TextEncoding{"iso-8859-5", "ISO-8859-5"},
    TextEncoding{"iso-8859-6", "ISO-8859-6"},
    TextEncoding{"iso-8859-7", "ISO-8859-7"},
    TextEncoding{"iso-8859-8", "ISO-8859-8"},
    TextEncoding{"iso-8859-9", "ISO-8859-9"},
    TextEncoding{"iso-8859-10", "ISO-8859-10"},
    TextEncoding{"iso-8859-13", "ISO-8859-13"},
    TextEncoding{"iso-8859-14", "ISO-8859-14"},
    TextEncoding{"iso-8859-15", "ISO-8859-15"},
    TextEncoding{"iso-8859-16", "ISO-8859-16"},
    TextEncoding{"windows-874", "CP874"},
    TextEncoding{"windows-1250", "CP1250"},
    TextEncoding{"windows-1251", "CP1251"},
    TextEncoding{"windows-1252", "CP1252"},
    TextEncoding{"windows-1253", "CP1253"},
    TextEncoding{"windows-1254", "CP1254"},
    TextEncoding{"windows-1255", "CP1255"},
    TextEncoding{"windows-1256", "CP1256"},
    TextEncoding{"windows-1257", "CP1257"},
    TextEncoding{"windows-1258", "CP1258"},
    TextEncoding{"ibm037", "IBM037"},
    TextEncoding{"ibm437", "IBM437"},
    TextEncoding{"ibm850", "IBM850"},
    TextEncoding{"ibm852", "IBM852"},
    TextEncoding{"ibm855", "IBM855"},
    TextEncoding{"ibm00858", "CP858"},
    TextEncoding{"ibm860", "IBM860"},
    TextEncoding{"ibm862", "IBM862"},
    TextEncoding{"ibm863", "IBM863"},
    TextEncoding{"ibm865", "IBM865"},
    TextEncoding{"ibm866", "IBM866"},
    TextEncoding{"ibm1047", "IBM1047"},
    TextEncoding{"ibm01140", "IBM1140"},
    TextEncoding{"koi8-r", "KOI8-R"},
    TextEncoding{"koi8-u", "KOI8-U"},
    TextEncoding{"macintosh", "MACINTOSH"},
    TextEncoding{"gb2312", "GBK"},
    TextEncoding{"gbk", "GBK"},
    TextEncoding{"gb18030", "GB18030"},
    TextEncoding{"big5", "BIG5-HKSCS"},
    TextEncoding{"shift_jis", "CP932"},
    TextEncoding{"euc-jp", "EUC-JP-MS"},
    TextEncoding{"iso-2022-jp", "ISO-2022-JP"},
    TextEncoding{"euc-kr", "CP949"},
};

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

const TextEncoding* find_text_encoding(std::string_view name) {
  const auto found = std::ranges::find_if(kEncodings, [name](const TextEncoding& known) {
    return std::ranges::equal(known.name, name, {}, {}, to_lower);
  });
  return found == kEncodings.end() ? nullptr : &*found;
}

std::span<const std::string_view> text_encoding_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    all.reserve(std::size(kEncodings));
    for (const TextEncoding& known : kEncodings) all.push_back(known.name);
    return all;
  }();
  return names;
}

}  // namespace lokitail::config
