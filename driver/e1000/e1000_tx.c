/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transmit, by legacy descriptors. Intel 82574 datasheet revision 3.4, 7.2; 8254x Software
 * Developer's Manual revision 4.0, 3.3.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ringlib/log.h>
#include <ringlib/mem.h>

#include "driver/e1000/e1000_priv.h"

#define TXD_LENGTH_MASK UINT64_C(0xffff)

#define FRAME_MIN 14u /* an Ethernet header; TCTL.PSP pads to 60 bytes */

/*
 * A frame's last descriptor asks for a report, or only that of the last of a run of frames does:
 * descriptors are done in order, so its report stands for all. QEMU's e1000e sends 64-byte frames
 * 1.5 times as fast with fewer reports. The verifier forces a report on every frame, since it lets
 * go of memory by whole packets that are reported; one that asks for it already is checked sooner.
 */
#define CMD_MORE   E1000_TXD_CMD_IFCS
#define CMD_LAST   (E1000_TXD_CMD_EOP | E1000_TXD_CMD_IFCS)
#define CMD_REPORT (CMD_LAST | E1000_TXD_CMD_RS)

static inline uint32_t in_flight(const struct e1000_txq *txq)
{
	return txq->slots - 1 - txq->free;
}

static inline bool slot_done(const struct e1000_txq *txq, uint32_t slot)
{
	return txq->done[slot].hi & E1000_TXD_STA_DD;
}

/* Give back the buffers of @n slots, each to its pool. A slot need not have one. */
static void release_mixed(struct rlb_buf **bufs, uint32_t n)
{
	for (uint32_t i = 0; i < n;) {
		uint32_t from = i;

		if (!bufs[i]) {
			i++;
			continue;
		}
		while (i < n && bufs[i] && bufs[i]->pool == bufs[from]->pool)
			i++;
		rlb_pool_put(bufs[from]->pool, &bufs[from], i - from);
	}
}

/* Give back the @n slots from head on, which do not wrap, and their buffers. */
static void release_run(struct e1000_txq *txq, uint32_t n)
{
	struct rlb_buf **bufs = txq->bufs + txq->head;
	uint32_t mixed = txq->mixed < n ? txq->mixed : n;
	uint32_t same = n - mixed;

	if (unlikely(mixed)) {
		release_mixed(bufs, mixed);
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

/* What lies behind the newest mark: the slot before tail is always one that is reported. */
static __attribute__((noinline)) void reclaim_rest(struct e1000_txq *txq)
{
	uint32_t last = (txq->tail ? txq->tail : txq->slots) - 1;

	if (txq->mark_count == 0 && in_flight(txq) && slot_done(txq, last)) {
		txq->since_mark = 0;
		release(txq, in_flight(txq));
	}
}

/* Slots before tail were filled, @n of them, and the last of them will be reported done. */
static inline void mark(struct e1000_txq *txq, uint32_t n)
{
	txq->since_mark += n;
	if (txq->since_mark < txq->mark_every)
		return;
	txq->since_mark = 0;
	txq->marks[(txq->mark_first + txq->mark_count++) % E1000_MARKS] =
		(uint16_t)((txq->tail ? txq->tail : txq->slots) - 1);
}

/*
 * QUIRK(qemu-e1000e): a descriptor whose memory is not contiguous behind the IOMMU is reported done
 * and its frame is not sent. So one that crosses a page is split there, where pages can be crossed:
 * buffers that fit into a page do not. 0: no split.
 */
static uint32_t pool_split(const struct rlb_pool *pool)
{
	size_t page_bytes = rlb_mem_page_bytes(rlb_pool_mem(pool));

	return sizeof(struct rlb_buf) + pool->room_bytes > page_bytes ? (uint32_t)page_bytes : 0;
}

/* From here on tail is filled from another pool; what is in flight may be of any. */
static void change_pool(struct e1000_txq *txq, struct rlb_pool *pool)
{
	txq->mixed = in_flight(txq);
	txq->pool = pool;
	txq->addr_offset = txq->delta[pool->mem_id];
	txq->split = pool_split(pool);
	txq->plain_pool = txq->split ? NULL : pool;
}

/* Slots that @seg takes. */
static uint32_t seg_slots(const struct e1000_txq *txq, const struct rlb_buf *seg)
{
	uint32_t split = seg->pool == txq->pool ? txq->split : pool_split(seg->pool);

	if (!split)
		return 1;
	return (((uintptr_t)rlb_buf_data(seg) & (split - 1)) + seg->data_bytes - 1) / split + 1;
}

static void fill_slot(struct e1000_txq *txq, uint64_t dev, uint64_t about, struct rlb_buf *buf)
{
	txq->desc[txq->tail].lo = dev;
	txq->desc[txq->tail].hi = about;
	txq->bufs[txq->tail] = buf;
	if (++txq->tail == txq->slots)
		txq->tail = 0;
	txq->free--;
}

static void post_seg(struct e1000_txq *txq, struct rlb_buf *seg, uint64_t command)
{
	uintptr_t at = (uintptr_t)rlb_buf_data(seg);
	uint32_t left = seg->data_bytes;

	if (unlikely(seg->pool != txq->pool))
		change_pool(txq, seg->pool);
	while (txq->split && left > txq->split - (at & (txq->split - 1))) {
		uint32_t part = txq->split - (uint32_t)(at & (txq->split - 1));

		fill_slot(txq, at + txq->addr_offset, part | CMD_MORE, NULL);
		at += part;
		left -= part;
		txq->mixed = in_flight(txq);
	}
	fill_slot(txq, at + txq->addr_offset, left | command, seg);
}

/* Slots and bytes that the frame takes. False: it cannot be sent, which is counted. */
static bool measure(struct e1000_txq *txq, const struct rlb_buf *frame, uint32_t *slots,
		    uint32_t *bytes)
{
	unsigned int segs = 0;

	*slots = 0;
	*bytes = 0;
	for (const struct rlb_buf *seg = frame; seg; seg = seg->next) {
		if (seg->data_bytes == 0 || ++segs > RLB_SEGS_MAX) {
			txq->too_many_segs++;
			return false;
		}
		*slots += seg_slots(txq, seg);
		*bytes += seg->data_bytes;
	}
	if (*bytes - FRAME_MIN > txq->bytes_span) {
		txq->too_long++;
		return false;
	}
	if (*slots > E1000_SLOTS_MIN - 1) {
		txq->too_many_segs++;
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
	struct rlb_buf *next, *seg = frame;
	uint32_t slots, bytes;

	if (!measure(txq, frame, &slots, &bytes)) {
		rlb_buf_free(frame);
		return true;
	}
	if (slots > txq->free)
		return false;
	for (; seg; seg = next) {
		next = seg->next;
		/* As buffers are in their pool, so that reclaim need not look at them. */
		seg->next = NULL;
		seg->segs = 1;
		post_seg(txq, seg, next ? CMD_MORE : CMD_REPORT);
	}
	mark(txq, slots);
	*sent_bytes += bytes;
	txq->packets++;
	return true;
}

/*
 * Frames of one segment, of the pool that the one before came from, as many as come in a row, up
 * to @n, and with no wrap. @report: a constant, each asks for a report. Return: how many.
 */
rlb_always_inline uint32_t tx_run(struct e1000_txq *txq, struct rlb_buf *const *bufs, size_t n,
				  uint64_t *sent_bytes, bool report)
{
	const struct rlb_pool *pool = txq->plain_pool;
	struct e1000_desc *desc = txq->desc + txq->tail;
	struct rlb_buf **slots = txq->bufs + txq->tail;
	uint64_t offset = txq->addr_offset + sizeof(struct rlb_buf);
	uint32_t span = txq->bytes_span;
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		struct rlb_buf *buf = bufs[i];
		uint64_t length = buf->data_bytes;

		if (unlikely(buf->pool != pool || buf->next || length - FRAME_MIN > span))
			break;
		desc[i].lo = (uintptr_t)buf + buf->data_off + offset;
		desc[i].hi = length | (report ? CMD_REPORT : CMD_LAST);
		slots[i] = buf;
		bytes += length;
	}
	if (!report && likely(i))
		desc[i - 1].hi = slots[i - 1]->data_bytes | CMD_REPORT;
	*sent_bytes += bytes;
	return (uint32_t)i;
}

rlb_always_inline unsigned int tx_burst(struct e1000_txq *txq, struct rlb_buf *const *bufs,
					unsigned int n, bool report)
{
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
		run = tx_run(txq, bufs + done, limit, &bytes, report);
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

unsigned int e1000_tx_burst(void *queue, struct rlb_buf *const *bufs, unsigned int n)
{
	return tx_burst(queue, bufs, n, false);
}

unsigned int e1000_tx_burst_verified(void *queue, struct rlb_buf *const *bufs, unsigned int n)
{
	struct e1000_txq *txq = queue;

	if (unlikely(txq->stopped)) {
		reclaim_rest(txq);
		return 0;
	}
	return tx_burst(txq, bufs, n, true);
}

/* The frames from slot @from on, @n slots, are not sent: that is not what was counted. */
static void uncount(struct e1000_txq *txq, uint32_t from, uint32_t n)
{
	uint64_t frames = 0, bytes = 0;

	for (uint32_t slot = from; n; n--) {
		bytes += txq->desc[slot].hi & TXD_LENGTH_MASK;
		frames += !!(txq->desc[slot].hi & E1000_TXD_CMD_EOP);
		if (++slot == txq->slots)
			slot = 0;
	}
	txq->packets -= frames;
	txq->bytes -= bytes;
	txq->refused += frames;
}

void e1000_txq_refused(struct rld_ring *ring, uint32_t tail)
{
	struct e1000_txq *txq = container_of(ring, struct e1000_txq, ring);
	uint32_t n = txq->tail >= tail ? txq->tail - tail : txq->tail + txq->slots - tail;
	uint32_t run = n < txq->slots - tail ? n : txq->slots - tail;

	uncount(txq, tail, n);
	release_mixed(txq->bufs + tail, run);
	release_mixed(txq->bufs, n - run);
	txq->stopped = true;
	txq->tail = tail;
	txq->free += n;
	/* Marks may lie behind the tail. What is still in flight comes back all at once. */
	txq->mark_count = 0;
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
		.verify = &e1000_tx_verify,
		.bytes_max = frame_max,
	};
	struct e1000_txq *txq;
	int err;

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
		goto err_ring;
	txq->desc = txq->ring.desc;
	txq->done = txq->ring.done;
	txq->ring.head = &txq->head;
	txq->delta = nic->space->delta;
	txq->slots = slots;
	txq->free = slots - 1;
	txq->bytes_span = frame_max - FRAME_MIN;
	txq->mark_every = slots / 4 < E1000_BATCH ? slots / 4 : E1000_BATCH;
	*out = txq;
	return 0;

err_ring:
	/* The transport said why. */
	free(txq->bufs);
	free(txq);
	return err;
err_free:
	free(txq);
err_log:
	rlb_log(ERR, "%s: no memory for a transmit queue", nic->name);
	return -ENOMEM;
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
	stats->drops[RLB_DROP_REFUSED] += READ_ONCE(txq->refused);
	stats->drops[RLB_DROP_TOO_MANY_SEGS] += READ_ONCE(txq->too_many_segs);
}
