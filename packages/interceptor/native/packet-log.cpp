// SPDX-License-Identifier: MIT
// Source: linux/netfilter/nfnetlink_log.h.
#include "packet-log.hpp"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "arguments.hpp"
#include "packet-record.hpp"

namespace nftoggle {
namespace {

constexpr std::uint32_t kCopyRange = 512;

}  // namespace

Napi::Function PacketLog::define(Napi::Env env) {
  return DefineClass(env, "PacketLog", {InstanceMethod<&PacketLog::close>("close")});
}

// new PacketLog({ group, onPackets }): it goes on until close(), though nobody may know of it any more.
PacketLog::PacketLog(const Napi::CallbackInfo &info) : Napi::ObjectWrap<PacketLog>(info) {
  const Napi::Object options = object_from(info[0], "options");
  group_ = number16_from(options.Get("group"), "group");
  on_packets_ = Napi::Persistent(function_from(options.Get("onPackets"), "onPackets"));
  guarded(info.Env(), [&] { bind_group(); });
}

void PacketLog::bind_group() {
  socket_ = std::make_unique<NetlinkSocket>(0U, SOCK_NONBLOCK);
  alignas(nlmsghdr) char buffer[512];
  nlmsghdr *header = mnl_nlmsg_put_header(buffer);
  header->nlmsg_type = (NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_CONFIG;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  header->nlmsg_seq = 1;
  auto *family = static_cast<nfgenmsg *>(mnl_nlmsg_put_extra_header(header, sizeof(nfgenmsg)));
  family->nfgen_family = AF_UNSPEC;
  family->version = NFNETLINK_V0;
  family->res_id = htons(group_);
  const nfulnl_msg_config_cmd command{NFULNL_CFG_CMD_BIND};
  mnl_attr_put(header, NFULA_CFG_CMD, sizeof command, &command);
  const nfulnl_msg_config_mode mode{htonl(kCopyRange), NFULNL_COPY_PACKET, 0};
  mnl_attr_put(header, NFULA_CFG_MODE, sizeof mode, &mode);
  mnl_attr_put_u32(header, NFULA_CFG_TIMEOUT, htonl(1));  // hundredths of a second before a batch is sent
  const std::string step = "bind log group " + std::to_string(group_);
  if (const int number = socket_->send(header, header->nlmsg_len)) throw SystemError(step, number);
  socket_->expect_acknowledged(step, 1);
  uv_loop_t *loop = nullptr;
  napi_get_uv_event_loop(Env(), &loop);
  poll_ = std::make_unique<SocketPoll>(loop, socket_->fd(), [this] { on_readable(); });
  Ref();  // until it is closed: packets may come for what is forgotten already, and not yet destroyed
}

// The handler may close this log, which may be its end.
void PacketLog::on_readable() {
  const Napi::HandleScope scope(Env());
  [[maybe_unused]] const Napi::Object self = Value();
  alignas(nlmsghdr) char buffer[65536];
  auto batch = Napi::Array::New(Env());
  socket_->replay([&](const nlmsghdr *header) { read_message(header, batch); });
  for (;;) {
    const ssize_t length = recv(socket_->fd(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (length < 0 && (errno == ENOBUFS || errno == EINTR)) continue;
    if (length <= 0) break;
    int left = static_cast<int>(length);
    for (auto *header = reinterpret_cast<nlmsghdr *>(buffer); mnl_nlmsg_ok(header, left);
         header = mnl_nlmsg_next(header, &left))
      read_message(header, batch);
    if (batch.Length() >= 256) break;  // the event loop's turn; the rest is read next time
  }
  if (batch.Length() > 0) deliver(batch);
}

void PacketLog::deliver(Napi::Array batch) {
  try {
    on_packets_.MakeCallback(Value(), {batch});
  } catch (const Napi::Error &error) {
    napi_fatal_exception(Env(), error.Value());
  }
}

void PacketLog::read_message(const nlmsghdr *header, Napi::Array batch) {
  if (header->nlmsg_type != ((NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_PACKET)) return;
  PacketRecord record;
  for_each_attribute(header, [&](const nlattr *attribute) {
    switch (mnl_attr_get_type(attribute)) {
      case NFULA_MARK:
        record.mark = ntohl(mnl_attr_get_u32(attribute));
        break;
      case NFULA_IFINDEX_INDEV:
        record.interface_index = ntohl(mnl_attr_get_u32(attribute));
        break;
      case NFULA_HWADDR: {
        const auto *address = static_cast<const nfulnl_msg_packet_hw *>(mnl_attr_get_payload(attribute));
        if (ntohs(address->hw_addrlen) == 6) record.hardware_address = address->hw_addr;
        break;
      }
      case NFULA_PAYLOAD:
        record.payload = static_cast<const std::uint8_t *>(mnl_attr_get_payload(attribute));
        record.payload_length = mnl_attr_get_payload_len(attribute);
        break;
      default:
        break;
    }
  });
  batch.Set(batch.Length(), to_javascript(Env(), record));
}

void PacketLog::close(const Napi::CallbackInfo &) {
  if (poll_ == nullptr) return;
  poll_.reset();
  socket_.reset();
  Unref();
}

}  // namespace nftoggle
