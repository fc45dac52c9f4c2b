#include "tools/flood/load/pacing.h"

#include <algorithm>
#include <cmath>

namespace dotring::flood {

void Pacing::start(uint64_t start_ns, uint64_t duration_ns) {
  start_ns_ = start_ns;
  windows_.assign(std::min<size_t>(duration_ns / kWindowNs, kWindowsMax), {});
}

void Pacing::add(uint64_t due_ns, uint64_t sent_ns) {
  const size_t due = (due_ns - start_ns_) / kWindowNs, sent = (sent_ns - start_ns_) / kWindowNs;
  if (due < windows_.size()) ++windows_[due].due;
  if (sent < windows_.size()) ++windows_[sent].sent;
}

void Pacing::merge(const Pacing& other) {
  windows_.resize(std::max(windows_.size(), other.windows_.size()));
  for (size_t i = 0; i < other.windows_.size(); ++i) {
    windows_[i].due += other.windows_[i].due;
    windows_[i].sent += other.windows_[i].sent;
  }
}

Pacing::Deviation Pacing::deviation(size_t count) const {
  Deviation result;
  std::vector<double> shares;
  uint64_t sent_in_all = 0;
  for (size_t i = 0; i + count <= windows_.size(); i += count) {
    double due = 0, sent = 0;
    for (size_t k = i; k < i + count; ++k) due += windows_[k].due, sent += windows_[k].sent;
    if (due == 0) continue;
    shares.push_back(std::abs(sent - due) / due);
    sent_in_all += static_cast<uint64_t>(sent);
  }
  if (shares.empty()) return result;
  std::ranges::sort(shares);
  result.windows = shares.size();
  result.worst = shares.back();
  result.p99 =
      shares[static_cast<size_t>(std::ceil(0.99 * static_cast<double>(shares.size()))) - 1];
  result.rate_per_s = static_cast<double>(sent_in_all) * 1e9 /
                      static_cast<double>(shares.size() * count * kWindowNs);
  return result;
}

}  // namespace dotring::flood
