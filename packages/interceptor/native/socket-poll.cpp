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
  // UV_DISCONNECT and errors count as readable: the read itself then says what is wrong.
  uv_poll_start(&handle_->poll, UV_READABLE,
                [](uv_poll_t *poll, int, int) { static_cast<Handle *>(poll->data)->on_readable(); });
}

SocketPoll::~SocketPoll() {
  uv_poll_stop(&handle_->poll);
  handle_->on_readable = [] {};
  uv_close(reinterpret_cast<uv_handle_t *>(&handle_->poll),
           [](uv_handle_t *handle) { delete static_cast<Handle *>(handle->data); });
}

}  // namespace nftoggle
