#include "tools/control/message.h"

namespace dotring::control {
namespace {

/// Texts that are no UTF-8 are written with replacement characters, rather than not at all.
std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// Discarded when it is not one JSON object.
Json object_of(std::string_view line) {
  Json json = Json::parse(line, nullptr, false);
  return json.is_object() ? json : Json(Json::value_t::discarded);
}

}  // namespace

std::string to_line(const Request& request) {
  Json json = {{"verb", request.verb}};
  json.update(request.arguments);
  return line_of(json);
}

std::string to_line(const Reply& reply) {
  if (!reply.error.empty()) return line_of({{"ok", false}, {"error", reply.error}});
  return line_of({{"ok", true}, {"result", reply.result}});
}

std::variant<Request, std::string> read_request(std::string_view line) {
  Json json = object_of(line);
  if (json.is_discarded()) return "not a JSON object on one line";
  const auto verb = json.find("verb");
  if (verb == json.end() || !verb->is_string()) return "without a verb";
  Request request{verb->get<std::string>(), {}};
  json.erase("verb");
  request.arguments = std::move(json);
  return request;
}

std::variant<Reply, std::string> read_reply(std::string_view line) {
  Json json = object_of(line);
  const bool whole = json.is_object() && json.contains("ok") && json["ok"].is_boolean();
  if (!whole) return "not a reply of dotring's";
  if (json["ok"].get<bool>()) return Reply{"", json.value("result", Json::object())};
  if (!json.contains("error") || !json["error"].is_string()) return "an error without a reason";
  return Reply{json["error"].get<std::string>(), {}};
}

const Json* ArgumentReader::take(std::string_view name) {
  const auto found = arguments_.find(name);
  if (found == arguments_.end()) return nullptr;
  ++known_;
  return &*found;
}

void ArgumentReader::complain(std::string_view name, const std::string& what) {
  if (problem_.empty()) problem_ = std::string(name) + ": " + what;
}

std::string ArgumentReader::text(std::string_view name) {
  const Json* value = take(name);
  if (!value) return "";
  if (value->is_string()) return value->get<std::string>();
  complain(name, "not a text");
  return "";
}

bool ArgumentReader::flag(std::string_view name) {
  const Json* value = take(name);
  if (!value) return false;
  if (value->is_boolean()) return value->get<bool>();
  complain(name, "neither true nor false");
  return false;
}

uint64_t ArgumentReader::number(std::string_view name, uint64_t otherwise, uint64_t max) {
  const Json* value = take(name);
  if (!value) return otherwise;
  const bool whole =
      value->is_number_unsigned() || (value->is_number_integer() && value->get<int64_t>() >= 0);
  if (whole && value->get<uint64_t>() <= max) return value->get<uint64_t>();
  complain(name, "not a whole number from 0 to " + std::to_string(max));
  return otherwise;
}

std::optional<std::string> ArgumentReader::problem() const {
  if (!problem_.empty()) return problem_;
  if (known_ == arguments_.size()) return std::nullopt;
  return "an argument that this verb does not have";
}

}  // namespace dotring::control
