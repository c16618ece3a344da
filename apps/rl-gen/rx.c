/* SPDX-License-Identifier: BSD-2-Clause */
/* The checking half: each frame is looked at, whole, and counted for what it is. */
#include <string.h>

#include "capture.h"
#include "gen.h"

static void note_delay(struct gen_rx *rx, uint32_t sent_us, double now)
{
	uint32_t delay = (uint32_t)(uint64_t)(now * 1e6) - sent_us;

	if (!rx->packets || delay < rx->delay_min_us)
		rx->delay_min_us = delay;
	if (!rx->packets || delay > rx->delay_max_us)
		rx->delay_max_us = delay;
	rx->delay_sum_us += delay;
}

/* A frame of the capture, whichever; or one that is not in it, which counts as changed. */
static bool check_replayed(struct gen_rx *rx, const uint8_t *data, uint32_t bytes)
{
	const struct capture *capture = rx->capture;
	const struct capture_frame *next = &capture->frames[rx->in_place % capture->count];
	uint32_t found;

	if (next->bytes == bytes && memcmp(next->data, data, bytes) == 0) {
		rx->capture_got[next->same_as]++;
		rx->in_place++;
		return true;
	}
	found = capture_find(capture, data, bytes);
	if (found == CAPTURE_NONE) {
		rx->corrupt++;
		return false;
	}
	/*
	 * Go on behind it: one lost frame does not put all others out of order. Where a capture has
	 * the same frame more than once, its first place is taken, and the count is an estimate.
	 */
	if (found < rx->in_place % capture->count)
		rx->reordered++;
	else
		rx->in_place += found - rx->in_place % capture->count + 1;
	rx->capture_got[found]++;
	return true;
}

static bool check_made(struct gen_rx *rx, const uint8_t *data, uint32_t bytes, double now)
{
	struct frame_id id;

	switch (frame_check(data, bytes, (uint16_t)rx->opts->stream, &id)) {
	case FRAME_FOREIGN:
		rx->foreign++;
		return false;
	case FRAME_CORRUPT:
		rx->corrupt++;
		return false;
	case FRAME_GOOD:
		break;
	}
	note_delay(rx, id.sent_us, now);
	track_add(&rx->track, id.flow, id.seq);
	return true;
}

static void check(struct gen_rx *rx, const struct rlb_buf *buf, double now)
{
	const uint8_t *data = rlb_buf_data(buf);
	bool good;

	if (buf->next) {
		rlb_buf_read(buf, rx->frame, sizeof(rx->frame));
		data = rx->frame;
	}
	good = rx->capture ? check_replayed(rx, data, buf->frame_bytes)
			   : check_made(rx, data, buf->frame_bytes, now);
	if (good) {
		rx->packets++;
		rx->bytes += buf->frame_bytes;
	}
}

/* Nothing came for a while: will anything yet? */
static bool is_over(const struct gen_rx *rx, bool ended, double now)
{
	if (ended)
		return true;
	return (rx->tx || rx->first_at) && (now - rx->quiet_from) * 1000 >= rx->opts->drain_ms;
}

void gen_rx_turn(struct gen_rx *rx)
{
	struct rlb_buf *bufs[APP_BURST_MAX];
	/* Before receiving: what was in the file when it ended is then seen. */
	bool ended = atomic_load_explicit(&rx->ended, memory_order_acquire);
	/* While the other half sends, the wait for the last frame has not begun. */
	bool sending = rx->tx && !atomic_load_explicit(&rx->tx->done, memory_order_acquire);
	bool stop = atomic_load_explicit(&rx->stop, memory_order_relaxed);
	double now = app_now();
	unsigned int got = 0;

	for (unsigned int q = 0; q < rx->opts->app.queues; q++) {
		unsigned int n = rlb_rx_burst(rx->port, q, bufs, rx->opts->app.burst);

		for (unsigned int i = 0; i < n; i++)
			check(rx, bufs[i], now);
		rlb_buf_free_bulk(bufs, n);
		got += n;
	}
	if (got && !rx->first_at)
		rx->first_at = now;
	if (got)
		rx->last_packet_at = now;
	if (got || sending || !rx->quiet_from)
		rx->quiet_from = now;
	else if (is_over(rx, ended, now))
		stop = true;
	if (stop)
		atomic_store_explicit(&rx->done, true, memory_order_release);
}
