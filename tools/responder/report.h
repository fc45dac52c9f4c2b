// What the workers have counted, as one line of JSON.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/responder/worker.h"

namespace dotring::responder {

/// From any thread, while the workers live.
std::string report_json(const std::vector<std::unique_ptr<Worker>>& workers);

}  // namespace dotring::responder
