// SPDX-License-Identifier: MIT
#include "netlink-socket.hpp"

#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace nftoggle {
namespace {

// Of a dump, while others change nftables all the time. Each takes well under a millisecond.
constexpr int kDumpAttempts = 30;
// More than the kernel puts into one datagram of a dump (32 KiB).
constexpr std::size_t kDatagram = 65536;

mnl_socket *open_socket(unsigned int groups, int flags, int family) {
  mnl_socket *opened = mnl_socket_open2(family, SOCK_CLOEXEC | flags);
  if (opened == nullptr) throw SystemError("open a netlink socket", errno);
  if (mnl_socket_bind(opened, groups, MNL_SOCKET_AUTOPID) == 0) return opened;
  const int number = errno;
  mnl_socket_close(opened);
  throw SystemError("bind a netlink socket", number);
}

// The errno that an NLMSG_ERROR, or the end of a dump, reports; 0 for none.
int reported_errno(const nlmsghdr *header) {
  int error = 0;
  if (mnl_nlmsg_get_payload_len(header) < sizeof error) return 0;
  std::memcpy(&error, mnl_nlmsg_get_payload(header), sizeof error);  // nlmsgerr begins with it too
  return -error;
}

}  // namespace

SystemError::SystemError(std::string step, int number)
    : step_(std::move(step)), message_(step_ + ": " + std::strerror(number)), number_(number) {}

Napi::Error to_javascript(Napi::Env env, const std::exception &error) {
  auto converted = Napi::Error::New(env, error.what());
  if (const auto *system = dynamic_cast<const SystemError *>(&error)) {
    const char *name = strerrorname_np(system->number());
    converted.Set("code", Napi::String::New(env, name == nullptr ? "EUNKNOWN" : name));
    converted.Set("step", Napi::String::New(env, system->step()));
  }
  return converted;
}

NetlinkSocket::NetlinkSocket(unsigned int groups, int flags, int family)
    : groups_(groups), flags_(flags), family_(family), socket_(open_socket(groups, flags, family)) {}

NetlinkSocket::~NetlinkSocket() { mnl_socket_close(socket_); }

void NetlinkSocket::reopen() {
  mnl_socket *fresh = open_socket(groups_, flags_, family_);
  mnl_socket_close(socket_);
  socket_ = fresh;
}

int NetlinkSocket::fd() const { return mnl_socket_get_fd(socket_); }

// SO_RCVBUFFORCE is for who has CAP_NET_ADMIN in the first user namespace of the machine; a container with
// one of its own (rootless, userns-remap) gets no more than net.core.rmem_max.
void NetlinkSocket::enlarge_buffer(const std::string &step, std::uint32_t bytes) const {
  const int size = static_cast<int>(bytes);
  if (setsockopt(fd(), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) == 0) return;
  if (errno == EPERM && setsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size) == 0) return;
  throw SystemError(step, errno);
}

void NetlinkSocket::join(const std::string &step, int group) const {
  if (mnl_socket_setsockopt(socket_, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0) throw SystemError(step, errno);
}

int NetlinkSocket::send(const void *message, std::size_t length) const {
  return mnl_socket_sendto(socket_, message, length) < 0 ? errno : 0;
}

bool NetlinkSocket::receive(const std::string &step, int flags, const OnMessage &each) const {
  alignas(nlmsghdr) char buffer[kDatagram];
  ssize_t length = 0;
  do {
    length = recv(fd(), buffer, sizeof buffer, flags);
  } while (length < 0 && errno == EINTR);
  if (length < 0 && errno == EAGAIN) return false;
  if (length < 0) throw SystemError(step, errno);
  int left = static_cast<int>(length);
  for (auto *header = reinterpret_cast<nlmsghdr *>(buffer); mnl_nlmsg_ok(header, left);
       header = mnl_nlmsg_next(header, &left))
    each(header);
  return true;
}

void NetlinkSocket::expect_acknowledged(const std::string &step, unsigned int sequence) {
  int failure = 0;
  bool answered = false;
  const auto on_message = [&](const nlmsghdr *header) {
    if (header->nlmsg_type == NLMSG_ERROR && header->nlmsg_seq == sequence) {
      answered = true;
      failure = reported_errno(header);
    } else if (header->nlmsg_type != NLMSG_ERROR) {
      const auto *bytes = reinterpret_cast<const char *>(header);
      early_.emplace_back(bytes, bytes + header->nlmsg_len);
    }
  };
  while (!answered && receive(step, MSG_DONTWAIT, on_message)) {
  }
  if (failure != 0) throw SystemError(step, failure);
  if (!answered) throw SystemError(step + ": the kernel did not acknowledge", EPROTO);
}

void NetlinkSocket::expect_batch_acknowledged(const std::string &step, unsigned int first_sequence) const {
  int failure = 0;
  bool answered = false;
  const auto on_message = [&](const nlmsghdr *header) {
    // The difference is right even where the sequence has gone round.
    const bool ours = static_cast<std::int32_t>(header->nlmsg_seq - first_sequence) >= 0;
    if (header->nlmsg_type != NLMSG_ERROR || !ours) return;
    answered = true;
    if (failure == 0) failure = reported_errno(header);
  };
  while (receive(step, MSG_DONTWAIT, on_message)) {
  }
  if (failure != 0) throw SystemError(step, failure);
  if (!answered) throw SystemError(step + ": the kernel did not acknowledge", EPROTO);
}

void NetlinkSocket::replay(const OnMessage &each) {
  const auto early = std::move(early_);
  early_.clear();
  for (const auto &message : early) each(reinterpret_cast<const nlmsghdr *>(message.data()));
}

void NetlinkSocket::dump(const nlmsghdr *request, const std::string &step, const OnMessage &each,
                         const std::function<void()> &restart) {
  try {
    for (int attempt = 0; attempt < kDumpAttempts; attempt++) {
      if (dump_once(request, step, each)) return;
      restart();
    }
  } catch (...) {
    reopen();
    throw;
  }
  throw SystemError(step, EINTR);
}

void NetlinkSocket::take(const nlmsghdr *request, const std::string &step, const OnMessage &each) {
  try {
    dump_once(request, step, each);
  } catch (...) {
    reopen();
    throw;
  }
}

bool NetlinkSocket::dump_once(const nlmsghdr *request, const std::string &step, const OnMessage &each) const {
  if (const int number = send(request, request->nlmsg_len)) throw SystemError(step, number);
  bool consistent = true;
  bool done = false;
  const auto on_message = [&](const nlmsghdr *header) {
    if (header->nlmsg_seq != request->nlmsg_seq) return;
    if ((header->nlmsg_flags & NLM_F_DUMP_INTR) != 0) consistent = false;
    const bool ends = header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR;
    if (!ends) each(header);
    if (!ends) return;
    if (const int number = reported_errno(header)) throw SystemError(step, number);
    done = true;
  };
  while (!done) receive(step, 0, on_message);
  return consistent;
}

}  // namespace nftoggle
