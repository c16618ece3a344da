/* SPDX-License-Identifier: BSD-2-Clause */
/* Sends every frame back to where it came from, until Ctrl-C. */
#include <stdio.h>
#include <string.h>
#include <ringlib/ringlib.h>

static void swap_mac(uint8_t *frame)
{
	uint8_t was[6];

	memcpy(was, frame, 6);
	memmove(frame, frame + 6, 6);
	memcpy(frame + 6, was, 6);
}

int main(int argc, char **argv)
{
	struct rlb_pool_opts pool_opts = RLB_POOL_OPTS_INIT;
	struct rlb_port_opts port_opts = RLB_PORT_OPTS_INIT;
	struct rlb_port *port = NULL;
	struct rlb_buf *bufs[32];
	const unsigned int over =
		RLB_EVENT_END | RLB_EVENT_ERROR | RLB_EVENT_QUEUE_ERROR | RLB_EVENT_REMOVED;
	unsigned int got, sent;
	int failed;

	pool_opts.count = 4096;
	failed = argc != 2 || rlb_pool_create(&port_opts.pool, &pool_opts) ||
		 rlb_port_open(&port, argv[1], &port_opts) || rlb_port_start(port);
	rlb_stop_on_signals();
	while (!failed && rlb_running() && !(rlb_port_events(port) & over)) {
		got = rlb_rx_burst(port, 0, bufs, 32);
		for (unsigned int i = 0; i < got; i++)
			swap_mac(rlb_buf_data(bufs[i]));
		sent = rlb_tx_burst(port, 0, bufs, got);
		rlb_buf_free_bulk(bufs + sent, got - sent); /* the ring was full: these are lost */
	}
	rlb_port_close(port);
	return rlb_pool_destroy(port_opts.pool) != 0 || failed;
}
