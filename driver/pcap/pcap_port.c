/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcap:<in>[,<out>] as a port: one queue each way. A half that has no file behaves as a NIC without
 * a cable: nothing arrives, and what is sent is lost and counted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <ringlib/log.h>
#include <ringlib/mem.h>

#include "driver/pcap/pcap_file.h"
#include "driver/pcap/pcap_port.h"
#include "ringlib/util.h"

struct pcap_port {
	struct rlb_port_impl impl; /* must stay first */
	char *in_name;		   /* NULL: none */
	char *out_name;
	struct pcap_in *in;
	struct pcap_out *out;
	struct pcap_events events;
	uint64_t nowhere; /* frames sent without an output file */
};

static struct pcap_port *to_port(struct rlb_port_impl *impl)
{
	return container_of(impl, struct pcap_port, impl);
}

void pcap_events_raise(struct pcap_events *events, unsigned int bits)
{
	atomic_fetch_or(&events->bits, bits);
	/* Fails only when the counter is full: then it is readable anyway. */
	eventfd_write(events->fd, 1);
}

static unsigned int pcap_port_events(struct rlb_port_impl *impl)
{
	struct pcap_port *port = to_port(impl);
	eventfd_t ignored;

	/* First the descriptor, then the bits: one raised in between makes it readable again. */
	eventfd_read(port->events.fd, &ignored);
	return atomic_exchange(&port->events.bits, 0);
}

static unsigned int rx_burst_empty(void *queue, struct rlb_buf **bufs, unsigned int n)
{
	(void)queue;
	(void)bufs;
	(void)n;
	return 0;
}

static unsigned int tx_burst_nowhere(void *queue, struct rlb_buf *const *bufs, unsigned int n)
{
	struct pcap_port *port = queue;

	if (n && !port->nowhere)
		rlb_log(WARN,
			"pcap:%s: has no output file, frames sent to it are dropped; "
			"use pcap:%s,FILE",
			port->in_name, port->in_name);
	WRITE_ONCE(port->nowhere, port->nowhere + n);
	rlb_buf_free_bulk(bufs, n);
	return n;
}

static int split_addr(struct pcap_port *port, const char *addr)
{
	const char *comma = strchr(addr, ',');
	size_t in_len = comma ? (size_t)(comma - addr) : strlen(addr);
	const char *out = comma ? comma + 1 : "";

	if (!in_len && !*out) {
		rlb_log(ERR, "pcap:%s: names no file; use pcap:IN, pcap:IN,OUT or pcap:,OUT", addr);
		return -EINVAL;
	}
	if (strchr(out, ',')) {
		rlb_log(ERR,
			"pcap:%s: more than one comma; use pcap:IN,OUT with names that have none",
			addr);
		return -EINVAL;
	}
	if (in_len)
		port->in_name = strndup(addr, in_len);
	if (*out)
		port->out_name = strdup(out);
	return (in_len && !port->in_name) || (*out && !port->out_name) ? -ENOMEM : 0;
}

static int check_opts(const char *addr, const struct rlb_port_opts *opts)
{
	unsigned int queues = opts->rx_queues > opts->tx_queues ? opts->rx_queues : opts->tx_queues;

	if (queues > 1) {
		rlb_log(ERR, "pcap:%s: %u queues asked for; a pcap port has 1 each way", addr,
			queues);
		return -EINVAL;
	}
	return 0;
}

static void fill_info(struct rlb_port_impl *impl, const struct rlb_port_opts *opts)
{
	impl->info = (struct rlb_port_info){
		.driver = "pcap",
		.mtu = opts->mtu,
		.mtu_max = RLB_MTU_MAX,
		.rx_queues = opts->rx_queues,
		.tx_queues = opts->tx_queues,
		.rx_queues_max = 1,
		.tx_queues_max = 1,
		.numa_node = RLB_NUMA_ANY,
	};
}

static void free_port(struct pcap_port *port)
{
	pcap_in_close(port->in);
	pcap_out_close(port->out);
	if (port->events.fd >= 0)
		close(port->events.fd);
	free(port->in_name);
	free(port->out_name);
	free(port);
}

static int pcap_port_open(struct rlb_port_impl **impl, const struct rlb_port_type *type,
			  const char *addr, const struct rlb_port_opts *opts)
{
	struct pcap_port *port;
	struct stat in_id;
	int err = check_opts(addr, opts);

	(void)type;
	if (err)
		return err;
	port = calloc(1, sizeof(*port));
	if (!port)
		return rlb_no_memory("a port");
	port->events.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (port->events.fd < 0) {
		err = -errno;
		rlb_log(ERR, "pcap:%s: no event descriptor: %s; see: ulimit -n", addr,
			strerror(-err));
		goto err_free;
	}
	err = split_addr(port, addr);
	/* A half that has no queue is left alone: above all, no file is emptied for it. */
	if (!err && port->in_name && opts->rx_queues)
		err = pcap_in_open(&port->in, port->in_name, opts->pool, &port->events, &in_id);
	if (!err && port->out_name && opts->tx_queues)
		err = pcap_out_open(&port->out, port->out_name, port->in ? &in_id : NULL,
				    &port->events);
	if (err)
		goto err_free;
	port->impl.event_fd = port->events.fd;
	fill_info(&port->impl, opts);
	*impl = &port->impl;
	return 0;

err_free:
	free_port(port);
	return err;
}

static void pcap_port_close(struct rlb_port_impl *impl)
{
	free_port(to_port(impl));
}

static int pcap_port_start(struct rlb_port_impl *impl)
{
	struct pcap_port *port = to_port(impl);

	if (port->out) {
		int err = pcap_out_start(port->out, impl->info.mtu);

		if (err)
			return err;
	}
	if (impl->info.tx_queues)
		impl->base.txq[0] = (struct rlb_txq){
			.burst = port->out ? pcap_out_burst : tx_burst_nowhere,
			.queue = port->out ? (void *)port->out : port,
		};
	if (impl->info.rx_queues)
		impl->base.rxq[0] = (struct rlb_rxq){
			.burst = port->in ? pcap_in_burst : rx_burst_empty,
			.queue = port->in,
		};
	if (port->in)
		pcap_in_start(port->in);
	else if (impl->info.rx_queues)
		pcap_events_raise(&port->events, RLB_EVENT_END);
	return 0;
}

static void pcap_port_stop(struct rlb_port_impl *impl)
{
	/* Bursts leave nothing behind: what was sent is in the file, no buffer is held. */
	(void)impl;
}

static int pcap_port_stats(struct rlb_port_impl *impl, struct rlb_port_stats *stats)
{
	struct pcap_port *port = to_port(impl);

	if (port->in)
		pcap_in_stats(port->in, &stats->rx[0]);
	if (port->out)
		pcap_out_stats(port->out, &stats->tx[0]);
	else
		stats->tx[0].drops[RLB_DROP_WRITE] = READ_ONCE(port->nowhere);
	return 0;
}

const struct rlb_port_type pcap_port_type = {
	.scheme = "pcap",
	.open = pcap_port_open,
	.close = pcap_port_close,
	.start = pcap_port_start,
	.stop = pcap_port_stop,
	.stats = pcap_port_stats,
	.events = pcap_port_events,
};
