// Scenarios as text: who asks, what the store and the upstream say, what everybody gets, and when.
//
//   ask c1 www.Example.com A udp do      a client asks. Words: udp tcp tls https, edns edns=SIZE do
//                                        ad cd z nord, pad keepalive ecs cookie, class=N opcode=N
//   asked www.example.com A do           the next question given to the forwarder ("asked nothing")
//   answer www.example.com A do NOERROR  the upstream answers it. Words: aa ad tc z noopt ede=N
//                                        ecs=SOURCE/SCOPE high-rcode=N
//   > www.example.com. 60 IN A 192.0.2.1   with this in its answer section (>> authority, >>>
//   additional) fails www.example.com A timeout      ... or network, noupstream, cancelled reply c1
//   NOERROR ad ede=3            what the client got, all of it. Words: aa tc ad z, ede=N, >
//   www.Example.com. 60 IN A 192.0.2.1   keepalive=N, padded, question=none waits c1 / dropped c1 /
//   gone c1      no reply yet / none ever / it takes no reply from now on cached
//   fresh|stale|failing NAME TYPE [RCODE] [aa] [refresh]     what the store has; `forget NAME TYPE`
//   stored NAME TYPE RCODE / stored failure NAME TYPE / stored nothing    what it was given, in
//   order slow-tier on                         the store has a slower tier; `fetching NAME TYPE`:
//   asked; fetched NAME TYPE NOERROR            it answers (records below), or `fetched NAME TYPE
//   nothing` after 1800ms (or 60s) · forwarder full|ready · drain · waiting N
//
// Checked for every reply without a word: ldns reads it; id, opcode, question (in the case asked),
// RD and CD are the query's; QR and RA are set; OPT if and only if in the query, with DO copied,
// version 0 and our UDP size; the size is one this client can take. At the end nobody has a reply
// that the scenario did not speak of.

#pragma once

#include <functional>

#include "test/engine/query/fakes.h"

namespace dotring::query {

class Scenario {
 public:
  explicit Scenario(const Pipeline::Options& options = {}, AnswerStore* other_store = nullptr)
      : options_(options), world_(options, other_store) {}

  /// Runs all lines; every failed expectation names its line.
  void play(std::string_view text);
  World& world() { return world_; }

 private:
  struct Client {
    uint64_t number = 0;
    Transport transport = Transport::Udp;
    QuerySpec query;
    bool reply_read = false;
  };
  /// A question as words, and what words follow it.
  struct Asked {
    dns::QuestionKey key;
    QuerySpec query;
    Words rest;
  };
  struct Records {
    std::vector<std::string> answers, authority, additional;
  };

  void run(const Words& words, const Records& records);
  void ask(const Words& words);
  void asked(const Words& words);
  void answer(const Words& words, const Records& records);
  void fails(const Words& words);
  void reply(const Words& words, const Records& records);
  void waits(const Words& words);
  void dropped(const Words& words);
  void cached(const Words& words, const Records& records);
  void stored(const Words& words);
  void fetched(const Words& words, const Records& records);
  void at_end();

  Asked read_question(const Words& words, size_t from) const;
  AnswerSpec read_answer(const Asked& asked, const Records& records) const;
  Octets stored_form(const AnswerSpec& spec, const dns::QuestionKey& key) const;
  void check_always(const Client& client, const ParsedReply& reply, size_t size) const;
  std::string words_about(const Client& client, const ParsedReply& reply, size_t size) const;
  Client& client(const std::string& name);

  const Pipeline::Options options_;
  World world_;
  std::map<std::string, Client> clients_;
  size_t asked_read_ = 0;
  size_t stored_read_ = 0;
};

/// Plays a scenario in a world with default options.
void play(std::string_view text);

/// Lines of an answer section with this many addresses of 16 octets each. Of www.example.co, thirty
/// make 12 + 20 + 30 * 16 = 512 octets without OPT.
std::string addresses(int count, const std::string& name = "www.example.com.");

}  // namespace dotring::query
