// The only file that knows libmicrohttpd.

#include "tools/dotring/admin/server.h"

#include <microhttpd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <utility>

#include "engine/io/kernel.h"
#include "engine/io/socket_address.h"
#include "tools/dotring/config/addresses.h"

namespace dotring::appliance {
namespace {

MHD_Result respond(MHD_Connection* connection, const Page& page) {
  // MUST_COPY in all versions; the buffer is ours and is not written.
  MHD_Response* response = MHD_create_response_from_buffer(
      page.body.size(), const_cast<char*>(page.body.data()), MHD_RESPMEM_MUST_COPY);
  if (!response) return MHD_NO;
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, page.content_type.c_str());
  MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  if (page.status == MHD_HTTP_METHOD_NOT_ALLOWED) {
    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
  }
  const MHD_Result result = MHD_queue_response(connection, page.status, response);
  MHD_destroy_response(response);
  return result;
}

MHD_Result collect(void* arguments, MHD_ValueKind, const char* name, const char* value) {
  (*static_cast<Arguments*>(arguments))[name] = value ? value : "";
  return MHD_YES;
}

bool has_header(MHD_Connection* connection, const char* name) {
  return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name) != nullptr;
}

Page answer_post(const AdminServer& server, MHD_Connection* connection, const char* path) {
  if (has_header(connection, MHD_HTTP_HEADER_ORIGIN)) {
    return line_page(MHD_HTTP_FORBIDDEN, "not for pages in a browser");
  }
  const char* length =
      MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
  if (has_header(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING) ||
      (length && std::string_view(length) != "0")) {
    return line_page(MHD_HTTP_CONTENT_TOO_LARGE, "arguments go behind the ? of the path");
  }
  Arguments arguments;
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, &collect, &arguments);
  return server.act(path, arguments);
}

MHD_Result on_request(void* self, MHD_Connection* connection, const char* path, const char* method,
                      const char*, const char*, size_t* body_size, void**) {
  const auto* server = static_cast<const AdminServer*>(self);
  const std::string_view verb = method;
  if (verb == MHD_HTTP_METHOD_POST && server->acts()) {
    return respond(connection, answer_post(*server, connection, path));
  }
  if (verb != MHD_HTTP_METHOD_GET && verb != MHD_HTTP_METHOD_HEAD) {
    // A body is not read: MHD closes the connection after the answer.
    return respond(connection, line_page(MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only"));
  }
  *body_size = 0;
  return respond(connection, server->page(path));
}

}  // namespace

Page line_page(unsigned status, std::string_view line) {
  return {status, "text/plain; charset=utf-8", std::string(line) + "\n"};
}

AdminServer::AdminServer(const AdminOptions& options, PageFunction page, ActionFunction action)
    : options_(options), page_(std::move(page)), action_(std::move(action)) {}

void AdminServer::leave() {
  if (!daemon_ || descriptor_ < 0) return;
  MHD_quiesce_daemon(daemon_);  // and gives the socket back
  close(std::exchange(descriptor_, -1));
}

void AdminServer::stop() {
  if (daemon_) {
    MHD_stop_daemon(daemon_);  // and closes the socket
  } else if (descriptor_ >= 0) {
    close(descriptor_);
  }
  daemon_ = nullptr;
  descriptor_ = -1;
}

std::optional<std::string> AdminServer::open() {
  assert(descriptor_ < 0);
  if (!options_.listen) return std::nullopt;
  const io::BoundSocket bound = io::bind_socket(*options_.listen, SOCK_STREAM, false);
  if (bound.descriptor < 0) {
    return explain_bind_failure(bound.failure, bound.error, *options_.listen);
  }
  return adopt(bound.descriptor);
}

std::optional<std::string> AdminServer::adopt(int descriptor) {
  descriptor_ = descriptor;
  local_ = io::local_endpoint(descriptor_);
  if (::listen(descriptor_, static_cast<int>(options_.connections_max)) == 0) return std::nullopt;
  return explain_bind_failure("listen: " + io::error_text(errno), errno, *options_.listen);
}

std::optional<std::string> AdminServer::start() {
  if (descriptor_ < 0) return std::nullopt;
  // MHD_USE_ITC: else its thread is woken by shutting the socket down, for all that hold it.
  daemon_ =
      MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_USE_ITC, 0, nullptr,
                       nullptr, &on_request, this, MHD_OPTION_LISTEN_SOCKET, descriptor_,
                       MHD_OPTION_CONNECTION_LIMIT, unsigned{options_.connections_max},
                       MHD_OPTION_CONNECTION_TIMEOUT, unsigned{options_.timeout_s},
                       MHD_OPTION_CONNECTION_MEMORY_LIMIT, kRequestMax, MHD_OPTION_END);
  if (daemon_) return std::nullopt;
  return "the HTTP server could not be started: " + io::error_text(errno);
}

}  // namespace dotring::appliance
