// What those who rotate logs call them.
#pragma once

#include <string_view>

namespace lokitail::agent {

// Whether `name` is what a rotated file of `original` may be called: app.log.1, app.log-20240131,
// app.log.2024-01-31_10, app.log.20240131-150405, app.log.old; and one that was compressed afterwards:
// app.log.1.gz, app.log.gz.
bool is_rotated_name(std::string_view original, std::string_view name);

// The 2 of app.log.2 and of app.log.2.gz. 0 where `name`, which is_rotated_name(), has no such number; a date
// is none.
int rotation_number(std::string_view original, std::string_view name);

// Without the ending that says how it was compressed.
std::string_view uncompressed_name(std::string_view name);

}  // namespace lokitail::agent
