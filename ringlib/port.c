/* SPDX-License-Identifier: BSD-2-Clause */
/* Ports: URI to kind, arguments and states that do not depend on the kind. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <ringlib/log.h>
#include <ringlib/mem.h>
#include <ringlib/pool.h>

#include "ringlib/port_type.h"
#include "ringlib/util.h"
#include "verifier/rlv_rule.h"

#define MTU_DEFAULT 1500

static struct rlb_port_impl *to_impl(struct rlb_port *port)
{
	return container_of(port, struct rlb_port_impl, base);
}

static const struct rlb_port_impl *to_const_impl(const struct rlb_port *port)
{
	return (const struct rlb_port_impl *)port;
}

/* What the burst functions of a port that is not started do. */
static unsigned int rx_burst_none(void *queue, struct rlb_buf **bufs, unsigned int n)
{
	(void)queue;
	(void)bufs;
	(void)n;
	return 0;
}

static unsigned int tx_burst_none(void *queue, struct rlb_buf *const *bufs, unsigned int n)
{
	(void)queue;
	(void)bufs;
	(void)n;
	return 0;
}

static void unhook_bursts(struct rlb_port_impl *impl)
{
	for (unsigned int q = 0; q < RLB_QUEUES_MAX; q++) {
		impl->base.rxq[q].burst = rx_burst_none;
		impl->base.txq[q].burst = tx_burst_none;
	}
}

/* The kind whose scheme begins @uri, or NULL. Silent. */
static const struct rlb_port_type *find_type(const char *uri, const char **addr)
{
	const char *colon = strchr(uri, ':');

	for (unsigned int i = 0; colon && rlb_port_types[i]; i++) {
		const char *scheme = rlb_port_types[i]->scheme;

		if (strlen(scheme) == (size_t)(colon - uri) &&
		    strncmp(uri, scheme, strlen(scheme)) == 0) {
			*addr = colon + 1;
			return rlb_port_types[i];
		}
	}
	return NULL;
}

static void log_no_type(const char *uri)
{
	char known[128] = "";

	for (unsigned int i = 0; rlb_port_types[i]; i++) {
		size_t used = strlen(known);

		snprintf(known + used, sizeof(known) - used, "%s%s:", i ? ", " : "",
			 rlb_port_types[i]->scheme);
	}
	rlb_log(ERR, "%s: no such kind of port; a URI begins with one of %s", uri, known);
}

static int check_opts(const char *uri, const struct rlb_port_opts *o)
{
	if (strlen(uri) >= sizeof(((struct rlb_port_info *)0)->uri)) {
		rlb_log(ERR, "%.40s...: a port's URI has at most %zu characters", uri,
			sizeof(((struct rlb_port_info *)0)->uri) - 1);
		return -EINVAL;
	}
	if (o->reserved) {
		rlb_log(ERR, "%s: rlb_port_opts.reserved is %u; set it to 0", uri, o->reserved);
		return -EINVAL;
	}
	if (o->rx_queues + o->tx_queues == 0) {
		rlb_log(ERR, "%s: zero queues asked for; ask for 1 at least", uri);
		return -EINVAL;
	}
	if (o->rx_queues > RLB_QUEUES_MAX || o->tx_queues > RLB_QUEUES_MAX) {
		rlb_log(ERR, "%s: %u queues asked for; ask for at most %u", uri,
			o->rx_queues > o->tx_queues ? o->rx_queues : o->tx_queues, RLB_QUEUES_MAX);
		return -EINVAL;
	}
	if (o->rx_queues && !o->pool) {
		rlb_log(ERR, "%s: receive queues need a pool; set rlb_port_opts.pool", uri);
		return -EINVAL;
	}
	if (o->mtu < RLB_MTU_MIN || o->mtu > RLB_MTU_MAX) {
		rlb_log(ERR, "%s: MTU %u is out of range; use %u..%u", uri, o->mtu, RLB_MTU_MIN,
			RLB_MTU_MAX);
		return -EINVAL;
	}
	return 0;
}

RLB_API int rlb_port_open(struct rlb_port **out, const char *uri, const struct rlb_port_opts *opts)
{
	struct rlb_port_opts o = RLB_PORT_OPTS_INIT;
	const struct rlb_port_type *type;
	struct rlb_port_impl *impl;
	const char *addr;
	int err;

	*out = NULL;
	if (opts) {
		err = rlb_opts_copy("rlb_port_opts", &o, sizeof(o), opts,
				    offset_behind(struct rlb_port_opts, reserved));
		if (err)
			return err;
	}
	if (!o.mtu)
		o.mtu = MTU_DEFAULT;
	type = find_type(uri, &addr);
	if (!type) {
		log_no_type(uri);
		return -EINVAL;
	}
	err = check_opts(uri, &o);
	if (err)
		return err;
	err = type->open(&impl, type, addr, &o);
	if (err)
		return err;
	impl->type = type;
	impl->state = RLB_PORT_STOPPED;
	impl->promiscuous = o.promiscuous;
	impl->all_multicast = o.all_multicast;
	snprintf(impl->info.uri, sizeof(impl->info.uri), "%s", uri);
	unhook_bursts(impl);
	*out = &impl->base;
	return 0;
}

RLB_API int rlb_port_numa_node(const char *uri)
{
	const struct rlb_port_type *type;
	const char *addr;

	type = find_type(uri, &addr);
	return type && type->numa_node ? type->numa_node(type, addr) : RLB_NUMA_ANY;
}

RLB_API int rlb_port_start(struct rlb_port *port)
{
	struct rlb_port_impl *impl = to_impl(port);
	int err;

	if (impl->state == RLB_PORT_STARTED)
		return -EBUSY;
	err = impl->type->start(impl);
	if (err) {
		unhook_bursts(impl);
		return err;
	}
	impl->state = RLB_PORT_STARTED;
	return 0;
}

RLB_API int rlb_port_stop(struct rlb_port *port)
{
	struct rlb_port_impl *impl = to_impl(port);

	if (impl->state != RLB_PORT_STARTED)
		return -EINVAL;
	unhook_bursts(impl);
	impl->type->stop(impl);
	impl->state = RLB_PORT_STOPPED;
	return 0;
}

RLB_API void rlb_port_close(struct rlb_port *port)
{
	struct rlb_port_impl *impl = to_impl(port);

	if (!port)
		return;
	rlb_port_stop(port);
	impl->type->close(impl);
}

RLB_API void rlb_port_info(const struct rlb_port *port, struct rlb_port_info *info)
{
	*info = to_const_impl(port)->info;
}

RLB_API int rlb_port_stats(struct rlb_port *port, struct rlb_port_stats *stats)
{
	struct rlb_port_impl *impl = to_impl(port);

	memset(stats, 0, sizeof(*stats));
	return impl->type->stats(impl, stats);
}

static int queue_error(struct rlb_port *port, bool tx, unsigned int q,
		       struct rlb_queue_error *error)
{
	struct rlb_port_impl *impl = to_impl(port);

	memset(error, 0, sizeof(*error));
	if (q >= (tx ? impl->info.tx_queues : impl->info.rx_queues))
		return -EINVAL;
	return impl->type->queue_error ? impl->type->queue_error(impl, tx, q, error) : -ENOTSUP;
}

RLB_API int rlb_txq_error(struct rlb_port *port, unsigned int q, struct rlb_queue_error *error)
{
	return queue_error(port, true, q, error);
}

RLB_API int rlb_rxq_error(struct rlb_port *port, unsigned int q, struct rlb_queue_error *error)
{
	return queue_error(port, false, q, error);
}

RLB_API int rlb_port_refusals(struct rlb_port *port, uint64_t *counts)
{
	struct rlb_port_impl *impl = to_impl(port);

	memset(counts, 0, RLB_RULES_MAX * sizeof(counts[0]));
	return impl->type->refusals ? impl->type->refusals(impl, counts) : -ENOTSUP;
}

RLB_API int rlb_port_dump_regs(struct rlb_port *port,
			       void (*each)(const struct rlb_reg *reg, void *arg), void *arg)
{
	struct rlb_port_impl *impl = to_impl(port);

	if (impl->type->dump_regs)
		return impl->type->dump_regs(impl, each, arg);
	rlb_log(ERR, "%s: no registers to print; only a NIC has them (vfio:<bdf>)", impl->info.uri);
	return -ENOTSUP;
}

RLB_API const char *rlb_rule_name(unsigned int rule)
{
	return rule < RLV_RULES ? rlv_rule_name((enum rlv_rule)rule) : NULL;
}

RLB_API int rlb_port_link(struct rlb_port *port, struct rlb_link *link)
{
	struct rlb_port_impl *impl = to_impl(port);

	*link = (struct rlb_link){.up = true, .full_duplex = true};
	return impl->type->link ? impl->type->link(impl, link) : 0;
}

static int set_rx_mode(struct rlb_port_impl *impl, bool *mode, bool on)
{
	bool old = *mode;
	int err;

	*mode = on;
	err = impl->type->set_rx_mode ? impl->type->set_rx_mode(impl) : 0;
	if (err)
		*mode = old;
	return err;
}

RLB_API int rlb_port_set_promiscuous(struct rlb_port *port, bool on)
{
	struct rlb_port_impl *impl = to_impl(port);

	return set_rx_mode(impl, &impl->promiscuous, on);
}

RLB_API int rlb_port_set_all_multicast(struct rlb_port *port, bool on)
{
	struct rlb_port_impl *impl = to_impl(port);

	return set_rx_mode(impl, &impl->all_multicast, on);
}

RLB_API int rlb_port_set_mtu(struct rlb_port *port, unsigned int mtu)
{
	struct rlb_port_impl *impl = to_impl(port);
	int err;

	if (mtu < RLB_MTU_MIN || mtu > impl->info.mtu_max) {
		rlb_log(ERR, "%s: MTU %u is out of range; use %u..%u", impl->info.uri, mtu,
			RLB_MTU_MIN, impl->info.mtu_max);
		return -EINVAL;
	}
	if (impl->state == RLB_PORT_STARTED)
		return -EBUSY;
	err = impl->type->set_mtu ? impl->type->set_mtu(impl, mtu) : 0;
	if (!err)
		impl->info.mtu = (uint16_t)mtu;
	return err;
}

RLB_API int rlb_port_event_fd(const struct rlb_port *port)
{
	int fd = to_const_impl(port)->event_fd;

	return fd >= 0 ? fd : -ENOTSUP;
}

RLB_API unsigned int rlb_port_events(struct rlb_port *port)
{
	struct rlb_port_impl *impl = to_impl(port);

	return impl->type->events ? impl->type->events(impl) : 0;
}

RLB_API const char *rlb_drop_name(unsigned int cause)
{
	static const char *const names[RLB_DROP_CAUSES] = {
		[RLB_DROP_NO_BUFFER] = "no_buffer", [RLB_DROP_BAD_FRAME] = "bad_frame",
		[RLB_DROP_TOO_LONG] = "too_long",   [RLB_DROP_TOO_MANY_SEGS] = "too_many_segs",
		[RLB_DROP_WRITE] = "write",	    [RLB_DROP_REFUSED] = "refused",
	};

	return cause < RLB_DROP_CAUSES ? names[cause] : NULL;
}
