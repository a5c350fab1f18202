// librdkafka, loaded when the first job wants it: an agent without a Kafka job has no page of it and of
// the eight libraries behind it.
//
// Threads: any. Errors: load_kafka_library() says why there is none.
// Source:  <librdkafka/rdkafka.h>, 2.0 (Debian 12) or later of the same ABI.
#pragma once

#include <librdkafka/rdkafka.h>

#include <string>

namespace lokitail::agent {

// The functions in use, without their prefix `rd_kafka_`.
// clang-format off
#define LOKITAIL_KAFKA_FUNCTIONS(X) \
  X(conf_new) X(conf_destroy) X(conf_set) X(conf_set_opaque) X(conf_set_rebalance_cb) \
  X(conf_set_offset_commit_cb) X(conf_set_error_cb) X(conf_set_log_cb) X(conf_set_ssl_cert_verify_cb) \
  X(new) X(destroy_flags) X(poll_set_consumer) X(queue_get_consumer) X(queue_new) X(queue_destroy) \
  X(queue_io_event_enable) X(queue_poll_callback) X(subscribe) X(consumer_poll) X(consumer_close_queue) \
  X(consumer_closed) X(message_destroy) X(message_timestamp) X(topic_name) X(memberid) X(mem_free) \
  X(assign) X(incremental_assign) X(incremental_unassign) X(rebalance_protocol) X(assignment_lost) \
  X(pause_partitions) X(resume_partitions) X(commit) X(get_watermark_offsets) X(metadata) \
  X(metadata_destroy) X(topic_partition_list_new) X(topic_partition_list_add) \
  X(topic_partition_list_destroy) X(error_string) X(error_destroy) X(err2str) X(err2name)
// clang-format on

struct KafkaLibrary {
#define LOKITAIL_KAFKA_MEMBER(name) decltype(&::rd_kafka_##name) name##_ = nullptr;
  LOKITAIL_KAFKA_FUNCTIONS(LOKITAIL_KAFKA_MEMBER)
#undef LOKITAIL_KAFKA_MEMBER
};

// Loads it with the first call, for as long as the program runs. nullptr with the reason in `problem`.
const KafkaLibrary* load_kafka_library(std::string& problem);

}  // namespace lokitail::agent
