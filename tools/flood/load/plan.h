// From what the user asked for to what each thread is to do.

#pragma once

#include "tls/context.h"
#include "tools/flood/load/run.h"
#include "tools/flood/load/settings.h"

namespace dotring::flood {

/// What all runs of a program share. It outlives them.
struct Materials {
  const Questions* questions = nullptr;
  const tls::ClientContext* context = nullptr;  ///< null: no TLS
  const tls::Trust* trust = nullptr;
};

/// `stages` stand in place of the settings' (empty: closed loop).
Run::Options plan_run(const Settings& settings, const Materials& materials,
                      const std::vector<Stage>& stages);

/// The settings' own: steps, ramp, or one rate; empty for a closed loop.
std::vector<Stage> stages_of(const Settings& settings);

/// Queries in flight over all clients when nothing was said about it.
uint32_t outstanding_for(const Settings& settings, const std::vector<Stage>& stages);

}  // namespace dotring::flood
