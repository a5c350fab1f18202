#include "agent/source/source.h"

#include "agent/worker.h"

namespace lokitail::agent {

void Source::wake() {
  if (Worker* const worker = worker_.load()) worker->wake(*this);
}

}  // namespace lokitail::agent
