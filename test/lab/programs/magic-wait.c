// SPDX-License-Identifier: MIT
// What the network card of a sleeping machine does: nothing, until a magic packet for it passes.
//
//   magic-wait INTERFACE
//
// Looks at raw frames, for the machine has no address then. Prints `armed`, and `woken SOURCE_MAC` at the end.
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdbool.h>
#include <sys/ioctl.h>

#include "program.h"

// Six times ff, then sixteen times the address, anywhere in the frame.
static bool is_magic(const unsigned char *frame, size_t length, const unsigned char *mac) {
  unsigned char pattern[6 + 16 * 6];
  memset(pattern, 0xff, 6);
  for (int i = 0; i < 16; i++) memcpy(pattern + 6 + 6 * i, mac, 6);
  for (size_t at = 0; at + sizeof pattern <= length; at++)
    if (memcmp(frame + at, pattern, sizeof pattern) == 0) return true;
  return false;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  struct ifreq request = {0};
  strncpy(request.ifr_name, argv[1], IFNAMSIZ - 1);
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
  struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
  at.sll_ifindex = (int)if_nametoindex(argv[1]);
  if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request) < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0) {
    perror("magic-wait");
    return 1;
  }
  printf("armed\n");
  fflush(stdout);
  for (;;) {
    unsigned char frame[2048];
    ssize_t n = recv(fd, frame, sizeof frame, 0);
    if (n < 14 || !is_magic(frame, (size_t)n, (unsigned char *)request.ifr_hwaddr.sa_data)) continue;
    const unsigned char *m = frame + 6;
    printf("woken %02x:%02x:%02x:%02x:%02x:%02x\n", m[0], m[1], m[2], m[3], m[4], m[5]);
    return 0;
  }
}
