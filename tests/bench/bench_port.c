/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What testpmd's txonly and rxonly do, on ringlib: send the same frame over and over, or receive
 * and free. One line a second: what was moved in it, and in how many bursts.
 *
 * usage: bench_port tx|rx URI CPU [BYTES]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <ringlib/ringlib.h>

#define BURST 32
#define SLOTS 512

static struct rlb_pool *pool;
static struct rlb_port *port;
static unsigned int frame_bytes = 60;

/* The worker's; read once a second. */
static struct {
	volatile uint64_t packets, bursts, empty;
} seen RLB_CACHE_ALIGNED;

/* Ethernet, IPv4 and UDP headers are written into each frame, as txonly does. */
static const uint8_t headers[42] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45};

static unsigned int send_some(struct rlb_buf **bufs)
{
	unsigned int sent;

	if (rlb_buf_alloc_bulk(pool, bufs, BURST))
		return rlb_tx_burst(port, 0, NULL, 0);
	for (unsigned int i = 0; i < BURST; i++)
		memcpy(rlb_buf_append(bufs[i], frame_bytes), headers, sizeof(headers));
	sent = rlb_tx_burst(port, 0, bufs, BURST);
	rlb_buf_free_bulk(bufs + sent, BURST - sent);
	return sent;
}

static unsigned int receive_some(struct rlb_buf **bufs)
{
	unsigned int got = rlb_rx_burst(port, 0, bufs, BURST);

	rlb_buf_free_bulk(bufs, got);
	return got;
}

static int work(unsigned int worker, void *arg)
{
	unsigned int (*const move)(struct rlb_buf **) = arg;
	struct rlb_buf *bufs[BURST];

	(void)worker;
	while (rlb_running()) {
		unsigned int n = move(bufs);

		seen.packets += n;
		seen.bursts += n != 0;
		seen.empty += n == 0;
	}
	return 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void report(struct rlb_workers *workers)
{
	uint64_t packets = 0;
	double then = now();

	while (rlb_running() && rlb_workers_alive(workers)) {
		uint64_t count;
		double at;

		sleep(1);
		count = seen.packets;
		at = now();
		printf("pps %.0f bursts %llu empty %llu\n", (double)(count - packets) / (at - then),
		       (unsigned long long)seen.bursts, (unsigned long long)seen.empty);
		packets = count;
		then = at;
	}
}

int main(int argc, char **argv)
{
	struct rlb_pool_opts pool_opts = RLB_POOL_OPTS_INIT;
	struct rlb_port_opts opts = RLB_PORT_OPTS_INIT;
	struct rlb_workers_opts worker_opts = {.size = sizeof(worker_opts), .count = 1};
	struct rlb_workers *workers;
	bool tx = argc > 1 && strcmp(argv[1], "tx") == 0;
	int cpu;

	if (argc < 4) {
		fprintf(stderr, "usage: bench_port tx|rx URI CPU [BYTES]\n");
		return 2;
	}
	setlinebuf(stdout);
	cpu = atoi(argv[3]);
	if (argc > 4)
		frame_bytes = (unsigned int)atoi(argv[4]);
	pool_opts.count = 8192;
	if (rlb_pool_create(&pool, &pool_opts))
		return 1;
	opts.pool = pool;
	opts.promiscuous = true;
	opts.rx_slots = opts.tx_slots = SLOTS;
	worker_opts.cpus = &cpu;
	rlb_stop_on_signals();
	if (rlb_port_open(&port, argv[2], &opts) || rlb_port_start(port) ||
	    rlb_workers_start(&workers, &worker_opts, work, tx ? send_some : receive_some))
		return 1;
	report(workers);
	rlb_workers_join(workers);
	rlb_port_close(port);
	return rlb_pool_destroy(pool) != 0;
}
