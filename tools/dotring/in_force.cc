#include "tools/dotring/in_force.h"

namespace dotring::appliance {
namespace {

ConfigError explain(const tls::ContextFailure& failure, const tls::ClientOptions& options) {
  if (failure.option == tls::ContextFailure::Option::Ciphers) {
    return {"upstream.ciphers", options.ciphers, "",
            failure.cause + "; leave it empty for the usual ones"};
  }
  const bool system = options.ca_file.empty();
  const char* remedy = system ? "" : "; give a PEM file with the authorities' certificates";
  return {"upstream.ca_file", options.ca_file, "", failure.cause + remedy};
}

}  // namespace

std::optional<ConfigError> InForce::open(Random& random, cache::tiers::FlushLog& flushes,
                                         const InForce* before) {
  if (auto error = open_tls(before)) return error;
  if (auto error = open_redis(flushes, before)) return error;
  auto next_protect = std::make_shared<ProtectSetup>();
  const ProtectSetup* protect_before = before ? before->protect.get() : nullptr;
  if (auto error = next_protect->open(configuration, random, protect_before)) return error;
  protect = std::move(next_protect);
  return open_audit(random, before);
}

// Opened anew each time, so that what is wrong is found. The earlier one stays in use when it is
// the same: sessions of one context can be resumed in it.
std::optional<ConfigError> InForce::open_tls(const InForce* before) {
  const tls::ClientOptions options = tls_options(configuration);
  auto context = std::make_shared<tls::ClientContext>();
  if (const auto failure = context->open(options)) return explain(*failure, options);
  const bool same = before && options == tls_options(before->configuration) &&
                    context->anchors_digest() == before->tls->anchors_digest();
  tls = same ? before->tls : std::move(context);
  return std::nullopt;
}

// The same Redis keeps its connections.
std::optional<ConfigError> InForce::open_redis(cache::tiers::FlushLog& flushes,
                                               const InForce* before) {
  auto next = std::make_shared<RedisSetup>(flushes);
  if (auto error = next->open(configuration)) return error;
  if (!next->enabled()) return std::nullopt;
  redis = before && same_redis(*next, *before) ? before->redis : std::move(next);
  return std::nullopt;
}

// The same account goes on as it is.
std::optional<ConfigError> InForce::open_audit(Random& random, const InForce* before) {
  const Audit* earlier = before ? before->audit.get() : nullptr;
  auto next = std::make_shared<Audit>();
  if (auto error = next->check(configuration.audit, random, earlier)) return error;
  audit = earlier && next->same_as(*earlier) ? before->audit : std::move(next);
  return std::nullopt;
}

bool InForce::same_redis(const RedisSetup& next, const InForce& before) const {
  if (!before.redis) return false;
  for (const Key* key : changed_keys(configuration, before.configuration)) {
    if (key->section() == "redis") return false;
  }
  return next.contents().changed_since(before.redis->contents()).empty();
}

FileContents InForce::contents() const {
  FileContents all = protect->contents();
  if (redis) all.add(redis->contents());
  all.add(audit->contents());
  all.note("upstream.ca_file", std::to_string(tls->anchors_digest()));
  return all;
}

std::vector<std::string> InForce::exposed_files() const {
  std::vector<std::string> files = protect->exposed_files();
  if (redis)
    files.insert(files.end(), redis->exposed_files().begin(), redis->exposed_files().end());
  files.insert(files.end(), audit->exposed_files().begin(), audit->exposed_files().end());
  return files;
}

}  // namespace dotring::appliance
