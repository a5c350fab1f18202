#include "agent/command/demo/screen.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "agent/command/demo/row.h"
#include "agent/terminal.h"

namespace lokitail::agent::demo {
namespace {

constexpr std::size_t kNameWidth = 18;
constexpr std::size_t kMostGroups = 12;
constexpr std::size_t kShortTrace = 8;
constexpr std::array<std::string_view, 9> kBars = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
// Colours of the 256 that are told apart on dark and on light ground; a trace keeps its own.
constexpr std::array<int, 12> kTraceColours = {32, 35, 65, 71, 97, 99, 131, 133, 136, 167, 169, 173};

// 1234567 -> "1,234,567"
std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string mebibytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

std::string clock_text(const pipeline::Timestamp& time) {
  return fmt::format("{:%T}.{:03}", fmt::localtime(static_cast<std::time_t>(time.seconds)),
                     time.nanoseconds / 1'000'000);
}

Colour colour_of(std::string_view level) {
  if (level.starts_with("err") || level == "fatal" || level == "panic") return Colour::kRed;
  if (level.starts_with("warn")) return Colour::kYellow;
  if (level == "debug" || level == "trace") return Colour::kDim;
  return Colour::kGreen;
}

int colour_of_trace(const std::string& trace_id) {
  return Row::kIndexed + kTraceColours[std::hash<std::string>()(trace_id) % kTraceColours.size()];
}

std::string sparkline(const Group& group) {
  const std::uint64_t most = std::max<std::uint64_t>(1, *std::ranges::max_element(group.recent));
  std::string text;
  // The newest interval is not over yet.
  for (std::size_t i = 0; i + 1 < group.recent.size(); ++i) {
    text += kBars[(group.recent[i] * (kBars.size() - 1) + most - 1) / most];
  }
  return text;
}

// Entries a second over the latest whole intervals.
double rate(const Group& group, double interval) {
  constexpr std::size_t kIntervals = 4;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kIntervals; ++i) sum += group.recent[group.recent.size() - 2 - i];
  return static_cast<double>(sum) / (kIntervals * interval);
}

// Draws into lines, from top to bottom.
class Drawing {
 public:
  Drawing(const Status& status, const Tally& tally, std::size_t width)
      : status_(status), tally_(tally), width_(width) {}

  std::vector<std::string> lines(std::size_t height) {
    head();
    groups();
    state();
    entries(height);
    return std::move(lines_);
  }

 private:
  Row row() const { return Row(width_); }
  void end(Row row) { lines_.push_back(row.take()); }
  void blank() { lines_.emplace_back(); }

  void head() {
    const std::string time = status_.of_seconds > 0
                                 ? fmt::format("{:.0f} of {} s", status_.seconds, status_.of_seconds)
                                 : fmt::format("{:.0f} s", status_.seconds);
    end(row()
            .add(" lokitail demo", Colour::kBold)
            .add("   " + status_.title + "   ")
            .add(time + "   Ctrl-C ends", Colour::kDim));
    blank();
  }

  void groups() {
    Row titles = row();
    titles.column(tally_.knows_lines() ? " service" : " container", kNameWidth + 1, Colour::kDim);
    if (tally_.knows_lines()) titles.add(fmt::format("{:>11}", "written"), Colour::kDim);
    titles.add(fmt::format("{:>11}{:>9}  ", "received", "per s"), Colour::kDim);
    end(std::move(titles));
    // The busiest, in a stable order.
    std::vector<const Group*> shown;
    for (const Group& group : tally_.groups()) shown.push_back(&group);
    if (shown.size() > kMostGroups) {
      std::ranges::stable_sort(shown, std::ranges::greater(), &Group::received);
      shown.resize(kMostGroups);
    }
    for (const Group* group : shown) one_group(*group);
    blank();
  }

  void one_group(const Group& group) {
    Row line = row();
    line.add(" ").column(group.name, kNameWidth);
    if (tally_.knows_lines()) line.add(fmt::format("{:>11}", grouped(group.written)));
    const bool behind = group.received < group.written;
    line.add(fmt::format("{:>11}", grouped(group.received)), behind ? Colour::kYellow : Colour::kNone);
    line.add(fmt::format("{:>9.0f}  ", rate(group, status_.interval)));
    line.add(sparkline(group), Colour::kCyan);
    end(std::move(line));
  }

  void state() {
    Row loki = row();
    loki.add(" Loki   ", Colour::kDim);
    loki.add(status_.loki, status_.loki_down ? Colour::kRed : Colour::kGreen);
    loki.add(fmt::format("   {} pushes, {} streams, {:.2f} MB as {:.2f} MB on the wire",
                         grouped(tally_.pushes()), grouped(tally_.streams()),
                         static_cast<double>(tally_.bytes()) / 1e6,
                         static_cast<double>(tally_.body_bytes()) / 1e6));
    end(std::move(loki));
    Row agent = row();
    agent.add(" agent  ", Colour::kDim).add(mebibytes(status_.agent_bytes));
    agent.add("   " + status_.agent_url, Colour::kDim);
    end(std::move(agent));
    Row levels = row();
    levels.add(" levels", Colour::kDim);
    for (const auto& [level, count] : tally_.levels()) {
      levels.add("  " + level + " ", colour_of(level)).add(grouped(count));
    }
    end(std::move(levels));
    if (!status_.note.empty()) end(row().add(" " + status_.note, Colour::kBold));
    blank();
  }

  void entries(std::size_t height) {
    if (height <= lines_.size()) return;
    const std::size_t room = std::min(height - lines_.size(), tally_.latest().size());
    std::vector<const Shown*> shown;
    for (const Shown& entry : tally_.latest()) shown.push_back(&entry);
    // A push brings its entries stream by stream.
    std::ranges::stable_sort(shown, {}, &Shown::time);
    for (std::size_t i = shown.size() - room; i < shown.size(); ++i) one_entry(*shown[i]);
  }

  void one_entry(const Shown& entry) {
    Row line = row();
    line.add(" " + clock_text(entry.time) + "  ", Colour::kDim);
    line.column(entry.level, 6, colour_of(entry.level));
    line.column(entry.source, kNameWidth);
    if (!entry.trace_id.empty()) {
      line.column(entry.trace_id.substr(0, kShortTrace), kShortTrace + 2, colour_of_trace(entry.trace_id));
    }
    line.add(entry.message);
    if (!entry.task_id.empty()) line.add("  " + entry.task_id, Colour::kDim);
    end(std::move(line));
  }

  const Status& status_;
  const Tally& tally_;
  const std::size_t width_;
  std::vector<std::string> lines_;
};

// Rows of the summary: a name and what there is to say.
class Report {
 public:
  explicit Report(bool colours) : colours_(colours) {}

  void line(std::string_view name, const std::string& text, Colour colour = Colour::kNone) {
    Row row(SIZE_MAX, colours_);
    row.add("  ").column(name, 18, Colour::kDim).add(text, colour);
    text_ += row.take() + "\n";
  }
  void add(Row row) { text_ += row.take() + "\n"; }
  Row row() const { return Row(SIZE_MAX, colours_); }
  std::string take() { return std::move(text_); }

 private:
  bool colours_;
  std::string text_;
};

void report_trace(Report& report, const std::vector<Shown>& trace) {
  if (trace.empty()) return;
  report.add(report.row());
  report.add(
      report.row()
          .add("  One trace, followed by ")
          .add("trace_id=\"" + trace.front().trace_id + "\"", colour_of_trace(trace.front().trace_id)));
  for (const Shown& entry : trace) {
    Row row = report.row();
    row.add("    " + clock_text(entry.time) + "  ", Colour::kDim);
    row.column(entry.level, 6, colour_of(entry.level)).column(entry.source, kNameWidth);
    row.add(entry.message);
    report.add(std::move(row));
  }
}

}  // namespace

bool can_show_screen() { return shows_colours(STDOUT_FILENO); }

void Screen::draw(const Status& status, const Tally& tally) {
  const TerminalScreen::Size size = TerminalScreen::size();
  screen_.draw(Drawing(status, tally, size.columns).lines(size.rows));
}

std::string plain_line(const Status& status, const Tally& tally) {
  std::string line = fmt::format("{:5.1f} s  ", status.seconds);
  if (tally.knows_lines()) line += fmt::format("{:>8} written  ", grouped(tally.written()));
  line += fmt::format("{:>8} received  {} streams  agent {}  Loki {}", grouped(tally.received()),
                      grouped(tally.streams()), mebibytes(status.agent_bytes), status.loki);
  if (!status.note.empty()) line += "  (" + status.note + ")";
  return line + "\n";
}

std::string summary(const Outcome& outcome, const Tally& tally, bool colours) {
  Report report(colours);
  report.add(report.row());
  if (tally.knows_lines()) report.line("lines written", grouped(tally.written()));
  report.line("entries received", fmt::format("{} in {} pushes and {} streams", grouped(tally.received()),
                                              grouped(tally.pushes()), grouped(tally.streams())));
  if (tally.knows_lines()) {
    report.line("lost", grouped(tally.lost()), tally.lost() == 0 ? Colour::kGreen : Colour::kRed);
    report.line("duplicates", grouped(tally.duplicates()),
                tally.duplicates() == 0 ? Colour::kGreen : Colour::kYellow);
  }
  if (tally.unknown() > 0) report.line("changed", grouped(tally.unknown()), Colour::kRed);
  if (outcome.caught_up_seconds >= 0) {
    report.line("Loki was down", fmt::format("{:.1f} s; all had arrived {:.1f} s after its return",
                                             outcome.down_seconds, outcome.caught_up_seconds));
  }
  report.line("agent", fmt::format("{} at the most, {:.2f} s of CPU time",
                                   mebibytes(outcome.agent_peak_bytes), outcome.agent_cpu_seconds));
  if (!outcome.agent_ended_well) {
    report.line("", "did not end by itself with status 0", Colour::kRed);
  }
  if (!outcome.kept.empty()) report.line("kept", outcome.kept);
  report_trace(report, tally.longest_trace());
  return report.take();
}

}  // namespace lokitail::agent::demo
