/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bring-up of the e1000 family over a register callback: freestanding, so that a kernel module can
 * run the same file. Nothing here touches descriptors or packet memory.
 *
 * Intel 82574 datasheet revision 3.4; 8254x Software Developer's Manual revision 4.0.
 */
#ifndef E1000_HW_H
#define E1000_HW_H

#include "driver/regs.h"

#define E1000_QUEUES_MAX 2

/* What differs between the devices. */
struct e1000_model {
	uint16_t device_id;
	uint8_t queues; /* receive queues; as many transmit queues */
	/*
	 * PCI Express generation: stops bus requests on demand, has extended receive descriptors,
	 * RSS, transmit arbitration, MSI-X.
	 */
	bool pcie;
	uint32_t ctrl; /* bits of CTRL that copper wants */
	uint32_t tipg;
	uint32_t cold; /* TCTL.COLD, full duplex */
};

extern const struct e1000_model e1000_82574;
extern const struct e1000_model e1000_82540em;

struct e1000_hw {
	const struct rld_regs *regs;
	const struct e1000_model *model;
	/* Set by e1000_hw_reset(): CTRL.RST left the registers as they were. */
	bool reset_ignored;
	uint32_t mpc_last; /* of counters that a read does not clear; see e1000_hw_stats() */
	uint32_t rnbc_last;
};

/* How e1000_hw_setup() is to set the device up. */
struct e1000_hw_conf {
	unsigned int rx_queues; /* 0..model->queues */
	unsigned int tx_queues;
	unsigned int mtu;
	uint32_t rx_buf_bytes; /* as e1000_hw_rx_buf_bytes() answers */
	bool promiscuous;
	bool all_multicast;
};

/* Counters, added up since whoever holds the struct zeroed it. */
struct e1000_hw_stats {
	uint64_t rx_packets;
	uint64_t rx_bytes; /* no FCS */
	uint64_t tx_packets;
	uint64_t tx_bytes; /* no FCS */
	uint64_t rx_missed;
	uint64_t rx_no_buffer;
	uint64_t rx_crc_errors;
	uint64_t rx_length_errors;
	uint64_t rx_other_errors;
	uint64_t tx_errors;
};

struct e1000_hw_link {
	bool up;
	bool full_duplex;
	uint32_t speed_mbps;
};

/**
 * e1000_hw_stop() - end all DMA and interrupts, by explicit steps that are read back.
 * Return: 0; -ENODEV (the device is gone: no DMA either), -ETIMEDOUT (bus requests still under
 *	way), -EIO (a register did not take its value). After the last two DMA may go on.
 * Context: at most about 100 ms.
 */
int e1000_hw_stop(struct e1000_hw *hw);

/**
 * e1000_hw_reset() - stop, reset by CTRL.RST, stop again, since emulators may ignore the reset.
 * Return: as e1000_hw_stop(); -ETIMEDOUT also if the reset does not end.
 * Context: at most about 350 ms.
 */
int e1000_hw_reset(struct e1000_hw *hw);

/* The MAC address, as loaded from the NVM. 0, or -EIO: there is none. */
int e1000_hw_read_mac(struct e1000_hw *hw, uint8_t mac[6]);

/* The largest buffer the device can be told of that fits @room_bytes; 0: none does. */
uint32_t e1000_hw_rx_buf_bytes(uint32_t room_bytes);

/**
 * e1000_hw_setup() - configure everything but the rings, after e1000_hw_reset().
 * Return: 0, or -ENODEV. A PHY that does not answer is not an error: the link stays down.
 * Context: at most about 50 ms.
 */
int e1000_hw_setup(struct e1000_hw *hw, const struct e1000_hw_conf *conf);

/* Tell the device of an empty ring at device address @dev, 128-byte aligned, @slots descriptors. */
void e1000_hw_rx_ring(struct e1000_hw *hw, unsigned int q, uint64_t dev, uint32_t slots);
void e1000_hw_tx_ring(struct e1000_hw *hw, unsigned int q, uint64_t dev, uint32_t slots);

/**
 * e1000_hw_enable() - let receive and transmit run, after setup and rings.
 * Return: 0, or -ENODEV.
 */
int e1000_hw_enable(struct e1000_hw *hw, const struct e1000_hw_conf *conf);

/* Receive filter as @promiscuous and @all_multicast say. 0, or -ENODEV. */
int e1000_hw_rx_mode(struct e1000_hw *hw, bool promiscuous, bool all_multicast);

/* Link state now. 0, or -ENODEV. */
int e1000_hw_link(struct e1000_hw *hw, struct e1000_hw_link *link);

/* Enable the interrupt for link changes. @msix: it is to come as vector @vector. */
void e1000_hw_irq_enable(struct e1000_hw *hw, bool msix, unsigned int vector);

/* Take and clear the causes that came up: E1000_ICR_*. 0, or -ENODEV. */
int e1000_hw_irq_causes(struct e1000_hw *hw, uint32_t *causes);

/**
 * e1000_hw_stats() - add what the device counted since the last call to @stats.
 * Return: 0, or -ENODEV; then @stats is unchanged.
 * Context: the registers stand still at 2^32 - 1: call at least every 40 minutes at 1 Gb/s of the
 *	shortest frames.
 */
int e1000_hw_stats(struct e1000_hw *hw, struct e1000_hw_stats *stats);

#endif
