// How much of the machine's memory the process keeps of what it needs no more.
//
// Threads: any. Errors: none; what the system does not do is left as it is.
#pragma once

#include <cstdint>

namespace lokitail::agent {

// Large pieces of memory go back to the system when they are freed. Before the first thread is started.
void return_large_memory();

// What of the process is in memory, in bytes; 0 where the system does not say.
std::uint64_t resident_memory();

// Gives back what is free between what is in use, and what the start alone needed of the program's files: what is
// needed of these again is read again, from the page cache as a rule. Takes about a millisecond.
void return_unused_memory();

}  // namespace lokitail::agent
