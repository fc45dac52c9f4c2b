#include "tools/flood/load/plan.h"

#include <algorithm>

namespace dotring::flood {
namespace {

constexpr uint32_t kOutstandingDefault = 100;  // dnsperf's
constexpr uint32_t kOutstandingOpenMax = 262'144;
constexpr uint32_t kOutstandingPerClientMax = 32'768;
constexpr uint32_t kManyClients = 256;

/// The part of `whole` that thread `index` of `threads` has.
uint64_t part_of(uint64_t whole, uint32_t index, uint32_t threads) {
  return whole / threads + (index < whole % threads);
}

clients::ClientOptions client_options(const Settings& settings, const Materials& materials,
                                      const Endpoint& server) {
  clients::ClientOptions options;
  options.transport = settings.transport;
  options.server = server;
  options.accept_queries = settings.accept_queries;
  options.socket_buffer_bytes = settings.socket_buffer_bytes;
  options.queries_per_connection = settings.queries_per_connection;
  options.idle_timeout_ms = settings.idle_timeout_ms;
  options.context = materials.context;
  options.trust = materials.trust;
  options.resume = settings.resume;
  return options;
}

Lane::Options lane_options(const Settings& settings, const std::vector<Stage>& stages,
                           Share share) {
  Lane::Options options;
  options.clients = static_cast<uint32_t>(part_of(settings.clients, share.index, share.shares));
  for (uint32_t i = 0; i < share.index; ++i) {
    options.first_client += static_cast<uint32_t>(part_of(settings.clients, i, share.shares));
  }
  options.outstanding_max =
      static_cast<uint32_t>(part_of(outstanding_for(settings, stages), share.index, share.shares));
  options.sources = settings.sources;
  options.source_port = settings.source_port;
  options.stages = stages;
  options.share = share;
  options.duration_ns = settings.duration_ns;
  if (settings.count_max != UINT64_MAX) {
    options.count_max = part_of(settings.count_max, share.index, share.shares);
  }
  options.timeout_ns = settings.timeout_ns;
  options.grace_ns = std::min<uint64_t>(options.grace_ns, settings.timeout_ns);
  options.cookies = settings.questions.numbered.form.cookie;
  options.option_octets = settings.questions.numbered.form.option_octets();
  return options;
}

io::Loop::Options loop_options(const Settings& settings) {
  io::Loop::Options options;
  if (settings.clients > kManyClients) options.ring.entries = 4096;
  if (settings.transport == clients::Transport::Udp) {
    options.ring.receive_buffers = 1024;
    options.ring.receive_buffer_size = clients::kReceiveBufferSize;
  } else if (settings.clients > kManyClients) {
    options.ring.receive_buffers = 2048;
  }
  return options;
}

Worker::LaneOptions plan_lane(const Settings& settings, const Materials& materials,
                              const std::vector<Stage>& stages, Share share,
                              const Endpoint& server) {
  Worker::LaneOptions lane;
  lane.lane = lane_options(settings, stages, share);
  lane.lane.client = client_options(settings, materials, server);
  Random random({settings.seed, share.index});
  lane.lane.seed = random.fork();
  const HashKey seed = random.fork();
  // Both servers of a comparison are asked the same.
  lane.make_questions = [&materials, seed, share] {
    return materials.questions->make(seed, share);
  };
  return lane;
}

}  // namespace

std::vector<Stage> stages_of(const Settings& settings) {
  if (!settings.stages.empty()) return settings.stages;
  if (settings.rate_per_s <= 0) return {};
  return {Stage::constant(settings.rate_per_s, settings.duration_ns)};
}

uint32_t outstanding_for(const Settings& settings, const std::vector<Stage>& stages) {
  if (settings.outstanding_max > 0) return std::max(settings.outstanding_max, settings.clients);
  const double needed = highest_rate(stages) * static_cast<double>(settings.timeout_ns) / 1e9;
  const uint64_t most = std::min<uint64_t>(kOutstandingOpenMax,
                                           uint64_t{settings.clients} * kOutstandingPerClientMax);
  const auto outstanding = static_cast<uint64_t>(std::min(needed, static_cast<double>(most)));
  return std::max({static_cast<uint32_t>(outstanding), kOutstandingDefault, settings.clients});
}

Run::Options plan_run(const Settings& settings, const Materials& materials,
                      const std::vector<Stage>& stages) {
  Run::Options run;
  run.period_ns = settings.period_ns;
  for (const Endpoint& server : settings.servers) run.lane_names.push_back(server.to_text());
  for (uint32_t i = 0; i < settings.threads; ++i) {
    Worker::Options worker;
    worker.loop = loop_options(settings);
    worker.crowd.connections_per_s = settings.connections_per_s / settings.threads;
    worker.spin = settings.spin;
    for (const Endpoint& server : settings.servers) {
      worker.lanes.push_back(plan_lane(settings, materials, stages, {i, settings.threads}, server));
    }
    run.workers.push_back(std::move(worker));
  }
  uint64_t mark_ns = 0;
  for (const Stage& stage : stages) run.marks_ns.push_back(mark_ns += stage.duration_ns);
  return run;
}

}  // namespace dotring::flood
