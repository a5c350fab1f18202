#include "agent/source/file/unpacked_file.h"

#include <fcntl.h>

#include <catch2/catch.hpp>

#include "tests/support/compress.h"
#include "tests/unit/agent/source/file/tail_scene.h"

namespace lokitail::agent {
namespace {

using lokitail::test::compressed;
using namespace test;

constexpr Compression kAll[] = {Compression::kGzip, Compression::kZlib, Compression::kBzip2, Compression::kXz,
                                Compression::kZstd};

std::string some_lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "line " + std::to_string(i * 7919) + '\n';
  return text;
}

// A file with these bytes, unpacked.
class Unpacked {
 public:
  Unpacked(std::string_view bytes, Compression compression)
      : path_(folder_ / "packed"), file_((write(bytes), open()), compression) {}

  void write(std::string_view bytes) { append(path_, bytes); }
  // As much as there is, `step` bytes at a time.
  std::string rest(std::size_t step) {
    std::string text;
    for (;;) {
      std::string piece(step, '\0');
      const ssize_t size = file_.read(piece.data(), step, offset_);
      REQUIRE(size >= 0);
      text.append(piece, 0, static_cast<std::size_t>(size));
      offset_ += static_cast<std::size_t>(size);
      if (static_cast<std::size_t>(size) < step) return text;
    }
  }
  std::string at(std::uint64_t offset, std::size_t size) {
    std::string piece(size, '\0');
    piece.resize(static_cast<std::size_t>(file_.read(piece.data(), size, offset)));
    return piece;
  }
  UnpackedFile& file() { return file_; }

 private:
  std::shared_ptr<FileHandle> open() {
    return std::make_shared<FileHandle>(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  }

  TempFolder folder_;
  std::string path_;
  std::uint64_t offset_ = 0;
  UnpackedFile file_;
};

}  // namespace

TEST_CASE("compressed files are told by their first bytes") {
  for (const Compression compression : kAll) {
    if (compression == Compression::kZlib) continue;
    CHECK(compression_of(compressed("text", compression)) == compression);
  }
  CHECK(compression_of("plain text") == std::nullopt);
  CHECK(compression_of("") == std::nullopt);
  CHECK(compression_of("\x1F") == std::nullopt);
}

TEST_CASE("a compressed file reads as what it was made of") {
  const auto compression = GENERATE(from_range(std::begin(kAll), std::end(kAll)));
  const std::size_t step = GENERATE(std::size_t{7}, std::size_t{64 * 1024}, std::size_t{1024 * 1024});
  const std::string text = some_lines(step == 7 ? 500 : 60'000);
  Unpacked unpacked(compressed(text, compression), compression);
  CHECK(unpacked.rest(step) == text);
  CHECK(unpacked.file().complete());
  CHECK_FALSE(unpacked.file().damaged());
  CHECK(unpacked.at(100, 50) == text.substr(100, 50));
  CHECK(unpacked.at(50, 10) == text.substr(50, 10));
  CHECK(unpacked.at(text.size() - 5, 10) == text.substr(text.size() - 5));
}

TEST_CASE("members one behind the other are one text") {
  const auto compression = GENERATE(from_range(std::begin(kAll), std::end(kAll)));
  Unpacked unpacked(compressed("one\n", compression) + compressed("two\n", compression), compression);
  CHECK(unpacked.rest(100) == "one\ntwo\n");
  CHECK(unpacked.file().complete());
}

TEST_CASE("a compressed file that grows goes on") {
  const auto compression = GENERATE(from_range(std::begin(kAll), std::end(kAll)));
  const std::string text = some_lines(1000);
  const std::string packed = compressed(text, compression);
  const std::size_t half = packed.size() / 2;
  Unpacked unpacked(std::string_view(packed).substr(0, half), compression);
  std::string got = unpacked.rest(100);
  CHECK_FALSE(unpacked.file().complete());
  unpacked.write(std::string_view(packed).substr(half));
  got += unpacked.rest(100);
  CHECK(got == text);
  CHECK(unpacked.file().complete());
  unpacked.write(compressed("more\n", compression));
  CHECK(unpacked.rest(100) == "more\n");
}

TEST_CASE("the first file of a zip archive reads as it was") {
  const bool deflates = GENERATE(true, false);
  const std::string text = some_lines(5000);
  const std::string archive = lokitail::test::zipped(text, deflates);
  CHECK(compression_of(archive) == Compression::kZip);
  Unpacked unpacked(archive, Compression::kZip);
  CHECK(unpacked.rest(1000) == text);
  CHECK(unpacked.file().complete());
  CHECK_FALSE(unpacked.file().damaged());
  CHECK(unpacked.at(100, 50) == text.substr(100, 50));
  Unpacked half(archive.substr(0, archive.size() / 2), Compression::kZip);
  CHECK(text.starts_with(half.rest(100)));
  CHECK_FALSE(half.file().complete());
  Unpacked garbage("PK\x03\x04 and then nothing that makes sense at all", Compression::kZip);
  CHECK(garbage.rest(100) == "");
  CHECK(garbage.file().damaged());
}

TEST_CASE("what is before the damage comes out, and nothing after it") {
  const auto compression = GENERATE(from_range(std::begin(kAll), std::end(kAll)));
  Unpacked garbage("plain text, and not little of it\n", compression);
  CHECK(garbage.rest(100) == "");
  CHECK(garbage.file().damaged());
  Unpacked tail(compressed("good\n", compression) + "garbage behind it, more than a few bytes", compression);
  CHECK(tail.rest(100) == "good\n");
  CHECK(tail.file().damaged());
  CHECK(tail.rest(100) == "");
}

}  // namespace lokitail::agent
