// SPDX-License-Identifier: MIT
// A netlink socket, of netfilter if nothing else is said, that closes itself, and errors that carry their errno to JavaScript.
#pragma once
#include <libmnl/libmnl.h>
#include <napi.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace nftoggle {

// sizeof(nfgenmsg), which stands between the netlink header and the attributes of every netfilter message.
constexpr unsigned int kGenericHeader = 4;

// What failed, and the errno of it. Becomes a JavaScript Error with `step` and `code` (such as "EPERM").
class SystemError : public std::exception {
 public:
  SystemError(std::string step, int number);
  const char *what() const noexcept override { return message_.c_str(); }
  const std::string &step() const { return step_; }
  int number() const { return number_; }

 private:
  std::string step_;
  std::string message_;
  int number_;
};

Napi::Error to_javascript(Napi::Env env, const std::exception &error);

// Runs native code on behalf of JavaScript: no C++ exception crosses the border as one.
template <typename Work>
auto guarded(Napi::Env env, Work work) {
  try {
    return work();
  } catch (const Napi::Error &) {
    throw;
  } catch (const std::exception &error) {
    throw to_javascript(env, error);
  }
}

// Calls `each` for every attribute of a message, which stand behind the nfgenmsg of a netfilter one.
template <typename Each>
void for_each_attribute(const nlmsghdr *header, Each each, unsigned int offset = kGenericHeader) {
  mnl_attr_parse(
      header, offset,
      [](const nlattr *attribute, void *data) {
        (*static_cast<Each *>(data))(attribute);
        return MNL_CB_OK;
      },
      &each);
}

class NetlinkSocket {
 public:
  using OnMessage = std::function<void(const nlmsghdr *)>;

  explicit NetlinkSocket(unsigned int groups = 0, int flags = 0, int family = NETLINK_NETFILTER);
  ~NetlinkSocket();
  NetlinkSocket(const NetlinkSocket &) = delete;
  NetlinkSocket &operator=(const NetlinkSocket &) = delete;

  int fd() const;
  // The kernel then has room for so many bytes that wait to be read; fewer where we may not decide that.
  void enlarge_buffer(const std::string &step, std::uint32_t bytes) const;
  // Makes it a member of a multicast group, by its number.
  void join(const std::string &step, int group) const;
  // Returns what sendto(2) said: 0 or an errno.
  int send(const void *message, std::size_t length) const;

  // The kernel answers a request before sendto(2) returns.
  // For one request: reads up to the answer to it and throws SystemError with the errno that it reports. What
  // else arrived before it is kept for replay().
  void expect_acknowledged(const std::string &step, unsigned int sequence);
  // For a batch: reads answers to `first_sequence` and after until none is left; throws SystemError with the
  // first errno that one of them reports.
  void expect_batch_acknowledged(const std::string &step, unsigned int first_sequence) const;
  // Hands over, once, what expect_acknowledged() came across.
  void replay(const OnMessage &each);

  // Sends a dump request and hands every message of the answer to `each`. Where the kernel's tables changed
  // meanwhile it calls `restart`, which forgets what `each` was given, and asks again; throws SystemError with
  // EINTR when they never stand still. After a failure no answer is left that a later request could take for its own.
  void dump(const nlmsghdr *request, const std::string &step, const OnMessage &each,
            const std::function<void()> &restart);
  // The same once, with all that comes though tables changed meanwhile: for what is gone by being read.
  void take(const nlmsghdr *request, const std::string &step, const OnMessage &each);

 private:
  // One datagram; false when there is none and `flags` say not to wait.
  bool receive(const std::string &step, int flags, const OnMessage &each) const;
  // False when the answer is no picture of one moment (NLM_F_DUMP_INTR); `each` gets it to its end all the same.
  bool dump_once(const nlmsghdr *request, const std::string &step, const OnMessage &each) const;
  void reopen();

  const unsigned int groups_;
  const int flags_;
  const int family_;
  mnl_socket *socket_;
  std::vector<std::vector<char>> early_;
};

}  // namespace nftoggle
