// SPDX-License-Identifier: Apache-2.0
#include "verb/tune/terminal.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string_view>

#include "cli/console.hpp"
#include "cli/interrupts.hpp"

namespace busmark {
namespace {

constexpr std::string_view kEnterScreen = "\x1b[?1049h\x1b[?25l";  // alternate, no cursor
constexpr std::string_view kLeaveScreen = "\x1b[?25h\x1b[?1049l";

// What a signal handler needs. Written before the handlers stand.
termios terminal_before{};
std::atomic<bool> keys_taken{false};
std::atomic<bool> screen_taken{false};
std::atomic<bool> stopped{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void write_screen(std::string_view text) noexcept {
  [[maybe_unused]] const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
}

void take_terminal() noexcept {
  if (keys_taken.load()) {
    termios single = terminal_before;
    single.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    single.c_cc[VMIN] = 1;
    single.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &single);
  }
  if (screen_taken.load()) write_screen(kEnterScreen);
}

/// Both calls are safe in a signal handler (POSIX.1-2017, 2.4.3).
void give_terminal_back() noexcept {
  if (screen_taken.load()) write_screen(kLeaveScreen);
  if (keys_taken.load()) tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal_before);
}

extern "C" void on_stop_key(int) {
  const int error = errno;
  give_terminal_back();
  raise(SIGSTOP);  // returns with SIGCONT
  stopped.store(true);
  take_terminal();
  errno = error;
}

}  // namespace

KeyTerminal::KeyTerminal(bool keys, bool screen) : keys_(keys), screen_(screen) {
  if (keys_ && tcgetattr(STDIN_FILENO, &terminal_before) != 0) keys_ = false;
  if (!keys_ && !screen_) return;
  keys_taken.store(keys_);
  screen_taken.store(screen_);
  before_leaving_at_once(give_terminal_back);
  struct sigaction action {};
  action.sa_handler = on_stop_key;
  action.sa_flags = SA_RESTART;
  sigaction(SIGTSTP, &action, nullptr);
  take_terminal();
}

KeyTerminal::~KeyTerminal() {
  if (!keys_ && !screen_) return;
  std::signal(SIGTSTP, SIG_DFL);
  before_leaving_at_once(nullptr);
  give_terminal_back();
  keys_taken.store(false);
  screen_taken.store(false);
}

void KeyTerminal::draw(const std::string& lines) const {
  if (!screen_) return;
  // From the upper left, each line up to its end, then what is below: nothing flickers, and nothing
  // of a larger picture stays.
  std::string text = "\x1b[H";
  for (const char c : lines) text += c == '\n' ? "\x1b[K\r\n" : std::string(1, c);
  // A newline behind the last line would scroll a full screen.
  if (text.ends_with("\r\n")) text.resize(text.size() - 2);
  write_screen(text + "\x1b[J");
}

bool KeyTerminal::was_stopped() const { return stopped.exchange(false); }

KeyTerminal::Size KeyTerminal::size() {
  winsize window{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) {
    return {};
  }
  return {.columns = window.ws_col, .rows = window.ws_row};
}

bool KeyTerminal::has_keys() {
  return can_rewrite_lines(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

std::string PendingInput::read() {
  std::string text;
  while (!over_) {
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    if (poll(&input, 1, 0) <= 0) break;
    // In the background a terminal answers with a signal that would stop us.
    if (isatty(STDIN_FILENO) == 1 && tcgetpgrp(STDIN_FILENO) != getpgrp()) break;
    char bytes[256];
    const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) over_ = true;
    if (count > 0) text.append(bytes, static_cast<std::size_t>(count));
  }
  return text;
}

}  // namespace busmark
