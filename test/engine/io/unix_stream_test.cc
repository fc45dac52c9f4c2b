// Streams to unix sockets: the same TcpStream, another address.

#include <sys/socket.h>
#include <unistd.h>

#include <optional>

#include "engine/io/tcp_stream.h"
#include "test/engine/base/folder.h"
#include "test/engine/io/loop_fixture.h"

namespace dotring::io {
namespace {

struct Recorder final : StreamHandler {
  void on_open() override { opened = true; }
  void on_bytes(Bytes bytes) override { received += text_of(bytes); }
  void on_closed(CloseReason why, const std::string& text) override {
    closed = why;
    detail = text;
  }

  bool opened = false;
  std::string received;
  std::optional<CloseReason> closed;
  std::string detail;
};

class UnixStreamTest : public LoopTest {
 protected:
  UnixStreamTest() : stream_(loop_, {}) { stream_.set_handler(&recorder_); }

  void TearDown() override {
    stream_.abort();
    EXPECT_TRUE(turn_until([&] { return !stream_.active(); }));
    if (listener_ >= 0) ::close(listener_);
  }
  void listen_there() {
    listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const SocketAddress address = SocketAddress::of_unix(path_);
    ASSERT_EQ(bind(listener_, &address.any, address.size), 0);
    ASSERT_EQ(listen(listener_, 4), 0);
  }

  const Folder folder_;
  const std::string path_ = folder_.path("socket");
  int listener_ = -1;
  Recorder recorder_;
  TcpStream stream_;
};

TEST_F(UnixStreamTest, CarriesBytesBothWays) {
  listen_there();
  stream_.connect_unix(path_);
  ASSERT_TRUE(turn_until([&] { return recorder_.opened; }));
  const int peer = accept(listener_, nullptr, nullptr);
  ASSERT_GE(peer, 0);
  ASSERT_TRUE(stream_.send(bytes_of("hello")));
  ASSERT_TRUE(turn_until([&] { return stream_.bytes_queued() == 0; }));
  char text[8];
  ASSERT_EQ(read(peer, text, sizeof text), 5);
  ASSERT_EQ(write(peer, "there", 5), 5);
  ASSERT_TRUE(turn_until([&] { return recorder_.received == "there"; }));
  ::close(peer);
  ASSERT_TRUE(turn_until([&] { return recorder_.closed.has_value(); }));
  EXPECT_EQ(recorder_.closed, CloseReason::Peer);
}

TEST_F(UnixStreamTest, ASocketThatIsNotThereSaysSo) {
  stream_.connect_unix(path_);
  EXPECT_FALSE(recorder_.closed) << "on_closed() from inside connect_unix()";
  ASSERT_TRUE(turn_until([&] { return recorder_.closed.has_value(); }));
  EXPECT_EQ(recorder_.closed, CloseReason::ConnectFailed);
  EXPECT_NE(recorder_.detail.find("No such file"), std::string::npos) << recorder_.detail;
}

TEST_F(UnixStreamTest, APathThatFitsNoAddressIsRefused) {
  stream_.connect_unix(std::string(sizeof(sockaddr_un::sun_path), 'x'));
  ASSERT_TRUE(turn_until([&] { return recorder_.closed.has_value(); }));
  EXPECT_EQ(recorder_.closed, CloseReason::ConnectFailed);
}

}  // namespace
}  // namespace dotring::io
