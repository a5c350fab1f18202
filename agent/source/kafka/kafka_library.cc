#include "agent/source/kafka/kafka_library.h"

#include <dlfcn.h>

#include <mutex>

namespace lokitail::agent {
namespace {

constexpr const char* kFile = "librdkafka.so.1";

// The first name that is not in the library; nullptr where all are there.
const char* resolve(void* handle, KafkaLibrary& library) {
#define LOKITAIL_KAFKA_RESOLVE(name)                                                                 \
  library.name##_ = reinterpret_cast<decltype(library.name##_)>(::dlsym(handle, "rd_kafka_" #name)); \
  if (library.name##_ == nullptr) return "rd_kafka_" #name;
  LOKITAIL_KAFKA_FUNCTIONS(LOKITAIL_KAFKA_RESOLVE)
#undef LOKITAIL_KAFKA_RESOLVE
  return nullptr;
}

}  // namespace

const KafkaLibrary* load_kafka_library(std::string& problem) {
  static std::mutex mutex;
  static KafkaLibrary library;
  static bool is_loaded = false;
  const std::lock_guard lock(mutex);
  if (is_loaded) return &library;
  // Its symbols stay its own: what of its libraries is linked into this program, too, is another copy.
  void* const handle = ::dlopen(kFile, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    problem = std::string("librdkafka is needed (Debian's package librdkafka1): ") + ::dlerror();
    return nullptr;
  }
  if (const char* const missing = resolve(handle, library)) {
    problem = std::string("librdkafka is too old: it has no ") + missing;
    ::dlclose(handle);
    return nullptr;
  }
  is_loaded = true;
  return &library;
}

}  // namespace lokitail::agent
