#include "tools/dotring/log/question_journal.h"

namespace dotring::appliance {
namespace {

const char* to_text(query::ForwardResult result) {
  switch (result) {
    case query::ForwardResult::Answered:
      return "answered";
    case query::ForwardResult::TimedOut:
      return "timed_out";
    case query::ForwardResult::NoUpstream:
      return "no_upstream";
    case query::ForwardResult::NetworkFailed:
      return "network_failed";
    case query::ForwardResult::Cancelled:
      break;
  }
  return "cancelled";
}

void write(Log& log, const query::QuestionFailure& failure) {
  std::vector<Field> fields = {{"cause", to_text(failure.cause)},
                               {"rcode", failure.rcode},
                               {"clients", failure.clients},
                               {"type", failure.key.type()}};
  std::string name;
  if (log.names_allowed()) {
    name = dns::name_to_text(failure.key.name());
    fields.emplace_back("name", name);
  }
  log.debug("question_failed", fields);
}

}  // namespace

std::function<void(const query::QuestionFailure&)> question_failure_listener(Log& log) {
  return [&log](const query::QuestionFailure& failure) {
    if (log.enabled(LogLevel::Debug)) write(log, failure);
  };
}

}  // namespace dotring::appliance
