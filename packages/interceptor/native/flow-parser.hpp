// SPDX-License-Identifier: MIT
// What is in the first bytes of an IP packet. Pure: no allocation, no kernel, no JavaScript, so that it can
// be fuzzed by itself. Whatever the bytes are, nothing outside them is read.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace nftoggle {

enum class ParseResult : std::uint8_t {
  ok,
  truncated,             // a header does not fit into the bytes that are there
  bad_version,           // neither IPv4 nor IPv6
  bad_length,            // a length field contradicts the headers
  not_first_fragment,    // no ports in it
  unsupported_protocol,  // neither TCP nor UDP
  too_many_headers,      // a chain of IPv6 extension headers beyond any use
};

const char *to_string(ParseResult result);

struct Flow {
  std::uint8_t family = 0;    // 4 or 6
  std::uint8_t protocol = 0;  // IPPROTO_TCP or IPPROTO_UDP
  std::array<std::uint8_t, 16> source{};
  std::array<std::uint8_t, 16> destination{};
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t tcp_flags = 0;
  std::uint32_t sequence = 0;  // TCP only; the initial sequence number of a SYN
};

// IPv4: RFC 791. IPv6 and its extension headers: RFC 8200, RFC 4302 (AH). TCP: RFC 9293. UDP: RFC 768.
ParseResult parse_flow(const std::uint8_t *bytes, std::size_t length, Flow &flow);

}  // namespace nftoggle
