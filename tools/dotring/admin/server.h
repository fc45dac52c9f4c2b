// The admin pages' HTTP server: one thread, few connections, GET and HEAD, POST for actions.
//
// What it is: libmicrohttpd behind two functions that turn a path into a page.
// What it is not: a way in for clients; it belongs on loopback or a management network.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tools/dotring/config/configuration.h"

struct MHD_Daemon;

namespace dotring::appliance {

struct Page {
  unsigned status = 200;
  std::string content_type;
  std::string body;
};

/// One line of text.
Page line_page(unsigned status, std::string_view line);

/// Called on the server's thread.
using PageFunction = std::function<Page(std::string_view path)>;

/// What is behind "?" in the path, decoded.
using Arguments = std::map<std::string, std::string, std::less<>>;
/// The same for POST. Requests with a body, and those that a page in a browser made (they have an
/// Origin), are refused before.
using ActionFunction = std::function<Page(std::string_view path, const Arguments& arguments)>;

class AdminServer {
 public:
  /// Request line and headers, in octets; larger: 413 or 431.
  static constexpr size_t kRequestMax = 8192;

  /// Without `action` there is no POST.
  AdminServer(const AdminOptions& options, PageFunction page, ActionFunction action = nullptr);
  ~AdminServer() { stop(); }
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  /// Binds and listens; requests wait until start(). Does nothing without options.listen. Not null:
  /// what failed, and the remedy.
  std::optional<std::string> open();
  /// The same with a socket that listens there already, which is the server's now.
  std::optional<std::string> adopt(int descriptor);
  /// Starts the thread that answers. Not null: what failed.
  std::optional<std::string> start();
  /// Accepts no more, and leaves the socket to whoever holds it too.
  void leave();
  /// Connections end at once; no page is asked for any more.
  void stop();
  /// The listening socket; -1: none.
  int descriptor() const { return descriptor_; }
  /// Where it listens; nothing before open().
  std::optional<Endpoint> local() const { return local_; }

  Page page(std::string_view path) const { return page_(path); }
  Page act(std::string_view path, const Arguments& arguments) const {
    return action_(path, arguments);
  }
  bool acts() const { return action_ != nullptr; }

 private:
  const AdminOptions options_;
  const PageFunction page_;
  const ActionFunction action_;
  std::optional<Endpoint> local_;
  int descriptor_ = -1;
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace dotring::appliance
