// A Kafka cluster of one broker at a port of the loopback interface, in memory, for tests: that of librdkafka.
// Prints "host:port" when it listens, and then "ok" or what is wrong for each command on standard input:
//
//   topic NAME PARTITIONS
//   produce TOPIC PARTITION FIRST COUNT KEY   messages "TOPIC-PARTITION-NUMBER"; KEY may be "-" for none
//   message TOPIC PARTITION MILLISECONDS TEXT
//   fail API ERROR COUNT                      the next COUNT requests of that kind are answered with the error
//   down, up                                  the broker
//
// It ends with its input.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <cstdint>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

void set(rd_kafka_conf_t* configuration, const char* name, const char* value) {
  std::array<char, 256> problem{};
  if (rd_kafka_conf_set(configuration, name, value, problem.data(), problem.size()) != RD_KAFKA_CONF_OK) {
    throw std::runtime_error(problem.data());
  }
}

rd_kafka_t* make_producer(const char* servers) {
  rd_kafka_conf_t* const configuration = rd_kafka_conf_new();
  if (servers != nullptr) set(configuration, "bootstrap.servers", servers);
  set(configuration, "linger.ms", "1");
  set(configuration, "queue.buffering.max.messages", "1000000");
  set(configuration, "log_level", "0");
  std::array<char, 256> problem{};
  rd_kafka_t* const handle = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, problem.data(), problem.size());
  if (handle == nullptr) throw std::runtime_error(problem.data());
  return handle;
}

void check(rd_kafka_resp_err_t error) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw std::runtime_error(rd_kafka_err2str(error));
}

class Cluster {
 public:
  Cluster()
      : holder_(make_producer(nullptr)),
        cluster_(rd_kafka_mock_cluster_new(holder_, 1)),
        producer_(make_producer(rd_kafka_mock_cluster_bootstraps(cluster_))) {}
  ~Cluster() {
    rd_kafka_destroy(producer_);
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(holder_);
  }

  const char* address() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }

  void obey(std::istringstream command) {
    std::string verb, topic;
    command >> verb;
    if (verb == "topic") {
      int partitions = 0;
      command >> topic >> partitions;
      check(rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, 1));
    } else if (verb == "produce") {
      std::int32_t partition = 0;
      int first = 0, count = 0;
      std::string key;
      command >> topic >> partition >> first >> count >> key;
      for (int i = first; i < first + count; ++i) {
        send(topic, partition, 0, key, topic + '-' + std::to_string(partition) + '-' + std::to_string(i));
      }
    } else if (verb == "message") {
      std::int32_t partition = 0;
      std::int64_t time = 0;
      std::string text;
      command >> topic >> partition >> time;
      std::getline(command >> std::ws, text);
      send(topic, partition, time, "-", text);
    } else if (verb == "fail") {
      std::int16_t api = 0;
      int error = 0, count = 0;
      command >> api >> error >> count;
      const std::vector<rd_kafka_resp_err_t> errors(static_cast<std::size_t>(count),
                                                    static_cast<rd_kafka_resp_err_t>(error));
      rd_kafka_mock_push_request_errors_array(cluster_, api, errors.size(), errors.data());
    } else if (verb == "down") {
      check(rd_kafka_mock_broker_set_down(cluster_, 1));
    } else if (verb == "up") {
      check(rd_kafka_mock_broker_set_up(cluster_, 1));
    } else {
      throw std::runtime_error("no such command: " + verb);
    }
    if (command.fail()) throw std::runtime_error("not all that the command needs");
    check(rd_kafka_flush(producer_, 20'000));
  }

 private:
  void send(const std::string& topic, std::int32_t partition, std::int64_t time, const std::string& key,
            const std::string& text) {
    const bool has_key = key != "-";
    check(rd_kafka_producev(producer_, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                            RD_KAFKA_V_TIMESTAMP(time), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                            RD_KAFKA_V_KEY(has_key ? key.data() : nullptr, has_key ? key.size() : 0),
                            RD_KAFKA_V_VALUE(const_cast<char*>(text.data()), text.size()), RD_KAFKA_V_END));
    rd_kafka_poll(producer_, 0);
  }

  rd_kafka_t* const holder_;
  rd_kafka_mock_cluster_t* const cluster_;
  rd_kafka_t* const producer_;
};

}  // namespace

int main() {
  try {
    Cluster cluster;
    std::cout << cluster.address() << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
      try {
        cluster.obey(std::istringstream(line));
        std::cout << "ok" << std::endl;
      } catch (const std::exception& error) {
        std::cout << line << ": " << error.what() << std::endl;
      }
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
  return 0;
}
