/* SPDX-License-Identifier: BSD-2-Clause */
/* The e1000 driver's own structures: a device and its queues. */
#ifndef E1000_PRIV_H
#define E1000_PRIV_H

#include <ringlib/buf.h>

#include "driver/driver.h"
#include "driver/e1000/e1000_desc.h"
#include "driver/e1000/e1000_hw.h"
#include "driver/e1000/e1000_regs.h"
#include "driver/verify.h"
#include "ringlib/util.h"

#define E1000_SLOTS_MIN	     64u /* a frame of RLB_SEGS_MAX segments must fit */
#define E1000_SLOTS_MAX	     4096u
#define E1000_SLOTS_MULTIPLE 8u /* a ring's length is a multiple of 128 bytes */
#define E1000_SLOTS_DEFAULT  512u
#define E1000_RX_ROOM_MIN    256u /* the smallest buffer the device knows */

/* Slots that are refilled, and about as many that are reclaimed, at one time, in a large ring. */
#define E1000_BATCH 32u

/* What the write-back of a receive queue looks like. */
enum e1000_rx_format {
	E1000_RX_LEGACY,
	E1000_RX_EXTENDED,
	E1000_RX_EXTENDED_RSS, /* with a hash */
};

/*
 * A receive queue. Slots go round: [next, fill) are posted and hold buffers, the others are free.
 * One slot at least stays free, for the device takes head == tail for an empty ring.
 *
 *	ready == slots from next to fill, 0..slots - 1
 */
struct e1000_rxq {
	/* What a burst touches. */
	const volatile struct e1000_desc *done;
	struct rlb_buf **bufs; /* of each slot */
	struct rlb_buf *chain; /* first segment of a frame whose end has not come yet, or NULL */
	uint32_t slots;
	uint32_t next;
	uint32_t ready;
	uint16_t batch; /* slots that are refilled at one time; UINT16_MAX: the queue has stopped */
	uint16_t headroom;
	uint64_t packets; /* these two change once a burst */
	uint64_t bytes;

	/* What a refill touches. */
	struct e1000_desc *desc RLB_CACHE_ALIGNED;
	struct rlb_pool *pool;
	uint64_t addr_offset; /* from a buffer's header line to its device address */
	uint32_t fill;
	struct rlb_buf *chain_last;
	bool starved;	    /* the pool was empty at the last refill */
	uint64_t no_buffer; /* times that began */
	uint64_t bad_frames;

	struct rld_ring ring RLB_CACHE_ALIGNED;
} RLB_CACHE_ALIGNED;

#define E1000_MARKS 128u /* >= slots / mark_every for each allowed ring */

/*
 * A transmit queue. Slots [head, tail) are the device's, free of the others can be filled.
 *
 * A descriptor in mid-frame never asks for a report, and memory counts as free only when the
 * report of its frame's last descriptor or of a later one has come: QUIRK(qemu-e1000e): one in
 * mid-frame would be reported done at once, and its memory read at the end of the frame.
 *
 * Reclaim does not look at each descriptor: about every mark_every slots one that asks for a report
 * is marked, and when it is done so are all before it.
 */
struct e1000_txq {
	struct e1000_desc *desc;
	const volatile struct e1000_desc *done;
	struct rlb_buf **bufs;
	struct rlb_pool *plain_pool; /* @pool, if its frames need no split */
	uint64_t addr_offset;	     /* from a byte of that pool to its device address */
	uint32_t slots;
	uint32_t tail;
	uint32_t free;	     /* 0..slots - 1 */
	uint32_t mixed;	     /* slots from head on that may hold buffers of other pools */
	uint32_t since_mark; /* slots filled behind the newest mark */
	uint32_t bytes_span; /* longest frame less the shortest */

	struct rlb_pool *pool RLB_CACHE_ALIGNED; /* that the newest slots' buffers come from */
	uint32_t split; /* a descriptor may not cross a multiple; 0: it may */
	uint32_t head;
	uint32_t mark_every;
	uint32_t mark_first; /* index of the oldest mark */
	uint32_t mark_count;
	uint64_t packets;
	uint64_t bytes;
	uint64_t too_long;
	uint64_t too_many_segs;
	uint64_t refused;
	bool stopped;	       /* a descriptor was refused */
	const uint64_t *delta; /* struct rlb_space's */

	struct rld_ring ring RLB_CACHE_ALIGNED;
	uint16_t marks[E1000_MARKS];
} RLB_CACHE_ALIGNED;

struct e1000_dev {
	struct rld_dev base;
	struct e1000_hw hw;
	struct e1000_rxq *rxq[E1000_QUEUES_MAX]; /* NULL while stopped */
	struct e1000_txq *txq[E1000_QUEUES_MAX];
	struct rlb_queue_stats rx_total[E1000_QUEUES_MAX]; /* of queues that are gone */
	struct rlb_queue_stats tx_total[E1000_QUEUES_MAX];
	struct e1000_hw_stats hw_stats;
	uint64_t rx_overruns;
	bool link_changed; /* not reported yet */
	bool link_up;	   /* when last looked at */
	bool wedged;	   /* did not stop: bus mastering was taken away */
};

/* Opens the ring and fills it from @pool; the device is not told. 0, -ENOMEM, -ENOBUFS or other. */
int e1000_rxq_open(struct e1000_rxq **out, struct rld_nic *nic, unsigned int q, unsigned int slots,
		   struct rlb_pool *pool, enum e1000_rx_format format);
/* Puts every buffer back. The device has stopped. @rxq: NULL is allowed. */
void e1000_rxq_close(struct e1000_rxq *rxq);
/* Hands what was filled to the device, which is running. */
void e1000_rxq_post(struct e1000_rxq *rxq);
/* struct rld_verify_ops.refused: what was not handed over goes back to the pool. */
void e1000_rxq_refused(struct rld_ring *ring, uint32_t tail);
/* The burst function for queues of this format. */
unsigned int (*e1000_rx_burst(enum e1000_rx_format format))(void *, struct rlb_buf **,
							    unsigned int);
void e1000_rxq_stats(const struct e1000_rxq *rxq, struct rlb_queue_stats *stats);

/* @frame_max: longest frame that may be sent, bytes without FCS. 0, -ENOMEM or other. */
int e1000_txq_open(struct e1000_txq **out, struct rld_nic *nic, unsigned int q, unsigned int slots,
		   unsigned int frame_max);
void e1000_txq_close(struct e1000_txq *txq);
void e1000_txq_refused(struct rld_ring *ring, uint32_t tail);
unsigned int e1000_tx_burst(void *queue, struct rlb_buf *const *bufs, unsigned int n);
/* For queues whose doorbells are verified. */
unsigned int e1000_tx_burst_verified(void *queue, struct rlb_buf *const *bufs, unsigned int n);
void e1000_txq_stats(const struct e1000_txq *txq, struct rlb_queue_stats *stats);

/* e1000_verify.c */
extern const struct rld_verify_ops e1000_tx_verify;
extern const struct rld_verify_ops e1000_rx_legacy_verify;
extern const struct rld_verify_ops e1000_rx_extended_verify;

#endif
