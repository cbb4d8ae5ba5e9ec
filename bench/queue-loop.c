// SPDX-License-Identifier: MIT
// The yardstick: an NFQUEUE loop with nothing in it. It lets every packet go on at once.
//
//   queue-loop QUEUE
//
// It does what any program must that stands on an NFQUEUE, and does it as well as one can: packets are read in
// batches, and the verdicts of a batch go out in one message. What a real interceptor adds is the difference.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { BATCH = 64, ROOM = 2048, VERDICT = 64, COPY = 512, RECEIVE_BUFFER = 16 * 1024 * 1024 };

static char packets[BATCH][ROOM] __attribute__((aligned(NLMSG_ALIGNTO)));
static char verdicts[BATCH * VERDICT] __attribute__((aligned(NLMSG_ALIGNTO)));

static void fail(const char *what) {
  fprintf(stderr, "queue-loop: ");
  perror(what);
  exit(1);
}

static void bind_queue(struct mnl_socket *socket, unsigned queue) {
  char buffer[MNL_SOCKET_BUFFER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
  struct nlmsghdr *message = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, queue);
  message->nlmsg_flags |= NLM_F_ACK;
  nfq_nlmsg_cfg_put_cmd(message, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
  nfq_nlmsg_cfg_put_params(message, NFQNL_COPY_PACKET, COPY);
  mnl_attr_put_u32(message, NFQA_CFG_QUEUE_MAXLEN, htonl(65536));
  mnl_attr_put_u32(message, NFQA_CFG_FLAGS, htonl(NFQA_CFG_F_GSO));
  mnl_attr_put_u32(message, NFQA_CFG_MASK, htonl(NFQA_CFG_F_GSO));
  if (mnl_socket_sendto(socket, message, message->nlmsg_len) < 0) fail("send the binding");
  const ssize_t length = mnl_socket_recvfrom(socket, buffer, sizeof buffer);
  if (length < 0 || mnl_cb_run(buffer, (size_t)length, 0, 0, NULL, NULL) < 0) fail("bind the queue");
}

// The length of the verdict that is written at `at`; 0 when the message holds no packet.
static size_t put_verdict(char *at, const struct nlmsghdr *message, unsigned queue) {
  struct nlattr *attributes[NFQA_MAX + 1] = {NULL};
  if (nfq_nlmsg_parse(message, attributes) < 0 || attributes[NFQA_PACKET_HDR] == NULL) return 0;
  const struct nfqnl_msg_packet_hdr *packet = mnl_attr_get_payload(attributes[NFQA_PACKET_HDR]);
  struct nlmsghdr *verdict = nfq_nlmsg_put(at, NFQNL_MSG_VERDICT, queue);
  nfq_nlmsg_verdict_put(verdict, (int)ntohl(packet->packet_id), NF_ACCEPT);
  return NLMSG_ALIGN(verdict->nlmsg_len);
}

static void answer(struct mnl_socket *socket, const struct mmsghdr *messages, int count, unsigned queue) {
  size_t length = 0;
  for (int i = 0; i < count; i++)
    length += put_verdict(verdicts + length, messages[i].msg_hdr.msg_iov->iov_base, queue);
  if (length > 0 && mnl_socket_sendto(socket, verdicts, length) < 0) fail("send verdicts");
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  const unsigned queue = (unsigned)atoi(argv[1]);
  struct mnl_socket *socket = mnl_socket_open(NETLINK_NETFILTER);
  if (socket == NULL || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) fail("open a netlink socket");
  const int fd = mnl_socket_get_fd(socket), room = RECEIVE_BUFFER;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0) fail("enlarge the socket buffer");
  bind_queue(socket, queue);
  puts("listening");
  fflush(stdout);

  struct iovec vectors[BATCH];
  struct mmsghdr messages[BATCH] = {0};
  for (int i = 0; i < BATCH; i++) {
    vectors[i] = (struct iovec){packets[i], ROOM};
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  for (;;) {
    const int count = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
    if (count > 0) answer(socket, messages, count, queue);
    else if (errno != EINTR && errno != ENOBUFS) fail("read packets");
  }
}
