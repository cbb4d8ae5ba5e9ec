// SPDX-License-Identifier: MIT
// What the lab's small C programs share.
#pragma once
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static inline int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static inline struct timespec timespec_of(int64_t us) {
  return (struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
}

// Numeric addresses only, with %interface for link-local ones; NULL is the wildcard. Exits if it is none.
static inline socklen_t set_address(struct sockaddr_storage *out, int family, const char *text, int port) {
  struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_DGRAM}, *found = NULL;
  char service[16];
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  snprintf(service, sizeof service, "%d", port);
  int rc = getaddrinfo(text, service, &hints, &found);
  if (rc != 0) {
    fprintf(stderr, "not an address: %s: %s\n", text == NULL ? "*" : text, gai_strerror(rc));
    exit(2);
  }
  socklen_t length = found->ai_addrlen;
  memcpy(out, found->ai_addr, length);
  freeaddrinfo(found);
  return length;
}
