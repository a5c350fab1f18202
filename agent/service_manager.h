// Tells systemd how the service is doing: sd_notify's protocol, a datagram of KEY=VALUE lines to the
// socket that $NOTIFY_SOCKET names. Spoken directly, because libsystemd would cost more resident
// memory than the rest of the idle agent's libraries together. (sd_notify(3))
//
// Threads: any. Errors: none; without a service manager nothing happens.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace lokitail::agent {

// For example "READY=1" or "STOPPING=1\nSTATUS=draining".
void notify_service_manager(std::string_view state);

// How often it wants to hear WATCHDOG=1 at the least, where it wants to. (sd_watchdog_enabled(3))
std::optional<std::chrono::microseconds> watchdog_period();

}  // namespace lokitail::agent
