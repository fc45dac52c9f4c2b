// What the clients of one loop share, and the making of them.
//
//   Crowd crowd(loop, {});
//   auto client = crowd.make(options, owner);   // owner: a ClientOwner
//   if (auto failure = client->open()) ...
//   client->send(message, {.tag = 7, .due_ns = due, .sent_ns = now_ns()});
//   ... turns of the loop; owner.on_answer() or owner.on_lost() ...
//   client->close();  while (client->active()) loop.turn(100);

#pragma once

#include <memory>

#include "engine/io/loop.h"
#include "tools/clients/client.h"
#include "tools/clients/connect_pacer.h"
#include "tools/clients/datagram_receiver.h"
#include "tools/clients/datagram_sender.h"
#include "tools/clients/options.h"
#include "tools/clients/statistics.h"

namespace dotring::clients {

class Crowd {
 public:
  struct Options {
    DatagramSender::Options sending;
    DatagramReceiver::Options receiving;
    double connections_per_s = 0;  ///< begun, over all clients; 0: no limit
  };

  Crowd(io::Loop& loop, const Options& options)
      : loop_(loop),
        sender_(loop.ring(), options.sending, statistics_),
        receiver_(options.receiving),
        pacer_(loop.turn_time(), options.connections_per_s) {}

  /// The crowd outlives its clients.
  std::unique_ptr<Client> make(const ClientOptions& options, ClientOwner& owner);

  const Statistics& statistics() const { return statistics_; }

 private:
  io::Loop& loop_;
  Statistics statistics_;
  DatagramSender sender_;
  DatagramReceiver receiver_;
  ConnectPacer pacer_;
};

/// As many sockets as the system lets this process have (RLIMIT_NOFILE); returns how many.
uint64_t raise_descriptor_limit();

}  // namespace dotring::clients
