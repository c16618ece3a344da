/* SPDX-License-Identifier: BSD-2-Clause */
/* The shortest forwarder: what comes in on one port goes out on the other, until Ctrl-C. */
#include <stdio.h>
#include <ringlib/ringlib.h>

static void forward(struct rlb_port *from, struct rlb_port *to)
{
	struct rlb_buf *bufs[32];
	unsigned int got = rlb_rx_burst(from, 0, bufs, 32);
	unsigned int sent = rlb_tx_burst(to, 0, bufs, got);

	rlb_buf_free_bulk(bufs + sent, got - sent); /* the ring was full: these are lost */
}

static int work(unsigned int worker, void *arg)
{
	struct rlb_port **ports = arg;

	(void)worker;
	while (rlb_running()) {
		forward(ports[0], ports[1]);
		forward(ports[1], ports[0]);
	}
	return 0;
}

static int open_port(struct rlb_port **port, const char *uri, struct rlb_pool *pool)
{
	struct rlb_port_opts opts = RLB_PORT_OPTS_INIT;

	opts.pool = pool;
	opts.promiscuous = true;
	return rlb_port_open(port, uri, &opts) || rlb_port_start(*port);
}

int main(int argc, char **argv)
{
	struct rlb_pool_opts pool_opts = RLB_POOL_OPTS_INIT;
	struct rlb_workers_opts opts = {.size = sizeof(opts), .count = 1};
	struct rlb_port *ports[2] = {NULL, NULL};
	struct rlb_workers *workers;
	struct rlb_port_stats stats;
	struct rlb_pool *pool;
	int failed;

	pool_opts.count = 8192;
	if (argc != 3 || rlb_pool_create(&pool, &pool_opts))
		return fprintf(stderr, "usage: forward PORT PORT\n") && 1;
	rlb_stop_on_signals();
	failed = open_port(&ports[0], argv[1], pool) || open_port(&ports[1], argv[2], pool) ||
		 rlb_workers_start(&workers, &opts, work, ports) || rlb_workers_join(workers);
	for (int i = 0; i < 2 && !failed && !rlb_port_stats(ports[i], &stats); i++)
		printf("port %d: %lu in, %lu out\n", i, stats.rx[0].packets, stats.tx[0].packets);
	rlb_port_close(ports[0]);
	rlb_port_close(ports[1]);
	rlb_pool_destroy(pool);
	return failed;
}
