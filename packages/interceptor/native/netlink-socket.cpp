// SPDX-License-Identifier: MIT
#include "netlink-socket.hpp"

#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace nftoggle {

SystemError::SystemError(std::string step, int number)
    : message_(std::move(step) + ": " + std::strerror(number)), number_(number) {}

Napi::Error to_javascript(Napi::Env env, const std::exception &error) {
  auto converted = Napi::Error::New(env, error.what());
  if (const auto *system = dynamic_cast<const SystemError *>(&error)) {
    const char *name = strerrorname_np(system->number());
    converted.Set("code", Napi::String::New(env, name == nullptr ? "EUNKNOWN" : name));
  }
  return converted;
}

NetlinkSocket::NetlinkSocket(unsigned int groups, int flags)
    : socket_(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | flags)) {
  if (socket_ == nullptr) throw SystemError("open a netlink socket", errno);
  if (mnl_socket_bind(socket_, groups, MNL_SOCKET_AUTOPID) < 0) {
    const int number = errno;
    mnl_socket_close(socket_);
    throw SystemError("bind a netlink socket", number);
  }
}

NetlinkSocket::~NetlinkSocket() { mnl_socket_close(socket_); }

int NetlinkSocket::fd() const { return mnl_socket_get_fd(socket_); }

unsigned int NetlinkSocket::port_id() const { return mnl_socket_get_portid(socket_); }

int NetlinkSocket::send(const void *message, std::size_t length) const {
  return mnl_socket_sendto(socket_, message, length) < 0 ? errno : 0;
}

void NetlinkSocket::expect_acknowledged(const std::string &step, unsigned int first_sequence) const {
  alignas(nlmsghdr) char buffer[16384];
  int failure = 0;
  bool answered = false;
  for (;;) {
    const ssize_t length = recv(fd(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && errno == EAGAIN) break;
    if (length < 0) throw SystemError(step, errno);
    int left = static_cast<int>(length);
    for (auto *header = reinterpret_cast<nlmsghdr *>(buffer); mnl_nlmsg_ok(header, left);
         header = mnl_nlmsg_next(header, &left)) {
      if (header->nlmsg_type != NLMSG_ERROR || header->nlmsg_seq < first_sequence) continue;
      answered = true;
      const auto *error = static_cast<const nlmsgerr *>(mnl_nlmsg_get_payload(header));
      if (failure == 0) failure = -error->error;
    }
  }
  if (failure != 0) throw SystemError(step, failure);
  if (!answered) throw SystemError(step + ": the kernel did not acknowledge", EPROTO);
}

void NetlinkSocket::dump(const nlmsghdr *request, const std::string &step,
                         const std::function<void(const nlmsghdr *)> &each) const {
  if (const int number = send(request, request->nlmsg_len)) throw SystemError(step, number);
  std::vector<char> buffer(65536);
  const auto on_message = [](const nlmsghdr *header, void *data) {
    (*static_cast<const std::function<void(const nlmsghdr *)> *>(data))(header);
    return MNL_CB_OK;
  };
  for (int more = MNL_CB_OK; more > MNL_CB_STOP;) {
    const ssize_t length = mnl_socket_recvfrom(socket_, buffer.data(), buffer.size());
    if (length < 0) throw SystemError(step, errno);
    more = mnl_cb_run(buffer.data(), static_cast<std::size_t>(length), request->nlmsg_seq, port_id(), on_message,
                      const_cast<void *>(static_cast<const void *>(&each)));
    if (more < 0) throw SystemError(step, errno);
  }
}

}  // namespace nftoggle
