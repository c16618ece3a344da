/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands behind a URI scheme: the interface that driver/ implements for ringlib/port.c. */
#ifndef RLB_PORT_TYPE_H
#define RLB_PORT_TYPE_H

#include <ringlib/port.h>

enum rlb_port_state {
	RLB_PORT_STOPPED,
	RLB_PORT_STARTED,
};

struct rlb_port_impl;

/*
 * One kind of port. ringlib/port.c checks arguments that do not depend on the kind, and the state
 * (no start of a started port, no MTU change of a started one), fills burst functions of a port
 * that is not started with ones that do nothing, and answers for members that are NULL.
 */
struct rlb_port_type {
	const char *scheme;  /* what stands before the URI's colon */
	const void *context; /* what open needs beside: a NIC port's transport */
	/*
	 * Claim what @addr (the URI behind the colon) names, check @opts against its limits, fill
	 * @impl's event_fd and info (all but uri). @opts is complete: every default that does not
	 * depend on the kind is filled in. Logs one line on failure. 0 or -errno; on failure
	 * nothing is left behind.
	 */
	int (*open)(struct rlb_port_impl **impl, const struct rlb_port_type *type, const char *addr,
		    const struct rlb_port_opts *opts);
	/* As rlb_port_numa_node(). Silent. NULL: this kind of port is near to no node. */
	int (*numa_node)(const struct rlb_port_type *type, const char *addr);
	/* Give everything back. Called when stopped. */
	void (*close)(struct rlb_port_impl *impl);
	/* Get ready for traffic, fill @impl->base.rxq and txq for the queues in use. 0 or -errno.
	 */
	int (*start)(struct rlb_port_impl *impl);
	/* On return no DMA and no buffer held. The core has unhooked the burst functions before. */
	void (*stop)(struct rlb_port_impl *impl);
	/* Fill @stats, which is zeroed. 0, or -ENODEV. */
	int (*stats)(struct rlb_port_impl *impl, struct rlb_port_stats *stats);
	/* NULL: always up, speed unknown (0). 0, or -ENODEV. */
	int (*link)(struct rlb_port_impl *impl, struct rlb_link *link);
	/* Receive filter as in @impl->promiscuous and all_multicast. NULL: nothing to do. */
	int (*set_rx_mode)(struct rlb_port_impl *impl);
	/* Called when stopped, in range of @impl->info.mtu_max; the core then sets info.mtu. */
	int (*set_mtu)(struct rlb_port_impl *impl, unsigned int mtu);
	/* RLB_EVENT_* since the last call. NULL: never any. */
	unsigned int (*events)(struct rlb_port_impl *impl);
	/* As rlb_txq_error() and rlb_rxq_error(), for a queue in use. NULL: -ENOTSUP. */
	int (*queue_error)(struct rlb_port_impl *impl, bool tx, unsigned int queue,
			   struct rlb_queue_error *error);
	/* Add up in @counts, RLB_RULES_MAX of them, which are zeroed. NULL: -ENOTSUP. */
	int (*refusals)(struct rlb_port_impl *impl, uint64_t *counts);
	/* As rlb_port_dump_regs(). NULL: there are no registers. */
	int (*dump_regs)(struct rlb_port_impl *impl,
			 void (*each)(const struct rlb_reg *reg, void *arg), void *arg);
};

/* A port as its implementation sees it: embed it as first member. */
struct rlb_port_impl {
	struct rlb_port base; /* what the program holds; must stay first */
	const struct rlb_port_type *type;
	enum rlb_port_state state;
	bool promiscuous;
	bool all_multicast;
	int event_fd; /* readable when there are events; -1: none */
	struct rlb_port_info info;
};

/* Every kind there is, ended by NULL. Stands in driver/drivers.c. */
extern const struct rlb_port_type *const rlb_port_types[];

#endif
