// SPDX-License-Identifier: MIT
// Sends numbered datagrams and prints, as one JSON object, which answers came back and in which order.
//
//   datagrams -a ADDRESS -p PORT [-n COUNT] [-t TIMEOUT_MS] [-f SOURCE_PORT] [-g GAP_US] [-s SIZE]
//
// A datagram is its number ("0", "1", …), filled up to SIZE with dots. ICMP errors end nothing; the last
// one is reported, for "unreachable" is an answer too.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include "program.h"

static int last_error = 0;

// A pending ICMP error is reported by the next call on the socket, whatever it is: the send is repeated.
static int send_number(int fd, int number, int size) {
  static char text[65536];
  memset(text, '.', sizeof text);
  int digits = snprintf(text, sizeof text, "%d", number);
  if (digits < size) text[digits] = '.';
  size_t length = (size_t)(digits < size ? size : digits);
  for (int attempt = 0; attempt < 3; attempt++) {
    if (send(fd, text, length, 0) >= 0) return 1;
    last_error = errno;
    if (errno != ECONNREFUSED && errno != EHOSTUNREACH && errno != ENETUNREACH) return 0;
  }
  return 0;
}

// Prints every answer that comes before the deadline; returns how many.
static int receive_until(int fd, int64_t deadline, int already, int wanted) {
  int received = already;
  while (received < wanted) {
    char text[65536];
    int64_t left = deadline - now_us();
    struct timespec t = timespec_of(left);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (left <= 0 || ppoll(&p, 1, &t, NULL) <= 0) break;
    ssize_t n = recv(fd, text, sizeof text - 1, 0);
    if (n < 0) {
      last_error = errno;
      continue;
    }
    text[n] = 0;
    printf("%s%d", received == 0 ? "" : ",", atoi(text));
    received++;
  }
  return received;
}

int main(int argc, char **argv) {
  const char *address = NULL;
  int port = 0, count = 1, timeout_ms = 1000, source_port = 0, gap_us = 0, size = 0, c;
  while ((c = getopt(argc, argv, "a:p:n:t:f:g:s:")) != -1) {
    switch (c) {
      case 'a': address = optarg; break;
      case 'p': port = atoi(optarg); break;
      case 'n': count = atoi(optarg); break;
      case 't': timeout_ms = atoi(optarg); break;
      case 'f': source_port = atoi(optarg); break;
      case 'g': gap_us = atoi(optarg); break;
      case 's': size = atoi(optarg); break;
      default: return 2;
    }
  }
  if (address == NULL || port <= 0 || size > 60000) return 2;
  int family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;
  struct sockaddr_storage to, from;
  socklen_t length = set_address(&to, family, address, port);
  set_address(&from, family, NULL, source_port);
  int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&from, length) < 0 ||
      connect(fd, (struct sockaddr *)&to, length) < 0) {
    perror("datagrams");
    return 2;
  }
  int sent = 0, received = 0;
  printf("{\"received\":[");
  for (int i = 0; i < count; i++) {
    sent += send_number(fd, i, size);
    if (gap_us > 0) received = receive_until(fd, now_us() + gap_us, received, count);
  }
  receive_until(fd, now_us() + (int64_t)timeout_ms * 1000, received, count);
  printf("],\"sent\":%d,\"errno\":", sent);
  if (last_error == 0) printf("null}\n");
  else printf("\"%s\"}\n", strerrorname_np(last_error));
  return 0;
}
