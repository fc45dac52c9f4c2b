// All who keep account of a worker's queries, behind the pipeline's one port.
//
// What it is: one per worker. The pipeline is given it only where there is somebody: with nobody a
// query costs the pipeline's branch.

#pragma once

#include <vector>

#include "engine/query/observer.h"

namespace dotring::appliance {

class Observers final : public query::QueryObserver {
 public:
  /// `observer` outlives it; null: nobody.
  void add(query::QueryObserver* observer) {
    if (observer) observers_.push_back(observer);
  }
  void clear() { observers_.clear(); }
  bool empty() const { return observers_.empty(); }

  void on_query_ended(const query::QueryAccount& account) override {
    for (query::QueryObserver* observer : observers_) observer->on_query_ended(account);
  }

 private:
  std::vector<query::QueryObserver*> observers_;
};

}  // namespace dotring::appliance
