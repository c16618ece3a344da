/* SPDX-License-Identifier: BSD-2-Clause */
/* The sending half: frames at the rate asked for, none given up. */
#include <string.h>

#include "capture.h"
#include "gen.h"

/* How much a sender that fell behind may make up for at once. */
#define CATCH_UP_SECONDS 0.01

uint64_t gen_flow_of(const struct gen_opts *opts, unsigned int q, uint64_t made, uint64_t *seq)
{
	unsigned int queues = opts->app.queues;
	/* Queue q carries flows q, q + queues, …: no flow is split over queues. */
	uint64_t flows = (opts->flows - q + queues - 1) / queues;

	*seq = made / flows;
	return q + queues * (made % flows);
}

static unsigned int size_of(const struct gen_opts *opts, uint64_t made)
{
	/* 7 : 4 : 1 of 64, 594 and 1518 bytes with FCS. */
	static const uint16_t imix[12] = {60, 590, 60, 60, 590, 60, 1514, 60, 590, 60, 590, 60};

	if (opts->imix)
		return imix[made % ARRAY_SIZE(imix)];
	return opts->size_min + (unsigned int)(made % (opts->size_max - opts->size_min + 1));
}

/* How many frames are due, at most @want. */
static unsigned int due(struct gen_tx *tx, unsigned int want, double now)
{
	uint64_t rate = tx->opts->rate, allowed, made = tx->made - tx->paced_made;

	if (tx->count - tx->made < want)
		want = (unsigned int)(tx->count - tx->made);
	if (!rate)
		return want;
	allowed = (uint64_t)((now - tx->paced_from) * (double)rate) + 1;
	if (allowed <= made)
		return 0;
	if ((double)(allowed - made) > (double)rate * CATCH_UP_SECONDS + want) {
		tx->paced_from = now;
		tx->paced_made = tx->made;
	}
	return allowed - made < want ? (unsigned int)(allowed - made) : want;
}

/* A made frame into @buf, over more buffers if it takes them. */
static bool make(struct gen_tx *tx, struct rlb_buf **buf, uint32_t now_us)
{
	const struct gen_opts *opts = tx->opts;
	unsigned int bytes = size_of(opts, tx->made);
	struct frame_id id = {.stream = (uint16_t)opts->stream, .sent_us = now_us};
	uint8_t *at;

	id.flow = (uint32_t)gen_flow_of(opts, tx->queue, tx->queue_made[tx->queue], &id.seq);
	if (bytes + tx->pool->headroom_bytes > tx->pool->room_bytes) {
		frame_make(tx->frame, bytes, &id, opts->dst_mac, opts->src_mac);
		return rlb_buf_write(buf, tx->pool, tx->frame, bytes) == 0;
	}
	*buf = rlb_buf_alloc(tx->pool);
	if (!*buf)
		return false;
	at = rlb_buf_append(*buf, bytes);
	frame_make(at, bytes, &id, opts->dst_mac, opts->src_mac);
	return true;
}

static bool replay(struct gen_tx *tx, struct rlb_buf **buf)
{
	const struct capture_frame *frame = &tx->capture->frames[tx->made % tx->capture->count];

	return rlb_buf_write(buf, tx->pool, frame->data, frame->bytes) == 0;
}

/* Fill the burst; short when the pool is. */
static void prepare(struct gen_tx *tx, unsigned int n, double now)
{
	uint32_t now_us = (uint32_t)(uint64_t)(now * 1e6);

	/* A capture keeps its order, so it goes through one queue. */
	if (!tx->capture)
		tx->queue = (tx->queue + 1) % tx->opts->app.queues;
	tx->first = tx->last = 0;
	while (tx->last < n) {
		struct rlb_buf **buf = &tx->bufs[tx->last];

		if (!(tx->capture ? replay(tx, buf) : make(tx, buf, now_us)))
			break;
		tx->bytes += (*buf)->frame_bytes;
		tx->queue_made[tx->queue]++;
		tx->made++;
		tx->last++;
	}
}

static void finish(struct gen_tx *tx)
{
	for (unsigned int i = tx->first; i < tx->last; i++)
		tx->bytes -= tx->bufs[i]->frame_bytes;
	rlb_buf_free_bulk(tx->bufs + tx->first, tx->last - tx->first);
	tx->first = tx->last = 0;
	tx->ended_at = app_now();
	atomic_store_explicit(&tx->done, true, memory_order_release);
}

void gen_tx_turn(struct gen_tx *tx)
{
	unsigned int sent;

	if (tx->first == tx->last && tx->made < tx->count) {
		double now = app_now();
		unsigned int n = due(tx, tx->opts->app.burst, now);

		if (n)
			prepare(tx, n, now);
	}
	/* With nothing to send this fetches finished buffers back. */
	sent = rlb_tx_burst(tx->port, tx->queue, tx->bufs + tx->first, tx->last - tx->first);
	tx->first += sent;
	tx->sent += sent;
	if ((tx->first == tx->last && tx->made == tx->count) ||
	    atomic_load_explicit(&tx->stop, memory_order_relaxed))
		finish(tx);
}
