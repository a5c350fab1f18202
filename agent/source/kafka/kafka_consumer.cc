#include "agent/source/kafka/kafka_consumer.h"

#include <openssl/x509v3.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "agent/source/kafka/kafka_properties.h"
#include "agent/telemetry/log.h"

namespace lokitail::agent {

// librdkafka's form of partitions with offsets.
class KafkaConsumer::List {
 public:
  explicit List(const KafkaLibrary& library)
      : library_(library), list_(library.topic_partition_list_new_(0)) {}
  List(const KafkaLibrary& library, const KafkaPartitions& partitions) : List(library) {
    for (const KafkaPartition& partition : partitions) add(partition);
  }
  List(const List&) = delete;
  List& operator=(const List&) = delete;
  ~List() { library_.topic_partition_list_destroy_(list_); }

  // Without an offset it is where the group has got to.
  void add(const KafkaPartition& partition, std::int64_t offset = RD_KAFKA_OFFSET_INVALID) {
    library_.topic_partition_list_add_(list_, partition.topic.c_str(), partition.number)->offset = offset;
  }
  rd_kafka_topic_partition_list_t* get() const { return list_; }

 private:
  const KafkaLibrary& library_;
  rd_kafka_topic_partition_list_t* const list_;
};

namespace {

KafkaPartitions partitions_of(const rd_kafka_topic_partition_list_t* list) {
  KafkaPartitions partitions;
  for (int i = 0; list != nullptr && i < list->cnt; ++i) {
    partitions.push_back({list->elems[i].topic, list->elems[i].partition});
  }
  return partitions;
}

// A name of a certificate's, of which librdkafka gives the encoded form.
bool is_certificate_of(const std::string& name, const char* bytes, std::size_t size) {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      d2i_X509(nullptr, &at, static_cast<long>(size)), &X509_free);
  if (!certificate) return false;
  return X509_check_host(certificate.get(), name.data(), name.size(), 0, nullptr) == 1 ||
         X509_check_ip_asc(certificate.get(), name.c_str(), 0) == 1;
}

// librdkafka logs each attempt to connect, and more; what matters of it comes as an event, too.
void log_line(const rd_kafka_t*, int, const char* facility, const char* text) {
  log::debug("librdkafka", {{"facility", facility}, {"text", text}});
}

}  // namespace

KafkaConsumer::KafkaConsumer(const KafkaLibrary& library, const config::KafkaConfig& config,
                             KafkaEvents& events)
    : library_(library), events_(events), server_name_(config.tls_config.server_name) {
  rd_kafka_conf_t* const configuration = make_configuration(config);
  std::array<char, 512> problem{};
  handle_ = library_.new_(RD_KAFKA_CONSUMER, configuration, problem.data(), problem.size());
  if (handle_ == nullptr) {
    library_.conf_destroy_(configuration);
    throw std::runtime_error(std::string("kafka: ") + problem.data());
  }
  library_.poll_set_consumer_(handle_);
  queue_ = library_.queue_get_consumer_(handle_);
  descriptor_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (descriptor_ < 0) {
    const int error = errno;
    library_.queue_destroy_(queue_);
    library_.destroy_flags_(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    throw std::system_error(error, std::generic_category(), "eventfd");
  }
  const std::uint64_t one = 1;
  library_.queue_io_event_enable_(queue_, descriptor_, &one, sizeof one);
}

KafkaConsumer::~KafkaConsumer() {
  for (rd_kafka_queue_t* const queue : {queue_, closing_queue_}) {
    if (queue == nullptr) continue;
    library_.queue_io_event_enable_(queue, -1, nullptr, 0);
    library_.queue_destroy_(queue);
  }
  library_.destroy_flags_(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  ::close(descriptor_);
}

rd_kafka_conf_t* KafkaConsumer::make_configuration(const config::KafkaConfig& config) {
  rd_kafka_conf_t* const out = library_.conf_new_();
  std::array<char, 512> problem{};
  for (const auto& [name, value] : kafka_properties(config)) {
    if (library_.conf_set_(out, name.c_str(), value.c_str(), problem.data(), problem.size()) ==
        RD_KAFKA_CONF_OK) {
      continue;
    }
    library_.conf_destroy_(out);
    throw std::runtime_error(std::string("kafka: ") + problem.data());
  }
  library_.conf_set_opaque_(out, this);
  library_.conf_set_log_cb_(out, log_line);
  library_.conf_set_error_cb_(out, [](rd_kafka_t*, int code, const char* reason, void* opaque) {
    KafkaConsumer& self = of(opaque);
    self.events_.failed(self.library_.err2name_(static_cast<rd_kafka_resp_err_t>(code)), reason);
  });
  library_.conf_set_rebalance_cb_(out, [](rd_kafka_t* handle, rd_kafka_resp_err_t what,
                                          rd_kafka_topic_partition_list_t* list, void* opaque) {
    KafkaConsumer& self = of(opaque);
    if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      self.events_.assigned(partitions_of(list));
    } else {
      self.events_.revoked(partitions_of(list), self.library_.assignment_lost_(handle) != 0);
    }
  });
  library_.conf_set_offset_commit_cb_(
      out, [](rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t* list, void* opaque) {
        KafkaConsumer& self = of(opaque);
        // An error of the whole is one of each; otherwise each has its own.
        KafkaOffsets known;
        const bool all_failed = error != RD_KAFKA_RESP_ERR_NO_ERROR;
        for (int i = 0; list != nullptr && i < list->cnt; ++i) {
          const rd_kafka_topic_partition_t& element = list->elems[i];
          if (element.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            error = element.err;
          } else if (!all_failed) {
            known.push_back({{element.topic, element.partition}, element.offset});
          }
        }
        self.events_.committed(known,
                               error == RD_KAFKA_RESP_ERR_NO_ERROR ? nullptr : self.library_.err2str_(error));
      });
  if (!server_name_.empty() && kafka_uses_tls(config) && !config.tls_config.insecure_skip_verify) {
    library_.conf_set_ssl_cert_verify_cb_(
        out,
        [](rd_kafka_t*, const char*, std::int32_t, int* problem_code, int depth, const char* bytes,
           std::size_t size, char* reason, std::size_t reason_size, void* opaque) -> int {
          if (*problem_code != 0) return 0;
          const std::string& name = of(opaque).server_name_;
          if (depth > 0 || is_certificate_of(name, bytes, size)) return 1;
          *problem_code = X509_V_ERR_HOSTNAME_MISMATCH;
          std::strncpy(reason, "the certificate is not that of server_name", reason_size - 1);
          return 0;
        });
  }
  return out;
}

KafkaConsumer::Message KafkaConsumer::poll() {
  if (closing_queue_ != nullptr) {
    library_.queue_poll_callback_(closing_queue_, 0);
    return Message(nullptr, {&library_});
  }
  return Message(library_.consumer_poll_(handle_, 0), {&library_});
}

std::optional<std::int64_t> KafkaConsumer::time_of(const rd_kafka_message_t& message) const {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t time = library_.message_timestamp_(&message, &type);
  if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || time < 0) return std::nullopt;
  return time;
}

std::string KafkaConsumer::subscribe(const std::vector<std::string>& topics) {
  KafkaPartitions all;
  for (const std::string& topic : topics) all.push_back({topic, RD_KAFKA_PARTITION_UA});
  const rd_kafka_resp_err_t error = library_.subscribe_(handle_, List(library_, all).get());
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? std::string() : library_.err2str_(error);
}

std::string KafkaConsumer::member_id() const {
  char* const id = library_.memberid_(handle_);
  if (id == nullptr) return {};
  std::string copy = id;
  library_.mem_free_(handle_, id);
  return copy;
}

bool KafkaConsumer::is_cooperative() const {
  return std::strcmp(library_.rebalance_protocol_(handle_), "COOPERATIVE") == 0;
}

void KafkaConsumer::take(const KafkaPartitions& partitions) {
  const List list(library_, partitions);
  if (!is_cooperative()) {
    library_.assign_(handle_, list.get());
  } else if (rd_kafka_error_t* const error = library_.incremental_assign_(handle_, list.get())) {
    events_.failed("assign", library_.error_string_(error));
    library_.error_destroy_(error);
  }
}

void KafkaConsumer::give_up(const KafkaPartitions& partitions) {
  if (!is_cooperative()) {
    library_.assign_(handle_, nullptr);
  } else if (rd_kafka_error_t* const error =
                 library_.incremental_unassign_(handle_, List(library_, partitions).get())) {
    events_.failed("unassign", library_.error_string_(error));
    library_.error_destroy_(error);
  }
}

void KafkaConsumer::pause(const KafkaPartitions& partitions) {
  library_.pause_partitions_(handle_, List(library_, partitions).get());
}

void KafkaConsumer::resume(const KafkaPartitions& partitions) {
  library_.resume_partitions_(handle_, List(library_, partitions).get());
}

bool KafkaConsumer::commit(const KafkaOffsets& offsets) {
  List list(library_);
  for (const auto& [partition, offset] : offsets) list.add(partition, offset);
  return library_.commit_(handle_, list.get(), 1) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

std::optional<std::int64_t> KafkaConsumer::end_of(const KafkaPartition& partition) const {
  std::int64_t low = 0;
  std::int64_t high = RD_KAFKA_OFFSET_INVALID;
  library_.get_watermark_offsets_(handle_, partition.topic.c_str(), partition.number, &low, &high);
  if (high < 0) return std::nullopt;
  return high;
}

void KafkaConsumer::close() {
  closing_queue_ = library_.queue_new_(handle_);
  const std::uint64_t one = 1;
  library_.queue_io_event_enable_(closing_queue_, descriptor_, &one, sizeof one);
  if (rd_kafka_error_t* const error = library_.consumer_close_queue_(handle_, closing_queue_)) {
    events_.failed("close", library_.error_string_(error));
    library_.error_destroy_(error);
  }
}

bool KafkaConsumer::closed() const { return library_.consumer_closed_(handle_) != 0; }

std::optional<std::vector<std::string>> KafkaConsumer::topics(std::chrono::milliseconds patience,
                                                              std::string& problem) const {
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t error =
      library_.metadata_(handle_, 1, nullptr, &metadata, static_cast<int>(patience.count()));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    problem = library_.err2str_(error);
    return std::nullopt;
  }
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(metadata->topic_cnt));
  for (int i = 0; i < metadata->topic_cnt; ++i) names.emplace_back(metadata->topics[i].topic);
  library_.metadata_destroy_(metadata);
  return names;
}

}  // namespace lokitail::agent
