#include "tools/capture/fragments.h"

#include <algorithm>

namespace dotring::capture {
namespace {

constexpr uint32_t kDatagramSizeMax = 65535;

// All but the last have sizes that are multiples of eight, and none reaches beyond a datagram.
bool is_sound(const IpView& view) {
  const size_t size = view.payload.size();
  return size > 0 && view.offset + size <= kDatagramSizeMax && (!view.more || size % 8 == 0);
}

}  // namespace

bool Fragments::complete(IpView& view, uint64_t time_ns, Fate& fate) {
  fate = Fate::Malformed;
  if (!is_sound(view)) return false;
  make_room(time_ns);
  const auto datagram = find({view.source, view.destination, view.id, view.protocol}, time_ns);
  fate = add(*datagram, view);
  if (fate == Fate::FragmentOverlap) give_up(datagram, Fate::FragmentOverlap);
  if (fate != Fate::FragmentUsed) return false;
  return join(datagram, view);
}

Fragments::Datagrams::iterator Fragments::find(const Key& key, uint64_t time_ns) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) return found->second;
  datagrams_.push_back({key, time_ns, 0, 0, {}});
  const auto datagram = std::prev(datagrams_.end());
  by_key_.emplace(key, datagram);
  return datagram;
}

Fate Fragments::add(Datagram& datagram, const IpView& view) {
  const uint32_t end = view.offset + static_cast<uint32_t>(view.payload.size());
  auto& pieces = datagram.pieces;
  const auto behind =
      std::ranges::find_if(pieces, [&](const Piece& piece) { return piece.end() > view.offset; });
  if (behind != pieces.end() && behind->offset < end) {
    const bool same = behind->offset == view.offset && equal(behind->octets, view.payload);
    return same ? Fate::Repeated : Fate::FragmentOverlap;
  }
  const bool beyond_end = datagram.size > 0 && (end > datagram.size || !view.more);
  const bool before_end = !view.more && !pieces.empty() && pieces.back().end() > end;
  if (beyond_end || before_end) return Fate::FragmentOverlap;
  pieces.insert(behind, {view.offset, {view.payload.begin(), view.payload.end()}});
  datagram.octets += view.payload.size();
  octets_ += view.payload.size();
  if (!view.more) datagram.size = end;
  return Fate::FragmentUsed;
}

// Without overlaps the sum tells whether there are holes.
bool Fragments::join(Datagrams::iterator datagram, IpView& view) {
  if (datagram->size == 0 || datagram->octets < datagram->size) return false;
  whole_.clear();
  for (const Piece& piece : datagram->pieces) {
    whole_.insert(whole_.end(), piece.octets.begin(), piece.octets.end());
  }
  forget(datagram);
  view.payload = whole_;
  const bool ipv6 = !view.source.is_ipv4();
  const bool sound = !ipv6 || skip_ipv6_extensions(view.protocol, view.payload);
  view.verdict = sound ? IpView::Verdict::Whole : IpView::Verdict::Malformed;
  return true;
}

// The fragment that made it go is not counted yet: it was not added.
void Fragments::give_up(Datagrams::iterator datagram, Fate fate) {
  account_.move(datagram->pieces.size(), Fate::FragmentUsed, fate);
  forget(datagram);
}

void Fragments::forget(Datagrams::iterator datagram) {
  octets_ -= datagram->octets;
  by_key_.erase(datagram->key);
  datagrams_.erase(datagram);
}

void Fragments::make_room(uint64_t time_ns) {
  const auto too_old = [&](const Datagram& oldest) {
    return time_ns > oldest.time_ns && time_ns - oldest.time_ns > options_.timeout_ns;
  };
  while (!datagrams_.empty() &&
         (datagrams_.size() >= options_.datagrams_max ||
          octets_ + kDatagramSizeMax > options_.octets_max || too_old(datagrams_.front()))) {
    give_up(datagrams_.begin(), Fate::FragmentIncomplete);
  }
}

void Fragments::finish() {
  while (!datagrams_.empty()) give_up(datagrams_.begin(), Fate::FragmentIncomplete);
}

}  // namespace dotring::capture
