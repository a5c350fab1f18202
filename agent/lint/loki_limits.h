// What Loki takes, where its own configuration does not say otherwise.
//
// Source: Loki 3's defaults (pkg/validation/limits.go, the server's gRPC limits).
#pragma once

#include <chrono>
#include <cstddef>

namespace lokitail::agent::lint::loki {

inline constexpr std::size_t kMostLabels = 15;                   // max_label_names_per_series
inline constexpr std::size_t kLongestLabelName = 1024;           // bytes, max_label_name_length
inline constexpr std::size_t kLongestLabelValue = 2048;          // bytes, max_label_value_length
inline constexpr std::size_t kLongestLine = 256 * 1024;          // bytes, max_line_size
inline constexpr std::size_t kMostMetadata = 128;                // max_structured_metadata_entries_count
inline constexpr std::size_t kMostMetadataBytes = 64 * 1024;     // max_structured_metadata_size
inline constexpr std::size_t kLargestMessage = 4 * 1024 * 1024;  // bytes, grpc_server_max_recv_msg_size
inline constexpr std::chrono::hours kOldest{7 * 24};             // reject_old_samples_max_age
inline constexpr std::chrono::minutes kNewest{10};               // creation_grace_period

}  // namespace lokitail::agent::lint::loki
