/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is in flight in a ring. */
#include "verifier/rlv_ring.h"

void rlv_ring_init(struct rlv_ring *ring)
{
	ring->head = 0;
	ring->tail = 0;
	ring->region = 0;
}

/* Is @slot, which is in flight, the last of its packet, and the device done with it? */
/*@ requires \valid_read(ring) && rlv_ring_wf(ring) && slot < ring->slots;
    assigns \nothing;
    ensures last: \result ==> ring->holds[slot] >= RLV_HOLDS_LAST;
*/
static inline bool packet_done(const struct rlv_ring *ring, uint32_t slot)
{
	slot = rlv_index_nospec(slot, ring->slots);
	return ring->holds[slot] >= RLV_HOLDS_LAST &&
	       (ring->done[2u * slot + 1u] & ring->done_mask) != 0;
}

/* Is @slot, one of the ring's, in flight? */
/*@ requires \valid_read(ring) && rlv_ring_wf(ring) && slot < ring->slots;
    assigns \nothing;
    ensures \result <==> rlv_distance(ring->slots, ring->head, slot) <
	rlv_distance(ring->slots, ring->head, ring->tail);
*/
static inline bool in_flight(const struct rlv_ring *ring, uint32_t slot)
{
	return rlv_ring_distance(ring->slots, ring->head, slot) < rlv_ring_in_flight(ring);
}

uint32_t rlv_ring_reclaim(struct rlv_ring *ring, uint32_t seen)
{
	uint32_t before = ring->head;
	uint32_t slot = before;
	uint32_t last;

	if (seen < ring->slots) {
		last = (seen ? seen : ring->slots) - 1u;
		if (in_flight(ring, last) && packet_done(ring, last)) {
			ring->head = seen;
			return rlv_ring_distance(ring->slots, before, seen);
		}
	}
	/*@ loop invariant wf: rlv_ring_wf(ring) && slot < ring->slots;
	    loop invariant way: rlv_distance(ring->slots, before, slot) <=
		rlv_distance(ring->slots, before, ring->tail);
	    loop invariant head: rlv_distance(ring->slots, before, ring->head) <=
		rlv_distance(ring->slots, before, slot);
	    loop invariant whole: ring->head != before ==>
		ring->holds[ring->head == 0 ? ring->slots - 1 : ring->head - 1] >=
		RLV_HOLDS_LAST;
	    loop assigns slot, ring->head;
	    loop variant rlv_distance(ring->slots, slot, ring->tail);
	*/
	while (slot != ring->tail) {
		bool ends = ring->holds[slot] >= RLV_HOLDS_LAST;

		if (ends && !packet_done(ring, slot))
			break;
		slot = slot + 1u < ring->slots ? slot + 1u : 0;
		if (ends)
			ring->head = slot;
	}
	return rlv_ring_distance(ring->slots, before, ring->head);
}

bool rlv_ring_holds(const struct rlv_ring *ring, uint32_t region)
{
	uint32_t slot = ring->head;

	/*@ loop invariant range: slot < ring->slots;
	    loop invariant way: rlv_distance(ring->slots, ring->head, slot) <=
		rlv_distance(ring->slots, ring->head, ring->tail);
	    loop invariant none: \forall integer k;
		0 <= k < rlv_distance(ring->slots, ring->head, slot) ==>
		ring->holds[rlv_slot(ring->slots, ring->head, k)] % RLV_HOLDS_LAST != region;
	    loop assigns slot;
	    loop variant rlv_distance(ring->slots, slot, ring->tail);
	*/
	while (slot != ring->tail) {
		/*@ assert here: rlv_slot(ring->slots, ring->head,
			rlv_distance(ring->slots, ring->head, slot)) == slot; */
		if (ring->holds[slot] % RLV_HOLDS_LAST == region)
			return true;
		slot = slot + 1u < ring->slots ? slot + 1u : 0;
	}
	return false;
}
