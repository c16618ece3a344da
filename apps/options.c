/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "options.h"

#define RING_SLOTS_GUESS 1024 /* where the port's default is taken: it is known after opening */
#define POOL_EXTRA	 4096

static unsigned int number(const char *option, unsigned int min, unsigned int max)
{
	return (unsigned int)app_arg_number(option, optarg, min, max);
}

bool app_opts_take(struct app_opts *opts, int opt, const char *help)
{
	switch (opt) {
	case APP_OPT_HELP:
		fputs(help, stdout);
		exit(APP_OK);
	case APP_OPT_QUEUES:
		opts->queues = number("--queues", 1, RLB_QUEUES_MAX);
		return true;
	case APP_OPT_BURST:
		opts->burst = number("--burst", 1, APP_BURST_MAX);
		return true;
	case APP_OPT_RX_SLOTS:
		opts->rx_slots = number("--rx-slots", 1, UINT16_MAX);
		return true;
	case APP_OPT_TX_SLOTS:
		opts->tx_slots = number("--tx-slots", 1, UINT16_MAX);
		return true;
	case APP_OPT_MTU:
		opts->mtu = number("--mtu", RLB_MTU_MIN, RLB_MTU_MAX);
		return true;
	case APP_OPT_POOL:
		opts->pool = number("--pool", 1, RLB_POOL_MAX);
		return true;
	case APP_OPT_ROOM:
		opts->room_bytes = number("--room", 256, RLB_POOL_ROOM_MAX - RLB_HEADROOM);
		if (opts->room_bytes % 64)
			app_usage("--room %s: give a multiple of 64", optarg);
		return true;
	case APP_OPT_HUGE:
		opts->page_bytes = app_arg_pages("--huge", optarg);
		return true;
	case APP_OPT_CPUS:
		opts->cpu_count = app_arg_cpus("--cpus", optarg, opts->cpus, APP_CPUS_MAX);
		return true;
	case APP_OPT_QUIET:
		opts->quiet = true;
		return true;
	case APP_OPT_VERBOSE:
		rlb_log_set(RLB_LOG_DEBUG, NULL, NULL);
		return true;
	case APP_OPT_JSON:
		opts->json = optarg;
		return true;
	}
	return false;
}

int app_pool_open(struct rlb_pool **pool, const struct app_opts *opts, unsigned int ports,
		  const char *uri)
{
	struct rlb_pool_opts o = RLB_POOL_OPTS_INIT;
	unsigned int slots = (opts->rx_slots ? opts->rx_slots : RING_SLOTS_GUESS) +
			     (opts->tx_slots ? opts->tx_slots : RING_SLOTS_GUESS);
	int err;

	o.name = app_name;
	o.count = opts->pool ? opts->pool : ports * opts->queues * slots + POOL_EXTRA;
	if (o.count > RLB_POOL_MAX)
		o.count = RLB_POOL_MAX;
	o.room_bytes = RLB_HEADROOM + opts->room_bytes;
	o.page_bytes = opts->page_bytes;
	o.numa_node = rlb_port_numa_node(uri);
	err = rlb_pool_create(pool, &o);
	return !err ? APP_OK : err == -EINVAL ? APP_USAGE : APP_FAILED;
}

struct rlb_port_opts app_port_opts(const struct app_opts *opts, struct rlb_pool *pool)
{
	struct rlb_port_opts o = RLB_PORT_OPTS_INIT;

	o.pool = pool;
	o.rx_queues = o.tx_queues = (uint16_t)opts->queues;
	o.rx_slots = (uint16_t)opts->rx_slots;
	o.tx_slots = (uint16_t)opts->tx_slots;
	o.mtu = (uint16_t)opts->mtu;
	return o;
}
