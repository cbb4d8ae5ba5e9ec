// SPDX-License-Identifier: MIT
// One NFQUEUE of the kernel: packets come out in batches, verdicts go in.
#pragma once
#include <napi.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "netlink-socket.hpp"
#include "packet-record.hpp"
#include "socket-poll.hpp"

namespace nftoggle {

// Every packet that was handed out is answered: by accept() or drop(), by the deadline, or by the kernel,
// which drops what waits in a queue whose socket is closed. Nothing is accepted but by accept().
class PacketQueue : public Napi::ObjectWrap<PacketQueue> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit PacketQueue(const Napi::CallbackInfo &info);
  ~PacketQueue() override;

 private:
  using Clock = std::chrono::steady_clock;

  Napi::Value accept(const Napi::CallbackInfo &info);
  Napi::Value drop(const Napi::CallbackInfo &info);
  Napi::Value expire(const Napi::CallbackInfo &info);
  Napi::Value held(const Napi::CallbackInfo &info);
  Napi::Value receive_buffer(const Napi::CallbackInfo &info);
  void close(const Napi::CallbackInfo &info);

  void bind_queue();
  void on_readable();
  void read_early();
  bool read_batch();
  void read_message(const nlmsghdr *header, Napi::Array batch);
  void read_answer(const nlmsghdr *header);
  void send_verdict(std::uint32_t id, std::uint32_t verdict, const std::uint32_t *mark);
  bool take(std::uint32_t id);
  void deliver(Napi::Array batch);
  void report(const char *what, std::uint32_t value);

  std::uint16_t number_;
  std::uint32_t max_length_;
  std::uint32_t copy_range_;
  std::uint32_t receive_buffer_;
  std::uint32_t sequence_ = 0;
  std::unordered_map<std::uint32_t, Clock::time_point> held_;
  std::unordered_map<std::uint32_t, std::uint32_t> unacknowledged_;  // sequence of an ACCEPT → packet id
  std::vector<char> buffers_;
  Napi::FunctionReference on_packets_;
  Napi::FunctionReference on_trouble_;
  std::unique_ptr<NetlinkSocket> socket_;
  std::unique_ptr<SocketPoll> poll_;
};

}  // namespace nftoggle
