// SPDX-License-Identifier: MIT
// Sources: linux/netfilter/nfnetlink_queue.h, net/netfilter/nfnetlink_queue.c, libnetfilter_queue(3).
#include "packet-queue.hpp"

#include <arpa/inet.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "arguments.hpp"

namespace nftoggle {
namespace {

constexpr std::size_t kMessages = 64;
constexpr std::size_t kMessageSize = 2048;
// Batches read before the event loop gets its turn: a flood must not keep timers and the bus waiting.
constexpr int kBatches = 4;

}  // namespace

Napi::Function PacketQueue::define(Napi::Env env) {
  return DefineClass(env, "PacketQueue",
                     {InstanceMethod<&PacketQueue::accept>("accept"), InstanceMethod<&PacketQueue::drop>("drop"),
                      InstanceMethod<&PacketQueue::expire>("expire"), InstanceMethod<&PacketQueue::held>("held"),
                      InstanceMethod<&PacketQueue::receive_buffer>("receiveBuffer"),
                      InstanceMethod<&PacketQueue::close>("close")});
}

// new PacketQueue({ number, maxLength, copyRange, receiveBuffer, onPackets, onTrouble })
PacketQueue::PacketQueue(const Napi::CallbackInfo &info) : Napi::ObjectWrap<PacketQueue>(info) {
  const Napi::Object options = object_from(info[0], "options");
  number_ = number16_from(options.Get("number"), "number");
  max_length_ = number_from(options.Get("maxLength"), "maxLength");
  copy_range_ = number_from(options.Get("copyRange"), "copyRange");
  receive_buffer_ = number_from(options.Get("receiveBuffer"), "receiveBuffer");
  on_packets_ = Napi::Persistent(function_from(options.Get("onPackets"), "onPackets"));
  on_trouble_ = Napi::Persistent(function_from(options.Get("onTrouble"), "onTrouble"));
  guarded(info.Env(), [&] { bind_queue(); });
}

PacketQueue::~PacketQueue() = default;

void PacketQueue::bind_queue() {
  socket_ = std::make_unique<NetlinkSocket>(0U, SOCK_NONBLOCK);
  socket_->enlarge_buffer("enlarge the socket buffer of queue " + std::to_string(number_), receive_buffer_);

  // Bound and configured in one message: between the two the kernel would drop everything silently.
  alignas(nlmsghdr) char buffer[512];
  nlmsghdr *header = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, number_);
  header->nlmsg_flags |= NLM_F_ACK;
  header->nlmsg_seq = ++sequence_;
  nfq_nlmsg_cfg_put_cmd(header, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
  nfq_nlmsg_cfg_put_params(header, NFQNL_COPY_PACKET, static_cast<int>(copy_range_));
  mnl_attr_put_u32(header, NFQA_CFG_QUEUE_MAXLEN, htonl(max_length_));
  // Segmented by nobody (F_GSO); F_FAIL_OPEN is named in the mask so that it is off whatever was before.
  mnl_attr_put_u32(header, NFQA_CFG_FLAGS, htonl(NFQA_CFG_F_GSO));
  mnl_attr_put_u32(header, NFQA_CFG_MASK, htonl(NFQA_CFG_F_GSO | NFQA_CFG_F_FAIL_OPEN));
  const std::string step = "bind queue " + std::to_string(number_);
  if (const int number = socket_->send(header, header->nlmsg_len)) throw SystemError(step, number);
  socket_->expect_acknowledged(step, header->nlmsg_seq);

  buffers_.resize(kMessages * kMessageSize);
  uv_loop_t *loop = nullptr;
  napi_get_uv_event_loop(Env(), &loop);
  poll_ = std::make_unique<SocketPoll>(loop, socket_->fd(), [this] { on_readable(); });
}

// receiveBuffer(): the room in bytes that the kernel granted, which may be less than was asked for.
Napi::Value PacketQueue::receive_buffer(const Napi::CallbackInfo &info) {
  int size = 0;
  socklen_t length = sizeof size;
  if (socket_ != nullptr) getsockopt(socket_->fd(), SOL_SOCKET, SO_RCVBUF, &size, &length);
  return Napi::Number::New(info.Env(), size / 2);  // the kernel doubles it for its own bookkeeping
}

// Handlers may close this queue, and may have been all that knew of it.
void PacketQueue::on_readable() {
  const Napi::HandleScope scope(Env());
  [[maybe_unused]] const Napi::Object self = Value();
  // Forgotten, and about to be destroyed: the kernel then drops what waits.
  if (self.IsEmpty()) return;
  read_early();
  for (int batch = 0; batch < kBatches && socket_ && read_batch(); batch++) {
  }
}

// Packets that came before the kernel's answer to our bind request.
void PacketQueue::read_early() {
  auto batch = Napi::Array::New(Env());
  socket_->replay([&](const nlmsghdr *header) { read_message(header, batch); });
  if (batch.Length() > 0) deliver(batch);
}

// True when there may be more to read.
bool PacketQueue::read_batch() {
  std::array<iovec, kMessages> vectors;
  std::array<mmsghdr, kMessages> messages{};
  for (std::size_t i = 0; i < kMessages; i++) {
    vectors[i] = {buffers_.data() + i * kMessageSize, kMessageSize};
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const Napi::HandleScope scope(Env());
  const int count = recvmmsg(socket_->fd(), messages.data(), kMessages, MSG_DONTWAIT, nullptr);
  if (count < 0) {
    const int number = errno;
    if (number == ENOBUFS) {  // packets were lost, and answers to verdicts with them; the socket itself is well
      unacknowledged_.clear();
      report("overrun", 0);
    }
    return number == ENOBUFS || number == EINTR;
  }
  auto batch = Napi::Array::New(Env());
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); i++) {
    int left = static_cast<int>(messages[i].msg_len);
    for (auto *header = static_cast<nlmsghdr *>(vectors[i].iov_base); mnl_nlmsg_ok(header, left);
         header = mnl_nlmsg_next(header, &left))
      read_message(header, batch);
  }
  if (socket_ != nullptr && batch.Length() > 0) deliver(batch);
  return count == static_cast<int>(kMessages);
}

void PacketQueue::read_message(const nlmsghdr *header, Napi::Array batch) {
  if (socket_ == nullptr) return;  // closed while it was told of trouble: the kernel drops what waits
  if (header->nlmsg_type == NLMSG_ERROR) return read_answer(header);
  std::array<nlattr *, NFQA_MAX + 1> attributes{};
  if (nfq_nlmsg_parse(header, attributes.data()) < 0 || attributes[NFQA_PACKET_HDR] == nullptr) return;
  const auto *packet = static_cast<const nfqnl_msg_packet_hdr *>(mnl_attr_get_payload(attributes[NFQA_PACKET_HDR]));
  PacketRecord record;
  record.id = ntohl(packet->packet_id);
  if (attributes[NFQA_MARK] != nullptr) record.mark = ntohl(mnl_attr_get_u32(attributes[NFQA_MARK]));
  if (attributes[NFQA_IFINDEX_INDEV] != nullptr)
    record.interface_index = ntohl(mnl_attr_get_u32(attributes[NFQA_IFINDEX_INDEV]));
  if (attributes[NFQA_HWADDR] != nullptr) {
    const auto *address = static_cast<const nfqnl_msg_packet_hw *>(mnl_attr_get_payload(attributes[NFQA_HWADDR]));
    if (ntohs(address->hw_addrlen) == 6) record.hardware_address = address->hw_addr;
  }
  if (attributes[NFQA_PAYLOAD] != nullptr) {
    record.payload = static_cast<const std::uint8_t *>(mnl_attr_get_payload(attributes[NFQA_PAYLOAD]));
    record.payload_length = mnl_attr_get_payload_len(attributes[NFQA_PAYLOAD]);
  }
  held_.emplace(record.id, Clock::now());
  batch.Set(batch.Length(), to_javascript(Env(), record));
}

void PacketQueue::read_answer(const nlmsghdr *header) {
  const auto *error = static_cast<const nlmsgerr *>(mnl_nlmsg_get_payload(header));
  const auto accepted = unacknowledged_.find(header->nlmsg_seq);
  if (accepted == unacknowledged_.end()) return;
  const std::uint32_t id = accepted->second;
  unacknowledged_.erase(accepted);
  if (error->error != 0) report("vanished", id);
}

// accept(id, mark): true when the verdict was given, false when the packet is not ours to answer any more.
// `mark` is the whole 32-bit packet mark, because NFQA_MARK replaces all of it.
Napi::Value PacketQueue::accept(const Napi::CallbackInfo &info) {
  const std::uint32_t id = number_from(info[0], "id");
  const std::uint32_t mark = number_from(info[1], "mark");
  if (!take(id)) return Napi::Boolean::New(info.Env(), false);
  send_verdict(id, NF_ACCEPT, &mark);
  return Napi::Boolean::New(info.Env(), true);
}

Napi::Value PacketQueue::drop(const Napi::CallbackInfo &info) {
  const std::uint32_t id = number_from(info[0], "id");
  if (!take(id)) return Napi::Boolean::New(info.Env(), false);
  send_verdict(id, NF_DROP, nullptr);
  return Napi::Boolean::New(info.Env(), true);
}

// expire(milliseconds): drops what was held for longer and returns the ids. The last resort against a
// packet that everybody forgot.
Napi::Value PacketQueue::expire(const Napi::CallbackInfo &info) {
  const auto oldest = Clock::now() - std::chrono::milliseconds(number_from(info[0], "milliseconds"));
  std::vector<std::uint32_t> expired;
  for (const auto &[id, since] : held_)
    if (since <= oldest) expired.push_back(id);
  auto ids = Napi::Array::New(info.Env());
  for (const std::uint32_t id : expired) {
    if (!take(id)) continue;  // closed by whoever was told that a verdict failed
    send_verdict(id, NF_DROP, nullptr);
    ids.Set(ids.Length(), id);
  }
  return ids;
}

Napi::Value PacketQueue::held(const Napi::CallbackInfo &info) {
  return Napi::Number::New(info.Env(), static_cast<double>(held_.size()));
}

// Idempotent. The kernel drops whatever still waits.
void PacketQueue::close(const Napi::CallbackInfo &) {
  poll_.reset();
  socket_.reset();
  held_.clear();
  unacknowledged_.clear();
}

bool PacketQueue::take(std::uint32_t id) { return socket_ != nullptr && held_.erase(id) == 1; }

void PacketQueue::send_verdict(std::uint32_t id, std::uint32_t verdict, const std::uint32_t *mark) {
  alignas(nlmsghdr) char buffer[128];
  nlmsghdr *header = nfq_nlmsg_put(buffer, NFQNL_MSG_VERDICT, number_);
  header->nlmsg_seq = ++sequence_;
  nfq_nlmsg_verdict_put(header, static_cast<int>(id), static_cast<int>(verdict));
  if (mark != nullptr) {
    nfq_nlmsg_verdict_put_mark(header, *mark);
    header->nlmsg_flags |= NLM_F_ACK;
    unacknowledged_.emplace(header->nlmsg_seq, id);
  }
  if (const int number = socket_->send(header, header->nlmsg_len)) {
    unacknowledged_.erase(header->nlmsg_seq);
    report("unanswered", static_cast<std::uint32_t>(number));
  }
}

void PacketQueue::deliver(Napi::Array batch) {
  try {
    on_packets_.MakeCallback(Value(), {batch});
  } catch (const Napi::Error &error) {
    // A fault like any other: the process ends, its socket closes, and the kernel drops what waits.
    napi_fatal_exception(Env(), error.Value());
  }
}

void PacketQueue::report(const char *what, std::uint32_t value) {
  const Napi::HandleScope scope(Env());
  try {
    on_trouble_.MakeCallback(Value(), {Napi::String::New(Env(), what), Napi::Number::New(Env(), value)});
  } catch (const Napi::Error &error) {
    napi_fatal_exception(Env(), error.Value());
  }
}

}  // namespace nftoggle
