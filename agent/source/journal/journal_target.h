// The journal of this machine, or a folder of journal files, as the lines of a job. An entry is read in the
// control loop, goes to the job's ReceivedSource in blocks, and its cursor is saved when it and all before it
// are settled.
//
// Threads: the control thread. Ownership: the job's configuration and the context's parts outlive it.
// Errors:  what cannot be opened or read is said in the log and tried again; without libsystemd the target
//          is never ready.
#pragma once

#include <memory>

#include "agent/source/target.h"
#include "agent/source/targets.h"

namespace lokitail::agent {

struct JournalLibrary;

class JournalTarget final : public Target {
 public:
  // REQUIRES: job.journal. Without a library, libsystemd is loaded at the start.
  JournalTarget(const config::ScrapeConfig& job, const TargetContext& context,
                const JournalLibrary* library = nullptr);
  ~JournalTarget() override;

  void start() override;
  void stop() override;
  bool ready() const override;
  std::vector<Row> rows() const override;
  std::vector<const TargetTraffic*> traffic() const override;

 private:
  struct State;
  const JournalLibrary* library_;
  std::shared_ptr<State> state_;
};

}  // namespace lokitail::agent
