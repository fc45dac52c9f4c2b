// What every program does with its arguments and signals.

#pragma once

#include <functional>
#include <initializer_list>
#include <string>

namespace CLI {
class App;
}

namespace dotring {

/// Exit status of a program whose arguments or configuration are refused.
inline constexpr int kStatusUsage = 2;

/// "PROGRAM: WHAT" on standard error; returns `status`.
int fail(const std::string& program, int status, const std::string& what);

/// Parses, then asks `read` what is wrong with what was parsed (empty: nothing). False: the process
/// is to end now with `status`; help was printed, or what is wrong.
bool parse_arguments(CLI::App& app, int count, const char* const* arguments, int& status,
                     const std::function<std::string()>& read);

/// For this thread and all that it starts: whoever wants the signals asks for them. SIGPIPE is
/// ignored besides.
void block_signals(std::initializer_list<int> signals);

/// Waits for one of these blocked signals and takes it; its number.
int wait_for_signal(std::initializer_list<int> signals);

/// Whether one of these blocked signals has come; it is taken. Does not wait.
bool take_signal(std::initializer_list<int> signals);

}  // namespace dotring
