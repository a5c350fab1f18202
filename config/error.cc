#include "config/error.h"

namespace lokitail::config {
namespace {

std::string placed(const Place& place, const std::string& message) {
  const std::string where = to_string(place);
  return where.empty() ? message : where + ": " + message;
}

}  // namespace

std::string to_string(const Place& place) {
  std::string text = place.file;
  if (place.line <= 0) return text;
  if (!text.empty()) text += ':';
  text += std::to_string(place.line);
  if (place.column > 0) text += ':' + std::to_string(place.column);
  return text;
}

Error::Error(Place place, std::string message)
    : std::runtime_error(placed(place, message)), place_(std::move(place)), message_(std::move(message)) {}

void Warnings::add(const Place& place, std::string message) {
  texts_.push_back(placed(place, message));
  items_.push_back({place, std::move(message)});
}

}  // namespace lokitail::config
