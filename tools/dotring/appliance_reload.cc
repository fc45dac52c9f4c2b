// The configuration is read again: checked as a whole, then brought to every worker, or refused.
//
//   read -> compare -> make everything anew -> [workers prepare] -> in force
//
// Up to the last step nothing of what runs has changed, so a refusal has nothing to undo but what
// was prepared.

#include <condition_variable>

#include "tools/dotring/appliance.h"

namespace dotring::appliance {
namespace {

ReloadResult refused(ConfigError error) {
  return {{}, std::move(error)};
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

std::vector<std::string> names_of(const std::vector<const Key*>& keys) {
  std::vector<std::string> names;
  for (const Key* key : keys) names.emplace_back(key->name);
  return names;
}

/// Names the first key and all of them.
std::optional<ConfigError> refuse_restart(const std::vector<const Key*>& changed,
                                          const Configuration& next) {
  std::vector<const Key*> fixed;
  for (const Key* key : changed) {
    if (!key->live) fixed.push_back(key);
  }
  if (fixed.empty()) return std::nullopt;
  const Key& first = *fixed.front();
  std::string problem = "can only be changed by a restart, so nothing was changed";
  if (fixed.size() > 1) problem += "; the same for all of " + joined(names_of(fixed));
  return ConfigError{std::string(first.name), join_items(first.get(next, first.limits)), "",
                     problem};
}

/// Files that were exchanged under the same name.
void add_changed_files(const InForce& next, const InForce& before,
                       std::vector<std::string>& changed) {
  for (std::string& key : next.contents().changed_since(before.contents())) {
    if (std::find(changed.begin(), changed.end(), key) == changed.end()) {
      changed.push_back(std::move(key));
    }
  }
}

}  // namespace

std::shared_ptr<const InForce> Appliance::in_force() const {
  const std::lock_guard guard(in_force_mutex_);
  return in_force_;
}

ReloadResult Appliance::reload() {
  const std::lock_guard guard(reload_mutex_);
  if (reload_hooks_.begins) reload_hooks_.begins();
  const ReloadResult result = try_reload();
  tell_reload(result);
  if (reload_hooks_.ends) reload_hooks_.ends();
  return result;
}

ReloadResult Appliance::try_reload() {
  if (draining_) return refused({"", "", "", "dotring is about to end"});
  if (!reload_hooks_.read) return refused({"", "", "", "there is nothing to read again"});
  auto read = reload_hooks_.read();
  if (auto* error = std::get_if<ConfigError>(&read)) return refused(std::move(*error));
  const std::shared_ptr<const InForce> before = in_force();
  auto next = std::make_shared<InForce>(std::get<Configuration>(read));
  const std::vector<const Key*> keys = changed_keys(before->configuration, next->configuration);
  if (auto error = refuse_restart(keys, next->configuration)) return refused(std::move(*error));
  if (auto error = next->open(random_, flushes_, before.get())) return refused(std::move(*error));
  std::vector<std::string> changed = names_of(keys);
  add_changed_files(*next, *before, changed);
  if (changed.empty()) return {};
  if (next->redis != before->redis) listen_to_redis(*next);
  if (auto error = make_ready(next)) return refused(std::move(*error));
  if (auto error = prepare_audit(*next, *before)) return refused(std::move(*error));
  bring_into_force(std::move(next));
  return {std::move(changed), std::nullopt};
}

std::optional<ConfigError> Appliance::make_ready(std::shared_ptr<const InForce> next) {
  // Kept by whoever comes last: a worker may be late.
  struct Findings {
    std::mutex mutex;
    std::optional<ConfigError> first;
  };
  const auto findings = std::make_shared<Findings>();
  const bool all = on_all_workers([findings, next](WorkerParts& parts, size_t) {
    auto error = parts.prepare(next);
    const std::lock_guard guard(findings->mutex);
    if (!findings->first) findings->first = std::move(error);
  });
  const std::lock_guard guard(findings->mutex);
  if (all && !findings->first) return std::nullopt;
  if (findings->first) return findings->first;
  return ConfigError{"", "", "", "a worker does not turn any more; see /healthz"};
}

std::optional<ConfigError> Appliance::prepare_audit(const InForce& next, const InForce& before) {
  if (next.audit == before.audit) return std::nullopt;
  return next.audit->prepare(workers_.size(), random_, log_, before.audit.get());
}

// What was in force before is freed here, when no worker uses it any more.
void Appliance::bring_into_force(std::shared_ptr<const InForce> next) {
  const std::shared_ptr<const InForce> before = in_force();
  {
    const std::lock_guard guard(in_force_mutex_);
    in_force_ = next;
  }
  const LogOptions& log = next->configuration.log;
  if (log.level != before->configuration.log.level) log_.set_level(log.level);
  log_.set_form(log.format, log.names);
  tell_protection(*next);
  store_->set_policy(next->configuration.cache);
  on_all_workers([next](WorkerParts& parts, size_t) { parts.apply(next); });
  for (const Bytes name : query::LocalNames::no_longer_forwarded(
           before->configuration.query.local_names, next->configuration.query.local_names)) {
    store_->remove_subtree(name);
  }
  if (next->audit != before->audit) {
    before->audit->close();
    next->audit->start(clock_);
  }
  tell_memory(next->configuration);
}

/// Waits until all have done it. False: one of them did not in time; it will if it turns again.
bool Appliance::on_all_workers(std::function<void(WorkerParts& parts, size_t index)> work) {
  struct Rendezvous {
    std::mutex mutex;
    std::condition_variable came;
    size_t missing;
  };
  const auto rendezvous = std::make_shared<Rendezvous>();
  rendezvous->missing = workers_.size();
  for (size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->post([rendezvous, work, i](WorkerParts& parts) {
      work(parts, i);
      const std::lock_guard guard(rendezvous->mutex);
      if (--rendezvous->missing == 0) rendezvous->came.notify_all();
    });
  }
  std::unique_lock lock(rendezvous->mutex);
  return rendezvous->came.wait_for(lock, kReloadWait, [&] { return rendezvous->missing == 0; });
}

void Appliance::tell_reload(const ReloadResult& result) {
  {
    const std::lock_guard guard(in_force_mutex_);
    refused_reload_.reset();
    if (result.refusal) refused_reload_ = result.refusal->key;
  }
  if (result.refusal) return log_.error("reload_refused", {{"cause", result.refusal->to_line()}});
  log_.info("reloaded", {{"changed", joined(result.changed)}});
}

}  // namespace dotring::appliance
