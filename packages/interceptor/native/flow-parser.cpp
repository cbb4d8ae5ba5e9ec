// SPDX-License-Identifier: MIT
#include "flow-parser.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <span>

namespace nftoggle {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6Header = 40;
constexpr std::size_t kTcpHeader = 20;
constexpr std::size_t kUdpHeader = 8;
constexpr int kMaxExtensionHeaders = 16;

std::uint16_t read16(Bytes bytes, std::size_t at) {
  return static_cast<std::uint16_t>((bytes[at] << 8) | bytes[at + 1]);
}

std::uint32_t read32(Bytes bytes, std::size_t at) {
  return (std::uint32_t{read16(bytes, at)} << 16) | read16(bytes, at + 2);
}

ParseResult parse_tcp(Bytes bytes, Flow &flow) {
  if (bytes.size() < kTcpHeader) return ParseResult::truncated;
  const std::size_t header = (bytes[12] >> 4) * 4U;
  if (header < kTcpHeader) return ParseResult::bad_length;
  if (header > bytes.size()) return ParseResult::truncated;
  flow.source_port = read16(bytes, 0);
  flow.destination_port = read16(bytes, 2);
  flow.sequence = read32(bytes, 4);
  flow.tcp_flags = bytes[13];
  return ParseResult::ok;
}

ParseResult parse_udp(Bytes bytes, Flow &flow) {
  if (bytes.size() < kUdpHeader) return ParseResult::truncated;
  flow.source_port = read16(bytes, 0);
  flow.destination_port = read16(bytes, 2);
  // A length of 0 is legal only in jumbograms, which are no first packets.
  return read16(bytes, 4) < kUdpHeader ? ParseResult::bad_length : ParseResult::ok;
}

ParseResult parse_transport(Bytes bytes, std::uint8_t protocol, Flow &flow) {
  flow.protocol = protocol;
  if (protocol == IPPROTO_TCP) return parse_tcp(bytes, flow);
  if (protocol == IPPROTO_UDP) return parse_udp(bytes, flow);
  return ParseResult::unsupported_protocol;
}

ParseResult parse_ipv4(Bytes bytes, Flow &flow) {
  if (bytes.size() < kIpv4Header) return ParseResult::truncated;
  const std::size_t header = (bytes[0] & 0x0f) * 4U;
  const std::size_t total = read16(bytes, 2);
  if (header < kIpv4Header || total < header) return ParseResult::bad_length;
  if (header > bytes.size()) return ParseResult::truncated;
  if ((read16(bytes, 6) & 0x1fff) != 0) return ParseResult::not_first_fragment;
  flow.family = 4;
  std::copy_n(bytes.begin() + 12, 4, flow.source.begin());
  std::copy_n(bytes.begin() + 16, 4, flow.destination.begin());
  // The kernel copies only the first bytes of a long packet, so `total` may lie beyond them.
  return parse_transport(bytes.subspan(header, std::min(total, bytes.size()) - header), bytes[9], flow);
}

// Length of the extension header at the front of `bytes`; 0 when `type` is not an extension header.
std::size_t extension_length(Bytes bytes, std::uint8_t type) {
  switch (type) {
    case IPPROTO_HOPOPTS:
    case IPPROTO_ROUTING:
    case IPPROTO_DSTOPTS:
    case 135:  // mobility (RFC 6275)
      return (std::size_t{bytes[1]} + 1) * 8;
    case IPPROTO_FRAGMENT:
      return 8;
    case IPPROTO_AH:
      return (std::size_t{bytes[1]} + 2) * 4;
    default:
      return 0;
  }
}

ParseResult parse_ipv6(Bytes bytes, Flow &flow) {
  if (bytes.size() < kIpv6Header) return ParseResult::truncated;
  flow.family = 6;
  std::copy_n(bytes.begin() + 8, 16, flow.source.begin());
  std::copy_n(bytes.begin() + 24, 16, flow.destination.begin());
  std::uint8_t type = bytes[6];
  Bytes rest = bytes.subspan(kIpv6Header, std::min<std::size_t>(read16(bytes, 4), bytes.size() - kIpv6Header));
  for (int headers = 0; headers < kMaxExtensionHeaders; headers++) {
    if (type == IPPROTO_TCP || type == IPPROTO_UDP) return parse_transport(rest, type, flow);
    if (rest.size() < 8) return ParseResult::truncated;
    const std::size_t length = extension_length(rest, type);
    if (length == 0) return ParseResult::unsupported_protocol;
    if (length > rest.size()) return ParseResult::truncated;
    if (type == IPPROTO_FRAGMENT && (read16(rest, 2) & 0xfff8) != 0) return ParseResult::not_first_fragment;
    type = rest[0];
    rest = rest.subspan(length);
  }
  return ParseResult::too_many_headers;
}

}  // namespace

const char *to_string(ParseResult result) {
  switch (result) {
    case ParseResult::ok: return "ok";
    case ParseResult::truncated: return "truncated";
    case ParseResult::bad_version: return "bad version";
    case ParseResult::bad_length: return "bad length";
    case ParseResult::not_first_fragment: return "not the first fragment";
    case ParseResult::unsupported_protocol: return "neither TCP nor UDP";
    case ParseResult::too_many_headers: return "too many extension headers";
  }
  return "unknown";
}

ParseResult parse_flow(const std::uint8_t *bytes, std::size_t length, Flow &flow) {
  flow = Flow{};
  const Bytes packet{bytes, length};
  if (packet.empty()) return ParseResult::truncated;
  if (packet[0] >> 4 == 4) return parse_ipv4(packet, flow);
  if (packet[0] >> 4 == 6) return parse_ipv6(packet, flow);
  return ParseResult::bad_version;
}

}  // namespace nftoggle
