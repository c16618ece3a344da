/* SPDX-License-Identifier: BSD-2-Clause */
/* The packet path: receive a burst here, send it there. */
#include <string.h>
#include <x86intrin.h>

#include "fwd.h"

/* A NIC's full ring drains at line rate: a ring that stays full for so many looks is stuck. */
#define TX_TRIES 256
/* After so many empty bursts in a row, and again, the peer's finished buffers are fetched back. */
#define IDLE_BURSTS 256

static void swap_mac(struct rlb_buf *const *bufs, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		uint8_t *mac = rlb_buf_data(bufs[i]), was[6];

		memcpy(was, mac, 6);
		memcpy(mac, mac + 6, 6);
		memcpy(mac + 6, was, 6);
	}
}

static void give_up(struct lane *lane)
{
	rlb_buf_free_bulk(lane->bufs + lane->first, lane->last - lane->first);
	lane->gave_up += lane->last - lane->first;
	lane->first = lane->last = 0;
}

/* The frames that did not go at once: retry, then hold them or let them go. */
static void __attribute__((noinline)) send_rest(struct lane *lane)
{
	for (unsigned int i = 0; i < TX_TRIES && lane->first < lane->last; i++) {
		unsigned int sent;

		rlb_cpu_pause();
		sent = rlb_tx_burst(lane->to, lane->queue, lane->bufs + lane->first,
				    lane->last - lane->first);
		lane->first += sent;
		lane->sent += sent;
	}
	if (lane->first < lane->last && !lane->hold)
		give_up(lane);
}

/* At most @want frames from what all lanes may still take. */
static unsigned int reserve(struct lane *lane, unsigned int want)
{
	int_fast64_t left = atomic_fetch_sub(lane->budget, want);
	unsigned int got = left <= 0 ? 0 : left < want ? (unsigned int)left : want;

	atomic_fetch_add(lane->budget, want - got);
	return got;
}

static unsigned int receive(struct lane *lane)
{
	unsigned int want = lane->budget ? reserve(lane, lane->burst) : lane->burst;
	unsigned int got = rlb_rx_burst(lane->from, lane->queue, lane->bufs, want);

	if (lane->budget)
		atomic_fetch_add(lane->budget, want - got);
	return got;
}

static void on_empty(struct lane *lane, unsigned int order)
{
	lane->empty++;
	if (order == LANE_DRAIN)
		atomic_store_explicit(&lane->done, true, memory_order_release);
	else if (++lane->idle % IDLE_BURSTS == 0)
		rlb_tx_burst(lane->to, lane->queue, NULL, 0);
}

static void turn(struct lane *lane)
{
	unsigned int order = atomic_load_explicit(&lane->order, memory_order_relaxed);
	uint64_t begin = __rdtsc();
	unsigned int got, sent;

	if (rlb_unlikely(!rlb_running()))
		order = LANE_STOP;
	if (rlb_unlikely(lane->first < lane->last))
		send_rest(lane);
	if (rlb_unlikely(order == LANE_STOP))
		give_up(lane);
	if (rlb_unlikely(lane->first < lane->last))
		return;
	if (rlb_unlikely(order >= LANE_FINISH)) {
		atomic_store_explicit(&lane->done, true, memory_order_release);
		return;
	}
	got = receive(lane);
	if (!got) {
		on_empty(lane, order);
		return;
	}
	if (lane->swap_mac)
		swap_mac(lane->bufs, got);
	sent = rlb_tx_burst(lane->to, lane->queue, lane->bufs, got);
	lane->first = sent;
	lane->last = got;
	if (rlb_unlikely(sent < got))
		send_rest(lane);
	lane->idle = 0;
	lane->received += got;
	lane->sent += sent;
	lane->bursts++;
	lane->cycles += __rdtsc() - begin;
}

int fwd_worker(unsigned int worker, void *arg)
{
	struct fwd *fwd = arg;
	struct lane *mine[FWD_PORTS_MAX * RLB_QUEUES_MAX];
	unsigned int n = 0, i = 0;

	for (unsigned int l = 0; l < fwd->lane_count; l++) {
		if (fwd->lanes[l].worker == worker)
			mine[n++] = &fwd->lanes[l];
	}
	while (n) {
		turn(mine[i]);
		if (rlb_unlikely(atomic_load_explicit(&mine[i]->done, memory_order_relaxed)))
			mine[i] = mine[--n];
		else
			i++;
		if (i >= n)
			i = 0;
	}
	return 0;
}
