// Settings, and lines of a sample, that Loki's own defaults refuse.

#include <fmt/format.h>

#include "agent/lint/lint.h"
#include "agent/lint/lints/client_nodes.h"
#include "agent/lint/loki_limits.h"

namespace lokitail::agent::lint {

void check_batch_size(const Subject& subject, Report& report) {
  for (const auto& client : subject.config.clients) {
    if (client.batchsize <= static_cast<std::int64_t>(loki::kLargestMessage)) continue;
    config::Place place = client.place;
    for_each_client(subject, [&](const config::Node& node) {
      const bool same = node.place().line == client.place.line && node.place().column == client.place.column;
      if (same && !child(node, "batchsize").is_null()) place = child(node, "batchsize").place();
    });
    report.add(place,
               fmt::format("batches of {} bytes: Loki's parts send one another no more than {} "
                           "(grpc_server_max_recv_msg_size), and refuse what is larger",
                           client.batchsize, loki::kLargestMessage),
               "batchsize: 1048576, which is the default");
  }
}

void check_line_size(const Subject& subject, Report& report) {
  const std::uint64_t most = subject.config.limits_config.max_line_size;
  const config::Node given = child(child(subject.root, "limits_config"), "max_line_size");
  if (most > loki::kLongestLine) {
    report.add(given.is_null() ? config::Place{subject.config.file_name, 0, 0} : given.place(),
               fmt::format("max_line_size lets lines of {} bytes pass, and Loki refuses those of more than "
                           "{} (its own max_line_size)",
                           most, loki::kLongestLine),
               "max_line_size: 256KB, with max_line_size_truncate: true to keep the beginning of longer "
               "lines");
  }
  const auto& sample = subject.sample;
  if (sample && sample->too_long > 0 && most == 0) {
    report.add(sample->place,
               fmt::format("{} of {} entries of the sample are longer than {} bytes, the longest has {}: "
                           "Loki refuses them (its max_line_size)",
                           sample->too_long, sample->entries, loki::kLongestLine, sample->longest),
               "limits_config: {max_line_size: 256KB, max_line_size_truncate: true}");
  }
}

void check_old_timestamps(const Subject& subject, Report& report) {
  const auto& sample = subject.sample;
  if (!sample) return;
  if (sample->too_old > 0) {
    report.note(sample->place,
                fmt::format("{} of {} entries of the sample are more than 7 days old: Loki refuses such "
                            "(reject_old_samples_max_age)",
                            sample->too_old, sample->entries));
  }
  if (sample->too_new > 0) {
    report.add(sample->place,
               fmt::format("{} of {} entries of the sample lie more than 10 minutes in the future: Loki "
                           "refuses such (creation_grace_period)",
                           sample->too_new, sample->entries),
               "the location of the timestamp stage");
  }
}

void check_metadata_limits(const Subject& subject, Report& report) {
  for (const JobModel* job : subject.sound_jobs()) {
    if (job->end.metadata.size() <= loki::kMostMetadata) continue;
    report.add(job->node.place(),
               fmt::format("{} pieces of structured metadata: Loki refuses entries with more than {}",
                           job->end.metadata.size(), loki::kMostMetadata));
  }
  const auto& sample = subject.sample;
  if (sample && sample->too_much_metadata > 0) {
    report.add(sample->place,
               fmt::format("{} of {} entries of the sample have more structured metadata than Loki takes: "
                           "{} pieces of {} bytes together",
                           sample->too_much_metadata, sample->entries, loki::kMostMetadata,
                           loki::kMostMetadataBytes));
  }
}

}  // namespace lokitail::agent::lint
