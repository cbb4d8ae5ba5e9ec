// SPDX-License-Identifier: MIT
// A netfilter netlink socket that closes itself, and errors that carry their errno to JavaScript.
#pragma once
#include <libmnl/libmnl.h>
#include <napi.h>

#include <functional>
#include <string>

namespace nftoggle {

// sizeof(nfgenmsg), which stands between the netlink header and the attributes of every netfilter message.
constexpr unsigned int kGenericHeader = 4;

// What failed, and the errno of it. Becomes a JavaScript Error with `code` (such as "EPERM").
class SystemError : public std::exception {
 public:
  SystemError(std::string step, int number);
  const char *what() const noexcept override { return message_.c_str(); }
  int number() const { return number_; }

 private:
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

// Calls `each` for every attribute behind the nfgenmsg of a netfilter message.
template <typename Each>
void for_each_attribute(const nlmsghdr *header, Each each) {
  mnl_attr_parse(
      header, kGenericHeader,
      [](const nlattr *attribute, void *data) {
        (*static_cast<Each *>(data))(attribute);
        return MNL_CB_OK;
      },
      &each);
}

class NetlinkSocket {
 public:
  explicit NetlinkSocket(unsigned int groups = 0, int flags = 0);
  ~NetlinkSocket();
  NetlinkSocket(const NetlinkSocket &) = delete;
  NetlinkSocket &operator=(const NetlinkSocket &) = delete;

  int fd() const;
  unsigned int port_id() const;
  // Returns what sendto(2) said: 0 or an errno.
  int send(const void *message, std::size_t length) const;
  // For requests that the kernel answers before sendto(2) returns. Reads answers to `sequence` and above
  // until none is left; throws SystemError with the first errno that an answer reports.
  void expect_acknowledged(const std::string &step, unsigned int first_sequence) const;
  // Sends a dump request and hands every message of the answer to `each`.
  void dump(const nlmsghdr *request, const std::string &step,
            const std::function<void(const nlmsghdr *)> &each) const;

 private:
  mnl_socket *socket_;
};

}  // namespace nftoggle
