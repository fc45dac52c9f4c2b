// What dotring-ctl and dotring say to each other over the control socket: one request, one reply,
// the end of the connection.
//
//   request   {"verb":"flush","name":"example.com","subtree":true}\n
//   reply     {"ok":true,"result":{...}}\n   or   {"ok":false,"error":"..."}\n
//
// What it is: the form, for both sides. What it is not: sockets, or what verbs do.
//
// Invariant: whatever octets a reader is given, it gives a message or says in one line what is
// wrong with them. A request with its newline has at most kRequestMax octets.

#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace dotring::control {

/// Keeps the order of members, which is the order in which people read them.
using Json = nlohmann::ordered_json;

/// Enough for the longest name with every octet escaped, and all else.
inline constexpr size_t kRequestMax = 4096;

struct Request {
  std::string verb;
  /// An object: all but the verb.
  Json arguments = Json::object();
};

struct Reply {
  /// Not empty: why not, in one line. Then there is no result.
  std::string error;
  Json result;
};

/// One line, its newline included.
std::string to_line(const Request& request);
std::string to_line(const Reply& reply);

/// A request, or what is wrong with the line.
std::variant<Request, std::string> read_request(std::string_view line);
/// The same for a reply.
std::variant<Reply, std::string> read_reply(std::string_view line);

inline Reply refuse(std::string why) {
  return {std::move(why), {}};
}

/// Reads the arguments of one request. The first thing wrong is kept, what nobody asked for
/// included: a misspelt argument must not be one that is left out.
class ArgumentReader {
 public:
  explicit ArgumentReader(const Json& arguments) : arguments_(arguments) {}

  /// Empty when it is not there.
  std::string text(std::string_view name);
  bool flag(std::string_view name);
  uint64_t number(std::string_view name, uint64_t otherwise, uint64_t max);

  /// Once everything was read: nothing, or what is wrong.
  std::optional<std::string> problem() const;

 private:
  /// Null when it is not there.
  const Json* take(std::string_view name);
  void complain(std::string_view name, const std::string& what);

  const Json& arguments_;
  size_t known_ = 0;  ///< of the arguments, those that were asked for
  std::string problem_;
};

}  // namespace dotring::control
