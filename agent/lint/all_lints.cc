// The list of all lints there are.

#include <algorithm>
#include <array>

#include "agent/lint/lint.h"

namespace lokitail::agent::lint {

// Each is defined in agent/lint/lints/.
LintCheck check_batch_size, check_container_format, check_credentials_over_http, check_drop_everything,
    check_filename_label, check_format_never_fits, check_high_cardinality_label, check_inline_credentials,
    check_insecure_tls, check_label_length, check_label_name, check_label_never_set, check_line_size,
    check_metadata_limits, check_no_labels, check_old_timestamps, check_open_admin,
    check_output_before_multiline, check_overlapping_paths, check_path_matches_nothing,
    check_positions_directory, check_regex_never_matches, check_source_never_set, check_stage_never_applies,
    check_stage_order, check_tenant_dropped, check_timestamp_layout, check_timestamp_never_parses,
    check_timestamp_zone, check_too_many_labels, check_unknown_meta_label, check_value_never_used;

namespace {

constexpr auto kWarning = Severity::kWarning;
constexpr auto kInfo = Severity::kInfo;

constexpr std::array kLints = {
    Lint{"batch-size", kWarning, "a batch is larger than Loki takes",
         "Loki's parts send one another messages of at most 4 MiB; a larger batch is refused or "
         "has to be "
         "cut.",
         check_batch_size},
    Lint{"container-format", kWarning, "docker and cri on each other's files",
         "Docker writes JSON, containerd and CRI-O the CRI format. The wrong stage leaves each "
         "line as it "
         "is, wrapping, time and all.",
         check_container_format},
    Lint{"credentials-over-http", kWarning, "credentials without TLS",
         "Over http:// everybody on the way reads user, password and token.", check_credentials_over_http},
    Lint{"drop-everything", kWarning, "a drop stage that takes every line",
         "An expression such as `.*` fits any text; one that fits the empty text takes lines that "
         "lack the "
         "value, too.",
         check_drop_everything},
    Lint{"filename-label", kWarning, "the label filename with an id or a date in it",
         "Each container, pod or day has a file of its own, and so a stream of its own.",
         check_filename_label},
    Lint{"format-never-fits", kWarning, "no line of the sample is in that format",
         "json, logfmt, docker or cri found nothing to read in any line of the sample.",
         check_format_never_fits},
    Lint{"high-cardinality-label", kWarning, "a label with ever new values",
         "Each set of label values is a stream. Ids, addresses, paths, times and measurements make "
         "a stream "
         "of every few lines, which is what Loki is slowest at.",
         check_high_cardinality_label},
    Lint{"inline-credentials", kWarning, "a password or token in the configuration",
         "It is read by everybody who may read the file, and ends in version control.",
         check_inline_credentials},
    Lint{"insecure-tls", kWarning, "insecure_skip_verify",
         "Without a look at its certificate anybody can be Loki.", check_insecure_tls},
    Lint{"label-length", kWarning, "a label longer than Loki takes",
         "Loki refuses names of more than 1024 and values of more than 2048 bytes.", check_label_length},
    Lint{"label-name", kWarning, "a label name that Loki does not take",
         "Names are [a-zA-Z_][a-zA-Z0-9_]*; entries with others are refused, all of them.", check_label_name},
    Lint{"label-never-set", kWarning, "a stage asks for a label that is never there",
         "A match whose label no target and no stage sets, or never to such a value, does nothing.",
         check_label_never_set},
    Lint{"line-size", kWarning, "lines longer than Loki takes",
         "Loki refuses lines of more than 256 KB; max_line_size with max_line_size_truncate keeps "
         "their "
         "beginning.",
         check_line_size},
    Lint{"metadata-limits", kWarning, "more structured metadata than Loki takes",
         "Loki refuses entries with more than 128 pieces, or 64 KB, of structured metadata.",
         check_metadata_limits},
    Lint{"no-labels", kWarning, "entries without any label", "Loki refuses entries without labels.",
         check_no_labels},
    Lint{"old-timestamps", kInfo, "times that Loki refuses",
         "Loki refuses entries that are more than 7 days old or 10 minutes in the future.",
         check_old_timestamps},
    Lint{"open-admin", kWarning, "the server is open to everybody",
         "server.admin lets lines be read and the agent be changed over HTTP, so it wants a password with "
         "TLS, an "
         "address of this machine alone, or a Unix socket in its place.",
         check_open_admin},
    Lint{"output-before-multiline", kWarning, "multiline behind output",
         "multiline should see whole lines: what output has cut off, firstline does not find.",
         check_output_before_multiline},
    Lint{"overlapping-paths", kWarning, "one file in two targets",
         "Its lines are sent twice, as two streams.", check_overlapping_paths},
    Lint{"path-matches-nothing", kInfo, "a pattern that no file matches",
         "There is nothing to tail, at least not yet.", check_path_matches_nothing},
    Lint{"positions-directory", kWarning, "positions cannot be kept",
         "Without positions every restart sends everything again.", check_positions_directory},
    Lint{"regex-never-matches", kWarning, "no line of the sample fits the expression",
         "regex, replace or multiline had nothing to do with any line of the sample.",
         check_regex_never_matches},
    Lint{"source-never-set", kWarning, "a stage reads a value that is never there",
         "No stage extracts it and no target has a label of this name, so the stage does nothing.",
         check_source_never_set},
    Lint{"stage-never-applies", kInfo, "match, drop or a key that the sample never had",
         "Which may be as it should be, where the sample is short.", check_stage_never_applies},
    Lint{"stage-order", kWarning, "a stage reads a value that is set below it",
         "Stages run in the order in which they stand.", check_stage_order},
    Lint{"tenant-dropped", kWarning, "the tenant is removed again",
         "The tenant travels in the label __tenant_id__, which labelallow removes with all it does "
         "not "
         "list.",
         check_tenant_dropped},
    Lint{"timestamp-layout", kWarning, "a layout that fits no time",
         "Go's layouts are the reference time, 2006-01-02 15:04:05 -0700, in the form wanted.",
         check_timestamp_layout},
    Lint{"timestamp-never-parses", kWarning, "no time of the sample fits the layout",
         "The entries keep the time at which they were read.", check_timestamp_never_parses},
    Lint{"timestamp-zone", kWarning, "a time without a zone",
         "Times without a zone are taken for UTC unless location says otherwise.", check_timestamp_zone},
    Lint{"too-many-labels", kWarning, "more labels than Loki takes",
         "Loki refuses entries with more than 15 labels.", check_too_many_labels},
    Lint{"unknown-meta-label", kWarning, "a rule reads a label that no discovery has",
         "A misspelt __meta_* or __syslog_* label is empty, and the rule does something else than is meant.",
         check_unknown_meta_label},
    Lint{"value-never-used", kInfo, "a value is extracted and never read",
         "Extracting it costs time and does nothing.", check_value_never_used},
};

static_assert(std::ranges::adjacent_find(kLints, std::ranges::greater_equal{}, &Lint::id) ==
                  std::ranges::end(kLints),
              "sorted by id, no id twice");

}  // namespace

std::span<const Lint> all_lints() { return kLints; }

}  // namespace lokitail::agent::lint
