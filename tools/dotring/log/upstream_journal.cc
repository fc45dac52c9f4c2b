#include "tools/dotring/log/upstream_journal.h"

namespace dotring::appliance {

using Kind = upstream::Event::Kind;

bool UpstreamJournal::is_news(const upstream::Event& event, const std::string& server,
                              uint64_t now_ms) {
  const std::lock_guard guard(mutex_);
  if (told_.size() > 1024) told_.clear();  // reloads have brought ever new ones
  Told& told = told_[server];
  if (told.kind == event.kind && (event.kind == Kind::ServerUp || now_ms < told.silent_until_ms)) {
    return false;
  }
  // Other workers' back-offs have other jitter: three quarters is the shortest.
  told = {event.kind, now_ms + event.retry_ms * 3 / 4};
  return true;
}

void UpstreamJournal::on_event(const upstream::Event& event, uint64_t now_ms) {
  const std::string server = event.server.name();
  if (!is_news(event, server, now_ms)) return;
  switch (event.kind) {
    case Kind::ServerUp:
      return log_.info("upstream_up", {{"server", server}});
    case Kind::ServerFailing:
      return log_.warning(
          "upstream_failing",
          {{"server", server}, {"cause", event.detail}, {"retry_ms", event.retry_ms}});
    case Kind::HandshakeFailed:
      return log_.error(
          "upstream_handshake_failed",
          {{"server", server}, {"cause", event.detail}, {"retry_ms", event.retry_ms}});
    case Kind::CertificateRefused:
      return log_.error(
          "upstream_certificate_refused",
          {{"server", server}, {"cause", event.detail}, {"retry_ms", event.retry_ms}});
  }
}

}  // namespace dotring::appliance
