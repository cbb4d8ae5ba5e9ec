// SPDX-License-Identifier: MIT
#include "socket-poll.hpp"

#include "netlink-socket.hpp"

namespace nftoggle {

SocketPoll::SocketPoll(uv_loop_t *loop, int fd, std::function<void()> on_readable)
    : handle_(new Handle{{}, std::move(on_readable)}) {
  if (const int error = uv_poll_init(loop, &handle_->poll, fd)) {
    delete handle_;
    throw SystemError("watch a socket", -error);
  }
  handle_->poll.data = handle_;
  // A socket is writable at once, which makes the first turn.
  uv_poll_start(&handle_->poll, UV_READABLE | UV_WRITABLE, on_event);
}

// libuv ends the watch when the socket has an error (EPOLLERR), and a netlink socket that ran over has one,
// ENOBUFS. The read itself takes the error away and tells of it; the watch goes on.
void SocketPoll::on_event(uv_poll_t *poll, int status, int events) {
  if (status < 0 || (events & UV_WRITABLE) != 0) uv_poll_start(poll, UV_READABLE, on_event);
  static_cast<Handle *>(poll->data)->on_readable();
}

SocketPoll::~SocketPoll() {
  // No call comes after this. The callback itself lives on, for it may be what runs just now.
  uv_poll_stop(&handle_->poll);
  uv_close(reinterpret_cast<uv_handle_t *>(&handle_->poll),
           [](uv_handle_t *handle) { delete static_cast<Handle *>(handle->data); });
}

}  // namespace nftoggle
