// SPDX-License-Identifier: MIT
// Sends SYNs from random addresses of the whole Internet, IPv4 and IPv6 by turns, and prints as one JSON object how
// many of each it sent.
//
//   flood -4 ADDRESS -6 ADDRESS -p PORT[,PORT…] -r PER_SECOND -t SECONDS [-s SEED]
//
// They leave in step with the clock, a few at a time: a burst would overflow the backlog of a veth. Stopped by
// SIGTERM it prints what it has sent so far.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "program.h"

static uint64_t state = 1;
static volatile sig_atomic_t stopped = 0;

static void on_signal(int number) {
  (void)number;
  stopped = 1;
}

// splitmix64: the same seed, the same flood.
static uint64_t next_random(void) {
  uint64_t z = (state += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

// Not those that no router lets through, nor the lab's own: those may be allowed.
static bool is_usable4(uint32_t a) {
  return a >> 24 != 0 && a >> 24 != 127 && a >> 29 != 7 && a >> 8 != 0xcb0071 && a >> 8 != 0xc63364;
}

static uint32_t random4(void) {
  for (;;) {
    uint32_t a = (uint32_t)next_random();
    if (is_usable4(a)) return htonl(a);
  }
}

// Of 2000::/3, but not of 2001::/16, of which the lab is.
static struct in6_addr random6(void) {
  struct in6_addr a;
  uint64_t halves[2] = {next_random(), next_random()};
  memcpy(&a, halves, sizeof a);
  a.s6_addr[0] = (a.s6_addr[0] & 0x1f) | 0x20;
  if (a.s6_addr[0] == 0x20 && a.s6_addr[1] == 0x01) a.s6_addr[1] = 0x02;
  return a;
}

static uint32_t add_words(uint32_t sum, const void *bytes, size_t length) {
  const uint16_t *words = bytes;
  for (size_t i = 0; i < length / 2; i++) sum += words[i];
  return sum;
}

static uint16_t fold(uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

// `pseudo`: the sum of the addresses.
static struct tcphdr syn_to(int port, uint32_t pseudo) {
  struct tcphdr tcp = {.source = htons((uint16_t)(1024 + next_random() % 60000)),
                       .dest = htons((uint16_t)port),
                       .seq = (uint32_t)next_random(),
                       .doff = sizeof tcp / 4,
                       .syn = 1,
                       .window = htons(64240)};
  tcp.check = fold(add_words(pseudo + htons(IPPROTO_TCP) + htons(sizeof tcp), &tcp, sizeof tcp));
  return tcp;
}

static bool send4(int fd, const struct sockaddr_in *to, int port) {
  struct { struct iphdr ip; struct tcphdr tcp; } packet = {
      .ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP, .saddr = random4(), .daddr = to->sin_addr.s_addr}};
  packet.ip.tot_len = htons(sizeof packet);
  packet.tcp = syn_to(port, add_words(add_words(0, &packet.ip.saddr, 4), &packet.ip.daddr, 4));
  return sendto(fd, &packet, sizeof packet, 0, (const struct sockaddr *)to, sizeof *to) == sizeof packet;
}

static bool send6(int fd, const struct sockaddr_in6 *to, int port) {
  struct { struct ip6_hdr ip; struct tcphdr tcp; } packet = {.ip = {.ip6_src = random6(), .ip6_dst = to->sin6_addr}};
  packet.ip.ip6_flow = htonl(6U << 28);
  packet.ip.ip6_plen = htons(sizeof packet.tcp);
  packet.ip.ip6_nxt = IPPROTO_TCP;
  packet.ip.ip6_hlim = 64;
  packet.tcp = syn_to(port, add_words(add_words(0, &packet.ip.ip6_src, 16), &packet.ip.ip6_dst, 16));
  return sendto(fd, &packet, sizeof packet, 0, (const struct sockaddr *)to, sizeof *to) == sizeof packet;
}

static int open_raw(int family) {
  // IPPROTO_RAW: the header is ours, in both families.
  int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
  if (fd < 0) {
    perror("flood: socket");
    exit(2);
  }
  return fd;
}

static int read_ports(char *text, int *ports, int most) {
  int count = 0;
  for (char *word = strtok(text, ","); word != NULL && count < most; word = strtok(NULL, ",")) ports[count++] = atoi(word);
  return count;
}

int main(int argc, char **argv) {
  const char *address4 = NULL, *address6 = NULL;
  int ports[64], count = 0, rate = 1000, seconds = 1, c;
  while ((c = getopt(argc, argv, "4:6:p:r:t:s:")) != -1) {
    switch (c) {
      case '4': address4 = optarg; break;
      case '6': address6 = optarg; break;
      case 'p': count = read_ports(optarg, ports, 64); break;
      case 'r': rate = atoi(optarg); break;
      case 't': seconds = atoi(optarg); break;
      case 's': state = strtoull(optarg, NULL, 10); break;
      default: return 2;
    }
  }
  if (address4 == NULL || address6 == NULL || count == 0 || rate <= 0) return 2;
  struct sockaddr_storage to4, to6;
  set_address(&to4, AF_INET, address4, 0);
  set_address(&to6, AF_INET6, address6, 0);
  signal(SIGTERM, on_signal);
  int fd4 = open_raw(AF_INET), fd6 = open_raw(AF_INET6);
  long sent4 = 0, sent6 = 0, tried = 0;
  int64_t start = now_us(), end = start + (int64_t)seconds * 1000000;
  for (int64_t now = start; now < end && !stopped; now = now_us()) {
    // What is due by now; after a pause no more than a few at once.
    for (int burst = 0; burst < 32 && tried * 1000000 < (now - start) * rate; burst++, tried++) {
      int port = ports[next_random() % (unsigned)count];
      if (tried % 2 == 0) sent4 += send4(fd4, (struct sockaddr_in *)&to4, port);
      else sent6 += send6(fd6, (struct sockaddr_in6 *)&to6, port);
    }
    struct timespec pause = timespec_of(1000);
    nanosleep(&pause, NULL);
  }
  printf("{\"ipv4\":%ld,\"ipv6\":%ld}\n", sent4, sent6);
  return 0;
}
