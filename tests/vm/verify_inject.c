/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program that goes wrong on purpose, for test_verify.py:
 *
 *	verify_inject URI QUEUES CASE
 *
 * It sends five frames, makes the sixth descriptor bad, and says on standard output, a "key value"
 * line each, what became of it, of the other queue, and of the queue after stop and start. CASE is
 * the rule that has to refuse it, perhaps with a dash and more behind it. Those that a program
 * without access to the ring can break are broken through the public API; for the others, and for
 * receive, descriptors are changed just before the doorbell, as a stray pointer would.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <ringlib/ringlib.h>

#include "driver/e1000/e1000_priv.h"

#define FRAME_BYTES 100u
#define WAIT_S	    10.0
#define SLOTS	    256u

struct harm {
	const char *name;
	uint64_t lo_add;
	uint64_t hi_clear, hi_set;
	uint32_t slots, tail_add;
	bool receive;
};

/* Bits by 82574 7.2.10.1: CSO 23:16, CMD 31:24, STA 35:32, CSS 47:40, special 63:48. */
static const struct harm harms[] = {
	{"unmapped", 1ull << 36, 0, 0, 1, 0, false},
	{"length_zero", 0, 0xffff, 0, 1, 0, false},
	{"length_max", 0, 0, 0xffff, 1, 0, false},
	{"reserved-status", 0, 0, 1ull << 33, 1, 0, false},
	{"reserved-command", 0, 0, 1ull << 31, 1, 0, false},
	{"reserved-special", 0, 0, 1ull << 63, 1, 0, false},
	{"offload-checksum", 0, 0, 1ull << 26, 1, 0, false},
	{"offload-vlan", 0, 0, 1ull << 30, 1, 0, false},
	{"offload-context", 0, 0, 1ull << 29, 1, 0, false},
	{"offload-data", 0, 0, 1ull << 29 | 1ull << 20, 1, 0, false},
	{"type", 0, 0, 1ull << 29 | 3ull << 20, 1, 0, false},
	{"packet_max", 0, 1ull << 24, 0, 20, 0, false},
	{"segs", 0, 1ull << 24 | 0xffff, 15, 70, 0, false},
	{"tail", 0, 0, 0, 0, SLOTS, false},
	{"unmapped-receive", 1ull << 36, 0, 0, 1, 0, true},
	{"reserved-receive", 0, 0, 1, 1, 0, true},
	{"window-receive", 0, 0, 0, 0, 100, true}, /* nearly all slots are in flight */
};

static const struct harm *harm;
static void (*doorbell)(struct rld_ring *ring, uint32_t tail);
static uint32_t rung; /* tail of the doorbell before */

static void harmful_doorbell(struct rld_ring *ring, uint32_t tail)
{
	struct e1000_desc *desc = ring->desc;

	for (uint32_t i = 0; harm && i < harm->slots; i++) {
		desc[rung + i].lo += harm->lo_add;
		desc[rung + i].hi &= ~harm->hi_clear;
		desc[rung + i].hi |= harm->hi_set;
	}
	if (harm)
		tail += harm->tail_add;
	harm = NULL;
	doorbell(ring, tail);
}

static void break_ring(struct rld_ring *ring, uint32_t from, const struct harm *what)
{
	rung = from;
	harm = what;
	doorbell = ring->doorbell;
	ring->doorbell = harmful_doorbell;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static bool link_up(struct rlb_port *port)
{
	double end = now() + WAIT_S;
	struct rlb_link link;

	while (rlb_port_link(port, &link) || !link.up) {
		if (now() > end)
			return false;
		usleep(10000);
	}
	return true;
}

/* Frames that the device says it has sent. */
static uint64_t sent_by_device(struct rlb_port *port)
{
	struct rlb_port_stats stats;

	rlb_port_stats(port, &stats);
	return stats.device.tx_packets;
}

static struct rlb_buf *make(struct rlb_pool *pool)
{
	struct rlb_buf *buf = rlb_buf_alloc(pool);

	if (!buf)
		abort();
	memset(rlb_buf_append(buf, FRAME_BYTES), 0xff, FRAME_BYTES);
	return buf;
}

/* Frames accepted of @n. */
static unsigned int send(struct rlb_port *port, unsigned int q, struct rlb_pool *pool,
			 unsigned int n)
{
	struct rlb_buf *bufs[128];
	unsigned int sent;

	for (unsigned int i = 0; i < n; i++)
		bufs[i] = make(pool);
	sent = rlb_tx_burst(port, q, bufs, n);
	rlb_buf_free_bulk(bufs + sent, n - sent);
	return sent;
}

/* Send @n frames; those that the device has sent soon after. */
static unsigned int deliver(struct rlb_port *port, unsigned int q, struct rlb_pool *pool,
			    unsigned int n)
{
	uint64_t before = sent_by_device(port);
	double end = now() + 1;

	send(port, q, pool, n);
	while (sent_by_device(port) - before < n && now() < end)
		usleep(1000);
	rlb_tx_burst(port, q, NULL, 0);
	return (unsigned int)(sent_by_device(port) - before);
}

/* A frame whose last bytes lie behind its region, or all of them. */
static void send_behind_region(struct rlb_port *port, struct rlb_pool *pool, bool all)
{
	const struct rlb_mem *mem = rlb_pool_mem(pool);
	uintptr_t end = (uintptr_t)rlb_mem_addr(mem) + rlb_mem_bytes(mem);
	struct rlb_buf *buf = make(pool);

	buf->data_off = (uint16_t)(end - (uintptr_t)(buf + 1) - (all ? 0 : FRAME_BYTES / 2));
	if (rlb_tx_burst(port, 0, &buf, 1) != 1)
		abort();
}

/* Receive until the queue stops, or nothing has come for a second. */
static void receive(struct rlb_port *port)
{
	double end = now() + WAIT_S, quiet = 0;
	unsigned int got = 0;
	struct rlb_queue_error error;

	while (now() < end && (!quiet || now() - quiet < 1) &&
	       rlb_rxq_error(port, 0, &error) != 0) {
		struct rlb_buf *bufs[32];
		unsigned int n = rlb_rx_burst(port, 0, bufs, 32);

		rlb_buf_free_bulk(bufs, n);
		got += n;
		if (n)
			quiet = now();
	}
	printf("received %u\n", got);
}

static void report(struct rlb_port *port, bool receive)
{
	struct rlb_queue_error error;
	uint64_t counts[RLB_RULES_MAX];
	int err = receive ? rlb_rxq_error(port, 0, &error) : rlb_txq_error(port, 0, &error);

	printf("rule %s\n", err == -ENOENT ? "none" : err == -ENOTSUP ? "off" : error.name);
	printf("event %d\n", !!(rlb_port_events(port) & RLB_EVENT_QUEUE_ERROR));
	if (err)
		return;
	printf("slot %u\n", error.slot);
	printf("address 0x%llx\n", (unsigned long long)error.address);
	printf("length %u\n", error.length);
	printf("fields %s\n", error.fields);
	rlb_port_refusals(port, counts);
	printf("count %llu\n", (unsigned long long)counts[error.rule]);
}

static int harm_of(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(harms); i++) {
		if (strcmp(name, harms[i].name) == 0)
			return (int)i;
	}
	return -1;
}

/* Do what @name says to queue 0, which has sent five frames. False: there is no such case. */
static bool go_wrong(struct rlb_port *port, const char *name, struct rlb_pool *pool,
		     struct rlb_pool *small)
{
	int i = harm_of(name);

	if (i >= 0 && harms[i].receive) {
		struct e1000_rxq *rxq = port->rxq[0].queue;

		break_ring(&rxq->ring, rxq->fill, &harms[i]);
		puts("ready");
		receive(port);
	} else if (i >= 0) {
		struct e1000_txq *txq = port->txq[0].queue;

		break_ring(&txq->ring, txq->tail, &harms[i]);
		send(port, 0, pool, 80);
	} else if (strcmp(name, "region_end") == 0 || strcmp(name, "unmapped-buffer") == 0) {
		send_behind_region(port, small, name[0] == 'u');
	} else if (strcmp(name, "none-busy") == 0) {
		/* Its buffers are in the receive ring. */
		printf("busy %d\n", rlb_pool_destroy(pool) == RLB_POOL_BUSY);
	} else {
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct rlb_pool_opts pool_opts = RLB_POOL_OPTS_INIT;
	struct rlb_port_opts opts = RLB_PORT_OPTS_INIT;
	struct rlb_pool *small;
	struct rlb_port *port;
	unsigned int queues;

	if (argc != 4)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	queues = (unsigned int)atoi(argv[2]);
	pool_opts.count = 2048;
	if (rlb_pool_create(&opts.pool, &pool_opts))
		return 1;
	opts.tx_queues = (uint16_t)queues;
	opts.tx_slots = opts.rx_slots = SLOTS;
	opts.promiscuous = true;
	if (rlb_port_open(&port, argv[1], &opts) || rlb_port_start(port) || !link_up(port))
		return 1;
	/* The last region that is mapped: nothing lies behind it. */
	pool_opts.count = 2;
	pool_opts.page_bytes = 4096;
	if (rlb_pool_create(&small, &pool_opts))
		return 1;
	printf("before %u\n", deliver(port, 0, opts.pool, 5));
	if (!go_wrong(port, argv[3], opts.pool, small))
		return 2;
	usleep(100000);
	report(port, strstr(argv[3], "receive") != NULL);
	printf("after %u\n", send(port, 0, opts.pool, 1));
	for (unsigned int q = 1; q < queues; q++)
		printf("other %u\n", deliver(port, q, opts.pool, 10));
	if (rlb_port_stop(port) || rlb_port_start(port) || !link_up(port))
		return 1;
	printf("again %u\n", deliver(port, 0, opts.pool, 10));
	rlb_port_close(port);
	printf("leaked %u\n", rlb_pool_destroy(small) + rlb_pool_destroy(opts.pool));
	return 0;
}
