#include "agent/source/decompressor.h"

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

namespace lokitail::agent {
namespace {

template <typename Byte>
void take(std::span<Byte>& from, std::size_t left) {
  from = from.subspan(from.size() - left);
}

// The libraries count in `unsigned`.
template <typename Byte>
unsigned size_for_library(std::span<Byte> bytes) {
  return static_cast<unsigned>(std::min<std::size_t>(bytes.size(), std::numeric_limits<unsigned>::max()));
}

class Inflate final : public Decompressor {
 public:
  // Added to the window's bits, or as their sign: see zlib.h.
  static constexpr int kZlib = MAX_WBITS;
  static constexpr int kGzip = MAX_WBITS + 16;
  static constexpr int kRaw = -MAX_WBITS;

  explicit Inflate(int window_bits) {
    if (inflateInit2(&stream_, window_bits) != Z_OK) throw std::bad_alloc();
  }
  ~Inflate() override { inflateEnd(&stream_); }
  Inflate(const Inflate&) = delete;
  Inflate& operator=(const Inflate&) = delete;

  State unpack(std::span<const char>& input, std::span<char>& output) override {
    if (state_ == State::kDamaged || (state_ == State::kComplete && input.empty())) return state_;
    if (state_ == State::kComplete) inflateReset(&stream_);
    // zlib only reads it.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = size_for_library(input);
    stream_.next_out = reinterpret_cast<Bytef*>(output.data());
    stream_.avail_out = size_for_library(output);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    take(input, input.size() - (size_for_library(input) - stream_.avail_in));
    take(output, output.size() - (size_for_library(output) - stream_.avail_out));
    const bool goes_on = result == Z_OK || result == Z_BUF_ERROR;
    state_ = result == Z_STREAM_END ? State::kComplete : goes_on ? State::kGoesOn : State::kDamaged;
    return state_;
  }

 private:
  z_stream stream_{};
  State state_ = State::kGoesOn;
};

class Bunzip final : public Decompressor {
 public:
  Bunzip() { begin(); }
  ~Bunzip() override { BZ2_bzDecompressEnd(&stream_); }
  Bunzip(const Bunzip&) = delete;
  Bunzip& operator=(const Bunzip&) = delete;

  State unpack(std::span<const char>& input, std::span<char>& output) override {
    if (state_ == State::kDamaged || (state_ == State::kComplete && input.empty())) return state_;
    if (state_ == State::kComplete) {
      BZ2_bzDecompressEnd(&stream_);
      begin();
    }
    stream_.next_in = const_cast<char*>(input.data());  // which is only read
    stream_.avail_in = size_for_library(input);
    stream_.next_out = output.data();
    stream_.avail_out = size_for_library(output);
    const int result = BZ2_bzDecompress(&stream_);
    take(input, input.size() - (size_for_library(input) - stream_.avail_in));
    take(output, output.size() - (size_for_library(output) - stream_.avail_out));
    state_ = result == BZ_STREAM_END ? State::kComplete : result == BZ_OK ? State::kGoesOn : State::kDamaged;
    return state_;
  }

 private:
  void begin() {
    stream_ = {};
    if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) throw std::bad_alloc();
  }

  bz_stream stream_{};
  State state_ = State::kGoesOn;
};

class Unxz final : public Decompressor {
 public:
  Unxz() { begin(); }
  ~Unxz() override { lzma_end(&stream_); }
  Unxz(const Unxz&) = delete;
  Unxz& operator=(const Unxz&) = delete;

  State unpack(std::span<const char>& input, std::span<char>& output) override {
    if (state_ == State::kComplete) {
      while (!input.empty() && input.front() == '\0') input = input.subspan(1);  // padding
      if (!input.empty()) begin();
    }
    if (state_ != State::kGoesOn) return state_;
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(input.data());
    stream_.avail_in = input.size();
    stream_.next_out = reinterpret_cast<std::uint8_t*>(output.data());
    stream_.avail_out = output.size();
    const lzma_ret result = lzma_code(&stream_, LZMA_RUN);
    take(input, stream_.avail_in);
    take(output, stream_.avail_out);
    const bool goes_on = result == LZMA_OK || result == LZMA_BUF_ERROR;
    state_ = result == LZMA_STREAM_END ? State::kComplete : goes_on ? State::kGoesOn : State::kDamaged;
    return state_;
  }

 private:
  void begin() {
    constexpr std::uint64_t kMostMemory = std::uint64_t{66} << 20;  // what xz -9 needs
    if (lzma_stream_decoder(&stream_, kMostMemory, 0) != LZMA_OK) throw std::bad_alloc();
    state_ = State::kGoesOn;
  }

  lzma_stream stream_ = LZMA_STREAM_INIT;
  State state_ = State::kGoesOn;
};

class Unzstd final : public Decompressor {
 public:
  Unzstd() : context_(ZSTD_createDCtx()) {
    constexpr int kMostWindowBits = 23;  // 8 MiB, which every zstd level without --long stays within
    if (context_ == nullptr) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kMostWindowBits);
  }

  State unpack(std::span<const char>& input, std::span<char>& output) override {
    if (state_ == State::kDamaged || (state_ == State::kComplete && input.empty())) return state_;
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    ZSTD_outBuffer out{output.data(), output.size(), 0};
    const std::size_t result = ZSTD_decompressStream(context_.get(), &out, &in);
    input = input.subspan(in.pos);
    output = output.subspan(out.pos);
    state_ = ZSTD_isError(result) != 0 ? State::kDamaged : result == 0 ? State::kComplete : State::kGoesOn;
    return state_;
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context_;
  State state_ = State::kGoesOn;
};

// Source of the format: APPNOTE.TXT by PKWARE, section 4.3.7.
class Unzip final : public Decompressor {
 public:
  State unpack(std::span<const char>& input, std::span<char>& output) override {
    if (state_ != State::kGoesOn) {
      if (state_ == State::kComplete) input = {};  // other files, and the directory
      return state_;
    }
    if (header_bytes_ < header_.size()) take_header(input);
    const std::size_t skipped = std::min(input.size(), skip_);
    input = input.subspan(skipped);
    skip_ -= skipped;
    if (state_ == State::kGoesOn && header_bytes_ == header_.size() && skip_ == 0) {
      if (deflated_) {
        state_ = inflate_.unpack(input, output);
      } else {
        copy_some(input, output);
      }
    }
    return state_;
  }

 private:
  static constexpr std::size_t kHeaderBytes = 30;

  std::size_t number(std::size_t place, int bytes) const {
    std::size_t value = 0;
    for (int i = bytes; i-- > 0;) {
      value = value << 8 | static_cast<unsigned char>(header_[place + static_cast<std::size_t>(i)]);
    }
    return value;
  }

  void take_header(std::span<const char>& input) {
    const std::size_t taken = std::min(input.size(), header_.size() - header_bytes_);
    std::copy_n(input.begin(), taken, header_.begin() + static_cast<std::ptrdiff_t>(header_bytes_));
    input = input.subspan(taken);
    header_bytes_ += taken;
    if (header_bytes_ < header_.size()) return;
    constexpr std::size_t kSignature = 0x04034b50;
    constexpr std::size_t kEncrypted = 1;
    constexpr std::size_t kSizesFollow = 8;
    constexpr std::size_t kStored = 0;
    constexpr std::size_t kDeflated = 8;
    const std::size_t flags = number(6, 2);
    const std::size_t method = number(8, 2);
    stored_left_ = number(18, 4);
    skip_ = number(26, 2) + number(28, 2);  // its name, and what else is said of it
    deflated_ = method == kDeflated;
    const bool readable = deflated_ || (method == kStored && (flags & kSizesFollow) == 0);
    if (number(0, 4) != kSignature || (flags & kEncrypted) != 0 || !readable) state_ = State::kDamaged;
  }

  void copy_some(std::span<const char>& input, std::span<char>& output) {
    const std::size_t size = std::min({input.size(), output.size(), stored_left_});
    std::copy_n(input.begin(), size, output.begin());
    input = input.subspan(size);
    output = output.subspan(size);
    stored_left_ -= size;
    if (stored_left_ == 0) state_ = State::kComplete;
  }

  std::array<char, kHeaderBytes> header_{};
  std::size_t header_bytes_ = 0;
  std::size_t skip_ = 0;
  bool deflated_ = false;
  std::size_t stored_left_ = 0;
  Inflate inflate_{Inflate::kRaw};
  State state_ = State::kGoesOn;
};

}  // namespace

std::optional<Compression> compression_of(std::string_view head) {
  using namespace std::string_view_literals;
  constexpr std::array kMagic = {
      std::pair("\x1F\x8B"sv, Compression::kGzip),
      std::pair("BZh"sv, Compression::kBzip2),
      std::pair("\xFD"
                "7zXZ\0"sv,
                Compression::kXz),
      std::pair("\x28\xB5\x2F\xFD"sv, Compression::kZstd),
      std::pair("PK\x03\x04"sv, Compression::kZip),
  };
  for (const auto& [magic, compression] : kMagic) {
    if (head.starts_with(magic)) return compression;
  }
  return std::nullopt;
}

std::unique_ptr<Decompressor> Decompressor::make(Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return std::make_unique<Inflate>(Inflate::kGzip);
    case Compression::kZlib:
      return std::make_unique<Inflate>(Inflate::kZlib);
    case Compression::kBzip2:
      return std::make_unique<Bunzip>();
    case Compression::kXz:
      return std::make_unique<Unxz>();
    case Compression::kZstd:
      return std::make_unique<Unzstd>();
    case Compression::kZip:
      return std::make_unique<Unzip>();
    case Compression::kDeflate:
      return std::make_unique<Inflate>(Inflate::kRaw);
  }
  return nullptr;
}

UnpackResult unpack_whole(Compression compression, std::string_view packed, std::size_t most_bytes,
                          std::string& text, Behind behind) {
  constexpr std::size_t kLeastRoom = 4096;
  const auto decompressor = Decompressor::make(compression);
  std::span<const char> input(packed.data(), packed.size());
  text.clear();
  for (;;) {
    const std::size_t before = text.size();
    if (before > most_bytes) return UnpackResult::kTooLarge;
    text.resize(std::min(before + std::max({packed.size(), before, kLeastRoom}), most_bytes + 1));
    std::span<char> output(text.data() + before, text.size() - before);
    const auto state = decompressor->unpack(input, output);
    text.resize(text.size() - output.size());
    if (state == Decompressor::State::kDamaged) return UnpackResult::kDamaged;
    const bool is_complete = state == Decompressor::State::kComplete;
    // Nothing more comes where all is read and there was room for more.
    const bool is_end = (input.empty() && !output.empty()) || (is_complete && behind == Behind::kAnything);
    if (!is_end) continue;
    if (!is_complete) return UnpackResult::kPart;
    return text.size() > most_bytes ? UnpackResult::kTooLarge : UnpackResult::kWhole;
  }
}

}  // namespace lokitail::agent
