/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the windows of all families share: the quick way, posting a slot, the room for a window and
 * its end. In a header, for it is done for each descriptor; and what proofs of windows rest on.
 */
#ifndef RLV_WINDOW_H
#define RLV_WINDOW_H

#include "verifier/rlv_find.h"
#include "verifier/rlv_kept.h"
#include "verifier/rlv_ring.h"

/*
 * Proofs: what was read of each slot, so that the theorem can speak of it. Not in the program.
 *
 * A slot is safe when what was asked is good, the device's words were built from it, and the bytes
 * that they name lie in the live region that the slot holds, which allows the direction.
 */
/*@ ghost uint64_t rlv_asked_lo[RLV_SLOTS_MAX]; */
/*@ ghost uint64_t rlv_asked_hi[RLV_SLOTS_MAX]; */
/*@
  predicate slots_kept{A, B}(struct rlv_ring *r, integer from, integer to) =
	(\forall integer i; 2 * from <= i < 2 * to ==>
		\at(r->posted[i], A) == \at(r->posted[i], B)) &&
	(\forall integer s; from <= s < to ==>
		\at(r->holds[s], A) == \at(r->holds[s], B)) &&
	(\forall integer s; from <= s < to ==> \at(rlv_asked_lo[s], A) == \at(rlv_asked_lo[s], B))
  &&
	(\forall integer s; from <= s < to ==> \at(rlv_asked_hi[s], A) == \at(rlv_asked_hi[s], B));

  lemma slots_kept_both{A, B, C}: \forall struct rlv_ring *r, integer a, b, c, d;
	slots_kept{A, B}(r, a, b) && slots_kept{B, C}(r, c, d) && c <= a && b <= d ==>
	slots_kept{A, C}(r, a, b);

  lemma slots_kept_part{A, B}: \forall struct rlv_ring *r, integer a, b, c, d;
	slots_kept{A, B}(r, a, b) && a <= c && d <= b ==> slots_kept{A, B}(r, c, d);
*/

/*@
  lemma kept_inside{A, B}: \forall struct rlv_table *t, integer h, a;
	rlv_live{A}(t, h) && head_kept{A, B}(t) && regions_kept{A, B}(t) ==>
	(rlv_inside{A}(t, h, a) <==> rlv_inside{B}(t, h, a));

  lemma kept_may{A, B}: \forall struct rlv_table *t, integer h, perm;
	rlv_live{A}(t, h) && head_kept{A, B}(t) && regions_kept{A, B}(t) ==>
	(rlv_may{A}(t, h, perm) <==> rlv_may{B}(t, h, perm));

  lemma kept_whole{A, B}: \forall struct rlv_table *t, integer h, a, n;
	rlv_live{A}(t, h) && head_kept{A, B}(t) && regions_kept{A, B}(t) ==>
	(rlv_whole{A}(\at(t->region, A) + h, a, n) <==>
	 rlv_whole{B}(\at(t->region, B) + h, a, n));

  lemma kept_dev{A, B}: \forall struct rlv_table *t, integer h, a, n, d;
	rlv_live{A}(t, h) && rlv_shape{A}(\at(t->region, A) + h) && rlv_inside{A}(t, h, a) &&
	head_kept{A, B}(t) && regions_kept{A, B}(t) && pages_kept{A, B}(t) ==>
	(rlv_dev{A}(t, h, a, d) <==> rlv_dev{B}(t, h, a, d));

  lemma kept_maps{A, B}: \forall struct rlv_table *t, integer h, a, n, d;
	rlv_live{A}(t, h) && rlv_shape{A}(\at(t->region, A) + h) && table_kept{A, B}(t) ==>
	(rlv_maps{A}(t, h, a, n, d) <==> rlv_maps{B}(t, h, a, n, d));
*/

/*@
  // Why memory is refused, each rule for itself.
  predicate memory_reason{L}(struct rlv_table *t, integer rule, integer a, integer n,
			     integer perm) =
	(rule == RLV_UNMAPPED ==>
		\forall integer h; rlv_live(t, h) ==> !rlv_inside(t, h, a)) &&
	(rule == RLV_REGION_END ==>
		\forall integer h; rlv_live(t, h) && rlv_inside(t, h, a) ==>
			!rlv_inside(t, h, a + n - 1)) &&
	(rule == RLV_PERM ==>
		\forall integer h; rlv_live(t, h) && rlv_inside(t, h, a) ==>
			!rlv_may(t, h, perm)) &&
	(rule == RLV_PAGE_SPLIT ==>
		\forall integer h; rlv_live(t, h) && rlv_inside(t, h, a) ==>
			!rlv_whole(t->region + h, a, n));

  predicate memory_rule(integer rule) =
	rule == RLV_UNMAPPED || rule == RLV_REGION_END || rule == RLV_PERM ||
	rule == RLV_PAGE_SPLIT;

  lemma kept_memory_reason{A, B}: \forall struct rlv_table *t, integer rule, a, n, perm;
	rlv_wf{A}(t) && table_kept{A, B}(t) ==>
	(memory_reason{A}(t, rule, a, n, perm) <==> memory_reason{B}(t, rule, a, n, perm));
*/

/*
 * The quick way: from addresses @base up to @base + @reach on, any length up to the longest lies in
 * one region, which allows the direction. @reach 0: there are none.
 */
struct rlv_near {
	uint64_t base;
	uint64_t reach;
	uint64_t dev;
	const uint64_t *page;
	uint32_t pages;
	uint32_t shift;
	uint32_t region;
};

/*@
  predicate near_good{L}(struct rlv_table *t, struct rlv_near n, integer bytes_max, integer perm) =
	n.region < RLV_REGIONS_MAX &&
	(n.reach != 0 ==>
		rlv_live(t, n.region) && rlv_may(t, n.region, perm) &&
		n.base == t->region[n.region].base && n.dev == t->region[n.region].dev &&
		n.page == t->region[n.region].page && n.pages == t->region[n.region].pages &&
		n.shift == t->region[n.region].shift &&
		n.reach + bytes_max - 1 == t->region[n.region].bytes);
*/

/*@ requires \valid_read(table) && rlv_wf(table);
    requires 0 < bytes_max <= 65535;
    requires perm == RLV_PERM_READ || perm == RLV_PERM_WRITE;
    assigns \nothing;
    ensures near_good(table, \result, bytes_max, perm);
*/
rlv_inline struct rlv_near rlv_near_of(const struct rlv_table *table, uint32_t handle,
				       uint32_t bytes_max, uint32_t perm)
{
	struct rlv_near none = {0, 0, 0, NULL, 0, 0, 0};
	const struct rlv_region *region;

	if (handle >= table->capacity)
		return none;
	handle = rlv_index_nospec(handle, table->capacity);
	region = &table->region[handle];
	if (region->bytes < bytes_max || (region->perm != perm && region->perm != RLV_PERM_BOTH))
		return none;
	return (struct rlv_near){
		.base = region->base,
		.reach = region->bytes - bytes_max + 1u,
		.dev = region->dev,
		.page = region->page,
		.pages = region->pages,
		.shift = region->shift,
		.region = handle,
	};
}

/* Where @length bytes from @offset on lie for the device, if all on one page. */
struct rlv_near_span {
	uint64_t dev;
	bool whole;
};

/*@ requires \valid_read(table) &&
	\valid_read(table->region + (0 .. table->capacity - 1));
    requires shape: rlv_shape(table->region + near.region);
    requires 0 < length <= bytes_max && near_good(table, near, bytes_max, perm);
    requires offset < near.reach;
    assigns \nothing;
    ensures maps: \result.whole ==>
	rlv_maps(table, near.region, near.base + offset, length, \result.dev);
*/
rlv_inline struct rlv_near_span rlv_near_find(struct rlv_near near, uint64_t offset,
					      uint64_t length)
/*@ ghost (const struct rlv_table *table, uint32_t bytes_max, uint32_t perm) */
{
	struct rlv_near_span span = {.dev = near.dev, .whole = true};
	struct rlv_place at;

	/*@ assert inside: rlv_inside(table, near.region, near.base + offset) &&
		rlv_inside(table, near.region, near.base + offset + length - 1); */
	if (near.shift == RLV_CONTIGUOUS) {
		span.dev = span.dev + offset;
		return span;
	}
	at = rlv_place_at(offset, near.shift);
	if (length > at.page_bytes - at.in_page) {
		span.whole = false;
		return span;
	}
	//@ assert last: offset <= table->region[near.region].bytes - 1;
	/*@ assert small: near.shift == 12 ==>
		offset / 4096 <= (table->region[near.region].bytes - 1) / 4096; */
	/*@ assert huge: near.shift == 21 ==>
		offset / 0x200000 <= (table->region[near.region].bytes - 1) / 0x200000; */
	/*@ assert giant: near.shift == 30 ==>
		offset / 0x40000000 <= (table->region[near.region].bytes - 1) / 0x40000000; */
	//@ assert index: 0 <= at.page < near.pages;
	span.dev = near.page[rlv_index_nospec((uint32_t)at.page, near.pages)] + at.in_page;
	/*@ assert whole: rlv_whole(table->region + near.region, near.base + offset, length); */
	/*@ assert same: table->region[near.region].shift == near.shift &&
		table->region[near.region].page == near.page &&
		table->region[near.region].base == near.base; */
	/*@ assert place: at.page == offset / rlv_page_bytes(near.shift) &&
		at.in_page == offset % rlv_page_bytes(near.shift); */
	/*@ assert at: span.dev == table->region[near.region].page[offset /
		rlv_page_bytes(near.shift)] + offset % rlv_page_bytes(near.shift); */
	/*@ assert paged: table->region[near.region].shift != RLV_CONTIGUOUS &&
		near.base + offset - table->region[near.region].base == offset; */
	/*@ assert dev: rlv_dev(table, near.region, near.base + offset, span.dev); */
	return span;
}

/* Slot @slot goes to the device as these words, and holds a region. */
/*@ requires \valid_read(table) && rlv_wf(table);
    requires \valid_read(ring) && rlv_ring_memory(ring) && rlv_apart(ring, table);
    requires posted == ring->posted && holds == ring->holds;
    requires slot < ring->slots;
    assigns posted[2 * slot .. 2 * slot + 1], holds[slot], rlv_asked_lo[slot], rlv_asked_hi[slot];
    ensures asked: rlv_asked_lo[slot] == alo && rlv_asked_hi[slot] == ahi;
    ensures before: slots_kept{Pre, Post}(ring, 0, slot);
    ensures after: slots_kept{Pre, Post}(ring, slot + 1, ring->slots);
    ensures lo: ring->posted[2 * slot] == lo;
    ensures hi: ring->posted[2 * slot + 1] == hi;
    ensures holds: ring->holds[slot] == held;
    ensures table: table_kept{Pre, Post}(table);
*/
static inline void rlv_slot_post(uint64_t *posted, uint16_t *holds, uint64_t slot, uint64_t lo,
				 uint64_t hi, uint16_t held)
/*@ ghost (const struct rlv_ring *ring, const struct rlv_table *table,
	   uint64_t alo, uint64_t ahi) */
{
	//@ ghost rlv_asked_lo[slot] = alo;
	//@ ghost rlv_asked_hi[slot] = ahi;
	posted[2u * slot] = lo;
	posted[2u * slot + 1u] = hi;
	holds[slot] = held;
	//@ assert head: head_kept{Pre, Here}(table);
	//@ assert regions: regions_kept{Pre, Here}(table);
	//@ assert order: order_kept{Pre, Here}(table);
	//@ assert pages: pages_kept{Pre, Here}(table);
	//@ assert valid: valid_kept{Pre, Here}(table);
}

/* Where slots that were taken the quick way ended. */
struct rlv_quick {
	struct rlv_words words; /* of @slot, if that is not the end: read, not taken */
	uint32_t slot;
};

/* How far a window was taken, and what stopped it. */
struct rlv_run {
	struct rlv_words words; /* refused: of @slot */
	uint32_t slot;		/* not taken */
	uint32_t region;	/* of the last hit */
	uint32_t open;		/* slots of the packet whose end has not come */
	uint32_t total;		/* bytes of that packet */
	enum rlv_rule rule;
};

/* Is there room for the window up to @tail? */
/*@ requires \valid_read(table) && rlv_wf(table);
    requires \valid(ring) && rlv_ring_wf(ring) && rlv_apart(ring, table);
    assigns ring->head;
    ensures wf: rlv_ring_wf(ring);
    ensures apart: rlv_apart(ring, table);
    ensures table: table_kept{Pre, Post}(table);
    ensures head: rlv_distance(ring->slots, ring->head, ring->tail) <=
	rlv_distance(ring->slots, \old(ring->head), ring->tail);
    ensures rules: \result == RLV_OK || \result == RLV_TAIL || \result == RLV_WINDOW;
    ensures tail: \result == RLV_TAIL <==> tail >= ring->slots;
    ensures window: \result == RLV_WINDOW ==>
	rlv_distance(ring->slots, ring->head, ring->tail) +
	rlv_distance(ring->slots, ring->tail, tail) >= ring->slots;
    ensures room: \result == RLV_OK ==>
	rlv_distance(ring->slots, ring->head, ring->tail) +
	rlv_distance(ring->slots, ring->tail, tail) < ring->slots;
*/
static inline enum rlv_rule rlv_window_check(struct rlv_ring *ring, uint32_t tail, uint32_t seen)
/*@ ghost (const struct rlv_table *table) */
{
	uint32_t window;

	if (tail >= ring->slots)
		return RLV_TAIL;
	window = rlv_ring_distance(ring->slots, ring->tail, tail);
	if (window >= ring->slots - rlv_ring_in_flight(ring))
		rlv_ring_reclaim(ring, seen);
	//@ assert head: head_kept{Pre, Here}(table);
	//@ assert regions: regions_kept{Pre, Here}(table);
	//@ assert order: order_kept{Pre, Here}(table);
	//@ assert pages: pages_kept{Pre, Here}(table);
	//@ assert valid: valid_kept{Pre, Here}(table);
	return window < ring->slots - rlv_ring_in_flight(ring) ? RLV_OK : RLV_WINDOW;
}

/*@
  logic integer end_of(integer slots, integer slot, integer open) =
	open <= slot ? slot - open : slots - open + slot;

  // Posted slots end at @end: none at all, or a packet's last.
  predicate whole_at{L}(struct rlv_ring *r, integer slots, integer from, integer end) =
	end == from || (end == 0 ? r->holds[slots - 1] >= RLV_HOLDS_LAST :
			r->holds[end - 1] >= RLV_HOLDS_LAST);
*/

/* The ring stands at @tail, the end of what was posted. */
/*@ requires \valid(ring) && rlv_ring_wf(ring) && tail < ring->slots;
    assigns ring->tail, ring->region;
    ensures tail: ring->tail == tail && \result.tail == tail;
    ensures verdict: \result.rule == run.rule && \result.words == run.words;
    ensures slot: \result.slot == (run.rule == RLV_OK ? 0 : run.slot);
*/
rlv_inline struct rlv_verdict rlv_window_end(struct rlv_ring *ring, struct rlv_run run,
					     uint32_t tail)
{
	ring->tail = tail;
	ring->region = run.region;
	return (struct rlv_verdict){
		.rule = run.rule,
		.slot = run.rule == RLV_OK ? 0 : run.slot,
		.tail = tail,
		.words = run.words,
	};
}

#endif
