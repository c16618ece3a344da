/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver contract. Three parties, each knowing only this file of the other two:
 *
 *   a transport (struct rld_transport, driver/vfio/) reaches a device: registers, memory maps,
 *     the memory of rings, doorbells, interrupts. It knows no NIC.
 *   a driver (struct rld_driver, driver/e1000/) knows one family of NICs: registers, descriptors,
 *     the order of bring-up. It knows no transport, and includes no transport's header.
 *   the core (driver/core.c) joins them into a port, and ringlib/port.c above it checks states and
 *     arguments, so neither of the other two does. Members are filled but where NULL is allowed.
 *
 * Life of a device, enforced by the core; a call out of this order is never made:
 *
 *   transport.open -> driver.probe -> driver.open -> transport.bus_master
 *	-> [ set_mtu, set_rx_mode, link, stats ]*
 *	-> driver.start -> [ set_rx_mode, link, stats, irq, bursts ]* -> driver.stop
 *	-> (start again, or) driver.close -> transport.close
 *
 * All members run in the port's control thread; bursts run in one thread per queue.
 */
#ifndef RLD_DRIVER_H
#define RLD_DRIVER_H

#include "ringlib/port_type.h"
#include "driver/regs.h"
#include "ringlib/space.h"

#define RLD_NAME_MAX 32
#define RLD_IRQS_MAX 5 /* vectors a driver may ask for: the 82574 has 5 */

struct rld_nic;
struct rld_dev;
struct rld_ring;
struct rld_checked;
struct rld_verify;
struct rld_verify_ops;
struct rlv_regs;

enum rld_dir {
	RLD_RX,
	RLD_TX,
};

enum rld_irq_kind {
	RLD_IRQ_NONE,
	RLD_IRQ_INTX, /* level: masked by the transport when it fires, until irq_unmask() */
	RLD_IRQ_MSI,
	RLD_IRQ_MSIX,
};

/* What a ring is to be. Filled by the driver. */
struct rld_ring_conf {
	enum rld_dir dir;
	unsigned int queue;	 /* number of the queue on the NIC */
	unsigned int slots;	 /* descriptors */
	unsigned int desc_bytes; /* size of one */
	uint32_t tail_reg;	 /* offset of the register that is the doorbell */
	/* For transports that verify (driver/verify.h). NULL: the driver has no rules. */
	const struct rld_verify_ops *verify;
	/*
	 * Bytes: transmit, of the longest frame that the queue may send; receive, of a buffer, as
	 * the device is set to.
	 */
	uint32_t bytes_max;
};

/*
 * A descriptor ring as a transport provides it. The driver writes descriptors to @desc and reads
 * what the device wrote back from @done: two views of the same memory over VFIO, two memories where
 * the kernel owns the device's ring. So a driver never expects to read back from @done what it
 * wrote to @desc, and writes whole descriptors.
 */
struct rld_ring {
	void *desc;
	const volatile void *done;
	rlb_iova_t dev; /* for the NIC's ring base register */
	/*
	 * Publish every descriptor before @tail (0..slots - 1). Orders all earlier stores to @desc
	 * before the device sees the new tail. One thread per ring.
	 */
	void (*doorbell)(struct rld_ring *ring, uint32_t tail);
	volatile uint32_t *tail_addr; /* of the tail register, where it is mapped */
	/* Where the driver keeps the oldest slot that it takes as in flight: a claim, no more. */
	const uint32_t *head;
	struct rld_checked *checked; /* NULL: doorbells are not verified */
	struct rld_nic *nic;
	struct rld_ring_conf conf;
	size_t bytes; /* of the memory behind @desc */
};

/* How a device is reached. */
struct rld_transport {
	const char *scheme; /* of the URI: "vfio" */
	/*
	 * Claim the device that @addr names; on return its config space and registers can be used
	 * and @nic is filled. Bus mastering is off: a dead owner may have left the device running.
	 * Logs one line on failure. 0 or -errno (those of rlb_port_open()); on failure nothing is
	 * left behind.
	 */
	int (*open)(struct rld_nic **nic, const char *addr);
	/* NUMA node of the device that @addr names, or RLB_NUMA_ANY. Claims nothing. Silent. */
	int (*numa_node)(const char *addr);
	/* Bus mastering off, every map and interrupt undone, device given back. */
	void (*close)(struct rld_nic *nic);
	/*
	 * Reset by a means outside the device's own registers (FLR, bus). 0, or -ENOTSUP: there is
	 * none, and the driver's own reset must do. Registers may keep values all the same.
	 */
	int (*reset)(struct rld_nic *nic);
	/*
	 * Let the device do DMA and send interrupts, or not. The core switches it on when
	 * driver.open has brought the device to rest; drivers may take it away from a device that
	 * does not stop. 0 or -errno. NULL: the device always may.
	 */
	int (*bus_master)(struct rld_nic *nic, bool on);
	/* Read or write @bytes (1, 2 or 4) of PCI config space at @offset. 0 or -EIO. */
	int (*config_read)(struct rld_nic *nic, uint32_t offset, void *value, size_t bytes);
	int (*config_write)(struct rld_nic *nic, uint32_t offset, const void *value, size_t bytes);
	/*
	 * Get zeroed memory for a ring, which the device can reach. Logs one line on failure. 0 or
	 * -errno.
	 */
	int (*ring_open)(struct rld_nic *nic, const struct rld_ring_conf *conf,
			 struct rld_ring *ring);
	/* Give it back. The device has stopped using it. */
	void (*ring_close)(struct rld_nic *nic, struct rld_ring *ring);
	/*
	 * Enable @count vectors (1..RLD_IRQS_MAX), as @nic->irq_kind then says: MSI-X if the device
	 * has that many, else MSI or INTx, which have one. @fds gets one non-blocking eventfd a
	 * vector (the same one for all where there is a single vector). Logs one line on
	 * failure. 0, or -errno.
	 */
	int (*irq_open)(struct rld_nic *nic, unsigned int count, int *fds);
	void (*irq_close)(struct rld_nic *nic);
	/* Let a level interrupt fire again. Called after the driver quieted its cause. */
	void (*irq_unmask)(struct rld_nic *nic);
};

/* A device, as its transport presents it. The transport embeds it. */
struct rld_nic {
	const struct rld_transport *transport;
	char name[RLD_NAME_MAX]; /* "0000:01:00.0" */
	uint16_t vendor_id;
	uint16_t device_id;
	int numa_node; /* or RLB_NUMA_ANY */
	/* BAR 0. The data path reads registers never and writes only tails, by rld_ring.doorbell.
	 */
	struct rld_regs regs;
	uint32_t regs_bytes;	 /* length of BAR 0 */
	struct rlb_space *space; /* where packet memory is mapped */
	enum rld_irq_kind irq_kind;
	/* A non-blocking eventfd: the system wants the device back (unplug, unbind). -1: never. */
	int release_fd;
	struct rld_verify *verify; /* NULL: doorbells are not verified */
};

/* What a driver can do with one device. Filled by rld_driver.open. */
struct rld_caps {
	unsigned int rx_queues_max;
	unsigned int tx_queues_max;
	unsigned int slots_min; /* of a ring */
	unsigned int slots_max;
	unsigned int slots_multiple; /* a ring's size is a multiple of it */
	unsigned int slots_default;
	unsigned int mtu_max;
	unsigned int rx_room_min; /* least room behind the headroom of a receive buffer, bytes */
};

/* What the core has settled with the program. Within rld_caps. */
struct rld_conf {
	struct rlb_pool *pool;
	unsigned int rx_queues;
	unsigned int tx_queues;
	unsigned int rx_slots;
	unsigned int tx_slots;
	unsigned int mtu;
	bool promiscuous;
	bool all_multicast;
};

/* A device a driver has opened. The driver embeds it. */
struct rld_dev {
	const struct rld_driver *driver;
	struct rld_nic *nic;
	uint8_t mac[6];
	struct rld_caps caps;
	const struct rlv_regs *regs; /* its registers by name; NULL: there is no list */
	struct rld_conf conf; /* kept by the core; may change while stopped, modes at any time */
	/* Filled by start for the queues in use; the core copies them to the port. */
	struct rlb_rxq rxq[RLB_QUEUES_MAX];
	struct rlb_txq txq[RLB_QUEUES_MAX];
};

/* A family of NICs. */
struct rld_driver {
	const char *name;
	/* Is this device ours? Looks at @nic's ids only. 0, or -ENODEV to let the next one try. */
	int (*probe)(const struct rld_nic *nic);
	/*
	 * Bring the device from any state a dead owner may have left to a safe one: no DMA, no
	 * interrupts. Fill @dev's mac, caps and regs. Logs one line on failure. 0 or -errno.
	 */
	int (*open)(struct rld_dev **dev, struct rld_nic *nic);
	/* Free @dev. Called when stopped. */
	void (*close)(struct rld_dev *dev);
	/*
	 * Open rings, fill receive rings, enable receive and transmit, fill rxq and txq. Logs one
	 * line on failure. 0 or -errno; on failure as after stop.
	 */
	int (*start)(struct rld_dev *dev);
	/*
	 * Quiesce. On return the device makes no further DMA: callers may unmap at once. All
	 * buffers are back in their pools. Bounded, also when the device is gone.
	 */
	void (*stop)(struct rld_dev *dev);
	/* Receive filter as @dev->conf.promiscuous and all_multicast say. 0 or -ENODEV. */
	int (*set_rx_mode)(struct rld_dev *dev);
	/* 0 or -ENODEV. */
	int (*link)(struct rld_dev *dev, struct rlb_link *link);
	/* Add up: per-queue counters and the device's registers, since open. 0 or -ENODEV. */
	int (*stats)(struct rld_dev *dev, struct rlb_port_stats *stats);
	/* Vectors wanted, 1..RLD_IRQS_MAX; the last one is for everything but queues. */
	unsigned int irqs;
	/*
	 * An interrupt came, or may have: read and quiet the cause. RLB_EVENT_* bits. The core
	 * unmasks a level interrupt afterwards.
	 */
	unsigned int (*irq)(struct rld_dev *dev);
};

/* Every driver there is, ended by NULL. In driver/drivers.c, with the list of port types. */
extern const struct rld_driver *const rld_drivers[];

/* The core's half of a NIC port; their contracts are those of struct rlb_port_type. */
int rld_port_open(struct rlb_port_impl **impl, const struct rlb_port_type *type, const char *addr,
		  const struct rlb_port_opts *opts);
int rld_port_numa_node(const struct rlb_port_type *type, const char *addr);
void rld_port_close(struct rlb_port_impl *impl);
int rld_port_start(struct rlb_port_impl *impl);
void rld_port_stop(struct rlb_port_impl *impl);
int rld_port_stats(struct rlb_port_impl *impl, struct rlb_port_stats *stats);
int rld_port_link(struct rlb_port_impl *impl, struct rlb_link *link);
int rld_port_set_rx_mode(struct rlb_port_impl *impl);
int rld_port_set_mtu(struct rlb_port_impl *impl, unsigned int mtu);
unsigned int rld_port_events(struct rlb_port_impl *impl);
int rld_port_queue_error(struct rlb_port_impl *impl, bool tx, unsigned int queue,
			 struct rlb_queue_error *error);
int rld_port_refusals(struct rlb_port_impl *impl, uint64_t *counts);
int rld_port_dump_regs(struct rlb_port_impl *impl,
		       void (*each)(const struct rlb_reg *reg, void *arg), void *arg);

/* The port type of NICs that are reached through @transport_. */
#define RLD_NIC_PORT_TYPE(scheme_, transport_)                                                     \
	{                                                                                          \
		.scheme = (scheme_), .context = (transport_), .open = rld_port_open,               \
		.numa_node = rld_port_numa_node, .close = rld_port_close, .start = rld_port_start, \
		.stop = rld_port_stop, .stats = rld_port_stats, .link = rld_port_link,             \
		.set_rx_mode = rld_port_set_rx_mode, .set_mtu = rld_port_set_mtu,                  \
		.events = rld_port_events, .queue_error = rld_port_queue_error,                    \
		.refusals = rld_port_refusals, .dump_regs = rld_port_dump_regs,                    \
	}

#endif
