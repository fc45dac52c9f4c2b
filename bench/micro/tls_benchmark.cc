// A TLS record of 1, 8 and 64 queries of 130 octets: to encrypt, to decrypt. And what a handshake
// costs both ends together, full and resumed.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "tls/context.h"
#include "tls/self_signed.h"
#include "tls/session.h"

namespace dotring::tls {
namespace {

constexpr size_t kQuerySize = 130;

void require(const auto& failure) {
  if (failure) std::abort();
}

struct Parties {
  Library library;
  Identity identity;
  ClientContext client;
  ServerContext server;
  Trust trust;

  explicit Parties(const std::string& ciphers = "") {
    IdentityOptions options;
    options.dns_names = {"dot.example"};
    options.not_before_s = static_cast<uint64_t>(std::time(nullptr)) - 86400;
    options.not_after_s = options.not_before_s + 30 * 86400;
    require(make_identity(options, identity));
    ServerOptions server_options;
    server_options.certificate_pem = identity.certificate_pem;
    server_options.key_pem = identity.key_pem;
    require(server.open(server_options));
    ClientOptions client_options;
    client_options.ca_pem = identity.authority_pem;
    client_options.ciphers = ciphers;
    require(client.open(client_options));
    trust.authentication_name = "dot.example";
  }
};

Bytes used(const std::vector<uint8_t>& room, MutableBytes rest) {
  return Bytes(room).first(room.size() - rest.size());
}

// Two sessions and the handshake between them.
class Pair {
 public:
  Pair(const Parties& parties, TicketStore* tickets)
      : client(parties.client, parties.trust, tickets), server(parties.server) {
    Bytes flight;
    while (client.state() == Session::State::Handshaking ||
           server.state() == Session::State::Handshaking) {
      flight = step(client, flight, client_room_);
      flight = step(server, flight, server_room_);
    }
    if (client.state() != Session::State::Open) std::abort();
    MutableBytes output(client_room_);
    uint8_t nothing[Session::kRecordMax];
    client.read(flight, output, nothing);  // the ticket
  }

  Session client;
  Session server;

 private:
  static Bytes step(Session& session, Bytes input, std::vector<uint8_t>& room) {
    MutableBytes output(room);
    session.handshake(input, output);
    return used(room, output);
  }
  std::vector<uint8_t> client_room_ = std::vector<uint8_t>(8192);
  std::vector<uint8_t> server_room_ = std::vector<uint8_t>(8192);
};

void count_queries(benchmark::State& state) {
  const auto queries = state.iterations() * state.range(0);
  state.SetItemsProcessed(queries);
  state.SetBytesProcessed(queries * static_cast<int64_t>(kQuerySize));
}

void TlsEncrypt(benchmark::State& state, const std::string& ciphers) {
  const Parties parties(ciphers);
  Pair pair(parties, nullptr);
  const std::vector<uint8_t> plaintext(kQuerySize * static_cast<size_t>(state.range(0)), 0x42);
  std::vector<uint8_t> room(Session::sealed_size_max(plaintext.size()));
  for (auto _ : state) {
    MutableBytes output(room);
    benchmark::DoNotOptimize(pair.client.write(plaintext, output));
  }
  count_queries(state);
}

void TlsDecrypt(benchmark::State& state, const std::string& ciphers) {
  const Parties parties(ciphers);
  Pair pair(parties, nullptr);
  const std::vector<uint8_t> plaintext(kQuerySize * static_cast<size_t>(state.range(0)), 0x42);
  // Records in batches: pausing the timer for each would cost more than the record.
  constexpr size_t kBatch = 256;
  std::vector<uint8_t> room(Session::sealed_size_max(plaintext.size()) * kBatch);
  std::vector<uint8_t> read(Session::kRecordMax);
  Bytes input;
  for (auto _ : state) {
    if (input.empty()) {
      state.PauseTiming();
      MutableBytes output(room);
      for (size_t i = 0; i < kBatch; ++i) pair.client.write(plaintext, output);
      input = used(room, output);
      state.ResumeTiming();
    }
    MutableBytes no_output;
    if (pair.server.read(input, no_output, read) != plaintext.size()) std::abort();
  }
  count_queries(state);
}

BENCHMARK_CAPTURE(TlsEncrypt, preferred, "")->ArgName("queries")->Arg(1)->Arg(8)->Arg(64);
BENCHMARK_CAPTURE(TlsDecrypt, preferred, "")->ArgName("queries")->Arg(1)->Arg(8)->Arg(64);
BENCHMARK_CAPTURE(TlsEncrypt, aes128, "TLS13-AES128-GCM-SHA256")->ArgName("queries")->Arg(64);
BENCHMARK_CAPTURE(TlsDecrypt, aes128, "TLS13-AES128-GCM-SHA256")->ArgName("queries")->Arg(64);

void TlsHandshake(benchmark::State& state) {
  const Parties parties;
  TicketStore tickets;
  const bool resume = state.range(0) != 0;
  for (auto _ : state) {
    const Pair pair(parties, resume ? &tickets : nullptr);
    benchmark::DoNotOptimize(pair.client.resumed());
  }
}
BENCHMARK(TlsHandshake)->ArgName("resumed")->Arg(0)->Arg(1);

}  // namespace
}  // namespace dotring::tls
