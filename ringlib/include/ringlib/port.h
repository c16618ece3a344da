/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports: where frames come in and go out. A port is opened by URI:
 *
 *	vfio:<bdf>[,verify=off]	a NIC, by its PCI address, bound to vfio-pci
 *	pcap:<in>[,<out>]	capture files; either name may be left empty
 *
 * Every descriptor of a vfio port is verified before the device sees it: it must be well formed,
 * and every byte that it names must lie in packet memory (struct rlb_mem). One that is not stops
 * its queue: see rlb_txq_error(). verify=off leaves that out, and a wrong descriptor to the IOMMU.
 *
 * One thread at a time may use a queue; different queues need no lock. Everything that is not a
 * burst function belongs to one control thread for each port.
 */
#ifndef RLB_PORT_H
#define RLB_PORT_H

#include <ringlib/base.h>

RLB_BEGIN_DECLS

struct rlb_buf;
struct rlb_pool;
struct rlb_port;

#define RLB_QUEUES_MAX 16u   /* receive queues of a port, and transmit queues */
#define RLB_MTU_MIN    68u   /* RFC 791, 3.1 */
#define RLB_MTU_MAX    9000u /* largest that any driver takes */

/* Bytes of a frame that are not payload: Ethernet header and one VLAN tag, no FCS. */
#define RLB_FRAME_OVERHEAD 18u

struct rlb_port_opts {
	size_t size;	       /* sizeof(struct rlb_port_opts) */
	struct rlb_pool *pool; /* receive buffers come from here; needed if @rx_queues is not 0 */
	uint16_t rx_queues;    /* 0..the port's limit; RLB_PORT_OPTS_INIT says 1 */
	uint16_t tx_queues;
	uint16_t rx_slots; /* ring size; 0: the port's default; limits in struct rlb_port_info */
	uint16_t tx_slots;
	uint16_t mtu; /* RLB_MTU_MIN..the port's limit; 0: 1500 */
	bool promiscuous;
	bool all_multicast;
	uint32_t reserved; /* 0 */
};

#define RLB_PORT_OPTS_INIT                                                                         \
	{                                                                                          \
		.size = sizeof(struct rlb_port_opts), .rx_queues = 1, .tx_queues = 1               \
	}

/*
 * What a port is and what it can do. This struct and those that rlb_port_stats() and
 * rlb_port_link() fill are written whole: they change only together with the library's soname.
 */
struct rlb_port_info {
	char uri[1024];
	char driver[16]; /* "e1000e", "pcap", … */
	uint8_t mac[6];	 /* all zero where there is none */
	uint16_t mtu;	 /* in force */
	uint16_t mtu_max;
	uint16_t rx_queues; /* in use */
	uint16_t tx_queues;
	uint16_t rx_queues_max;
	uint16_t tx_queues_max;
	uint16_t rx_slots; /* of each ring in use; 0 where there are no rings */
	uint16_t tx_slots;
	uint16_t slots_min; /* limits of a ring's size, and what it must be a multiple of */
	uint16_t slots_max;
	uint16_t slots_multiple;
	int numa_node; /* or RLB_NUMA_ANY */
	bool has_device_stats;
	bool verified; /* every descriptor is checked before the device sees it */
};

/*
 * Why frames were lost. Each counts frames, but for RLB_DROP_NO_BUFFER: what is lost while the pool
 * is empty only the device can count. Device-wide causes stand in struct rlb_port_stats.
 */
enum rlb_drop {
	RLB_DROP_NO_BUFFER,	/* receive: times the pool ran empty, and a ring short */
	RLB_DROP_BAD_FRAME,	/* receive: the device marked it: CRC, symbol, sequence, length */
	RLB_DROP_TOO_LONG,	/* transmit: longer than the MTU allows, or shorter than 14 bytes */
	RLB_DROP_TOO_MANY_SEGS, /* transmit: more than RLB_SEGS_MAX segments, or an empty one */
	RLB_DROP_WRITE,		/* transmit: a software port could not write it */
	RLB_DROP_REFUSED,	/* transmit: not sent because a descriptor was refused */
	RLB_DROP_CAUSES,
};

/* "no_buffer", "bad_frame", … or NULL */
RLB_API const char *rlb_drop_name(unsigned int cause);

struct rlb_queue_stats {
	uint64_t packets;
	uint64_t bytes; /* no FCS */
	uint64_t drops[RLB_DROP_CAUSES];
};

struct rlb_port_stats {
	struct rlb_queue_stats rx[RLB_QUEUES_MAX];
	struct rlb_queue_stats tx[RLB_QUEUES_MAX];

	/* What the device's own registers say since the port was opened; zero without a device. */
	struct {
		uint64_t rx_packets;
		uint64_t rx_bytes; /* no FCS */
		uint64_t tx_packets;
		uint64_t tx_bytes;
		uint64_t rx_missed;    /* frames lost because no descriptor was free (MPC) */
		uint64_t rx_no_buffer; /* frames that came when no descriptor was free (RNBC) */
		uint64_t rx_overruns;  /* times the device reported an overrun (ICR.RXO) */
		uint64_t rx_crc_errors;
		uint64_t rx_length_errors; /* too short or too long */
		uint64_t rx_other_errors;
		uint64_t tx_errors;
	} device;
};

struct rlb_link {
	bool up;
	bool full_duplex;
	uint32_t speed_mbps; /* 0 when down */
};

/* What rlb_port_events() reports. */
#define RLB_EVENT_LINK	  (1u << 0) /* the link's state may have changed: ask rlb_port_link() */
#define RLB_EVENT_REMOVED (1u << 1) /* the device is going away: close the port now */
#define RLB_EVENT_END	  (1u << 2) /* a finite source (capture file) has no more frames */
#define RLB_EVENT_ERROR	  (1u << 3) /* the port can not go on; the cause was logged */
#define RLB_EVENT_QUEUE_ERROR                                                                      \
	(1u << 4) /* a queue has stopped: ask rlb_txq_error() and rlb_rxq_error() */

/**
 * rlb_port_open() - claim a device or file, and set it up; no traffic yet.
 * @out: the port; NULL on failure.
 * @uri: as in the list above.
 * @opts: NULL is RLB_PORT_OPTS_INIT, which has no pool and so suits only ports that do not receive.
 * Return: 0; -EINVAL (bad URI, queue count, ring size, MTU or pool), -E2BIG (unknown bytes in
 *	@opts), -ENODEV (no such device, or one without an IOMMU, or gone), -EBUSY (bound to another
 *	driver, or in use), -EACCES and -EPERM (permission), -ENOENT (no such file), -ENOTSUP (no
 *	driver for it, or the kernel cannot give it out as needed), -ENOMEM, -EIO (the device or
 *	file does not answer as it should), -ETIMEDOUT (the device did not get ready). One log line
 *	names the cause and the fix.
 * Context: any thread. Blocks, up to about 3 s for a device's reset.
 */
RLB_API int rlb_port_open(struct rlb_port **out, const char *uri, const struct rlb_port_opts *opts);

/**
 * rlb_port_numa_node() - the node that a port's device is near to: where its pool should lie.
 * @uri: as for rlb_port_open(); nothing is claimed.
 * Return: the node's number, or RLB_NUMA_ANY (no such device, or it is near to no node).
 * Context: any thread. Never logs.
 */
RLB_API int rlb_port_numa_node(const char *uri);

/**
 * rlb_port_start() - let frames flow.
 * Return: 0; -EBUSY (started already), -ENOBUFS (the pool cannot fill the receive rings),
 *	-ENOMEM, -ENODEV (the device is gone), -ETIMEDOUT (it does not get ready), -EIO (it did not
 *	stop before, or a file can not be written). One log line names the cause.
 * Context: control thread. Blocks until the device is ready, not until the link is up.
 */
RLB_API int rlb_port_start(struct rlb_port *port);

/**
 * rlb_port_stop() - stop traffic. On return the device does no DMA and holds no buffer.
 * Return: 0; -EINVAL (not started). Frames not yet sent are lost, their buffers are back in their
 *	pools.
 * Context: control thread, when no other thread is in a burst function. Blocks, bounded.
 */
RLB_API int rlb_port_stop(struct rlb_port *port);

/**
 * rlb_port_close() - stop if started, give everything back.
 * @port: NULL is allowed.
 * Context: control thread, when no other thread uses the port. Blocks, bounded.
 */
RLB_API void rlb_port_close(struct rlb_port *port);

RLB_API void rlb_port_info(const struct rlb_port *port, struct rlb_port_info *info);

/**
 * rlb_port_stats() - counters since the port was opened.
 * Return: 0, or -ENODEV (the device is gone; @stats holds what was last read).
 * Context: control thread; queues may be in use. Cost: some register reads on a NIC.
 */
RLB_API int rlb_port_stats(struct rlb_port *port, struct rlb_port_stats *stats);

#define RLB_RULES_MAX 32 /* rules that there may be */

/*
 * Name of the @rule-th rule: 0 is "ok", others are why something is refused: a descriptor, a
 * window, memory, a register. NULL: no such.
 */
RLB_API const char *rlb_rule_name(unsigned int rule);

/* Why a queue stopped, and the descriptor that it was. */
struct rlb_queue_error {
	unsigned int rule;
	const char *name;  /* of the rule */
	const char *text;  /* what was wrong */
	const char *cause; /* what the program likely did; may be empty */
	unsigned int slot; /* the descriptor's; rules "tail" and "window": the tail asked for */
	uint64_t words[2]; /* of the descriptor, as they were read; zero with those two rules */
	uint64_t address;  /* in it: a device address */
	uint32_t length;   /* in it; receive: of a buffer, as the device is set to */
	char fields[80];   /* the rest of it, for people: "command EOP IFCS RS" */
};

/**
 * rlb_txq_error(), rlb_rxq_error() - why a queue has stopped.
 *
 * A queue stops when one of its descriptors is refused. Transmit: whole frames before it are sent;
 * those from it on are dropped and counted (RLB_DROP_REFUSED), later ones are not accepted.
 *Receive: what came is still delivered, then nothing. Other queues go on. One line was logged.
 * rlb_port_stop() and rlb_port_start() make the queue work again and forget the error.
 *
 * @q: 0..the port's queues - 1.
 * Return: 0, and @error is filled; -ENOENT (the queue has not stopped), -ENOTSUP (the port is not
 *	verified), -EINVAL (no such queue).
 * Context: control thread; queues may be in use.
 */
RLB_API int rlb_txq_error(struct rlb_port *port, unsigned int q, struct rlb_queue_error *error);
RLB_API int rlb_rxq_error(struct rlb_port *port, unsigned int q, struct rlb_queue_error *error);

/**
 * rlb_port_refusals() - descriptors refused since the port was opened, by rule.
 * @counts: RLB_RULES_MAX of them, filled; rlb_rule_name() has their names.
 * Return: 0, or -ENOTSUP (the port is not verified; @counts are zero).
 * Context: control thread; queues may be in use.
 */
RLB_API int rlb_port_refusals(struct rlb_port *port, uint64_t *counts);

/* One register of a device, as rlb_port_dump_regs() hands it out. */
struct rlb_reg {
	const char *name;     /* the datasheet's */
	unsigned int index;   /* 0..@count - 1: which of those of this name */
	unsigned int count;   /* 1: it is the only one */
	uint32_t offset;      /* in the device's registers, bytes */
	uint32_t value;	      /* 0 when not read */
	const char *not_read; /* why it was not; NULL: it was */
};

/**
 * rlb_port_dump_regs() - hand each register of the device that has a name to @each, by ascending
 * offset. One that changes something when it is read is handed out as not read.
 * Return: how many there were; -ENOTSUP (no device, or its driver has no list), with one log line.
 * Context: control thread; queues may be in use. Cost: a register read each.
 */
RLB_API int rlb_port_dump_regs(struct rlb_port *port,
			       void (*each)(const struct rlb_reg *reg, void *arg), void *arg);

/* Link state now. Return: 0, or -ENODEV. Context: control thread. */
RLB_API int rlb_port_link(struct rlb_port *port, struct rlb_link *link);

/**
 * rlb_port_set_promiscuous(), rlb_port_set_all_multicast() - which frames are received.
 * Return: 0; -ENODEV. A software port receives everything and answers 0.
 * Context: control thread. Stays over stop and start.
 */
RLB_API int rlb_port_set_promiscuous(struct rlb_port *port, bool on);
RLB_API int rlb_port_set_all_multicast(struct rlb_port *port, bool on);

/**
 * rlb_port_set_mtu() - change the MTU of a stopped port.
 * @mtu: bytes of payload, RLB_MTU_MIN..mtu_max.
 * Return: 0; -EINVAL (out of range), -EBUSY (started).
 * Context: control thread.
 */
RLB_API int rlb_port_set_mtu(struct rlb_port *port, unsigned int mtu);

/**
 * rlb_port_event_fd() - a descriptor that polls readable when rlb_port_events() has news.
 * Return: the descriptor, which stays the port's; or -ENOTSUP (this port never has news).
 * Context: control thread.
 */
RLB_API int rlb_port_event_fd(const struct rlb_port *port);

/**
 * rlb_port_events() - what happened since the last call.
 * Return: RLB_EVENT_* bits, 0 if nothing.
 * Context: control thread. Never blocks. Cost: a system call or two.
 */
RLB_API unsigned int rlb_port_events(struct rlb_port *port);

/* A queue's burst function and what it works on. */
struct rlb_rxq {
	unsigned int (*burst)(void *queue, struct rlb_buf **bufs, unsigned int n);
	void *queue;
};

struct rlb_txq {
	unsigned int (*burst)(void *queue, struct rlb_buf *const *bufs, unsigned int n);
	void *queue;
};

/* The part of a port that the inline functions touch. Read-only outside the library. */
struct rlb_port {
	struct rlb_rxq rxq[RLB_QUEUES_MAX];
	struct rlb_txq txq[RLB_QUEUES_MAX];
};

/**
 * rlb_rx_burst() - receive up to @n frames.
 * @q: 0..rx_queues - 1. @bufs: room for @n. @n: 0..65,535, 32 to 64 pays.
 * Return: frames received, 0..@n. They belong to the caller. A stopped port receives none.
 * Context: one thread per queue. Never blocks. Cost: one indirect call.
 */
static inline unsigned int rlb_rx_burst(struct rlb_port *port, unsigned int q,
					struct rlb_buf **bufs, unsigned int n)
{
	return port->rxq[q].burst(port->rxq[q].queue, bufs, n);
}

/**
 * rlb_tx_burst() - queue frames for transmit; each returns to its pool after the device is done.
 * @q: 0..tx_queues - 1. @bufs: @n frames, each 14..MTU + RLB_FRAME_OVERHEAD bytes, no FCS.
 *	Ownership passes for those accepted; one that cannot be sent is accepted, dropped, counted.
 * Return: frames accepted, 0..@n; fewer than @n when the ring is full, which is not an error.
 *	With @n 0 only finished frames are reclaimed. A stopped port accepts none.
 * Context: one thread per queue. Never blocks. Cost: one indirect call, at most one doorbell.
 */
static inline unsigned int rlb_tx_burst(struct rlb_port *port, unsigned int q,
					struct rlb_buf *const *bufs, unsigned int n)
{
	return port->txq[q].burst(port->txq[q].queue, bufs, n);
}

RLB_END_DECLS

#endif
