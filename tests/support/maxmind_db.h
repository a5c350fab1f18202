// Makes MaxMind DB files for tests: https://maxmind.github.io/MaxMind-DB/.
//
// Encoded values are strings of bytes, so that a test can also put together what is damaged.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>

namespace lokitail::test::maxmind {

inline std::string big_endian(std::uint64_t number, std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = bytes; i-- > 0; number >>= 8) text[i] = static_cast<char>(number & 0xFF);
  return text;
}

// ---- Values -----------------------------------------------------------------------------------

// The control bytes of a value: its type and size.
inline std::string control(unsigned type, std::size_t size) {
  std::string further;
  std::size_t field = size;
  if (size >= 65'821) {
    field = 31;
    further = big_endian(size - 65'821, 3);
  } else if (size >= 285) {
    field = 30;
    further = big_endian(size - 285, 2);
  } else if (size >= 29) {
    field = 29;
    further = big_endian(size - 29, 1);
  }
  if (type <= 7) return static_cast<char>(type << 5 | field) + further;
  return std::string{static_cast<char>(field), static_cast<char>(type - 7)} + further;
}

inline std::string text(std::string_view value) { return control(2, value.size()).append(value); }
inline std::string real(double value) {
  return control(3, 8) + big_endian(std::bit_cast<std::uint64_t>(value), 8);
}
inline std::string single(float value) {
  return control(15, 4) + big_endian(std::bit_cast<std::uint32_t>(value), 4);
}
inline std::string boolean(bool value) { return control(14, value ? 1 : 0); }

// Integers are written without leading zero bytes.
inline std::string integer(unsigned type, std::uint64_t value) {
  const auto bytes = static_cast<std::size_t>(std::bit_width(value) + 7) / 8;
  return control(type, bytes) + big_endian(value, bytes);
}
inline std::string uint16(std::uint16_t value) { return integer(5, value); }
inline std::string uint32(std::uint32_t value) { return integer(6, value); }
inline std::string uint64(std::uint64_t value) { return integer(9, value); }
inline std::string int32(std::int32_t value) { return integer(8, static_cast<std::uint32_t>(value)); }

inline std::string map(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string bytes = control(7, members.size());
  for (const auto& [key, value] : members) bytes += text(key) + value;
  return bytes;
}
inline std::string array(const std::vector<std::string>& items) {
  std::string bytes = control(11, items.size());
  for (const std::string& item : items) bytes += item;
  return bytes;
}

// A pointer to an offset in the data section, in the shortest of its forms.
inline std::string pointer(std::size_t offset) {
  const auto form = [](unsigned size, std::size_t value) {
    const std::size_t upper = size == 3 ? 0 : value >> (8 * (size + 1));
    return static_cast<char>(1 << 5 | size << 3 | upper) + big_endian(value, size + 1);
  };
  if (offset < 2'048) return form(0, offset);
  if (offset < 526'336) return form(1, offset - 2'048);
  if (offset < 134'744'064) return form(2, offset - 526'336);
  return form(3, offset);
}

inline std::string named(std::string_view english) {
  return map({{"de", text("nicht gefragt")}, {"en", text(english)}});
}

// Longmont in Colorado, as GeoLite2 writes it.
inline std::string longmont() {
  return map({{"city", map({{"geoname_id", uint32(5'579'276)}, {"names", named("Longmont")}})},
              {"continent", map({{"code", text("NA")}, {"names", named("North America")}})},
              {"country", map({{"iso_code", text("US")}, {"names", named("United States")}})},
              {"location", map({{"accuracy_radius", uint16(20)},
                                {"latitude", real(40.1791)},
                                {"longitude", real(-105.1126)},
                                {"metro_code", uint16(751)},
                                {"time_zone", text("America/Denver")}})},
              {"postal", map({{"code", text("80501")}})},
              {"registered_country", map({{"iso_code", text("CA")}, {"names", named("Canada")}})},
              {"subdivisions", array({map({{"iso_code", text("CO")}, {"names", named("Colorado")}}),
                                      map({{"iso_code", text("BO")}, {"names", named("Boulder")}})})}});
}

// ---- Files ------------------------------------------------------------------------------------

struct Format {
  std::string type = "GeoLite2-City";
  unsigned ip_version = 6;
  unsigned record_bits = 28;  // 24, 28 or 32
};

class Database {
 public:
  explicit Database(Format format) : format_(std::move(format)), nodes_(1) {}

  // Puts a value into the data section and answers its offset.
  std::size_t add_data(std::string_view encoded) {
    const std::size_t offset = data_.size();
    data_ += encoded;
    return offset;
  }

  // All addresses of a network, such as 10.0.0.0/8 or 2001:db8::/32, get the entry at `offset`. In
  // a database for IPv6 those of IPv4 are ::/96. Networks do not overlap.
  void add_network(const std::string& network, std::size_t offset) {
    const auto [address, bits] = parse(network);
    std::size_t node = 0;
    for (std::size_t i = 0;; ++i) {
      const bool bit = (address[i / 8] >> (7 - i % 8) & 1) != 0;
      Record& record = nodes_[node][bit ? 1 : 0];
      if (i + 1 == bits) {
        record = {Record::kData, offset};
        return;
      }
      if (record.kind == Record::kNothing) {
        record = {Record::kNode, nodes_.size()};
        node = nodes_.size();
        nodes_.emplace_back();
      } else {
        node = record.value;
      }
    }
  }

  void add(const std::string& network, std::string_view encoded) { add_network(network, add_data(encoded)); }

  std::string bytes() const {
    std::string file;
    for (const Node& node : nodes_) file += record_pair(number(node[0]), number(node[1]));
    file += std::string(16, '\0') + data_;
    return file + "\xAB\xCD\xEFMaxMind.com" + metadata();
  }

 private:
  struct Record {
    enum Kind { kNothing, kNode, kData } kind = kNothing;
    std::size_t value = 0;
  };
  using Node = std::array<Record, 2>;

  std::pair<std::vector<std::uint8_t>, std::size_t> parse(const std::string& network) const {
    const std::size_t slash = network.find('/');
    const std::string address = network.substr(0, slash);
    auto bits = static_cast<std::size_t>(std::stoul(network.substr(slash + 1)));
    const bool is_v6 = address.find(':') != std::string::npos;
    std::vector<std::uint8_t> bytes(is_v6 ? 16 : 4);
    if (inet_pton(is_v6 ? AF_INET6 : AF_INET, address.c_str(), bytes.data()) != 1) {
      throw std::invalid_argument(network);
    }
    if (!is_v6 && format_.ip_version == 6) {
      bytes.insert(bytes.begin(), 12, 0);
      bits += 96;
    }
    return {bytes, bits};
  }

  std::uint64_t number(const Record& record) const {
    switch (record.kind) {
      case Record::kNode:
        return record.value;
      case Record::kData:
        return nodes_.size() + 16 + record.value;
      case Record::kNothing:
        break;
    }
    return nodes_.size();
  }

  std::string record_pair(std::uint64_t left, std::uint64_t right) const {
    if (format_.record_bits != 28) {
      const std::size_t bytes = format_.record_bits / 8;
      return big_endian(left, bytes) + big_endian(right, bytes);
    }
    // The byte in the middle holds the upper four bits of both.
    const auto middle = static_cast<char>((left >> 24) << 4 | right >> 24);
    return big_endian(left, 3) + middle + big_endian(right, 3);
  }

  std::string metadata() const {
    return map({{"node_count", uint32(static_cast<std::uint32_t>(nodes_.size()))},
                {"record_size", uint16(static_cast<std::uint16_t>(format_.record_bits))},
                {"ip_version", uint16(static_cast<std::uint16_t>(format_.ip_version))},
                {"database_type", text(format_.type)},
                {"languages", array({text("en")})},
                {"binary_format_major_version", uint16(2)},
                {"binary_format_minor_version", uint16(0)},
                {"build_epoch", uint64(1'762'516'800)},
                {"description", map({{"en", text("for a test")}})}});
  }

  const Format format_;
  std::vector<Node> nodes_;
  std::string data_;
};

}  // namespace lokitail::test::maxmind
