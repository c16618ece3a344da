/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Receive descriptors of the e1000 family. */
#include "verifier/rlv_e1000.h"
#include "verifier/rlv_window.h"

/*@
  predicate rx_safe{L}(struct rlv_table *t, integer bytes, integer holds, integer alo, integer ahi,
		       integer lo, integer hi) =
	ahi == 0 && hi == 0 && holds >= RLV_HOLDS_LAST &&
	rlv_live(t, holds % RLV_HOLDS_LAST) &&
	rlv_may(t, holds % RLV_HOLDS_LAST, RLV_PERM_WRITE) &&
	rlv_maps(t, holds % RLV_HOLDS_LAST, alo, bytes, lo);

  lemma kept_rx_safe{A, B}: \forall struct rlv_table *t, integer bytes, holds, alo, ahi, lo, hi;
	rlv_wf{A}(t) && table_kept{A, B}(t) ==>
	(rx_safe{A}(t, bytes, holds, alo, ahi, lo, hi) <==>
	 rx_safe{B}(t, bytes, holds, alo, ahi, lo, hi));

  // All slots of a range are safe, as they stand at L in the ring, by the table as it stood at T.
  predicate rx_all_safe{T, L}(struct rlv_table *t, struct rlv_ring *r, integer from, integer to) =
	\forall integer s; from <= s < to ==>
		rx_safe{T}(t, \at(r->bytes_max, L), \at(r->holds[s], L), \at(rlv_asked_lo[s], L),
			   \at(rlv_asked_hi[s], L), \at(r->posted[2 * s], L),
			   \at(r->posted[2 * s + 1], L));

  lemma rx_safe_kept{T, A, B}: \forall struct rlv_table *t, struct rlv_ring *r, integer a, b;
	rx_all_safe{T, A}(t, r, a, b) && slots_kept{A, B}(r, a, b) &&
	\at(r->bytes_max, A) == \at(r->bytes_max, B) ==> rx_all_safe{T, B}(t, r, a, b);

  lemma rx_safe_join{T, L}: \forall struct rlv_table *t, struct rlv_ring *r, integer a, b, c;
	rx_all_safe{T, L}(t, r, a, b) && rx_all_safe{T, L}(t, r, b, c) ==>
	rx_all_safe{T, L}(t, r, a, c);

  lemma rx_safe_part{T, L}: \forall struct rlv_table *t, struct rlv_ring *r, integer a, b, c, d;
	rx_all_safe{T, L}(t, r, a, b) && a <= c && d <= b ==> rx_all_safe{T, L}(t, r, c, d);

  lemma rx_safe_table{T, U, L}: \forall struct rlv_table *t, struct rlv_ring *r, integer a, b;
	rlv_wf{T}(t) && table_kept{T, U}(t) && rx_all_safe{U, L}(t, r, a, b) ==>
	rx_all_safe{T, L}(t, r, a, b);

  predicate rx_reason{L}(struct rlv_table *t, integer rule, integer bytes, integer lo,
			 integer hi) =
	(rule == RLV_RESERVED ==> hi != 0) &&
	memory_reason(t, rule, lo, bytes, RLV_PERM_WRITE);

  lemma kept_rx_reason{A, B}: \forall struct rlv_table *t, integer rule, bytes, lo, hi;
	rlv_wf{A}(t) && table_kept{A, B}(t) ==>
	(rx_reason{A}(t, rule, bytes, lo, hi) <==> rx_reason{B}(t, rule, bytes, lo, hi));
*/

struct rlv_desc rlv_e1000_rx_decode(struct rlv_words words, uint32_t buffer_bytes)
{
	return (struct rlv_desc){
		.address = words.lo,
		.length = buffer_bytes,
		.perm = RLV_PERM_WRITE,
		.class = RLV_CLASS_BUFFER,
		.rule = words.hi ? RLV_RESERVED : RLV_OK,
	};
}

/* Take buffers of one region, from slot @from up to @to. */
/*@ requires \valid_read(table) && rlv_wf(table);
    requires \valid_read(ring) && rlv_ring_memory(ring) && rlv_apart(ring, table);
    requires from <= to <= ring->slots;
    requires 0 < ring->bytes_max <= 65535;
    requires near_good(table, near, ring->bytes_max, RLV_PERM_WRITE);
    assigns ring->posted[0 .. 2 * ring->slots - 1], ring->holds[0 .. ring->slots - 1],
	rlv_asked_lo[0 .. RLV_SLOTS_MAX - 1], rlv_asked_hi[0 .. RLV_SLOTS_MAX - 1];
    ensures kept: slots_kept{Pre, Post}(ring, 0, from);
    ensures kept_behind: slots_kept{Pre, Post}(ring, \result.slot, ring->slots);
    ensures table: table_kept{Pre, Post}(table);
    ensures slot: from <= \result.slot <= to;
    ensures safe: rx_all_safe{Pre, Post}(table, ring, from, \result.slot);
    ensures last: from < \result.slot ==> ring->holds[\result.slot - 1] >= RLV_HOLDS_LAST;
*/
rlv_inline struct rlv_quick rx_quick(struct rlv_ring *ring, struct rlv_near near, uint32_t from,
				     uint32_t to)
/*@ ghost (const struct rlv_table *table) */
{
	const volatile uint64_t *asked = ring->asked;
	uint64_t *posted = ring->posted;
	uint16_t *holds = ring->holds;
	uint16_t mark = (uint16_t)(near.region + RLV_HOLDS_LAST);
	uint64_t length = ring->bytes_max;
	uint64_t slot;

	/*@ loop invariant range: from <= slot <= to;
	    loop invariant safe: rx_all_safe{Pre, Here}(table, ring, from, slot);
	    loop invariant last: from < slot ==> ring->holds[slot - 1] >= RLV_HOLDS_LAST;
	    loop invariant table: table_kept{Pre, Here}(table);
	    loop invariant wf: rlv_wf(table);
	    loop invariant apart: rlv_apart(ring, table);
	    loop invariant kept: slots_kept{Pre, Here}(ring, 0, from);
	    loop invariant kept_behind: slots_kept{Pre, Here}(ring, slot, ring->slots);
	    loop assigns slot, posted[0 .. 2 * ring->slots - 1], holds[0 .. ring->slots - 1],
		rlv_asked_lo[0 .. RLV_SLOTS_MAX - 1], rlv_asked_hi[0 .. RLV_SLOTS_MAX - 1];
	    loop variant to - slot;
	*/
	for (slot = from; slot < to; slot++) {
		uint64_t lo = asked[2u * slot];
		uint64_t hi = asked[2u * slot + 1u];
		uint64_t offset = rlv_past(lo, near.base);
		struct rlv_near_span span;

		if (unlikely(hi != 0 || offset >= near.reach))
			return (struct rlv_quick){.words = {lo, hi}, .slot = (uint32_t)slot};
		//@ assert near: near_good(table, near, ring->bytes_max, RLV_PERM_WRITE);
		span = rlv_near_find(near, offset, length)
			/*@ ghost(table, ring->bytes_max, RLV_PERM_WRITE) */;
		if (unlikely(!span.whole))
			return (struct rlv_quick){.words = {lo, hi}, .slot = (uint32_t)slot};
		//@ assert maps: rlv_maps(table, near.region, lo, length, span.dev);
		//@ assert maps_pre: rlv_maps{Pre}(table, near.region, lo, length, span.dev);
		//@ assert mark: mark % RLV_HOLDS_LAST == near.region;
		/*@ assert live: rlv_live{Pre}(table, near.region) &&
			rlv_may{Pre}(table, near.region, RLV_PERM_WRITE); */
		/*@ assert good: rx_safe{Pre}(table, ring->bytes_max, mark, lo, hi, span.dev, 0); */
		//@ ghost Slot: ;
		rlv_slot_post(posted, holds, slot, span.dev, 0, mark)
			/*@ ghost(ring, table, lo, hi) */;
		//@ assert from: slots_kept{Slot, Here}(ring, from, slot);
		//@ assert before: slots_kept{Slot, Here}(ring, 0, from);
		//@ assert rest: slots_kept{Pre, Slot}(ring, slot + 1, ring->slots);
		//@ assert after: slots_kept{Pre, Here}(ring, slot + 1, ring->slots);
		//@ assert old: rx_all_safe{Pre, Here}(table, ring, from, slot);
		/*@ assert one: rx_safe{Pre}(table, ring->bytes_max, ring->holds[slot],
			rlv_asked_lo[slot], rlv_asked_hi[slot], ring->posted[2 * slot],
			ring->posted[2 * slot + 1]); */
		//@ assert new: rx_all_safe{Pre, Here}(table, ring, slot, slot + 1);
	}
	return (struct rlv_quick){.words = {0, 0}, .slot = (uint32_t)slot};
}

/* The same for receive: each slot stands for itself, so run.open and run.total stay 0. */
/*@ requires \valid_read(table) && rlv_wf(table);
    requires \valid_read(ring) && rlv_ring_wf(ring) && rlv_apart(ring, table);
    requires run.slot < ring->slots && run.rule == RLV_OK;
    assigns ring->posted[0 .. 2 * ring->slots - 1], ring->holds[0 .. ring->slots - 1],
	rlv_asked_lo[0 .. RLV_SLOTS_MAX - 1], rlv_asked_hi[0 .. RLV_SLOTS_MAX - 1];
    ensures kept: slots_kept{Pre, Post}(ring, 0, run.slot);
    ensures kept_behind: slots_kept{Pre, Post}(ring, \result.slot, ring->slots);
    ensures table: table_kept{Pre, Post}(table);
    ensures slot: \result.slot == run.slot + (\result.rule == RLV_OK ? 1 : 0);
    ensures all_safe: rx_all_safe{Pre, Post}(table, ring, run.slot, \result.slot);
    ensures last: \result.rule == RLV_OK ==> ring->holds[run.slot] >= RLV_HOLDS_LAST;
    ensures open: \result.open == run.open;
    ensures words: \result.rule != RLV_OK ==> \result.words == words;
    ensures rules: \result.rule == RLV_OK || \result.rule == RLV_RESERVED ||
	memory_rule(\result.rule);
    ensures reason: rx_reason{Pre}(table, \result.rule, ring->bytes_max, words.lo, words.hi);
    ensures complete: words.hi == 0 ==>
	\forall integer h; rlv_good{Pre}(table, h, words.lo, ring->bytes_max,
					 RLV_PERM_WRITE) ==> \result.rule == RLV_OK;
*/
rlv_inline struct rlv_run rx_one(const struct rlv_table *table, struct rlv_ring *ring,
				 struct rlv_run run, struct rlv_words words)
{
	struct rlv_desc desc = rlv_e1000_rx_decode(words, ring->bytes_max);
	struct rlv_span span;

	run.rule = desc.rule;
	if (desc.rule != RLV_OK) {
		run.words = words;
		//@ assert odd: rx_all_safe{Pre, Here}(table, ring, run.slot, run.slot);
		//@ assert odd_table: table_kept{Pre, Here}(table);
		return run;
	}
	span = rlv_table_find(table, run.region, desc.address, desc.length, RLV_PERM_WRITE);
	run.rule = span.rule;
	if (span.rule != RLV_OK) {
		run.words = words;
		//@ assert none: rx_all_safe{Pre, Here}(table, ring, run.slot, run.slot);
		//@ assert none_table: table_kept{Pre, Here}(table);
		return run;
	}
	run.region = span.region;
	rlv_slot_post(ring->posted, ring->holds, run.slot, span.dev, 0,
		      (uint16_t)(span.region + RLV_HOLDS_LAST))
		/*@ ghost(ring, table, words.lo, words.hi) */;
	//@ assert held: ring->holds[run.slot] % RLV_HOLDS_LAST == span.region;
	//@ assert table: table_kept{Pre, Here}(table);
	//@ assert one: rx_all_safe{Pre, Here}(table, ring, run.slot, run.slot + 1);
	run.slot++;
	return run;
}

/*@ requires \valid_read(table) && rlv_wf(table);
    requires \valid_read(ring) && rlv_ring_wf(ring) && rlv_apart(ring, table);
    requires run.slot < to <= ring->slots && run.rule == RLV_OK && run.open == 0;
    assigns ring->posted[0 .. 2 * ring->slots - 1], ring->holds[0 .. ring->slots - 1],
	rlv_asked_lo[0 .. RLV_SLOTS_MAX - 1], rlv_asked_hi[0 .. RLV_SLOTS_MAX - 1];
    ensures kept: slots_kept{Pre, Post}(ring, 0, run.slot);
    ensures kept_behind: slots_kept{Pre, Post}(ring, \result.slot, ring->slots);
    ensures table: table_kept{Pre, Post}(table);
    ensures slot: run.slot <= \result.slot <= to;
    ensures all: \result.rule == RLV_OK ==> \result.slot == to;
    ensures stop: \result.rule != RLV_OK ==> \result.slot < to;
    ensures open: \result.open == 0;
    ensures ended: run.slot < \result.slot ==> ring->holds[\result.slot - 1] >= RLV_HOLDS_LAST;
    ensures safe: rx_all_safe{Pre, Post}(table, ring, run.slot, \result.slot);
    ensures rules: \result.rule == RLV_OK || \result.rule == RLV_RESERVED ||
	memory_rule(\result.rule);
    ensures reason: rx_reason{Pre}(table, \result.rule, ring->bytes_max, \result.words.lo,
				   \result.words.hi);
*/
rlv_inline struct rlv_run rx_run(const struct rlv_table *table, struct rlv_ring *ring,
				 struct rlv_run run, uint32_t to)
{
	struct rlv_near near = rlv_near_of(table, run.region, ring->bytes_max, RLV_PERM_WRITE);
	struct rlv_quick lead;

	/* Says nothing new, but makes a loop of its own for contiguous regions. */
	if (near.shift == RLV_CONTIGUOUS) {
		near.shift = RLV_CONTIGUOUS;
		lead = rx_quick(ring, near, run.slot, to) /*@ ghost(table) */;
	} else {
		lead = rx_quick(ring, near, run.slot, to) /*@ ghost(table) */;
	}
	run.slot = lead.slot;
	/*@ loop invariant range: \at(run.slot, Pre) <= run.slot <= to;
	    loop invariant stop: run.rule != RLV_OK ==> run.slot < to;
	    loop invariant open: run.open == 0;
	    loop invariant ended: \at(run.slot, Pre) < run.slot ==>
		ring->holds[run.slot - 1] >= RLV_HOLDS_LAST;
	    loop invariant kept: slots_kept{Pre, Here}(ring, 0, \at(run.slot, Pre));
	    loop invariant kept_behind: slots_kept{Pre, Here}(ring, run.slot, ring->slots);
	    loop invariant table: table_kept{Pre, Here}(table);
	    loop invariant wf: rlv_wf(table);
	    loop invariant apart: rlv_apart(ring, table);
	    loop invariant safe:
		rx_all_safe{Pre, Here}(table, ring, \at(run.slot, Pre), run.slot);
	    loop invariant rules: run.rule == RLV_OK || run.rule == RLV_RESERVED ||
		memory_rule(run.rule);
	    loop invariant reason: rx_reason{Pre}(table, run.rule, ring->bytes_max, run.words.lo,
						  run.words.hi);
	    loop assigns run, lead.words, ring->posted[0 .. 2 * ring->slots - 1],
		ring->holds[0 .. ring->slots - 1],
		rlv_asked_lo[0 .. RLV_SLOTS_MAX - 1], rlv_asked_hi[0 .. RLV_SLOTS_MAX - 1];
	    loop variant 2 * (to - run.slot) + (run.rule == RLV_OK ? 1 : 0);
	*/
	while (run.slot < to && run.rule == RLV_OK) {
		//@ ghost Step: ;
		//@ ghost uint32_t from = run.slot;
		run = rx_one(table, ring, run, lead.words);
		//@ assert table: table_kept{Pre, Here}(table);
		//@ assert old_kept: slots_kept{Step, Here}(ring, \at(run.slot, Pre), from);
		//@ assert old: rx_all_safe{Pre, Here}(table, ring, \at(run.slot, Pre), from);
		//@ assert new: rx_all_safe{Step, Here}(table, ring, from, run.slot);
		//@ assert new_pre: rx_all_safe{Pre, Here}(table, ring, from, run.slot);
		//@ assert before: slots_kept{Step, Here}(ring, 0, \at(run.slot, Pre));
		//@ assert behind: slots_kept{Pre, Step}(ring, from, ring->slots);
		//@ assert part: slots_kept{Pre, Step}(ring, run.slot, ring->slots);
		//@ assert rest: slots_kept{Step, Here}(ring, run.slot, ring->slots);
		//@ assert after: slots_kept{Pre, Here}(ring, run.slot, ring->slots);
		if (run.slot < to && run.rule == RLV_OK) {
			lead.words.lo = ring->asked[2u * run.slot];
			lead.words.hi = ring->asked[2u * run.slot + 1u];
		}
	}
	return run;
}

/*@ requires \valid_read(table) && rlv_wf(table);
    requires \valid(ring) && rlv_ring_wf(ring) && rlv_apart(ring, table);
    assigns ring->posted[0 .. 2 * ring->slots - 1], ring->holds[0 .. ring->slots - 1],
	rlv_asked_lo[0 .. RLV_SLOTS_MAX - 1], rlv_asked_hi[0 .. RLV_SLOTS_MAX - 1], ring->head,
	ring->tail, ring->region;
    ensures wf: rlv_ring_wf(ring) && ring->tail == \result.tail;
    ensures room: rlv_distance(ring->slots, ring->head, \old(ring->tail)) +
	rlv_distance(ring->slots, \old(ring->tail), ring->tail) < ring->slots;
    ensures inside: tail < ring->slots ==>
	rlv_distance(ring->slots, \old(ring->tail), ring->tail) <=
	rlv_distance(ring->slots, \old(ring->tail), tail);
    ensures safe: \old(ring->tail) <= ring->tail ==>
	rx_all_safe{Pre, Post}(table, ring, \old(ring->tail), ring->tail);
    ensures safe_high: \old(ring->tail) > ring->tail ==>
	rx_all_safe{Pre, Post}(table, ring, \old(ring->tail), ring->slots);
    ensures safe_low: \old(ring->tail) > ring->tail ==>
	rx_all_safe{Pre, Post}(table, ring, 0, ring->tail);
    ensures whole: ring->tail != \old(ring->tail) ==>
	ring->holds[ring->tail == 0 ? ring->slots - 1 : ring->tail - 1] >= RLV_HOLDS_LAST;
    ensures kept: \old(ring->tail) <= tail < ring->slots ==>
	slots_kept{Pre, Post}(ring, 0, \old(ring->tail)) &&
	slots_kept{Pre, Post}(ring, tail, ring->slots);
    ensures kept_round: tail < \old(ring->tail) ==>
	slots_kept{Pre, Post}(ring, tail, \old(ring->tail));
    ensures nothing: \result.rule == RLV_TAIL || \result.rule == RLV_WINDOW ==>
	ring->tail == \old(ring->tail) && slots_kept{Pre, Post}(ring, 0, ring->slots);
    ensures rules: \result.rule == RLV_OK || \result.rule == RLV_RESERVED ||
	memory_rule(\result.rule) ||
	\result.rule == RLV_TAIL || \result.rule == RLV_WINDOW;
    ensures reason: rx_reason{Pre}(table, \result.rule, ring->bytes_max, \result.words.lo,
				   \result.words.hi);
    ensures all: \result.rule == RLV_OK ==> ring->tail == tail;
    ensures tail: \result.rule == RLV_TAIL <==> tail >= ring->slots;
    ensures window: \result.rule == RLV_WINDOW ==>
	rlv_distance(ring->slots, ring->head, \old(ring->tail)) +
	rlv_distance(ring->slots, \old(ring->tail), tail) >= ring->slots;
*/
struct rlv_verdict rlv_e1000_rx_post(const struct rlv_table *table, struct rlv_ring *ring,
				     uint32_t tail, uint32_t seen)
{
	struct rlv_run run = {.slot = ring->tail, .region = ring->region, .rule = RLV_OK};
	enum rlv_rule rule = rlv_window_check(ring, tail, seen) /*@ ghost(table) */;
	struct rlv_verdict verdict;

	//@ assert unmoved: slots_kept{Pre, Here}(ring, 0, ring->slots);
	//@ assert wf: rlv_wf(table);
	//@ ghost uint32_t from = ring->tail;
	//@ assert none: rlv_distance(ring->slots, ring->head, from) < ring->slots;
	if (rule != RLV_OK)
		return (struct rlv_verdict){.rule = rule, .slot = tail, .tail = ring->tail};
	//@ ghost Checked: ;
	tail = rlv_index_nospec(tail, ring->slots);
	if (tail < run.slot) {
		run = rx_run(table, ring, run, ring->slots);
		//@ assert high: rx_all_safe{Pre, Here}(table, ring, ring->tail, run.slot);
		//@ assert high_table: table_kept{Pre, Here}(table);
		//@ assert high_wf: rlv_wf(table);
		//@ assert high_apart: rlv_apart(ring, table);
		//@ assert high_kept: slots_kept{Checked, Here}(ring, 0, ring->tail);
		//@ assert high_pre: slots_kept{Pre, Checked}(ring, 0, ring->tail);
		//@ assert high_both: slots_kept{Pre, Here}(ring, 0, ring->tail);
		/*@ assert high_end: run.slot - run.open == from ||
			(run.open < run.slot - from &&
			 ring->holds[run.slot - run.open - 1] >= RLV_HOLDS_LAST); */
		if (run.rule == RLV_OK)
			run.slot = 0;
		/*@ assert high_whole:
			whole_at(ring, ring->slots, from, end_of(ring->slots, run.slot, run.open));
		 */
	}
	/*@ assert whole: whole_at(ring, ring->slots, from, end_of(ring->slots, run.slot,
		run.open)); */
	//@ ghost High: ;
	if (run.rule == RLV_OK && run.slot < tail) {
		run = rx_run(table, ring, run, tail);
		/*@ assert low_same: run.open >= run.slot - \at(run.slot, High) ==>
			end_of(ring->slots, run.slot, run.open) ==
			end_of(ring->slots, \at(run.slot, High), \at(run.open, High)); */
		/*@ assert low_end: run.open < run.slot - \at(run.slot, High) ==>
			ring->holds[run.slot - run.open - 1] >= RLV_HOLDS_LAST; */
		/*@ assert low_kept: tail < from ==>
			slots_kept{High, Here}(ring, tail, ring->slots); */
		/*@ assert low_high: tail < from ==>
			slots_kept{High, Here}(ring, from, ring->slots); */
		//@ assert low_part: tail < from ==> slots_kept{High, Here}(ring, tail, from);
		//@ assert low_pre: tail < from ==> slots_kept{Pre, High}(ring, tail, from);
		//@ assert low_round: tail < from ==> slots_kept{Pre, Here}(ring, tail, from);
		/*@ assert low_safe: tail < from ==>
			rx_all_safe{Pre, Here}(table, ring, from, ring->slots); */
	}
	//@ assert safe: tail >= from ==> rx_all_safe{Pre, Here}(table, ring, from, run.slot);
	/*@ assert safe_high: tail < from && from <= run.slot ==>
		rx_all_safe{Pre, Here}(table, ring, from, run.slot); */
	//@ assert end: whole_at(ring, ring->slots, from, end_of(ring->slots, run.slot, run.open));
	//@ assert round: tail < from ==> slots_kept{Pre, Here}(ring, tail, from);
	/*@ assert room: rlv_distance(ring->slots, ring->head, from) +
		rlv_distance(ring->slots, from, tail) < ring->slots; */
	verdict = rlv_window_end(ring, run, run.slot);
	/*@ assert within: rlv_distance(ring->slots, from, ring->tail) <=
		rlv_distance(ring->slots, from, tail); */
	/*@ assert all_safe: from <= ring->tail ==>
		rx_all_safe{Pre, Here}(table, ring, from, ring->tail); */
	/*@ assert room_left: rlv_distance(ring->slots, ring->head, from) +
		rlv_distance(ring->slots, from, ring->tail) < ring->slots; */
	//@ assert end_whole: whole_at(ring, ring->slots, from, ring->tail);
	return verdict;
}
