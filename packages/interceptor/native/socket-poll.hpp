// SPDX-License-Identifier: MIT
// Watches a file descriptor on Node's own event loop; the callback runs on the loop's thread, for the first
// time at the loop's next turn, readable or not. It may end the watch itself.
#pragma once
#include <uv.h>

#include <functional>

namespace nftoggle {

class SocketPoll {
 public:
  SocketPoll(uv_loop_t *loop, int fd, std::function<void()> on_readable);
  ~SocketPoll();
  SocketPoll(const SocketPoll &) = delete;
  SocketPoll &operator=(const SocketPoll &) = delete;

 private:
  // The handle outlives this object until libuv has closed it, so it owns the callback itself.
  struct Handle {
    uv_poll_t poll;
    std::function<void()> on_readable;
  };
  static void on_event(uv_poll_t *poll, int status, int events);

  Handle *handle_;
};

}  // namespace nftoggle
