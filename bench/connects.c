// SPDX-License-Identifier: MIT
// Opens TCP connections, each from a source address of its own, and prints one JSON object:
//   {"connected":N,"failed":N,"synRetransmits":N,"elapsedUs":T,"us":[…]}
//
//   connects -a ADDRESS -p PORT -s SOURCE [-i FIRST] [-n COUNT] [-1] [-g GAP_US] [-c IN_FLIGHT] [-t TIMEOUT_MS]
//
// Connection number k comes from SOURCE + FIRST + k, counted in addresses for IPv4 and in /64 networks for
// IPv6; with -1 all come from SOURCE + FIRST. One after the other with a pause of GAP_US between them, or
// IN_FLIGHT at a time. `us` is the time spent in each connect(). Sources need not be addresses of an interface:
// a `local` route is enough.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND 78
#endif

static struct {
  struct sockaddr_storage to, from;
  socklen_t length;
  uint32_t first;
  int count, gap_us, in_flight, timeout_ms;
  bool one_source;
} options = {.count = 1, .in_flight = 1, .timeout_ms = 5000};

static int connected, failed;
static unsigned retransmits;
static double *took;

static void fail(const char *what) {
  fprintf(stderr, "connects: %s: %s\n", what, strerror(errno));
  exit(1);
}

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void parse_address(struct sockaddr_storage *out, const char *text, int port) {
  struct sockaddr_in *v4 = (struct sockaddr_in *)out;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
  if (text != NULL && inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)port);
  } else if (text != NULL && inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons((uint16_t)port);
  } else {
    fprintf(stderr, "connects: not an address: %s\n", text == NULL ? "" : text);
    exit(2);
  }
}

static struct sockaddr_storage source_of(int k) {
  struct sockaddr_storage source = options.from;
  const uint32_t step = options.first + (options.one_source ? 0 : (uint32_t)k);
  if (source.ss_family == AF_INET) {
    struct in_addr *address = &((struct sockaddr_in *)&source)->sin_addr;
    address->s_addr = htonl(ntohl(address->s_addr) + step);
  } else {
    uint32_t *word = (uint32_t *)((struct sockaddr_in6 *)&source)->sin6_addr.s6_addr + 1;
    *word = htonl(ntohl(*word) + step);
  }
  return source;
}

static int open_socket(int k, int flags) {
  const int fd = socket(options.to.ss_family, SOCK_STREAM | flags, 0), on = 1;
  if (fd < 0) fail("socket");
  // At close an RST goes out: nothing stays in TIME_WAIT, so the run before does not weigh on this one.
  const struct linger reset = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  // The port is then chosen by connect(), for this source and destination.
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  if (options.to.ss_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof on);
  else setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof on);
  const struct sockaddr_storage source = source_of(k);
  if (bind(fd, (const struct sockaddr *)&source, options.length) < 0) fail("bind");
  return fd;
}

static void finish(int fd, bool ok, double us) {
  struct tcp_info info = {0};
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) retransmits += info.tcpi_total_retrans;
  if (ok) took[connected++] = us;
  else failed++;
  close(fd);
}

static void connect_in_turn(void) {
  const struct timeval limit = {options.timeout_ms / 1000, options.timeout_ms % 1000 * 1000};
  const struct timespec gap = {options.gap_us / 1000000, options.gap_us % 1000000 * 1000L};
  for (int k = 0; k < options.count; k++) {
    const int fd = open_socket(k, 0);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    const double start = now_us();
    const int rc = connect(fd, (const struct sockaddr *)&options.to, options.length);
    finish(fd, rc == 0, now_us() - start);
    if (options.gap_us > 0) nanosleep(&gap, NULL);
  }
}

static void start_one(int poller, int k, double *started, int *number_of) {
  const int fd = open_socket(k, SOCK_NONBLOCK);
  number_of[fd] = k;
  started[k] = now_us();
  if (connect(fd, (const struct sockaddr *)&options.to, options.length) < 0 && errno != EINPROGRESS)
    fail("connect");
  struct epoll_event event = {.events = EPOLLOUT, .data.fd = fd};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
}

static bool is_connected(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

// A connection that is still under way when nothing has happened for the whole timeout counts as failed.
static void connect_side_by_side(void) {
  const int poller = epoll_create1(0);
  double *started = calloc((size_t)options.count, sizeof *started);
  int *number_of = calloc((size_t)options.in_flight + 64, sizeof *number_of);
  int next = 0, under_way = 0;
  struct epoll_event events[64];
  while (next < options.count || under_way > 0) {
    for (; under_way < options.in_flight && next < options.count; next++, under_way++)
      start_one(poller, next, started, number_of);
    const int ready = epoll_wait(poller, events, 64, options.timeout_ms);
    if (ready == 0) break;
    for (int i = 0; i < ready; i++, under_way--) {
      const int fd = events[i].data.fd;
      finish(fd, is_connected(fd), now_us() - started[number_of[fd]]);
    }
  }
  failed += under_way + (options.count - next);
  free(started);
  free(number_of);
}

static void read_options(int argc, char **argv) {
  const char *address = NULL, *source = NULL;
  int port = 0, c;
  while ((c = getopt(argc, argv, "a:p:s:i:n:g:c:t:1")) != -1) {
    switch (c) {
      case 'a': address = optarg; break;
      case 'p': port = atoi(optarg); break;
      case 's': source = optarg; break;
      case 'i': options.first = (uint32_t)strtoul(optarg, NULL, 10); break;
      case 'n': options.count = atoi(optarg); break;
      case 'g': options.gap_us = atoi(optarg); break;
      case 'c': options.in_flight = atoi(optarg); break;
      case 't': options.timeout_ms = atoi(optarg); break;
      case '1': options.one_source = true; break;
      default: exit(2);
    }
  }
  parse_address(&options.to, address, port);
  parse_address(&options.from, source, 0);
  if (options.to.ss_family != options.from.ss_family || options.count < 1 || options.in_flight < 1) exit(2);
  options.length = options.to.ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

int main(int argc, char **argv) {
  read_options(argc, argv);
  took = calloc((size_t)options.count, sizeof *took);
  const double start = now_us();
  if (options.in_flight == 1) connect_in_turn();
  else connect_side_by_side();
  printf("{\"connected\":%d,\"failed\":%d,\"synRetransmits\":%u,\"elapsedUs\":%.0f,\"us\":[", connected, failed,
         retransmits, now_us() - start);
  for (int i = 0; i < connected; i++) printf("%s%.1f", i == 0 ? "" : ",", took[i]);
  puts("]}");
  return 0;
}
