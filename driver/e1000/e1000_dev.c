/* SPDX-License-Identifier: BSD-2-Clause */
/* The e1000 family's operations: Intel 82574L and 82540EM (as QEMU's e1000e and e1000). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ringlib/log.h>
#include <ringlib/pool.h>

#include "driver/e1000/e1000.h"
#include "driver/e1000/e1000_priv.h"
#include "verifier/rlv_e1000_regs.h"

#define PCI_VENDOR_INTEL 0x8086

/* The last vector is for everything but queues; no queue has one yet. */
#define IRQS 1

static struct e1000_dev *to_e1000(struct rld_dev *dev)
{
	return container_of(dev, struct e1000_dev, base);
}

static const struct e1000_model *find_model(const struct rld_nic *nic)
{
	static const struct e1000_model *const models[] = {&e1000_82574, &e1000_82540em};

	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		if (nic->vendor_id == PCI_VENDOR_INTEL && nic->device_id == models[i]->device_id)
			return models[i];
	}
	return NULL;
}

static int probe_82574(const struct rld_nic *nic)
{
	return find_model(nic) == &e1000_82574 ? 0 : -ENODEV;
}

static int probe_82540em(const struct rld_nic *nic)
{
	return find_model(nic) == &e1000_82540em ? 0 : -ENODEV;
}

static const char *why(int err)
{
	switch (err) {
	case -ENODEV:
		return "it does not answer; is it still plugged in?";
	case -ETIMEDOUT:
		return "it does not get ready; unbind and bind it again";
	default:
		return "a register does not keep what is written; unbind and bind it again";
	}
}

/* The last means against a device that does not stop: it loses the bus. */
static void take_bus(struct e1000_dev *dev)
{
	struct rld_nic *nic = dev->base.nic;

	dev->wedged = true;
	if (nic->transport->bus_master)
		nic->transport->bus_master(nic, false);
}

static void fill_caps(struct e1000_dev *dev)
{
	dev->base.caps = (struct rld_caps){
		.rx_queues_max = dev->hw.model->queues,
		.tx_queues_max = dev->hw.model->queues,
		.slots_min = E1000_SLOTS_MIN,
		.slots_max = E1000_SLOTS_MAX,
		.slots_multiple = E1000_SLOTS_MULTIPLE,
		.slots_default = E1000_SLOTS_DEFAULT,
		.mtu_max = RLB_MTU_MAX,
		.rx_room_min = E1000_RX_ROOM_MIN,
	};
}

static int e1000_open(struct rld_dev **out, struct rld_nic *nic)
{
	struct e1000_dev *dev;
	int err;

	*out = NULL;
	if (nic->regs_bytes < E1000_REGS_BYTES) {
		rlb_log(ERR, "%s: BAR 0 has %u bytes, but the registers take %u; is this an e1000?",
			nic->name, nic->regs_bytes, E1000_REGS_BYTES);
		return -EIO;
	}
	dev = calloc(1, sizeof(*dev));
	if (!dev) {
		rlb_log(ERR, "%s: no memory for the device", nic->name);
		return -ENOMEM;
	}
	dev->base.nic = nic;
	dev->hw.regs = &nic->regs;
	dev->hw.model = find_model(nic);

	/* Neither reset can be relied on, so each is followed by an explicit stop. */
	err = e1000_hw_stop(&dev->hw);
	if (!err) {
		nic->transport->reset(nic);
		err = e1000_hw_reset(&dev->hw);
	}
	if (err) {
		rlb_log(ERR, "%s: cannot reset the device: %s", nic->name, why(err));
		goto err_free;
	}
	err = e1000_hw_read_mac(&dev->hw, dev->base.mac);
	if (err) {
		rlb_log(ERR, "%s: the device has no MAC address; check its NVM", nic->name);
		goto err_free;
	}
	fill_caps(dev);
	dev->base.regs = dev->hw.model->pcie ? &rlv_e1000_82574_regs : &rlv_e1000_82540em_regs;
	*out = &dev->base;
	return 0;

err_free:
	free(dev);
	return err;
}

static void e1000_close(struct rld_dev *base)
{
	free(to_e1000(base));
}

static void close_queues(struct e1000_dev *dev)
{
	for (unsigned int q = 0; q < E1000_QUEUES_MAX; q++) {
		if (dev->rxq[q])
			e1000_rxq_stats(dev->rxq[q], &dev->rx_total[q]);
		e1000_rxq_close(dev->rxq[q]);
		dev->rxq[q] = NULL;
		if (dev->txq[q])
			e1000_txq_stats(dev->txq[q], &dev->tx_total[q]);
		e1000_txq_close(dev->txq[q]);
		dev->txq[q] = NULL;
	}
}

static enum e1000_rx_format rx_format(const struct e1000_dev *dev)
{
	if (!dev->hw.model->pcie)
		return E1000_RX_LEGACY;
	return dev->base.conf.rx_queues > 1 ? E1000_RX_EXTENDED_RSS : E1000_RX_EXTENDED;
}

static int open_queues(struct e1000_dev *dev)
{
	const struct rld_conf *conf = &dev->base.conf;
	int err = 0;

	for (unsigned int q = 0; q < conf->rx_queues && !err; q++)
		err = e1000_rxq_open(&dev->rxq[q], dev->base.nic, q, conf->rx_slots, conf->pool,
				     rx_format(dev));
	for (unsigned int q = 0; q < conf->tx_queues && !err; q++)
		err = e1000_txq_open(&dev->txq[q], dev->base.nic, q, conf->tx_slots,
				     conf->mtu + RLB_FRAME_OVERHEAD);
	return err;
}

static void hook_queues(struct e1000_dev *dev)
{
	enum e1000_rx_format format = rx_format(dev);

	for (unsigned int q = 0; q < dev->base.conf.rx_queues; q++)
		dev->base.rxq[q] = (struct rlb_rxq){e1000_rx_burst(format), dev->rxq[q]};
	for (unsigned int q = 0; q < dev->base.conf.tx_queues; q++)
		dev->base.txq[q] = (struct rlb_txq){dev->base.nic->verify ? e1000_tx_burst_verified
									  : e1000_tx_burst,
						    dev->txq[q]};
}

static struct e1000_hw_conf hw_conf(const struct e1000_dev *dev)
{
	const struct rld_conf *conf = &dev->base.conf;
	uint32_t room = E1000_RX_ROOM_MIN;

	if (conf->rx_queues)
		room = conf->pool->room_bytes - conf->pool->headroom_bytes;
	return (struct e1000_hw_conf){
		.rx_queues = conf->rx_queues,
		.tx_queues = conf->tx_queues,
		.mtu = conf->mtu,
		.rx_buf_bytes = e1000_hw_rx_buf_bytes(room),
		.promiscuous = conf->promiscuous,
		.all_multicast = conf->all_multicast,
	};
}

/* Rings exist: run the device on them. */
static int run(struct e1000_dev *dev)
{
	struct e1000_hw_conf conf = hw_conf(dev);
	struct e1000_hw_link link;
	int err;

	err = e1000_hw_reset(&dev->hw);
	if (!err)
		err = e1000_hw_setup(&dev->hw, &conf);
	if (err)
		return err;
	for (unsigned int q = 0; q < conf.rx_queues; q++)
		e1000_hw_rx_ring(&dev->hw, q, dev->rxq[q]->ring.dev, dev->rxq[q]->slots);
	for (unsigned int q = 0; q < conf.tx_queues; q++)
		e1000_hw_tx_ring(&dev->hw, q, dev->txq[q]->ring.dev, dev->txq[q]->slots);
	err = e1000_hw_enable(&dev->hw, &conf);
	if (!err)
		err = e1000_hw_link(&dev->hw, &link);
	if (err)
		return err;
	for (unsigned int q = 0; q < conf.rx_queues; q++)
		e1000_rxq_post(dev->rxq[q]);
	dev->link_up = link.up;
	dev->link_changed = false;
	e1000_hw_irq_enable(&dev->hw, dev->base.nic->irq_kind == RLD_IRQ_MSIX, IRQS - 1);
	return 0;
}

static int start(struct rld_dev *base)
{
	struct e1000_dev *dev = to_e1000(base);
	int err;

	if (dev->wedged) {
		rlb_log(ERR, "%s: the device did not stop before; close the port and open it again",
			base->nic->name);
		return -EIO;
	}
	err = open_queues(dev);
	if (err)
		goto err_queues;
	err = run(dev);
	if (err) {
		rlb_log(ERR, "%s: cannot start the device: %s", base->nic->name, why(err));
		goto err_stop;
	}
	hook_queues(dev);
	return 0;

err_stop:
	if (e1000_hw_stop(&dev->hw))
		take_bus(dev);
err_queues:
	close_queues(dev);
	return err;
}

static void stop(struct rld_dev *base)
{
	struct e1000_dev *dev = to_e1000(base);
	int err;

	err = e1000_hw_stop(&dev->hw);
	/* The next start's reset clears them. */
	e1000_hw_stats(&dev->hw, &dev->hw_stats);
	if (err) {
		take_bus(dev);
		rlb_log(ERR, "%s: cannot stop the device%s: %s", base->nic->name,
			err == -ENODEV ? "" : ", so it lost the bus", why(err));
	}
	close_queues(dev);
}

static int set_rx_mode(struct rld_dev *base)
{
	struct e1000_dev *dev = to_e1000(base);

	if (!dev->rxq[0])
		return 0; /* start sets it */
	return e1000_hw_rx_mode(&dev->hw, base->conf.promiscuous, base->conf.all_multicast);
}

static int link_state(struct rld_dev *base, struct rlb_link *link)
{
	struct e1000_hw_link now;
	int err = e1000_hw_link(&to_e1000(base)->hw, &now);

	if (err)
		return err;
	link->up = now.up;
	link->full_duplex = now.full_duplex;
	link->speed_mbps = now.speed_mbps;
	return 0;
}

/* ICR is cleared by reading, and both irq() and stats() want what is in it: here it is kept. */
static int collect_causes(struct e1000_dev *dev)
{
	uint32_t causes;
	int err = e1000_hw_irq_causes(&dev->hw, &causes);

	if (causes & E1000_ICR_RXO)
		dev->rx_overruns++;
	if (causes & E1000_ICR_LSC)
		dev->link_changed = true;
	return err;
}

static unsigned int irq(struct rld_dev *base)
{
	struct e1000_dev *dev = to_e1000(base);
	struct e1000_hw_link link;
	unsigned int events;

	if (collect_causes(dev) || e1000_hw_link(&dev->hw, &link))
		return RLB_EVENT_REMOVED;
	/* A change between the read of ICR and its clearing shows here. */
	events = dev->link_changed || link.up != dev->link_up ? RLB_EVENT_LINK : 0;
	dev->link_changed = false;
	dev->link_up = link.up;
	return events;
}

static void add_queue(struct rlb_queue_stats *to, const struct rlb_queue_stats *from)
{
	to->packets += from->packets;
	to->bytes += from->bytes;
	for (unsigned int i = 0; i < RLB_DROP_CAUSES; i++)
		to->drops[i] += from->drops[i];
}

static int stats(struct rld_dev *base, struct rlb_port_stats *out)
{
	struct e1000_dev *dev = to_e1000(base);
	const struct e1000_hw_stats *hw = &dev->hw_stats;
	int err = e1000_hw_stats(&dev->hw, &dev->hw_stats);

	/*
	 * Not with INTx: reading ICR takes the line back, and an interrupt that the host has not
	 * looked at yet would come to nothing. Its causes wait for irq().
	 */
	if (!err && base->nic->irq_kind != RLD_IRQ_INTX && (dev->rxq[0] || dev->txq[0]))
		err = collect_causes(dev);
	for (unsigned int q = 0; q < E1000_QUEUES_MAX; q++) {
		add_queue(&out->rx[q], &dev->rx_total[q]);
		add_queue(&out->tx[q], &dev->tx_total[q]);
		if (dev->rxq[q])
			e1000_rxq_stats(dev->rxq[q], &out->rx[q]);
		if (dev->txq[q])
			e1000_txq_stats(dev->txq[q], &out->tx[q]);
	}
	out->device.rx_packets = hw->rx_packets;
	out->device.rx_bytes = hw->rx_bytes;
	out->device.tx_packets = hw->tx_packets;
	out->device.tx_bytes = hw->tx_bytes;
	out->device.rx_missed = hw->rx_missed;
	out->device.rx_no_buffer = hw->rx_no_buffer;
	out->device.rx_overruns = dev->rx_overruns;
	out->device.rx_crc_errors = hw->rx_crc_errors;
	out->device.rx_length_errors = hw->rx_length_errors;
	out->device.rx_other_errors = hw->rx_other_errors;
	out->device.tx_errors = hw->tx_errors;
	return err;
}

const struct rld_driver e1000e_driver = {
	.name = "e1000e",
	.probe = probe_82574,
	.open = e1000_open,
	.close = e1000_close,
	.start = start,
	.stop = stop,
	.set_rx_mode = set_rx_mode,
	.link = link_state,
	.stats = stats,
	.irqs = IRQS,
	.irq = irq,
};

const struct rld_driver e1000_driver = {
	.name = "e1000",
	.probe = probe_82540em,
	.open = e1000_open,
	.close = e1000_close,
	.start = start,
	.stop = stop,
	.set_rx_mode = set_rx_mode,
	.link = link_state,
	.stats = stats,
	.irqs = IRQS,
	.irq = irq,
};
