// The admin pages' HTTP server: one thread, few connections, GET and HEAD only.
//
// What it is: libmicrohttpd behind one function that turns a path into a page.
// What it is not: a way in for clients; it belongs on loopback or a management network.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tools/dotring/config.h"

struct MHD_Daemon;

namespace dotring::appliance {

struct Page {
  unsigned status = 200;
  std::string content_type;
  std::string body;
};

/// Called on the server's thread.
using PageFunction = std::function<Page(std::string_view path)>;

class AdminServer {
 public:
  AdminServer(const AdminOptions& options, PageFunction page);
  ~AdminServer() { stop(); }
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  /// Binds and listens; requests wait until start(). Does nothing without options.listen. Not null:
  /// what failed, and the remedy.
  std::optional<std::string> open();
  /// Starts the thread that answers. Not null: what failed.
  std::optional<std::string> start();
  /// Connections end at once; no page is asked for any more.
  void stop();
  /// Where it listens; nothing before open().
  std::optional<Endpoint> local() const { return local_; }

  Page page(std::string_view path) const { return page_(path); }

 private:
  const AdminOptions options_;
  const PageFunction page_;
  std::optional<Endpoint> local_;
  int descriptor_ = -1;
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace dotring::appliance
