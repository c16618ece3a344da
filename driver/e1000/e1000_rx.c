/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Receive. Intel 82574 datasheet revision 3.4, 7.1; 8254x Software Developer's Manual revision
 * 4.0, 3.2.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <ringlib/log.h>

#include "driver/e1000/e1000_priv.h"

/* A burst fills a buffer's header by two 8-byte stores. */
static_assert(offsetof(struct rlb_buf, data_off) == 16 &&
		      offsetof(struct rlb_buf, data_bytes) == 18 &&
		      offsetof(struct rlb_buf, frame_bytes) == 20,
	      "data_off, data_bytes and frame_bytes make one word");
static_assert(offsetof(struct rlb_buf, segs) == 24 && offsetof(struct rlb_buf, flags) == 26 &&
		      offsetof(struct rlb_buf, rss_hash) == 28,
	      "segs, flags and rss_hash make one word");

/* Both copies of a frame's length in the first of those words. */
#define LENGTHS ((UINT64_C(1) << 16) + (UINT64_C(1) << 32))

/*
 * Status and error bits about checksums, gathered into an index: IXSM, TCPE, IPE, TCPCS, IPCS from
 * bit 0 up. The shifts put them there.
 */
#define CSUM_STATUS_SHIFT 2
#define CSUM_STATUS_MASK  ((E1000_RXS_IXSM | E1000_RXS_TCPCS | E1000_RXS_IPCS) >> CSUM_STATUS_SHIFT)
#define CSUM_ERRORS_SHIFT 4
#define CSUM_ERRORS_MASK  ((E1000_RXE_TCPE | E1000_RXE_IPE) >> CSUM_ERRORS_SHIFT)
#define CSUM_IXSM	  BIT(0)
#define CSUM_TCPE	  BIT(1)
#define CSUM_IPE	  BIT(2)
#define CSUM_TCPCS	  BIT(3)
#define CSUM_IPCS	  BIT(4)

#define CSUM_L4(i)                                                                                 \
	(CSUM_TCPCS & (i) ? CSUM_TCPE & (i) ? RLB_BUF_L4_CSUM_BAD : RLB_BUF_L4_CSUM_OK : 0)
#define CSUM_IP(i) (CSUM_IPCS & (i) ? CSUM_IPE & (i) ? RLB_BUF_IP_CSUM_BAD : RLB_BUF_IP_CSUM_OK : 0)
#define CSUM(i)	   (CSUM_IXSM & (i) ? 0 : CSUM_L4(i) | CSUM_IP(i))
#define ABOUT(i)   (1 | CSUM(i) << 16)
#define ABOUT4(i)  ABOUT(i), ABOUT(i + 1), ABOUT(i + 2), ABOUT(i + 3)

/* The second of those words without the hash: one segment, and the flags that follow from it. */
static const uint32_t about_csum[32] = {
	ABOUT4(0), ABOUT4(4), ABOUT4(8), ABOUT4(12), ABOUT4(16), ABOUT4(20), ABOUT4(24), ABOUT4(28),
};

/* Where things are in a written-back descriptor's second word. Constants once inlined. */
rlb_always_inline unsigned int status_shift(enum e1000_rx_format format)
{
	return format == E1000_RX_LEGACY ? E1000_RXL_STATUS_SHIFT : E1000_RXX_STATUS_SHIFT;
}

rlb_always_inline unsigned int errors_shift(enum e1000_rx_format format)
{
	return format == E1000_RX_LEGACY ? E1000_RXL_ERRORS_SHIFT : E1000_RXX_ERRORS_SHIFT;
}

rlb_always_inline uint16_t rx_length(enum e1000_rx_format format, uint64_t hi)
{
	return (uint16_t)(hi >> (format == E1000_RX_LEGACY ? E1000_RXL_LENGTH_SHIFT
							   : E1000_RXX_LENGTH_SHIFT));
}

/* A whole frame in one descriptor, no error, no tag to hand on. */
rlb_always_inline bool rx_plain(enum e1000_rx_format format, uint64_t hi)
{
	const uint64_t want = (uint64_t)(E1000_RXS_DD | E1000_RXS_EOP) << status_shift(format);
	const uint64_t mask = want | (uint64_t)E1000_RXS_VP << status_shift(format) |
			      (uint64_t)E1000_RXE_BAD << errors_shift(format);

	return (hi & mask) == want;
}

/* The header word of segs, flags and rss_hash, segs being 1. */
rlb_always_inline uint64_t rx_about(enum e1000_rx_format format, uint64_t lo, uint64_t hi)
{
	uint64_t i = (hi >> (status_shift(format) + CSUM_STATUS_SHIFT) & CSUM_STATUS_MASK) |
		     (hi >> (errors_shift(format) + CSUM_ERRORS_SHIFT) & CSUM_ERRORS_MASK);
	uint64_t about = about_csum[i];

	if (format == E1000_RX_EXTENDED_RSS) {
		about |= lo & ~UINT64_C(0xffffffff);
		about |= lo & E1000_RXX_HASH_TYPE_MASK ? RLB_BUF_RSS << 16 : 0;
	}
	return about;
}

/* Fill the header of a frame's first segment, @length bytes of which are data. */
rlb_always_inline void rx_header(struct rlb_buf *buf, uint64_t headroom, uint64_t length,
				 uint64_t about)
{
	uint64_t data = headroom + length * LENGTHS;

	memcpy(&buf->data_off, &data, sizeof(data));
	memcpy(&buf->segs, &about, sizeof(about));
}

/* Append @buf to the frame in the making. */
static void chain_append(struct e1000_rxq *rxq, struct rlb_buf *buf, uint16_t length)
{
	struct rlb_buf *first = rxq->chain;

	buf->data_off = rxq->headroom;
	buf->data_bytes = length;
	rxq->chain_last->next = buf;
	rxq->chain_last = buf;
	first->segs++;
	first->frame_bytes += length;
}

/*
 * The general way for one descriptor that is done: frames of several segments, over several bursts
 * if need be, and what is special about a frame's last descriptor. Errors and flags are valid in
 * the last one only. Return: the frame, if this was its end and it is good.
 */
static __attribute__((noinline)) struct rlb_buf *rx_one(enum e1000_rx_format format,
							struct e1000_rxq *rxq, struct rlb_buf *buf,
							uint64_t lo, uint64_t hi)
{
	bool end = hi >> status_shift(format) & E1000_RXS_EOP;
	bool bad = end && hi >> errors_shift(format) & E1000_RXE_BAD;
	struct rlb_buf *frame;
	uint64_t about;

	if (!rxq->chain) {
		rx_header(buf, rxq->headroom, rx_length(format, hi), 1);
		rxq->chain = buf;
		rxq->chain_last = buf;
	} else if (rxq->chain->segs > RLB_SEGS_MAX) {
		rlb_buf_free(buf); /* the rest of a frame that is lost already */
	} else {
		chain_append(rxq, buf, rx_length(format, hi));
	}
	if (!end)
		return NULL;

	frame = rxq->chain;
	rxq->chain = NULL;
	if (bad || frame->segs > RLB_SEGS_MAX) {
		rxq->bad_frames++;
		rlb_buf_free(frame);
		return NULL;
	}
	about = rx_about(format, lo, hi);
	frame->flags = (uint16_t)(about >> 16);
	frame->rss_hash = (uint32_t)(about >> 32);
	if (hi >> status_shift(format) & E1000_RXS_VP) {
		frame->flags |= RLB_BUF_VLAN;
		frame->vlan_tci = (uint16_t)(hi >> E1000_RX_VLAN_SHIFT);
	}
	return frame;
}

/* Write the descriptors of @n slots from @at on, which have their buffers. */
static inline void rx_write(struct e1000_rxq *rxq, uint32_t at, uint32_t n)
{
	struct e1000_desc *desc = rxq->desc + at;
	struct rlb_buf **bufs = rxq->bufs + at;
	uint64_t offset = rxq->addr_offset;

	for (uint32_t i = 0; i < n; i++) {
		desc[i].lo = (uintptr_t)bufs[i] + offset;
		desc[i].hi = 0;
	}
}

/*
 * Give free slots buffers, @batch at a time, until fewer than that are free. When the pool cannot
 * give so many and the ring runs low, whatever the pool still has must do. Return: slots filled.
 */
static uint32_t rx_fill(struct e1000_rxq *rxq, uint32_t batch)
{
	uint32_t before = rxq->ready;

	while (rxq->slots - 1 - rxq->ready >= batch) {
		uint32_t run = rxq->slots - rxq->fill;

		if (run > batch)
			run = batch;
		while (unlikely(rlb_pool_get(rxq->pool, rxq->bufs + rxq->fill, run))) {
			run /= 2;
			if (run == 0 || rxq->ready >= batch) {
				rxq->no_buffer += !rxq->starved;
				rxq->starved = true;
				return rxq->ready - before;
			}
		}
		rx_write(rxq, rxq->fill, run);
		rxq->fill += run;
		if (rxq->fill == rxq->slots)
			rxq->fill = 0;
		rxq->ready += run;
	}
	rxq->starved = false;
	return rxq->ready - before;
}

static __attribute__((noinline)) void rx_refill(struct e1000_rxq *rxq)
{
	if (rx_fill(rxq, rxq->batch))
		e1000_rxq_post(rxq);
}

void e1000_rxq_post(struct e1000_rxq *rxq)
{
	rxq->ring.doorbell(&rxq->ring, rxq->fill);
}

void e1000_rxq_refused(struct rld_ring *ring, uint32_t tail)
{
	struct e1000_rxq *rxq = container_of(ring, struct e1000_rxq, ring);

	for (uint32_t slot = tail; slot != rxq->fill; rxq->ready--) {
		rlb_pool_put(rxq->pool, &rxq->bufs[slot], 1);
		if (++slot == rxq->slots)
			slot = 0;
	}
	rxq->fill = tail;
	/* As many slots are never free, so nothing is filled any more. */
	rxq->batch = UINT16_MAX;
}

/*
 * Plain frames, as many as come in a row, at most @n, from slot @next on with no wrap. Return: how
 * many.
 */
rlb_always_inline uint32_t rx_run(enum e1000_rx_format format, const struct e1000_rxq *rxq,
				  uint32_t next, struct rlb_buf **out, size_t n, uint64_t *bytes)
{
	const volatile struct e1000_desc *done = rxq->done + next;
	struct rlb_buf *const *bufs = rxq->bufs + next;
	uint64_t headroom = rxq->headroom;
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		/*
		 * The word with DD is read before anything else that the device wrote: volatile
		 * holds the compiler to it, and x86 the CPU.
		 */
		uint64_t hi = done[i].hi;
		struct rlb_buf *buf;
		uint64_t lo;

		if (unlikely(!rx_plain(format, hi)))
			break;
		lo = format == E1000_RX_EXTENDED_RSS ? done[i].lo : 0;
		buf = bufs[i];
		rx_header(buf, headroom, rx_length(format, hi), rx_about(format, lo, hi));
		out[i] = buf;
		sum += rx_length(format, hi);
	}
	*bytes += sum;
	return (uint32_t)i;
}

static inline uint32_t min3(uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t least = a < b ? a : b;

	return least < c ? least : c;
}

rlb_always_inline unsigned int rx_burst(enum e1000_rx_format format, struct e1000_rxq *rxq,
					struct rlb_buf **bufs, unsigned int n)
{
	uint32_t next = rxq->next;
	uint32_t ready = rxq->ready;
	unsigned int got = 0;
	uint64_t bytes = 0;

	/* Most looks of a program that polls find nothing. */
	if (!(rxq->done[next].hi >> status_shift(format) & E1000_RXS_DD)) {
		if (unlikely(rxq->slots - 1 - ready >= rxq->batch))
			rx_refill(rxq);
		return 0;
	}
	while (got < n && ready) {
		struct rlb_buf *frame;
		uint64_t lo, hi;

		if (likely(!rxq->chain)) {
			uint32_t limit = min3(n - got, ready, rxq->slots - next);
			uint32_t run = rx_run(format, rxq, next, bufs + got, limit, &bytes);

			got += run;
			ready -= run;
			next += run;
			if (next == rxq->slots)
				next = 0;
			if (run == limit)
				continue;
		}
		hi = rxq->done[next].hi;
		if (!(hi >> status_shift(format) & E1000_RXS_DD))
			break;
		lo = rxq->done[next].lo;
		frame = rx_one(format, rxq, rxq->bufs[next], lo, hi);
		if (frame) {
			bytes += frame->frame_bytes;
			bufs[got++] = frame;
		}
		ready--;
		if (++next == rxq->slots)
			next = 0;
	}
	rxq->next = next;
	rxq->ready = ready;
	WRITE_ONCE(rxq->packets, rxq->packets + got);
	WRITE_ONCE(rxq->bytes, rxq->bytes + bytes);
	if (rxq->slots - 1 - ready >= rxq->batch)
		rx_refill(rxq);
	return got;
}

static unsigned int rx_burst_legacy(void *queue, struct rlb_buf **bufs, unsigned int n)
{
	return rx_burst(E1000_RX_LEGACY, queue, bufs, n);
}

static unsigned int rx_burst_extended(void *queue, struct rlb_buf **bufs, unsigned int n)
{
	return rx_burst(E1000_RX_EXTENDED, queue, bufs, n);
}

static unsigned int rx_burst_rss(void *queue, struct rlb_buf **bufs, unsigned int n)
{
	return rx_burst(E1000_RX_EXTENDED_RSS, queue, bufs, n);
}

unsigned int (*e1000_rx_burst(enum e1000_rx_format format))(void *, struct rlb_buf **, unsigned int)
{
	switch (format) {
	case E1000_RX_LEGACY:
		return rx_burst_legacy;
	case E1000_RX_EXTENDED:
		return rx_burst_extended;
	default:
		return rx_burst_rss;
	}
}

int e1000_rxq_open(struct e1000_rxq **out, struct rld_nic *nic, unsigned int q, unsigned int slots,
		   struct rlb_pool *pool, enum e1000_rx_format format)
{
	struct rld_ring_conf conf = {
		.dir = RLD_RX,
		.queue = q,
		.slots = slots,
		.desc_bytes = sizeof(struct e1000_desc),
		.tail_reg = E1000_RDT(q),
		.verify = format == E1000_RX_LEGACY ? &e1000_rx_legacy_verify
						    : &e1000_rx_extended_verify,
		.bytes_max =
			e1000_hw_rx_buf_bytes((uint32_t)pool->room_bytes - pool->headroom_bytes),
	};
	struct e1000_rxq *rxq;
	int err;

	*out = NULL;
	rxq = aligned_alloc(RLB_CACHE_LINE, sizeof(*rxq));
	if (!rxq)
		goto err_log;
	memset(rxq, 0, sizeof(*rxq));
	rxq->bufs = calloc(slots, sizeof(struct rlb_buf *));
	if (!rxq->bufs)
		goto err_free;
	err = nic->transport->ring_open(nic, &conf, &rxq->ring);
	if (err)
		goto err_ring;
	rxq->desc = rxq->ring.desc;
	rxq->done = rxq->ring.done;
	rxq->ring.head = &rxq->next;
	rxq->slots = slots;
	rxq->pool = pool;
	rxq->headroom = pool->headroom_bytes;
	rxq->addr_offset =
		nic->space->delta[pool->mem_id] + sizeof(struct rlb_buf) + pool->headroom_bytes;
	rxq->batch = slots / 4 < E1000_BATCH ? slots / 4 : E1000_BATCH;
	rx_fill(rxq, rxq->batch);
	rx_fill(rxq, 1);
	if (rxq->no_buffer) {
		rlb_log(ERR,
			"%s: the pool has too few buffers for a receive ring of %u; make it larger",
			nic->name, slots);
		e1000_rxq_close(rxq);
		return -ENOBUFS;
	}
	*out = rxq;
	return 0;

err_ring:
	/* The transport said why. */
	free(rxq->bufs);
	free(rxq);
	return err;
err_free:
	free(rxq);
err_log:
	rlb_log(ERR, "%s: no memory for a receive queue", nic->name);
	return -ENOMEM;
}

void e1000_rxq_close(struct e1000_rxq *rxq)
{
	if (!rxq)
		return;
	if (rxq->chain)
		rlb_buf_free(rxq->chain);
	for (; rxq->ready; rxq->ready--) {
		rlb_pool_put(rxq->pool, &rxq->bufs[rxq->next], 1);
		if (++rxq->next == rxq->slots)
			rxq->next = 0;
	}
	rxq->ring.nic->transport->ring_close(rxq->ring.nic, &rxq->ring);
	free(rxq->bufs);
	free(rxq);
}

void e1000_rxq_stats(const struct e1000_rxq *rxq, struct rlb_queue_stats *stats)
{
	stats->packets += READ_ONCE(rxq->packets);
	stats->bytes += READ_ONCE(rxq->bytes);
	stats->drops[RLB_DROP_NO_BUFFER] += READ_ONCE(rxq->no_buffer);
	stats->drops[RLB_DROP_BAD_FRAME] += READ_ONCE(rxq->bad_frames);
}
