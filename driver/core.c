/* SPDX-License-Identifier: BSD-2-Clause */
/* NIC ports: a transport's device and the driver that knows it, joined into a port. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <ringlib/log.h>
#include <ringlib/pool.h>

#include "driver/driver.h"
#include "driver/regs_dump.h"
#include "driver/verify.h"
#include "ringlib/util.h"

struct nic_port {
	struct rlb_port_impl impl; /* must stay first */
	const struct rld_driver *driver;
	struct rld_nic *nic;
	struct rld_dev *dev;
};

static struct nic_port *to_nic_port(struct rlb_port_impl *impl)
{
	return container_of(impl, struct nic_port, impl);
}

static const struct rld_driver *find_driver(const struct rld_nic *nic)
{
	char known[64] = "";

	for (unsigned int i = 0; rld_drivers[i]; i++) {
		size_t used = strlen(known);

		if (rld_drivers[i]->probe(nic) == 0)
			return rld_drivers[i];
		snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "",
			 rld_drivers[i]->name);
	}
	rlb_log(ERR, "%s: no driver for device %04x:%04x; the drivers here are %s", nic->name,
		nic->vendor_id, nic->device_id, known);
	return NULL;
}

static int check_queues(const struct rld_nic *nic, const char *dir, unsigned int asked,
			unsigned int max)
{
	if (asked <= max)
		return 0;
	rlb_log(ERR, "%s: %u %s queues asked for, but the device has %u; ask for at most %u",
		nic->name, asked, dir, max, max);
	return -EINVAL;
}

static int check_slots(const struct rld_nic *nic, const char *dir, unsigned int asked,
		       const struct rld_caps *caps)
{
	if (asked >= caps->slots_min && asked <= caps->slots_max &&
	    asked % caps->slots_multiple == 0)
		return 0;
	rlb_log(ERR, "%s: a %s ring of %u slots is not allowed; use a multiple of %u from %u to %u",
		nic->name, dir, asked, caps->slots_multiple, caps->slots_min, caps->slots_max);
	return -EINVAL;
}

static int check_mtu(const struct rld_nic *nic, unsigned int mtu, const struct rld_caps *caps)
{
	if (mtu <= caps->mtu_max)
		return 0;
	rlb_log(ERR, "%s: MTU %u is too large for the device; use at most %u", nic->name, mtu,
		caps->mtu_max);
	return -EINVAL;
}

static int check_pool(const struct rld_nic *nic, const struct rlb_pool *pool,
		      const struct rld_caps *caps)
{
	unsigned int room;

	if (!pool)
		return 0;
	room = pool->room_bytes - pool->headroom_bytes;
	if (room >= caps->rx_room_min)
		return 0;
	rlb_log(ERR,
		"%s: the pool's buffers have %u bytes behind the headroom; the device needs %u",
		nic->name, room, caps->rx_room_min);
	return -EINVAL;
}

/* Settle what the program asked for with what the device can do. */
static int settle(struct rld_dev *dev, const struct rlb_port_opts *opts)
{
	const struct rld_caps *caps = &dev->caps;
	struct rld_conf *conf = &dev->conf;
	int err;

	*conf = (struct rld_conf){
		.pool = opts->pool,
		.rx_queues = opts->rx_queues,
		.tx_queues = opts->tx_queues,
		.rx_slots = opts->rx_slots ? opts->rx_slots : caps->slots_default,
		.tx_slots = opts->tx_slots ? opts->tx_slots : caps->slots_default,
		.mtu = opts->mtu,
		.promiscuous = opts->promiscuous,
		.all_multicast = opts->all_multicast,
	};
	err = check_queues(dev->nic, "receive", conf->rx_queues, caps->rx_queues_max);
	if (!err)
		err = check_queues(dev->nic, "transmit", conf->tx_queues, caps->tx_queues_max);
	if (!err)
		err = check_slots(dev->nic, "receive", conf->rx_slots, caps);
	if (!err)
		err = check_slots(dev->nic, "transmit", conf->tx_slots, caps);
	if (!err)
		err = check_mtu(dev->nic, conf->mtu, caps);
	if (!err)
		err = check_pool(dev->nic, conf->pool, caps);
	return err;
}

static int watch(int epoll_fd, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	/* One eventfd may stand for several vectors. */
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) && errno != EEXIST)
		return -errno;
	return 0;
}

/* Interrupts and the system's wish to have the device back, behind one descriptor. */
static int open_events(struct nic_port *port)
{
	int fds[RLD_IRQS_MAX];
	int err;

	err = port->nic->transport->irq_open(port->nic, port->driver->irqs, fds);
	if (err)
		return err;
	port->impl.event_fd = epoll_create1(EPOLL_CLOEXEC);
	if (port->impl.event_fd < 0) {
		err = -errno;
		goto err_irq;
	}
	for (unsigned int i = 0; i < port->driver->irqs && !err; i++)
		err = watch(port->impl.event_fd, fds[i]);
	if (!err && port->nic->release_fd >= 0)
		err = watch(port->impl.event_fd, port->nic->release_fd);
	if (!err && port->nic->verify)
		err = watch(port->impl.event_fd, port->nic->verify->error_fd);
	if (err)
		goto err_epoll;
	return 0;

err_epoll:
	close(port->impl.event_fd);
err_irq:
	rlb_log(ERR, "%s: cannot watch its interrupts: %s", port->nic->name, strerror(-err));
	port->nic->transport->irq_close(port->nic);
	return err;
}

/* The driver has brought the device to rest: from now on it may do DMA. */
static int let_it_run(struct rld_nic *nic)
{
	int err = nic->transport->bus_master ? nic->transport->bus_master(nic, true) : 0;

	if (err)
		rlb_log(ERR, "%s: cannot make it bus master: %s", nic->name, strerror(-err));
	return err;
}

static void fill_info(struct nic_port *port)
{
	const struct rld_dev *dev = port->dev;
	struct rlb_port_info *info = &port->impl.info;

	snprintf(info->driver, sizeof(info->driver), "%s", port->driver->name);
	memcpy(info->mac, dev->mac, sizeof(info->mac));
	info->mtu = (uint16_t)dev->conf.mtu;
	info->mtu_max = (uint16_t)dev->caps.mtu_max;
	info->rx_queues = (uint16_t)dev->conf.rx_queues;
	info->tx_queues = (uint16_t)dev->conf.tx_queues;
	info->rx_queues_max = (uint16_t)dev->caps.rx_queues_max;
	info->tx_queues_max = (uint16_t)dev->caps.tx_queues_max;
	info->rx_slots = (uint16_t)dev->conf.rx_slots;
	info->tx_slots = (uint16_t)dev->conf.tx_slots;
	info->slots_min = (uint16_t)dev->caps.slots_min;
	info->slots_max = (uint16_t)dev->caps.slots_max;
	info->slots_multiple = (uint16_t)dev->caps.slots_multiple;
	info->numa_node = port->nic->numa_node;
	info->has_device_stats = true;
	info->verified = port->nic->verify != NULL;
}

int rld_port_open(struct rlb_port_impl **impl, const struct rlb_port_type *type, const char *addr,
		  const struct rlb_port_opts *opts)
{
	const struct rld_transport *transport = type->context;
	struct nic_port *port;
	int err;

	*impl = NULL;
	port = calloc(1, sizeof(*port));
	if (!port)
		return rlb_no_memory("a port");
	err = transport->open(&port->nic, addr);
	if (err)
		goto err_free;
	port->driver = find_driver(port->nic);
	if (!port->driver) {
		err = -ENOTSUP;
		goto err_transport;
	}
	err = port->driver->open(&port->dev, port->nic);
	if (err)
		goto err_transport;
	port->dev->driver = port->driver;
	err = settle(port->dev, opts);
	if (!err)
		err = let_it_run(port->nic);
	if (err)
		goto err_driver;
	err = open_events(port);
	if (err)
		goto err_driver;
	fill_info(port);
	*impl = &port->impl;
	return 0;

err_driver:
	port->driver->close(port->dev);
err_transport:
	transport->close(port->nic);
err_free:
	free(port);
	return err;
}

int rld_port_numa_node(const struct rlb_port_type *type, const char *addr)
{
	const struct rld_transport *transport = type->context;

	return transport->numa_node(addr);
}

void rld_port_close(struct rlb_port_impl *impl)
{
	struct nic_port *port = to_nic_port(impl);

	port->driver->close(port->dev);
	close(port->impl.event_fd);
	port->nic->transport->irq_close(port->nic);
	port->nic->transport->close(port->nic);
	free(port);
}

int rld_port_start(struct rlb_port_impl *impl)
{
	struct nic_port *port = to_nic_port(impl);
	struct rld_dev *dev = port->dev;
	int err;

	dev->conf.promiscuous = impl->promiscuous;
	dev->conf.all_multicast = impl->all_multicast;
	err = port->driver->start(dev);
	if (err)
		return err;
	memcpy(impl->base.rxq, dev->rxq, dev->conf.rx_queues * sizeof(dev->rxq[0]));
	memcpy(impl->base.txq, dev->txq, dev->conf.tx_queues * sizeof(dev->txq[0]));
	return 0;
}

void rld_port_stop(struct rlb_port_impl *impl)
{
	struct nic_port *port = to_nic_port(impl);

	port->driver->stop(port->dev);
}

int rld_port_stats(struct rlb_port_impl *impl, struct rlb_port_stats *stats)
{
	struct nic_port *port = to_nic_port(impl);

	return port->driver->stats(port->dev, stats);
}

int rld_port_link(struct rlb_port_impl *impl, struct rlb_link *link)
{
	struct nic_port *port = to_nic_port(impl);

	return port->driver->link(port->dev, link);
}

int rld_port_set_rx_mode(struct rlb_port_impl *impl)
{
	struct nic_port *port = to_nic_port(impl);

	port->dev->conf.promiscuous = impl->promiscuous;
	port->dev->conf.all_multicast = impl->all_multicast;
	return port->driver->set_rx_mode(port->dev);
}

int rld_port_set_mtu(struct rlb_port_impl *impl, unsigned int mtu)
{
	struct nic_port *port = to_nic_port(impl);

	port->dev->conf.mtu = mtu;
	return 0;
}

int rld_port_queue_error(struct rlb_port_impl *impl, bool tx, unsigned int queue,
			 struct rlb_queue_error *error)
{
	return rld_verify_error(to_nic_port(impl)->nic, tx, queue, error);
}

int rld_port_refusals(struct rlb_port_impl *impl, uint64_t *counts)
{
	return rld_verify_refusals(to_nic_port(impl)->nic, counts);
}

int rld_port_dump_regs(struct rlb_port_impl *impl,
		       void (*each)(const struct rlb_reg *reg, void *arg), void *arg)
{
	struct nic_port *port = to_nic_port(impl);

	if (port->dev->regs)
		return rld_regs_dump(port->nic, port->dev->regs, each, arg);
	rlb_log(ERR, "%s: driver %s has no list of registers", port->nic->name, port->driver->name);
	return -ENOTSUP;
}

/* Empty an eventfd. They are non-blocking. */
static void drain(int fd)
{
	uint64_t count;

	while (read(fd, &count, sizeof(count)) == sizeof(count))
		;
}

unsigned int rld_port_events(struct rlb_port_impl *impl)
{
	struct nic_port *port = to_nic_port(impl);
	struct epoll_event ready[RLD_IRQS_MAX + 2];
	unsigned int events = 0;
	bool irq = false;
	int n;

	n = epoll_wait(impl->event_fd, ready, ARRAY_SIZE(ready), 0);
	for (int i = 0; i < n; i++) {
		drain(ready[i].data.fd);
		if (ready[i].data.fd == port->nic->release_fd)
			events |= RLB_EVENT_REMOVED;
		else if (port->nic->verify && ready[i].data.fd == port->nic->verify->error_fd)
			events |= RLB_EVENT_QUEUE_ERROR;
		else
			irq = true;
	}
	if (irq && impl->state == RLB_PORT_STARTED)
		events |= port->driver->irq(port->dev);
	if (irq)
		port->nic->transport->irq_unmask(port->nic);
	return events;
}
