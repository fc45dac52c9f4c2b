// What the log hears of questions that failed: a line for each at level debug, nothing above.
//
// Names appear only where log.names allows it. Clients' addresses never do: nobody here knows them.

#pragma once

#include <functional>

#include "engine/query/resolver.h"
#include "tools/dotring/log/log.h"

namespace dotring::appliance {

/// For query::Resolver::Options::on_failure, from any thread. Never empty: the level may change
/// while dotring runs. `log` outlives it.
std::function<void(const query::QuestionFailure&)> question_failure_listener(Log& log);

}  // namespace dotring::appliance
