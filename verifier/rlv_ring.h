/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A ring of 16-byte descriptors between a process and a device, and what is in flight in it.
 *
 *	head: oldest slot the device owns    tail: first slot it does not own
 *
 *	      head            tail           new tail
 *	  -----+---------------+----------------+-----
 *	       |  in flight    |   window       |  free, one slot at least
 *
 * Slots in flight are head up to tail, going round; head == tail is an empty ring, so one slot
 * always stays free. @holds says which region each slot in flight names. A region that a slot in
 * flight names must stay pinned. Slots are let go by whole packets: a device may report a fragment
 * done and read it again at the end of its packet (QEMU's e1000e does).
 *
 * One thread at a time posts and reclaims.
 */
#ifndef RLV_RING_H
#define RLV_RING_H

#include "verifier/rlv_desc.h"
#include "verifier/rlv_table.h"

#define RLV_SLOTS_MIN 2u
#define RLV_SLOTS_MAX 4096u
/* Descriptors of a packet: one fewer than the slots of the smallest ring that drivers make. */
#define RLV_TX_SEGS_MAX 63u

#define RLV_HOLDS_LAST 0x8000u /* beside a handle: the slot ends a packet */

struct rlv_ring {
	/* Two words a slot. */
	const volatile uint64_t *asked; /* what the process wants; it may change it at any time */
	/*
	 * What the device reads. It may be the memory of @asked where no translation changes an
	 * address (each region's dev is its base): a packet whose end is missing is read again.
	 */
	uint64_t *posted;
	const volatile uint64_t *done; /* the memory of @posted, as the device writes it */
	uint16_t *holds;	       /* by slot in flight: handle and RLV_HOLDS_LAST */
	uint64_t done_mask;	       /* the bit of a slot's second word that says it is done */
	uint32_t slots;		       /* RLV_SLOTS_MIN..RLV_SLOTS_MAX */
	/*
	 * Bytes, 1..65535. Transmit: of the longest packet. Receive: of a buffer, as the device is
	 * set to (RCTL.BSIZE), for the descriptor does not say.
	 */
	uint32_t bytes_max;
	uint32_t head;
	uint32_t tail;
	uint32_t region; /* handle of the last hit, where the next look-up begins */
};

/* What became of a window. */
struct rlv_verdict {
	enum rlv_rule rule;	/* RLV_OK, or why the window was not taken whole */
	uint32_t slot;		/* refused: the slot; RLV_TAIL and RLV_WINDOW: the tail asked for */
	uint32_t tail;		/* the new tail: what lies before it is posted */
	struct rlv_words words; /* refused: the slot's words, as they were read; else zero */
};

/*@
  logic integer rlv_slot(integer slots, integer from, integer k) =
	from + k < slots ? from + k : from + k - slots;

  logic integer rlv_distance(integer slots, integer from, integer to) =
	from <= to ? to - from : to - from + slots;

  predicate rlv_ring_memory{L}(struct rlv_ring *r) =
	RLV_SLOTS_MIN <= r->slots <= RLV_SLOTS_MAX &&
	\valid_read(r->asked + (0 .. 2 * r->slots - 1)) &&
	\valid(r->posted + (0 .. 2 * r->slots - 1)) &&
	\valid_read(r->done + (0 .. 2 * r->slots - 1)) &&
	\valid(r->holds + (0 .. r->slots - 1)) &&
	\separated(r, r->posted + (0 .. 2 * r->slots - 1), r->holds + (0 .. r->slots - 1));

  predicate rlv_ring_wf{L}(struct rlv_ring *r) =
	rlv_ring_memory(r) && r->head < r->slots && r->tail < r->slots &&
	0 < r->bytes_max <= 65535;

  // Nothing that the verifier writes is part of a table.
  predicate rlv_apart{L}(struct rlv_ring *r, struct rlv_table *t) =
	\separated(r, t, t->region + (0 .. t->capacity - 1)) &&
	\separated(r, t->order + (0 .. t->capacity - 1)) &&
	\separated(r->posted + (0 .. 2 * r->slots - 1), t, t->region + (0 .. t->capacity - 1)) &&
	\separated(r->holds + (0 .. r->slots - 1), t, t->region + (0 .. t->capacity - 1)) &&
	\separated(r->posted + (0 .. 2 * r->slots - 1), t->order + (0 .. t->capacity - 1)) &&
	\separated(r->holds + (0 .. r->slots - 1), t->order + (0 .. t->capacity - 1)) &&
	\forall integer h; rlv_live(t, h) && t->region[h].shift != RLV_CONTIGUOUS ==>
		\separated(r, t->region[h].page + (0 .. t->region[h].pages - 1)) &&
		\separated(r->posted + (0 .. 2 * r->slots - 1),
			   t->region[h].page + (0 .. t->region[h].pages - 1));
*/

/**
 * rlv_ring_distance() - slots from @from up to @to, going round.
 * @from, @to: 0..@slots - 1.
 */
/*@ requires 0 < slots && from < slots && to < slots;
    assigns \nothing;
    ensures \result == rlv_distance(slots, from, to) && \result < slots;
*/
static inline uint32_t rlv_ring_distance(uint32_t slots, uint32_t from, uint32_t to)
{
	return from <= to ? to - from : slots - from + to;
}

/* Slots in flight, 0..slots - 1. */
/*@ requires \valid_read(ring) && rlv_ring_wf(ring);
    assigns \nothing;
    ensures \result == rlv_distance(ring->slots, ring->head, ring->tail) && \result < ring->slots;
*/
static inline uint32_t rlv_ring_in_flight(const struct rlv_ring *ring)
{
	return rlv_ring_distance(ring->slots, ring->head, ring->tail);
}

/**
 * rlv_ring_init() - an empty ring. The caller fills in everything but head, tail and region.
 */
/*@ requires \valid(ring) && rlv_ring_memory(ring) && 0 < ring->bytes_max <= 65535;
    assigns ring->head, ring->tail, ring->region;
    ensures wf: rlv_ring_wf(ring);
    ensures empty: ring->head == ring->tail;
*/
void rlv_ring_init(struct rlv_ring *ring);

/**
 * rlv_ring_reclaim() - let go of every packet that the device is done with.
 * @seen: the slot that the process takes for the oldest in flight; a claim, any value. If the slot
 *	before it ends a packet and is done, that is all: descriptors are done in order (82574
 *	7.1.8 and 7.2.11; a device that does otherwise is broken). If not, each slot is looked at.
 * Return: slots let go.
 * Cost: one read of a descriptor if the claim is true, else one for each packet let go, and one.
 */
/*@ requires \valid(ring) && rlv_ring_wf(ring);
    assigns ring->head;
    ensures wf: rlv_ring_wf(ring);
    ensures count: \result <= rlv_distance(ring->slots, \old(ring->head), ring->tail);
    ensures head: ring->head == rlv_slot(ring->slots, \old(ring->head), \result);
    ensures whole: \result != 0 ==>
	ring->holds[rlv_slot(ring->slots, \old(ring->head), \result - 1)] >= RLV_HOLDS_LAST;
*/
uint32_t rlv_ring_reclaim(struct rlv_ring *ring, uint32_t seen);

/**
 * rlv_ring_holds() - does a slot in flight name this region? Only what was let go is not in flight:
 * reclaim first.
 * @region: handle.
 * Cost: a look at each slot in flight.
 */
/*@ requires \valid_read(ring) && rlv_ring_wf(ring);
    assigns \nothing;
    ensures \result <==> \exists integer k; 0 <= k < rlv_distance(ring->slots, ring->head,
   ring->tail) && ring->holds[rlv_slot(ring->slots, ring->head, k)] % RLV_HOLDS_LAST == region;
*/
bool rlv_ring_holds(const struct rlv_ring *ring, uint32_t region);

#endif
