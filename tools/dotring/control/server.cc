#include "tools/dotring/control/server.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace dotring::appliance {
namespace {

/// When descriptors are short, the next try to accept.
constexpr uint64_t kAcceptPauseMs = 1000;

uint64_t now_ms(const io::Clock& clock) {
  return clock.monotonic_us() / 1000;
}

Peer peer_of(int descriptor) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return {};
  return {credentials.uid, credentials.pid};
}

bool try_later() {
  return errno == EAGAIN || errno == EINTR;
}

}  // namespace

ControlServer::ControlServer(const ControlOptions& options, ControlFunction answer)
    : options_(options), answer_(std::move(answer)) {}

std::optional<std::string> ControlServer::open() {
  if (auto failure = socket_.open(options_.socket, options_.socket_mode.bits,
                                  static_cast<int>(options_.connections_max))) {
    return failure;
  }
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_ >= 0) return std::nullopt;
  const std::string failure = std::string("eventfd: ") + std::strerror(errno);
  socket_.close();
  return failure;
}

std::optional<std::string> ControlServer::start() {
  if (socket_.descriptor() < 0) return std::nullopt;
  if (auto failure = socket_.take_name()) return failure;
  thread_ = std::thread([this] { work(); });
  return std::nullopt;
}

void ControlServer::stop() {
  if (thread_.joinable()) {
    eventfd_write(wake_, 1);
    thread_.join();
  }
  for (Connection& connection : connections_) end(connection);
  connections_.clear();
  socket_.close();
  if (wake_ >= 0) close(wake_);
  wake_ = -1;
}

void ControlServer::work() {
  pthread_setname_np(pthread_self(), "control");
  while (turn()) {
  }
}

bool ControlServer::turn() {
  const bool accepts =
      connections_.size() < options_.connections_max && now_ms(clock_) >= accept_from_ms_;
  std::vector<pollfd> watched = {{wake_, POLLIN, 0},
                                 {accepts ? socket_.descriptor() : -1, POLLIN, 0}};
  for (const Connection& connection : connections_) {
    const int events = connection.answered ? POLLOUT : POLLIN;
    watched.push_back({connection.descriptor, static_cast<short>(events), 0});
  }
  if (poll(watched.data(), watched.size(), wait_ms()) < 0 && errno != EINTR) return false;
  if (watched[0].revents != 0) return false;
  for (size_t i = 2; i < watched.size(); ++i) {
    if (watched[i].revents != 0) on_ready(connections_[i - 2]);
  }
  sweep();
  if (watched[1].revents != 0) accept_all();
  return true;
}

/// Until the first connection's end; -1: for ever.
int ControlServer::wait_ms() const {
  const uint64_t now = now_ms(clock_);
  uint64_t end = UINT64_MAX;
  for (const Connection& connection : connections_) end = std::min(end, connection.end_ms);
  if (accept_from_ms_ > now) end = std::min(end, accept_from_ms_);
  if (end == UINT64_MAX) return -1;
  return end <= now ? 0 : static_cast<int>(end - now);
}

void ControlServer::accept_all() {
  while (connections_.size() < options_.connections_max) {
    const int descriptor =
        accept4(socket_.descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) {
      if (!try_later()) accept_from_ms_ = now_ms(clock_) + kAcceptPauseMs;
      return;
    }
    Connection& connection = connections_.emplace_back();
    connection.descriptor = descriptor;
    connection.end_ms = now_ms(clock_) + options_.timeout_s * 1000;
  }
}

void ControlServer::on_ready(Connection& connection) {
  if (!connection.answered) read_request(connection);
  if (connection.answered) write_reply(connection);
}

void ControlServer::read_request(Connection& connection) {
  std::array<char, control::kRequestMax> piece;
  const size_t room = control::kRequestMax - connection.input.size();
  const ssize_t size = read(connection.descriptor, piece.data(), room);
  if (size < 0 && try_later()) return;
  if (size <= 0) return end(connection);
  connection.input.append(piece.data(), static_cast<size_t>(size));
  const bool whole = connection.input.find('\n') != std::string::npos;
  if (whole || connection.input.size() == control::kRequestMax) answer(connection);
}

void ControlServer::answer(Connection& connection) {
  const size_t line = connection.input.find('\n');
  control::Reply reply;
  if (line == std::string::npos) {
    reply = control::refuse("longer than " + std::to_string(control::kRequestMax) + " octets");
  } else {
    auto read = control::read_request(std::string_view(connection.input).substr(0, line));
    const auto* problem = std::get_if<std::string>(&read);
    reply = problem ? control::refuse(*problem)
                    : answer_(std::get<control::Request>(read), peer_of(connection.descriptor));
  }
  connection.output = control::to_line(reply);
  connection.answered = true;
  connection.end_ms = now_ms(clock_) + options_.timeout_s * 1000;
}

void ControlServer::write_reply(Connection& connection) {
  while (connection.written < connection.output.size()) {
    const std::string_view rest = std::string_view(connection.output).substr(connection.written);
    const ssize_t size = send(connection.descriptor, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (size < 0 && try_later()) return;
    if (size <= 0) break;
    connection.written += static_cast<size_t>(size);
  }
  end(connection);
}

void ControlServer::end(Connection& connection) {
  if (connection.descriptor >= 0) close(connection.descriptor);
  connection.descriptor = -1;
}

/// Takes out what has ended, or lasts too long.
void ControlServer::sweep() {
  const uint64_t now = now_ms(clock_);
  for (Connection& connection : connections_) {
    if (connection.end_ms <= now) end(connection);
  }
  std::erase_if(connections_, [](const Connection& one) { return one.descriptor < 0; });
}

}  // namespace dotring::appliance
