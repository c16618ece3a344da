/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transmit, by legacy descriptors. Intel 82574 datasheet revision 3.4, 7.2; 8254x Software
 * Developer's Manual revision 4.0, 3.3.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ringlib/log.h>

#include "driver/e1000/e1000_priv.h"

#define FRAME_MIN 14u /* an Ethernet header; TCTL.PSP pads to 60 bytes */

#define CMD_MORE E1000_TXD_CMD_IFCS
#define CMD_LAST (E1000_TXD_CMD_EOP | E1000_TXD_CMD_IFCS | E1000_TXD_CMD_RS)

static inline uint32_t in_flight(const struct e1000_txq *txq)
{
	return txq->slots - 1 - txq->free;
}

static inline bool slot_done(const struct e1000_txq *txq, uint32_t slot)
{
	return txq->done[slot].hi & E1000_TXD_STA_DD;
}

/* Give back the @n slots from head on, which do not wrap, and their buffers. */
static void release_run(struct e1000_txq *txq, uint32_t n)
{
	struct rlb_buf **bufs = txq->bufs + txq->head;
	uint32_t mixed = txq->mixed < n ? txq->mixed : n;
	uint32_t same = n - mixed;

	if (unlikely(mixed)) {
		rlb_buf_free_bulk(bufs, mixed);
		txq->mixed -= mixed;
	}
	if (same)
		rlb_pool_put(txq->pool, bufs + mixed, same);
	txq->head += n;
	if (txq->head == txq->slots)
		txq->head = 0;
	txq->free += n;
}

static __attribute__((noinline)) void release(struct e1000_txq *txq, uint32_t n)
{
	uint32_t run = txq->slots - txq->head;

	if (n > run) {
		release_run(txq, run);
		n -= run;
	}
	release_run(txq, n);
}

/* Slots from head to @last, which is one of the device's. */
static uint32_t slots_through(const struct e1000_txq *txq, uint32_t last)
{
	return (last >= txq->head ? last : last + txq->slots) - txq->head + 1;
}

/* Give back everything up to the newest mark that is done. */
static void reclaim(struct e1000_txq *txq)
{
	while (txq->mark_count) {
		uint32_t mark = txq->marks[txq->mark_first];

		if (!slot_done(txq, mark))
			return;
		txq->mark_first = (txq->mark_first + 1) % E1000_MARKS;
		txq->mark_count--;
		release(txq, slots_through(txq, mark));
	}
}

/* What lies behind the newest mark: a frame always ends at tail. */
static __attribute__((noinline)) void reclaim_rest(struct e1000_txq *txq)
{
	uint32_t last = (txq->tail ? txq->tail : txq->slots) - 1;

	if (txq->mark_count == 0 && in_flight(txq) && slot_done(txq, last)) {
		txq->since_mark = 0;
		release(txq, in_flight(txq));
	}
}

/* Slots before tail were filled, @n of them, and end with a frame's last descriptor. */
static inline void mark(struct e1000_txq *txq, uint32_t n)
{
	txq->since_mark += n;
	if (txq->since_mark < txq->mark_every)
		return;
	txq->since_mark = 0;
	txq->marks[(txq->mark_first + txq->mark_count++) % E1000_MARKS] =
		(uint16_t)((txq->tail ? txq->tail : txq->slots) - 1);
}

/* From here on tail is filled from another pool; what is in flight may be of any. */
static void change_pool(struct e1000_txq *txq, struct rlb_pool *pool)
{
	txq->mixed = in_flight(txq);
	txq->pool = pool;
	txq->addr_offset = txq->delta[pool->mem_id];
}

static void post(struct e1000_txq *txq, struct rlb_buf *buf, uint64_t command)
{
	struct e1000_desc *desc = &txq->desc[txq->tail];

	if (unlikely(buf->pool != txq->pool))
		change_pool(txq, buf->pool);
	desc->lo = (uintptr_t)rlb_buf_data(buf) + txq->addr_offset;
	desc->hi = buf->data_bytes | command;
	txq->bufs[txq->tail] = buf;
	if (++txq->tail == txq->slots)
		txq->tail = 0;
	txq->free--;
}

/* The frame's segments and bytes. False: it cannot be sent, which is counted. */
static bool measure(struct e1000_txq *txq, const struct rlb_buf *frame, uint32_t *segs,
		    uint32_t *bytes)
{
	*segs = 0;
	*bytes = 0;
	for (const struct rlb_buf *seg = frame; seg; seg = seg->next) {
		if (seg->data_bytes == 0 || ++*segs > RLB_SEGS_MAX) {
			txq->too_many_segs++;
			return false;
		}
		*bytes += seg->data_bytes;
	}
	if (*bytes - FRAME_MIN > txq->bytes_span) {
		txq->too_long++;
		return false;
	}
	return true;
}

/*
 * The general way for one frame: several segments, a pool other than that of the frame before, or
 * one that cannot be sent. False: no room, nothing was touched.
 */
static __attribute__((noinline)) bool tx_one(struct e1000_txq *txq, struct rlb_buf *frame,
					     uint64_t *sent_bytes)
{
	struct rlb_buf *seg = frame;
	uint32_t segs, bytes;

	if (!measure(txq, frame, &segs, &bytes)) {
		rlb_buf_free(frame);
		return true;
	}
	if (segs > txq->free)
		return false;
	for (uint32_t i = 0; i < segs; i++) {
		struct rlb_buf *next = seg->next;

		/* As buffers are in their pool, so that reclaim need not look at them. */
		seg->next = NULL;
		seg->segs = 1;
		post(txq, seg, next ? CMD_MORE : CMD_LAST);
		seg = next;
	}
	mark(txq, segs);
	*sent_bytes += bytes;
	txq->packets++;
	return true;
}

/*
 * Frames of one segment, of the pool that the one before came from, as many as come in a row, up
 * to @n, and with no wrap. Return: how many.
 */
rlb_always_inline uint32_t tx_run(struct e1000_txq *txq, struct rlb_buf *const *bufs, size_t n,
				  uint64_t *sent_bytes)
{
	const struct rlb_pool *pool = txq->pool;
	struct e1000_desc *desc = txq->desc + txq->tail;
	struct rlb_buf **slots = txq->bufs + txq->tail;
	uint64_t offset = txq->addr_offset + sizeof(struct rlb_buf);
	uint32_t span = txq->bytes_span;
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		struct rlb_buf *buf = bufs[i];
		uint32_t length = buf->data_bytes;

		if (unlikely(buf->pool != pool || buf->next || length - FRAME_MIN > span))
			break;
		desc[i].lo = (uintptr_t)buf + buf->data_off + offset;
		desc[i].hi = length | CMD_LAST;
		slots[i] = buf;
		bytes += length;
	}
	*sent_bytes += bytes;
	return (uint32_t)i;
}

unsigned int e1000_tx_burst(void *queue, struct rlb_buf *const *bufs, unsigned int n)
{
	struct e1000_txq *txq = queue;
	uint32_t tail = txq->tail;
	unsigned int done = 0;
	uint64_t bytes = 0;

	reclaim(txq);
	if (unlikely(txq->free < n || n == 0))
		reclaim_rest(txq);
	while (done < n && txq->free) {
		uint32_t limit = txq->slots - txq->tail;
		uint32_t run;

		if (limit > txq->free)
			limit = txq->free;
		if (limit > n - done)
			limit = n - done;
		if (limit > txq->mark_every)
			limit = txq->mark_every;
		run = tx_run(txq, bufs + done, limit, &bytes);
		if (likely(run)) {
			done += run;
			txq->packets += run;
			txq->free -= run;
			txq->tail += run;
			if (txq->tail == txq->slots)
				txq->tail = 0;
			mark(txq, run);
		} else if (tx_one(txq, bufs[done], &bytes)) {
			done++;
		} else {
			break;
		}
	}
	txq->bytes += bytes;
	if (likely(txq->tail != tail))
		txq->ring.doorbell(&txq->ring, txq->tail);
	return done;
}

int e1000_txq_open(struct e1000_txq **out, struct rld_nic *nic, unsigned int q, unsigned int slots,
		   unsigned int frame_max)
{
	struct rld_ring_conf conf = {
		.dir = RLD_TX,
		.queue = q,
		.slots = slots,
		.desc_bytes = sizeof(struct e1000_desc),
		.tail_reg = E1000_TDT(q),
	};
	struct e1000_txq *txq;
	int err = -ENOMEM;

	*out = NULL;
	txq = aligned_alloc(RLB_CACHE_LINE, sizeof(*txq));
	if (!txq)
		goto err_log;
	memset(txq, 0, sizeof(*txq));
	txq->bufs = calloc(slots, sizeof(struct rlb_buf *));
	if (!txq->bufs)
		goto err_free;
	err = nic->transport->ring_open(nic, &conf, &txq->ring);
	if (err)
		goto err_bufs;
	txq->desc = txq->ring.desc;
	txq->done = txq->ring.done;
	txq->delta = nic->space->delta;
	txq->slots = slots;
	txq->free = slots - 1;
	txq->bytes_span = frame_max - FRAME_MIN;
	txq->mark_every = slots / 4 < E1000_BATCH ? slots / 4 : E1000_BATCH;
	*out = txq;
	return 0;

err_bufs:
	free(txq->bufs);
err_free:
	free(txq);
err_log:
	if (err == -ENOMEM)
		rlb_log(ERR, "%s: no memory for a transmit queue", nic->name);
	return err;
}

void e1000_txq_close(struct e1000_txq *txq)
{
	if (!txq)
		return;
	if (in_flight(txq))
		release(txq, in_flight(txq));
	txq->ring.nic->transport->ring_close(txq->ring.nic, &txq->ring);
	free(txq->bufs);
	free(txq);
}

void e1000_txq_stats(const struct e1000_txq *txq, struct rlb_queue_stats *stats)
{
	stats->packets += READ_ONCE(txq->packets);
	stats->bytes += READ_ONCE(txq->bytes);
	stats->drops[RLB_DROP_TOO_LONG] += READ_ONCE(txq->too_long);
	stats->drops[RLB_DROP_TOO_MANY_SEGS] += READ_ONCE(txq->too_many_segs);
}
