// What those who rotate logs call them.
#pragma once

#include <string_view>

namespace lokitail::agent {

// Whether `name` is what an uncompressed, rotated file of `original` may be called: app.log.1,
// app.log-20240131, app.log.2024-01-31_10, app.log.20240131-150405, app.log.old.
bool is_rotated_name(std::string_view original, std::string_view name);

// The 2 of app.log.2: the higher, the older. 0 where `name`, which is_rotated_name(), has no such number;
// a date is none.
int rotation_number(std::string_view original, std::string_view name);

}  // namespace lokitail::agent
