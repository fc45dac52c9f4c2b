// Random and mutated queries by UDP, or by TCP in ways that no client would send them: for
// test_hostile.py.
//
//   hostile udp|tcp ADDRESS PORT COUNT SEED
//
// What it is: a valid query with options, records and compression, of which each message changes
// something: octets, counts, lengths, labels, its end; or octets drawn at random. By UDP some
// hundred are in flight at a time, so that the server has room for all. By TCP COUNT connections
// each carry a few messages in frames that are split, cut short, too long or garbage, and then end
// in order, by a reset, or in silence. The same seed gives the same octets. It says how many
// messages (UDP) or connections (TCP) it sent, and how many octets came back. What it is not: a
// check of what came back.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace {

using Octets = std::vector<uint8_t>;

constexpr size_t kBatch = 64;
constexpr size_t kSizeMax = 4200;

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  size_t below(size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(random_); }

  Octets message() {
    if (below(8) == 0) return garbage(below(200));
    Octets result = valid();
    for (size_t changes = below(5); changes > 0; --changes) change(result);
    return result;
  }
  Octets garbage(size_t size) {
    Octets result(size);
    for (uint8_t& one : result) one = octet();
    return result;
  }

 private:
  uint8_t octet() { return static_cast<uint8_t>(below(256)); }

  void add16(Octets& to, size_t value) {
    to.push_back(static_cast<uint8_t>(value >> 8));
    to.push_back(static_cast<uint8_t>(value));
  }

  void add_name(Octets& to) {
    static const std::array<std::string, 6> kNames = {"known",   "x",   "localhost",
                                                      "invalid", "WWW", "a-b"};
    for (size_t labels = 1 + below(3); labels > 0; --labels) {
      const std::string label =
          below(20) == 0 ? std::string(63, 'l') : kNames[below(kNames.size())];
      to.push_back(static_cast<uint8_t>(label.size()));
      to.insert(to.end(), label.begin(), label.end());
    }
    to.push_back(0);
  }

  Octets valid() {
    static constexpr std::array<uint16_t, 12> kTypes = {1,   2,   6,   15,  16,     28,
                                                        255, 252, 251, 250, 65'534, 41};
    Octets query = garbage(2);
    add16(query, below(4) == 0 ? below(65'536) : 0x0100);
    const bool opt = below(3) != 0;
    for (const size_t count : {size_t{1}, size_t{0}, size_t{0}, size_t{opt}}) add16(query, count);
    add_name(query);
    add16(query, below(4) == 0 ? kTypes[below(kTypes.size())] : 1);
    add16(query, below(16) == 0 ? below(256) : 1);
    if (opt) add_opt(query);
    return query;
  }

  void add_opt(Octets& query) {
    query.push_back(0);
    add16(query, 41);
    add16(query, below(4) == 0 ? below(65'536) : 1232);
    const size_t flags = below(4) == 0 ? below(65'536) : 0;
    add16(query, below(16) == 0 ? below(65'536) : 0);
    add16(query, flags);
    Octets options;
    static constexpr std::array<uint16_t, 8> kCodes = {3, 8, 10, 11, 12, 14, 15, 65'001};
    for (size_t count = below(4); count > 0; --count) {
      const Octets data = garbage(below(2) == 0 ? 8 : below(50));
      add16(options, kCodes[below(kCodes.size())]);
      add16(options, below(16) == 0 ? below(65'536) : data.size());
      options.insert(options.end(), data.begin(), data.end());
    }
    add16(query, below(16) == 0 ? below(65'536) : options.size());
    query.insert(query.end(), options.begin(), options.end());
  }

  void change(Octets& message) {
    if (message.empty()) return;
    switch (below(8)) {
      case 0:
        message[below(message.size())] = octet();
        return;
      case 1:
        message[below(message.size())] ^= static_cast<uint8_t>(1 << below(8));
        return;
      case 2:  // a count
        if (message.size() > 12) message[4 + below(8)] = below(2) == 0 ? 255 : 1;
        return;
      case 3:  // a pointer
        if (message.size() > 14) message[12 + below(message.size() - 13)] = 0xc0;
        return;
      case 4:
        message.resize(below(message.size()));
        return;
      case 5: {
        const Octets more = garbage(below(30));
        message.insert(message.end(), more.begin(), more.end());
        return;
      }
      case 6: {  // a piece twice
        const size_t from = below(message.size());
        const Octets piece(message.begin() + static_cast<long>(from), message.end());
        if (message.size() < kSizeMax / 2) {
          message.insert(message.end(), piece.begin(), piece.end());
        }
        return;
      }
      default:
        if (below(50) == 0) message.resize(below(kSizeMax));
    }
  }

  std::mt19937_64 random_;
};

int connect_to(int type, const sockaddr_in& server) {
  const int descriptor = socket(AF_INET, type, 0);
  if (descriptor < 0) return -1;
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0) {
    return descriptor;
  }
  close(descriptor);
  return -1;
}

size_t receive_all(int descriptor, int wait_ms) {
  size_t received = 0;
  std::array<uint8_t, 65'536> room;
  pollfd readable{descriptor, POLLIN, 0};
  while (poll(&readable, 1, wait_ms) > 0) {
    const ssize_t size = recv(descriptor, room.data(), room.size(), MSG_DONTWAIT);
    if (size <= 0) break;
    received += static_cast<size_t>(size);
    wait_ms = 0;
  }
  return received;
}

// A valid query behind each batch: its answer says that the server has read what was before it.
void send_udp(int descriptor, Mutator& mutator, uint64_t count, uint64_t& octets) {
  const Octets known = {0,   0,   1,   0,   0,   1,   0,   0,   0, 0, 0, 0, 9, 'l',
                        'o', 'c', 'a', 'l', 'h', 'o', 's', 't', 0, 0, 1, 0, 1};
  for (uint64_t sent = 0; sent < count; sent += kBatch) {
    std::array<Octets, kBatch + 1> messages;
    std::array<iovec, kBatch + 1> vectors;
    std::array<mmsghdr, kBatch + 1> headers{};
    for (size_t i = 0; i <= kBatch; ++i) {
      messages[i] = i < kBatch ? mutator.message() : known;
      vectors[i] = {messages[i].data(), messages[i].size()};
      headers[i].msg_hdr.msg_iov = &vectors[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
    for (size_t done = 0; done < headers.size();) {
      const int now =
          sendmmsg(descriptor, &headers[done], static_cast<unsigned>(headers.size() - done), 0);
      done += now > 0 ? static_cast<size_t>(now) : 1;
    }
    octets += receive_all(descriptor, 50);
  }
}

void send_in_pieces(int descriptor, Mutator& mutator, const Octets& octets) {
  for (size_t at = 0; at < octets.size();) {
    const size_t size =
        mutator.below(3) == 0 ? 1 + mutator.below(octets.size() - at) : octets.size() - at;
    if (send(descriptor, octets.data() + at, size, MSG_NOSIGNAL) <= 0) return;
    at += size;
  }
}

void talk_tcp(int descriptor, Mutator& mutator, uint64_t& octets) {
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  for (size_t messages = 1 + mutator.below(6); messages > 0; --messages) {
    Octets frame = mutator.message();
    const size_t told = mutator.below(6) == 0 ? mutator.below(65'536) : frame.size();
    frame.insert(frame.begin(), {static_cast<uint8_t>(told >> 8), static_cast<uint8_t>(told)});
    if (mutator.below(8) == 0) frame.resize(1 + mutator.below(frame.size()));
    send_in_pieces(descriptor, mutator, frame);
  }
  const size_t end = mutator.below(4);
  if (end == 0) shutdown(descriptor, SHUT_WR);
  if (end <= 1) octets += receive_all(descriptor, 2);
  if (end == 2) {
    const linger reset{1, 0};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
}

}  // namespace

int main(int count, char** texts) {
  const std::vector<std::string> words(texts + 1, texts + count);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  if (words.size() != 5 || inet_pton(AF_INET, words[1].c_str(), &server.sin_addr) != 1) {
    std::fputs("hostile: udp|tcp ADDRESS PORT COUNT SEED\n", stderr);
    return 2;
  }
  server.sin_port = htons(static_cast<uint16_t>(std::stoul(words[2])));
  const uint64_t wanted = std::stoull(words[3]);
  Mutator mutator(std::stoull(words[4]));
  uint64_t octets = 0;
  if (words[0] == "udp") {
    const int descriptor = connect_to(SOCK_DGRAM, server);
    send_udp(descriptor, mutator, wanted, octets);
    close(descriptor);
  }
  for (uint64_t i = 0; words[0] == "tcp" && i < wanted; ++i) {
    const int descriptor = connect_to(SOCK_STREAM, server);
    if (descriptor < 0) {
      std::perror("hostile: connect");
      return 1;
    }
    talk_tcp(descriptor, mutator, octets);
    close(descriptor);
  }
  std::printf("%llu sent, %llu octets came back\n", static_cast<unsigned long long>(wanted),
              static_cast<unsigned long long>(octets));
  return octets > 0 ? 0 : 1;
}
