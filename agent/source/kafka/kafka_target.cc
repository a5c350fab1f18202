#include "agent/source/kafka/kafka_target.h"

#include <memory>
#include <vector>

#include <prometheus/collectable.h>

#include "agent/source/kafka/kafka_reader.h"
#include "agent/telemetry/metrics.h"

namespace lokitail::agent {
namespace {

class KafkaMetrics final : public prometheus::Collectable {
 public:
  explicit KafkaMetrics(const std::shared_ptr<KafkaReader>& reader) : reader_(reader) {}
  std::vector<prometheus::MetricFamily> Collect() const override {
    const auto reader = reader_.lock();
    return reader ? reader->collect() : std::vector<prometheus::MetricFamily>();
  }

 private:
  const std::weak_ptr<KafkaReader> reader_;
};

}  // namespace

KafkaTarget::KafkaTarget(const config::ScrapeConfig& job, const TargetContext& context)
    : reader_(std::make_shared<KafkaReader>(job, context)) {
  context.metrics.add_collectable(std::make_shared<KafkaMetrics>(reader_));
}

KafkaTarget::~KafkaTarget() = default;
void KafkaTarget::start() { reader_->start(); }
void KafkaTarget::stop() { reader_->stop(); }
boost::asio::awaitable<void> KafkaTarget::close() { return reader_->close(); }
bool KafkaTarget::ready() const { return reader_->ready(); }
std::vector<Target::Row> KafkaTarget::rows() const { return reader_->rows(); }
std::vector<const TargetTraffic*> KafkaTarget::traffic() const { return {&reader_->traffic()}; }

}  // namespace lokitail::agent
