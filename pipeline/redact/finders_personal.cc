#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <span>

#include "pipeline/redact/finders.h"

namespace lokitail::pipeline::redact {
namespace {

// ---- Card numbers -------------------------------------------------------------------------------

constexpr std::size_t kMostCardDigits = 19;

// The numbers' beginnings by their first four digits, and how long the numbers are: bit n for n
// digits.
struct Issuer {
  int first;
  int last;
  unsigned lengths;
};

constexpr unsigned digits(int from, int to) {
  unsigned bits = 0;
  for (int n = from; n <= to; ++n) bits |= 1U << n;
  return bits;
}

constexpr std::array kIssuers = {
    Issuer{2221, 2720, digits(16, 16)},                                    // Mastercard
    Issuer{3000, 3059, digits(14, 14)},                                    // Diners Club
    Issuer{3400, 3499, digits(15, 15)},                                    // American Express
    Issuer{3528, 3589, digits(16, 19)},                                    // JCB
    Issuer{3600, 3699, digits(14, 14) | digits(16, 19)},                   // Diners Club
    Issuer{3700, 3799, digits(15, 15)},                                    // American Express
    Issuer{3800, 3999, digits(14, 14)},                                    // Diners Club
    Issuer{4000, 4999, digits(13, 13) | digits(16, 16) | digits(19, 19)},  // Visa
    Issuer{5100, 5599, digits(16, 16)},                                    // Mastercard
    Issuer{5018, 5020, digits(13, 19)},                                    // Maestro
    Issuer{5038, 5038, digits(13, 19)},                                    // Maestro
    Issuer{5893, 5893, digits(13, 19)},                                    // Maestro
    Issuer{6011, 6011, digits(16, 19)},                                    // Discover
    Issuer{6200, 6299, digits(16, 19)},                                    // UnionPay
    Issuer{6304, 6304, digits(13, 19)},                                    // Maestro
    Issuer{6440, 6599, digits(16, 19)},                                    // Discover
    Issuer{6759, 6763, digits(13, 19)},                                    // Maestro
};

bool passes_luhn(std::string_view number) {
  int sum = 0;
  bool twice = false;
  for (auto digit = number.rbegin(); digit != number.rend(); ++digit, twice = !twice) {
    const int value = *digit - '0';
    sum += twice ? 2 * value - (value > 4 ? 9 : 0) : value;
  }
  return sum % 10 == 0;
}

bool is_card_number(std::string_view number) {
  int beginning = 0;
  for (const char c : number.substr(0, 4)) beginning = 10 * beginning + (c - '0');
  const bool known = std::ranges::any_of(kIssuers, [&](const Issuer& issuer) {
    return beginning >= issuer.first && beginning <= issuer.last &&
           (issuer.lengths >> number.size() & 1) != 0;
  });
  return known && passes_luhn(number);
}

// Groups of digits, with one kind of separator between them.
struct CardDigits {
  static constexpr std::size_t kMostGroups = 5;
  std::array<char, kMostCardDigits> digits;
  std::size_t groups = 0;
  // Of each group: its size, the digits up to its end, and where in the text that is.
  std::array<std::size_t, kMostGroups> sizes{};
  std::array<std::size_t, kMostGroups> totals{};
  std::array<std::size_t, kMostGroups> ends{};
};

CardDigits read_card_digits(std::string_view text, std::size_t at) {
  CardDigits card;
  std::size_t total = 0;
  char separator = '\0';
  while (card.groups < CardDigits::kMostGroups) {
    const std::size_t begin = at;
    for (; is_digit(at_or_nul(text, at)); ++at) {
      if (total == card.digits.size()) return card;
      card.digits[total++] = text[at];
    }
    if (at == begin) return card;
    card.sizes[card.groups] = at - begin;
    card.totals[card.groups] = total;
    card.ends[card.groups++] = at;
    const char c = at_or_nul(text, at);
    if ((c != ' ' && c != '-') || (separator != '\0' && separator != c)) return card;
    separator = c;
    ++at;
  }
  return card;
}

// How digits are grouped on cards: 4-4-4-4(-3), 4-6-5 and 4-6-4.
bool is_card_grouping(std::span<const std::size_t> sizes) {
  if (sizes.size() == 1) return true;
  if (sizes[0] != 4) return false;
  if (sizes.size() == 3) return sizes[1] == 6 && (sizes[2] == 4 || sizes[2] == 5);
  if (sizes.size() < 4) return false;
  const bool fours = std::ranges::all_of(sizes.first(4), [](std::size_t size) { return size == 4; });
  return fours && (sizes.size() == 4 || sizes[4] <= 3);
}

// ---- IBAN ---------------------------------------------------------------------------------------

// Countries and the lengths of their numbers. Source: the SWIFT IBAN registry.
constexpr std::string_view kIbanLengths =
    "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI"
    "18"
    "FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT"
    "20"
    "LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA"
    "24"
    "SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

std::size_t iban_length(std::string_view country) {
  for (std::size_t i = 0; i < kIbanLengths.size(); i += 4) {
    if (kIbanLengths.substr(i, 2) != country) continue;
    const auto digit = [](char c) { return static_cast<std::size_t>(c - '0'); };
    return digit(kIbanLengths[i + 2]) * 10 + digit(kIbanLengths[i + 3]);
  }
  return 0;
}

bool passes_mod_97(std::string_view number) {
  unsigned rest = 0;
  for (std::size_t i = 0; i < number.size(); ++i) {
    const char c = number[(i + 4) % number.size()];
    rest = is_digit(c) ? (rest * 10 + static_cast<unsigned>(c - '0')) % 97
                       : (rest * 100 + static_cast<unsigned>(c - 'A' + 10)) % 97;
  }
  return rest == 1;
}

// ---- E-mail -------------------------------------------------------------------------------------

constexpr bool is_local_part(char c) { return is_word(c) || c == '.' || c == '+' || c == '-' || c == '%'; }
constexpr bool is_domain(char c) { return is_alphanumeric(c) || c == '-' || c == '.'; }

// What stands behind a dot in names that are no domains: files, units of systemd.
constexpr std::string_view kNoTopLevel[] = {
    "png",   "jpg",   "jpeg",  "gif",  "svg",    "webp", "ico",      "css",    "js",    "mjs",
    "ts",    "tsx",   "jsx",   "json", "html",   "htm",  "xml",      "yaml",   "yml",   "txt",
    "log",   "tgz",   "gz",    "zip",  "tar",    "jar",  "service",  "socket", "timer", "target",
    "mount", "slice", "scope", "path", "device", "swap", "automount"};

// The end of the domain that begins here; 0 for none.
std::size_t domain_end(std::string_view text, std::size_t begin) {
  constexpr std::size_t kLongest = 253;
  std::size_t end = begin;
  while (end < text.size() && end - begin <= kLongest && is_domain(text[end])) ++end;
  while (end > begin && !is_alphanumeric(text[end - 1])) --end;
  const std::string_view domain = text.substr(begin, end - begin);
  const std::size_t dot = domain.rfind('.');
  if (domain.size() > kLongest || dot == std::string_view::npos || dot == 0) return 0;
  if (domain.find("..") != std::string_view::npos) return 0;
  const std::string_view top = domain.substr(dot + 1);
  const bool sound = top.size() >= 2 && std::ranges::all_of(top, is_letter) &&
                     std::ranges::find(kNoTopLevel, top) == std::end(kNoTopLevel);
  return sound ? end : 0;
}

// Whether user:password@host of a URL stands here.
bool is_in_authority(std::string_view text, std::size_t at) {
  constexpr std::size_t kLongest = 256;
  const std::size_t first = at > kLongest ? at - kLongest : 0;
  for (; at > first; --at) {
    const char c = text[at - 1];
    if (is_space(c) || is_quote(c)) return false;
    if (c == '/') return at >= 3 && text.substr(at - 3, 3) == "://";
  }
  return false;
}

// ---- Addresses ----------------------------------------------------------------------------------

bool is_address(int family, std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN + 1> copy{};
  std::array<unsigned char, sizeof(in6_addr)> address;
  if (text.size() >= copy.size()) return false;
  std::memcpy(copy.data(), text.data(), text.size());
  return ::inet_pton(family, copy.data(), address.data()) == 1;
}

// The run of such characters around `at`, if it is not longer than an address.
template <typename Predicate>
std::optional<Range> run_around(std::string_view text, std::size_t at, std::size_t longest,
                                Predicate belongs) {
  Range run{at, at};
  while (run.begin > 0 && at - run.begin <= longest && belongs(text[run.begin - 1])) --run.begin;
  while (run.end < text.size() && run.end - at <= longest && belongs(text[run.end])) ++run.end;
  if (run.end - run.begin > longest) return std::nullopt;
  return run;
}

}  // namespace

std::optional<Range> find_credit_card(std::string_view text, std::size_t anchor) {
  const char before = before_or_nul(text, anchor);
  // A number is no part of another, of a word, a fraction or a UUID.
  if (!begins_word(text, anchor) || before == '.' || before == '-') return std::nullopt;
  const CardDigits card = read_card_digits(text, anchor);
  // Behind a card's number may follow another number, but not behind a dash.
  for (std::size_t groups = card.groups; groups > 0; --groups) {
    const std::size_t end = card.ends[groups - 1];
    const char behind = at_or_nul(text, end);
    const bool goes_on =
        is_word(behind) || ((behind == '.' || behind == '-') && is_alphanumeric(at_or_nul(text, end + 1)));
    if (goes_on || !is_card_grouping(std::span(card.sizes).first(groups)) ||
        !is_card_number({card.digits.data(), card.totals[groups - 1]})) {
      continue;
    }
    if (follows_id_key(text, anchor)) return std::nullopt;
    return Range{anchor, end};
  }
  return std::nullopt;
}

std::optional<Range> find_iban(std::string_view text, std::size_t anchor) {
  if (!begins_word(text, anchor) || before_or_nul(text, anchor) == '-') return std::nullopt;
  const std::size_t length = iban_length(text.substr(anchor, 2));
  if (length == 0) return std::nullopt;
  std::array<char, 34> number;
  std::size_t size = 0;
  std::size_t end = anchor;
  const bool grouped = at_or_nul(text, anchor + 4) == ' ';
  for (; size < length; ++end) {
    if (grouped && size > 0 && size % 4 == 0 && at_or_nul(text, end) == ' ') ++end;
    const char c = at_or_nul(text, end);
    if (!is_digit(c) && !is_upper(c)) return std::nullopt;
    number[size++] = c;
  }
  if (is_word(at_or_nul(text, end)) || !passes_mod_97({number.data(), size}) ||
      follows_id_key(text, anchor)) {
    return std::nullopt;
  }
  return Range{anchor, end};
}

std::optional<Range> find_email(std::string_view text, std::size_t anchor) {
  constexpr std::size_t kLongestLocalPart = 64;
  const std::size_t at_sign = anchor + 1;
  std::size_t begin = at_sign;
  while (begin > 0 && at_sign - begin <= kLongestLocalPart && is_local_part(text[begin - 1])) --begin;
  // The n of \n belongs to no address.
  if (before_or_nul(text, begin) == '\\') ++begin;
  while (begin < at_sign && (text[begin] == '.' || text[begin] == '%')) ++begin;
  const std::size_t local = at_sign - begin;
  if (local == 0 || local > kLongestLocalPart || text[at_sign - 1] == '.') return std::nullopt;
  const std::size_t end = domain_end(text, at_sign + 1);
  if (end == 0) return std::nullopt;
  // git@github.com:owner/repository, and what stands in URLs, which are no mailboxes.
  if (text.substr(begin, local) == "git" || is_in_authority(text, begin)) return std::nullopt;
  return Range{begin, end};
}

std::optional<Range> find_ipv4(std::string_view text, std::size_t anchor) {
  constexpr std::size_t kLongest = 15;
  const auto run = run_around(text, anchor, kLongest + 1, [](char c) { return is_digit(c) || c == '.'; });
  if (!run) return std::nullopt;
  Range address = *run;
  if (text[address.end - 1] == '.') --address.end;  // of a sentence
  const char before = before_or_nul(text, address.begin);
  if ((is_word(before) && !begins_word(text, address.begin)) || before == '-') return std::nullopt;
  // What goes on with a double colon is no address at all.
  const bool goes_on = is_word(at_or_nul(text, address.end)) || text.substr(address.end).starts_with("::");
  return goes_on || !is_address(AF_INET, address.of(text)) ? std::nullopt : std::optional(address);
}

std::optional<Range> find_ipv6(std::string_view text, std::size_t anchor) {
  constexpr std::size_t kLongest = INET6_ADDRSTRLEN;
  const auto run =
      run_around(text, anchor, kLongest, [](char c) { return is_hex(c) || c == ':' || c == '.'; });
  if (!run) return std::nullopt;
  Range address = *run;
  if (text[address.end - 1] == '.') --address.end;
  // `addr:fe80::1`: what is no part of it may look like one.
  if (is_word(before_or_nul(text, address.begin)) || is_word(at_or_nul(text, address.end)) ||
      !is_address(AF_INET6, address.of(text))) {
    return std::nullopt;
  }
  return address;
}

std::optional<Range> find_us_ssn(std::string_view text, std::size_t anchor) {
  constexpr std::size_t kSize = 11;  // 123-45-6789
  const auto touches = [](char c) { return is_word(c) || c == '-' || c == '.'; };
  if (touches(before_or_nul(text, anchor)) && !begins_word(text, anchor)) return std::nullopt;
  const char before = before_or_nul(text, anchor);
  if (before == '-' || before == '.') return std::nullopt;
  const std::string_view number = text.substr(anchor, kSize);
  if (number.size() != kSize || number[3] != '-' || number[6] != '-') return std::nullopt;
  for (const std::size_t i : {0U, 1U, 2U, 4U, 5U, 7U, 8U, 9U, 10U}) {
    if (!is_digit(number[i])) return std::nullopt;
  }
  const char behind = at_or_nul(text, anchor + kSize);
  if (is_word(behind) || behind == '-' || follows_id_key(text, anchor)) return std::nullopt;
  const std::string_view area = number.substr(0, 3);
  if (area == "000" || area == "666" || area[0] == '9') return std::nullopt;
  if (number.substr(4, 2) == "00" || number.substr(7) == "0000") return std::nullopt;
  return Range{anchor, anchor + kSize};
}

}  // namespace lokitail::pipeline::redact
