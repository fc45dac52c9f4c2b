#include "tools/ctl/exchange.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "engine/io/socket_address.h"

namespace dotring::ctl {
namespace {

/// Far more than any reply; whoever sends more is no dotring.
constexpr size_t kReplyMax = size_t{64} << 20;

/// Closes what it holds.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  const int number_;
};

std::string explain_connect(int error) {
  switch (error) {
    case ENOENT:
      return "there is no such socket; does dotring run, with this control.socket?";
    case ECONNREFUSED:
      return "nobody listens there any more; does dotring run?";
    case EACCES:
      return "not allowed; become its owner, or a member of its group (control.socket_mode)";
    case EAGAIN:
      return "dotring is busy with others; try again";
    default:
      return std::strerror(error);
  }
}

std::string explain_exchange(int error) {
  if (error == EAGAIN) return "dotring does not answer in time";
  return std::string("the connection broke: ") + std::strerror(error);
}

void set_timeouts(int descriptor, uint32_t timeout_s) {
  const timeval time{static_cast<time_t>(timeout_s), 0};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

/// 0, or errno. Where dotring has answered early and closed, its answer is still to be read.
int send_all(int descriptor, std::string_view rest) {
  while (!rest.empty()) {
    const ssize_t size = send(descriptor, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno == EPIPE ? 0 : errno;
    rest.remove_prefix(static_cast<size_t>(size));
  }
  return 0;
}

/// Until the other side closes: 0, or errno.
int receive_all(int descriptor, std::string& text) {
  std::array<char, 16'384> piece;
  while (text.size() <= kReplyMax) {
    const ssize_t size = recv(descriptor, piece.data(), piece.size(), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno;
    if (size == 0) return 0;
    text.append(piece.data(), static_cast<size_t>(size));
  }
  return EMSGSIZE;
}

}  // namespace

std::variant<control::Reply, std::string> ask(const std::string& path, uint32_t timeout_s,
                                              const control::Request& request) {
  const io::SocketAddress address = io::SocketAddress::of_unix(path);
  if (address.size == 0) return path + ": no path of a unix socket";
  const Descriptor connection(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connection.number() < 0) return std::string("socket: ") + std::strerror(errno);
  set_timeouts(connection.number(), timeout_s);
  if (connect(connection.number(), &address.any, address.size) != 0) {
    return path + ": " + explain_connect(errno);
  }
  std::string text;
  int error = send_all(connection.number(), control::to_line(request));
  if (error == 0) error = receive_all(connection.number(), text);
  if (error != 0) return path + ": " + explain_exchange(error);
  if (text.empty()) return path + ": dotring ended before it answered";
  auto read = control::read_reply(text);
  if (const auto* problem = std::get_if<std::string>(&read)) return path + ": " + *problem;
  return std::get<control::Reply>(std::move(read));
}

}  // namespace dotring::ctl
