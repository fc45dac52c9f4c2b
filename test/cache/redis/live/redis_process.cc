#include "test/cache/redis/live/redis_process.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

namespace dotring::cache::redis {
namespace {

using namespace std::chrono_literals;

constexpr auto kStartLimit = 15s;

std::vector<char*> arguments_of(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  return arguments;
}

/// `output`: a file for what it prints.
pid_t spawn(const std::vector<std::string>& words, const std::string& output) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  const int flags = O_WRONLY | O_CREAT | O_APPEND;
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(), flags, 0600);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  const auto arguments = arguments_of(words);
  pid_t process = -1;
  const int error =
      posix_spawnp(&process, arguments[0], &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  return error == 0 ? process : -1;
}

uint16_t port_of_the_kernels_choice() {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(descriptor, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  close(descriptor);
  return ntohs(address.sin_port);
}

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

}  // namespace

bool redis_is_installed() {
  static const bool installed =
      output_of({"redis-server", "--version"}).starts_with("Redis server") &&
      output_of({"redis-cli", "--version"}).starts_with("redis-cli");
  return installed;
}

std::string output_of(const std::vector<std::string>& words) {
  const Folder folder;
  const std::string output = folder.path("output");
  const pid_t process = spawn(words, output);
  if (process < 0) return "";
  int status = 0;
  waitpid(process, &status, 0);
  return content_of(output);
}

// Until its server binds it the kernel may choose a port again.
uint16_t free_port() {
  static std::set<uint16_t> given;
  for (;;) {
    const uint16_t port = port_of_the_kernels_choice();
    if (given.insert(port).second) return port;
  }
}

RedisProcess::RedisProcess(std::vector<std::string> options, uint16_t port)
    : options_(std::move(options)), port_(port) {}

RedisProcess::~RedisProcess() {
  kill();
}

bool RedisProcess::start() {
  std::vector<std::string> words = {"redis-server"};
  const auto add = [&](const std::string& option) {
    const size_t space = option.find(' ');
    words.push_back("--" + option.substr(0, space));
    words.push_back(option.substr(space + 1));
  };
  for (const std::string& option : {"port " + std::to_string(port_), std::string("bind 127.0.0.1"),
                                    "unixsocket " + socket_path(), "dir " + folder_.path(""),
                                    std::string("save "), std::string("appendonly no")}) {
    add(option);
  }
  for (const std::string& option : options_) add(option);
  return start_program(words);
}

// A sentinel writes its configuration anew: it must be a file.
bool RedisProcess::start_as_sentinel() {
  const std::string path = folder_.path("sentinel.conf");
  std::ofstream file(path);
  file << "port " << port_ << "\nbind 127.0.0.1\nunixsocket " << socket_path() << "\ndir "
       << folder_.path("") << "\n";
  for (const std::string& option : options_) file << option << "\n";
  file.close();
  return start_program({"redis-server", path, "--sentinel"});
}

bool RedisProcess::start_program(std::vector<std::string> words) {
  process_ = spawn(words, folder_.path("log"));
  return process_ > 0 && wait_until_it_answers();
}

// Any answer will do: also that a password is needed.
bool RedisProcess::wait_until_it_answers() {
  const auto give_up = std::chrono::steady_clock::now() + kStartLimit;
  while (std::chrono::steady_clock::now() < give_up) {
    const std::string answer = cli({"PING"});
    if (answer == "PONG" || answer.starts_with("NOAUTH")) return true;
    int status = 0;
    if (waitpid(process_, &status, WNOHANG) == process_) {
      process_ = -1;
      return false;
    }
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

void RedisProcess::kill() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  int status = 0;
  waitpid(process_, &status, 0);
  process_ = -1;
}

void RedisProcess::pause() {
  ::kill(process_, SIGSTOP);
}

void RedisProcess::resume() {
  ::kill(process_, SIGCONT);
}

std::string RedisProcess::log() const {
  return content_of(folder_.path("log"));
}

std::string RedisProcess::cli(std::vector<std::string> words) const {
  words.insert(words.begin(), {"redis-cli", "-s", socket_path()});
  std::string answer = output_of(words);
  while (answer.ends_with('\n')) answer.pop_back();
  return answer;
}

}  // namespace dotring::cache::redis
