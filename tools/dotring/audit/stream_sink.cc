#include "tools/dotring/audit/stream_sink.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <utility>

#include "tools/dotring/audit/frame_stream.h"

namespace dotring::appliance {
namespace {

socklen_t set_address(const std::string& path, sockaddr_storage& storage) {
  auto& address = reinterpret_cast<sockaddr_un&>(storage);
  assert(path.size() <= StreamSink::kPathMax);
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return sizeof address;
}

socklen_t set_address(const Endpoint& endpoint, sockaddr_storage& storage) {
  const Bytes wire = endpoint.address.wire();
  if (endpoint.address.is_ipv4()) {
    auto& address = reinterpret_cast<sockaddr_in&>(storage);
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    std::memcpy(&address.sin_addr, wire.data(), wire.size());
    return sizeof address;
  }
  auto& address = reinterpret_cast<sockaddr_in6&>(storage);
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(endpoint.port);
  std::memcpy(&address.sin6_addr, wire.data(), wire.size());
  return sizeof address;
}

}  // namespace

StreamSink::StreamSink(const Target& target, Teller teller, OutputStatistics& statistics)
    : Sink(std::move(teller), statistics) {
  address_size_ = std::visit([this](const auto& to) { return set_address(to, address_); }, target);
}

StreamSink::~StreamSink() {
  close_socket();
}

void StreamSink::close_socket() {
  if (descriptor_ >= 0) close(std::exchange(descriptor_, -1));
  state_ = State::Closed;
  greeting_.clear();
}

void StreamSink::fail(const std::string& cause) {
  close_socket();
  drop_buffer();
  retry_at_ms_ = now_ms_ + kRetryMs;
  tell_failure(cause);
}

void StreamSink::work(uint64_t now_ms) {
  now_ms_ = now_ms;
  switch (state_) {
    case State::Closed:
      return now_ms >= retry_at_ms_ ? connect() : void();
    case State::Connecting:
      return on_connected();
    case State::Greeting:
      return read_greeting();
    case State::Open:
      return write_some();
  }
}

void StreamSink::connect() {
  descriptor_ = socket(address_.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) return fail(std::strerror(errno));
  greet_until_ms_ = now_ms_ + kGreetingMs;
  state_ = State::Connecting;
  const auto* address = reinterpret_cast<const sockaddr*>(&address_);
  if (::connect(descriptor_, address, address_size_) == 0) return on_connected();
  if (errno != EINPROGRESS) fail(std::strerror(errno));
}

void StreamSink::on_connected() {
  pollfd connected{descriptor_, POLLOUT, 0};
  if (poll(&connected, 1, 0) == 0) {
    if (now_ms_ >= greet_until_ms_) fail("does not accept the connection");
    return;
  }
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail(std::strerror(error));
  if (!send_plain(frame_stream::ready())) return fail("takes no greeting");
  state_ = State::Greeting;
  read_greeting();
}

// A few octets into an empty socket buffer: they go whole.
bool StreamSink::send_plain(const std::vector<uint8_t>& octets) {
  const ssize_t size = send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL);
  return size == static_cast<ssize_t>(octets.size());
}

void StreamSink::read_greeting() {
  std::array<uint8_t, 1024> octets;
  const ssize_t size = recv(descriptor_, octets.data(), octets.size(), 0);
  if (size == 0) return fail("closed the connection");
  if (size < 0 && errno != EAGAIN && errno != EINTR) return fail(std::strerror(errno));
  if (size > 0) greeting_.insert(greeting_.end(), octets.begin(), octets.begin() + size);
  const frame_stream::Reply reply = frame_stream::read_reply(greeting_);
  if (reply == frame_stream::Reply::Incomplete) {
    if (now_ms_ >= greet_until_ms_) fail("does not answer the greeting");
    return;
  }
  if (reply != frame_stream::Reply::Accepted) return fail("is no reader of dnstap");
  greeting_.clear();
  if (!send_plain(frame_stream::start())) return fail("takes no greeting");
  state_ = State::Open;
  tell_well();
}

bool StreamSink::reader_went() {
  std::array<uint8_t, 256> octets;
  const ssize_t size = recv(descriptor_, octets.data(), octets.size(), 0);
  return size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
}

void StreamSink::write_some() {
  if (reader_went()) return fail("closed the connection");
  while (!unsent().empty()) {
    const ssize_t size = send(descriptor_, unsent().data(), unsent().size(), MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return;
    if (size < 0) return fail(std::strerror(errno));
    on_sent(static_cast<size_t>(size));
  }
}

void StreamSink::wait_for(short events, int wait_ms) const {
  pollfd watched{descriptor_, events, 0};
  poll(&watched, 1, wait_ms);
}

void StreamSink::finish() {
  if (state_ == State::Open && !unsent().empty()) {
    write_some();
    if (state_ == State::Open && !unsent().empty()) {
      wait_for(POLLOUT, kFinishMs);
      write_some();
    }
  }
  if (state_ == State::Open && unsent().empty() && send_plain(frame_stream::stop())) {
    wait_for(POLLIN, kFinishMs);
  }
  drop_buffer();
  close_socket();
}

Wanted StreamSink::wanted() const {
  switch (state_) {
    case State::Closed:
      return {};
    case State::Connecting:
      return {descriptor_, POLLOUT};
    case State::Greeting:
      return {descriptor_, POLLIN};
    case State::Open:
      break;
  }
  return {descriptor_, static_cast<short>(unsent().empty() ? POLLIN : POLLIN | POLLOUT)};
}

}  // namespace dotring::appliance
