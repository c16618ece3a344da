/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Transmit descriptors of the e1000 family. */
#include "verifier/rlv_e1000.h"
#include "verifier/rlv_window.h"

/*@
  predicate tx_safe{L}(struct rlv_table *t, integer holds, integer alo, integer ahi,
		       integer lo, integer hi) =
	rlv_e1000_tx_good(ahi) && hi == rlv_e1000_tx_built(ahi) &&
	rlv_live(t, holds % RLV_HOLDS_LAST) &&
	rlv_may(t, holds % RLV_HOLDS_LAST, RLV_PERM_READ) &&
	rlv_maps(t, holds % RLV_HOLDS_LAST, alo, rlv_e1000_length(ahi), lo) &&
	(rlv_e1000_eop(ahi) ? holds >= RLV_HOLDS_LAST : holds < RLV_HOLDS_LAST);

  lemma kept_tx_safe{A, B}: \forall struct rlv_table *t, integer holds, alo, ahi, lo, hi;
	rlv_wf{A}(t) && table_kept{A, B}(t) ==>
	(tx_safe{A}(t, holds, alo, ahi, lo, hi) <==> tx_safe{B}(t, holds, alo, ahi, lo, hi));

  // All slots of a range are safe, as they stand at L in the ring, by the table as it stood at T.
  predicate tx_all_safe{T, L}(struct rlv_table *t, struct rlv_ring *r, integer from, integer to) =
	\forall integer s; from <= s < to ==>
		tx_safe{T}(t, \at(r->holds[s], L), \at(rlv_asked_lo[s], L), \at(rlv_asked_hi[s], L),
			   \at(r->posted[2 * s], L), \at(r->posted[2 * s + 1], L));

  lemma tx_safe_kept{T, A, B}: \forall struct rlv_table *t, struct rlv_ring *r, integer a, b;
	tx_all_safe{T, A}(t, r, a, b) && slots_kept{A, B}(r, a, b) ==>
	tx_all_safe{T, B}(t, r, a, b);

  lemma tx_safe_join{T, L}: \forall struct rlv_table *t, struct rlv_ring *r, integer a, b, c;
	tx_all_safe{T, L}(t, r, a, b) && tx_all_safe{T, L}(t, r, b, c) ==>
	tx_all_safe{T, L}(t, r, a, c);

  lemma tx_safe_part{T, L}: \forall struct rlv_table *t, struct rlv_ring *r, integer a, b, c, d;
	tx_all_safe{T, L}(t, r, a, b) && a <= c && d <= b ==> tx_all_safe{T, L}(t, r, c, d);

  lemma tx_safe_table{T, U, L}: \forall struct rlv_table *t, struct rlv_ring *r, integer a, b;
	rlv_wf{T}(t) && table_kept{T, U}(t) && tx_all_safe{U, L}(t, r, a, b) ==>
	tx_all_safe{T, L}(t, r, a, b);

  predicate tx_reason{L}(struct rlv_table *t, integer rule, integer lo, integer hi) =
	(rule == RLV_TYPE ==> rlv_e1000_dext(hi) && rlv_e1000_dtyp(hi) > 1) &&
	(rule == RLV_OFFLOAD ==>
		(rlv_e1000_dext(hi) && rlv_e1000_dtyp(hi) <= 1) || rlv_e1000_ic(hi) ||
		rlv_e1000_vle(hi)) &&
	(rule == RLV_RESERVED ==>
		!rlv_e1000_plain(hi) && !rlv_e1000_dext(hi) && !rlv_e1000_ic(hi) &&
		!rlv_e1000_vle(hi)) &&
	(rule == RLV_LENGTH_ZERO ==> rlv_e1000_length(hi) == 0) &&
	(rule == RLV_LENGTH_MAX ==> rlv_e1000_length(hi) > RLV_E1000_TX_LENGTH_MAX) &&
	memory_reason(t, rule, lo, rlv_e1000_length(hi), RLV_PERM_READ);

  predicate tx_rule_of_one(integer rule) =
	rule == RLV_TYPE || rule == RLV_OFFLOAD || rule == RLV_RESERVED ||
	rule == RLV_LENGTH_ZERO || rule == RLV_LENGTH_MAX || memory_rule(rule);

  lemma kept_tx_reason{A, B}: \forall struct rlv_table *t, integer rule, lo, hi;
	rlv_wf{A}(t) && table_kept{A, B}(t) ==>
	(tx_reason{A}(t, rule, lo, hi) <==> tx_reason{B}(t, rule, lo, hi));

  lemma plain_good: \forall integer hi;
	RLV_E1000_TXD_LAST < hi <= RLV_E1000_TXD_LAST + RLV_E1000_TX_LENGTH_MAX ==>
	rlv_e1000_tx_good(hi) && rlv_e1000_eop(hi) && rlv_e1000_tx_built(hi) == hi &&
	rlv_e1000_length(hi) == hi - RLV_E1000_TXD_LAST;
*/

#define TXD_CMD_MAX_PLAIN 12u /* EOP, IFCS, RS in any mix are below it, IC apart */

/*@ assigns \nothing;
    ensures good: \result == RLV_OK <==> rlv_e1000_tx_good(hi);
    ensures rules: \result == RLV_OK || \result == RLV_TYPE || \result == RLV_OFFLOAD ||
	\result == RLV_RESERVED || \result == RLV_LENGTH_ZERO || \result == RLV_LENGTH_MAX;
    ensures type: \result == RLV_TYPE ==> rlv_e1000_dext(hi) && rlv_e1000_dtyp(hi) > 1;
    ensures offload: \result == RLV_OFFLOAD ==>
	(rlv_e1000_dext(hi) && rlv_e1000_dtyp(hi) <= 1) ||
	rlv_e1000_ic(hi) || rlv_e1000_vle(hi);
    ensures reserved: \result == RLV_RESERVED ==>
	!rlv_e1000_plain(hi) && !rlv_e1000_dext(hi) && !rlv_e1000_ic(hi) && !rlv_e1000_vle(hi);
    ensures length_zero: \result == RLV_LENGTH_ZERO ==> rlv_e1000_length(hi) == 0;
    ensures length_max: \result == RLV_LENGTH_MAX ==>
	rlv_e1000_length(hi) > RLV_E1000_TX_LENGTH_MAX;
*/
static inline uint8_t tx_rule(uint64_t hi)
{
	uint32_t length = (uint32_t)(hi % 0x10000u);
	uint32_t cso = (uint32_t)(hi / 0x10000u % 0x100u);
	uint32_t command = (uint32_t)(hi / 0x1000000u % 0x100u);

	/* Nearly all are good, and that takes fewer steps to tell. */
	if (likely(command < TXD_CMD_MAX_PLAIN && command % 8u < 4u && cso == 0 &&
		   hi / 0x100000000u == 0 && rlv_past(length, 1u) < RLV_E1000_TX_LENGTH_MAX))
		return RLV_OK;
	if (command / 32u % 2u)
		return cso / 16u > 1u ? RLV_TYPE : RLV_OFFLOAD;
	if (command / 4u % 2u || command / 64u % 2u)
		return RLV_OFFLOAD;
	if (command >= TXD_CMD_MAX_PLAIN || cso != 0 || hi / 0x100000000u != 0)
		return RLV_RESERVED;
	return length == 0 ? RLV_LENGTH_ZERO : RLV_LENGTH_MAX;
}

/*@ assigns \nothing;
    ensures good: \result.rule == RLV_OK <==> rlv_e1000_tx_good(words.hi);
    ensures address: \result.address == words.lo;
    ensures length: \result.length == rlv_e1000_length(words.hi);
    ensures read: \result.perm == RLV_PERM_READ;
    ensures last: \result.class == RLV_CLASS_LAST <==> rlv_e1000_eop(words.hi);
    ensures class: \result.class == RLV_CLASS_LAST || \result.class == RLV_CLASS_FRAGMENT;
    ensures rules: \result.rule == RLV_OK || \result.rule == RLV_TYPE ||
	\result.rule == RLV_OFFLOAD || \result.rule == RLV_RESERVED ||
	\result.rule == RLV_LENGTH_ZERO || \result.rule == RLV_LENGTH_MAX;
    ensures type: \result.rule == RLV_TYPE ==>
	rlv_e1000_dext(words.hi) && rlv_e1000_dtyp(words.hi) > 1;
    ensures offload: \result.rule == RLV_OFFLOAD ==>
	rlv_e1000_dext(words.hi) && rlv_e1000_dtyp(words.hi) <= 1 ||
	rlv_e1000_ic(words.hi) || rlv_e1000_vle(words.hi);
    ensures reserved: \result.rule == RLV_RESERVED ==>
	!rlv_e1000_plain(words.hi) && !rlv_e1000_dext(words.hi) &&
	!rlv_e1000_ic(words.hi) && !rlv_e1000_vle(words.hi);
    ensures length_zero: \result.rule == RLV_LENGTH_ZERO ==> rlv_e1000_length(words.hi) == 0;
    ensures length_max: \result.rule == RLV_LENGTH_MAX ==>
	rlv_e1000_length(words.hi) > RLV_E1000_TX_LENGTH_MAX;
*/
rlv_inline struct rlv_desc tx_decode(struct rlv_words words)
{
	bool eop = words.hi / RLV_E1000_TXD_EOP % 2u != 0;

	return (struct rlv_desc){
		.address = words.lo,
		.length = (uint32_t)(words.hi % 0x10000u),
		.perm = RLV_PERM_READ,
		.class = eop ? RLV_CLASS_LAST : RLV_CLASS_FRAGMENT,
		.rule = tx_rule(words.hi),
	};
}

struct rlv_desc rlv_e1000_tx_decode(struct rlv_words words)
{
	return tx_decode(words);
}

/* Take packets of one plain descriptor each, of 1..@bytes_max bytes, from slot @from up to @to. */
/*@ requires \valid_read(table) && rlv_wf(table);
    requires \valid_read(ring) && rlv_ring_memory(ring) && rlv_apart(ring, table);
    requires from <= to <= ring->slots;
    requires 0 < bytes_max <= RLV_E1000_TX_LENGTH_MAX;
    requires near_good(table, near, bytes_max, RLV_PERM_READ);
    assigns ring->posted[0 .. 2 * ring->slots - 1], ring->holds[0 .. ring->slots - 1],
	rlv_asked_lo[0 .. RLV_SLOTS_MAX - 1], rlv_asked_hi[0 .. RLV_SLOTS_MAX - 1];
    ensures kept: slots_kept{Pre, Post}(ring, 0, from);
    ensures kept_behind: slots_kept{Pre, Post}(ring, \result.slot, ring->slots);
    ensures table: table_kept{Pre, Post}(table);
    ensures slot: from <= \result.slot <= to;
    ensures safe: tx_all_safe{Pre, Post}(table, ring, from, \result.slot);
    ensures last: from < \result.slot ==> ring->holds[\result.slot - 1] >= RLV_HOLDS_LAST;
*/
rlv_inline struct rlv_quick tx_quick(struct rlv_ring *ring, struct rlv_near near,
				     uint32_t bytes_max, uint32_t from, uint32_t to)
/*@ ghost (const struct rlv_table *table) */
{
	const volatile uint64_t *asked = ring->asked;
	uint64_t *posted = ring->posted;
	uint16_t *holds = ring->holds;
	uint16_t mark = (uint16_t)(near.region + RLV_HOLDS_LAST);
	uint64_t slot;

	/*@ loop invariant range: from <= slot <= to;
	    loop invariant safe: tx_all_safe{Pre, Here}(table, ring, from, slot);
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
		uint64_t length = rlv_past(hi, RLV_E1000_TXD_LAST);
		struct rlv_near_span span;

		if (unlikely(rlv_past(length, 1u) >= bytes_max || offset >= near.reach))
			return (struct rlv_quick){.words = {lo, hi}, .slot = (uint32_t)slot};
		//@ assert near: near_good(table, near, bytes_max, RLV_PERM_READ);
		span = rlv_near_find(near, offset, length)
			/*@ ghost(table, bytes_max, RLV_PERM_READ) */;
		if (unlikely(!span.whole))
			return (struct rlv_quick){.words = {lo, hi}, .slot = (uint32_t)slot};
		//@ assert maps: rlv_maps(table, near.region, lo, length, span.dev);
		//@ assert maps_pre: rlv_maps{Pre}(table, near.region, lo, length, span.dev);
		/*@ assert plain: RLV_E1000_TXD_LAST < hi &&
			hi <= RLV_E1000_TXD_LAST + RLV_E1000_TX_LENGTH_MAX &&
			length == hi - RLV_E1000_TXD_LAST; */
		/*@ assert tx_good: rlv_e1000_tx_good(hi) && rlv_e1000_eop(hi) &&
			rlv_e1000_tx_built(hi) == hi && rlv_e1000_length(hi) == length; */
		//@ assert mark: mark % RLV_HOLDS_LAST == near.region;
		/*@ assert live: rlv_live{Pre}(table, near.region) &&
			rlv_may{Pre}(table, near.region, RLV_PERM_READ); */
		/*@ assert good: tx_safe{Pre}(table, mark, lo, hi,
			span.dev, hi); */
		//@ ghost Slot: ;
		rlv_slot_post(posted, holds, slot, span.dev, hi, mark)
			/*@ ghost(ring, table, lo, hi) */;
		//@ assert from: slots_kept{Slot, Here}(ring, from, slot);
		//@ assert before: slots_kept{Slot, Here}(ring, 0, from);
		//@ assert rest: slots_kept{Pre, Slot}(ring, slot + 1, ring->slots);
		//@ assert after: slots_kept{Pre, Here}(ring, slot + 1, ring->slots);
		//@ assert old: tx_all_safe{Pre, Here}(table, ring, from, slot);
		/*@ assert one: tx_safe{Pre}(table, ring->holds[slot], rlv_asked_lo[slot],
			rlv_asked_hi[slot], ring->posted[2 * slot], ring->posted[2 * slot + 1]); */
		//@ assert new: tx_all_safe{Pre, Here}(table, ring, slot, slot + 1);
	}
	return (struct rlv_quick){.words = {0, 0}, .slot = (uint32_t)slot};
}

/* One descriptor, looked at in full. What it becomes is in @words; @region is whose memory. */
struct checked {
	struct rlv_words words;
	uint32_t region;
	uint32_t length;
	enum rlv_rule rule;
	bool last;
};

/*@ requires \valid_read(table) && rlv_wf(table);
    assigns \nothing;
    ensures rules: \result.rule == RLV_OK || tx_rule_of_one(\result.rule);
    ensures good: \result.rule == RLV_OK ==> rlv_e1000_tx_good(words.hi);
    ensures built: \result.rule == RLV_OK ==>
	\result.words.hi == rlv_e1000_tx_built(words.hi);
    ensures live: \result.rule == RLV_OK ==>
	rlv_live(table, \result.region) && rlv_may(table, \result.region, RLV_PERM_READ);
    ensures maps: \result.rule == RLV_OK ==>
	rlv_maps(table, \result.region, words.lo, rlv_e1000_length(words.hi),
		 \result.words.lo);
    ensures last: \result.rule == RLV_OK ==> (\result.last <==> rlv_e1000_eop(words.hi));
    ensures length: \result.length == rlv_e1000_length(words.hi);
    ensures reason: tx_reason(table, \result.rule, words.lo, words.hi);
    ensures complete: rlv_e1000_tx_good(words.hi) ==>
	\forall integer h; rlv_good(table, h, words.lo, rlv_e1000_length(words.hi),
				    RLV_PERM_READ) ==> \result.rule == RLV_OK;
*/
rlv_inline struct checked tx_check(const struct rlv_table *table, uint32_t hint,
				   struct rlv_words words)
{
	struct rlv_desc desc = tx_decode(words);
	struct checked checked = {
		.words = words,
		.region = hint,
		.length = desc.length,
		.rule = desc.rule,
		.last = desc.class == RLV_CLASS_LAST,
	};
	struct rlv_span span;

	if (desc.rule != RLV_OK)
		return checked;
	span = rlv_table_find(table, hint, desc.address, desc.length, RLV_PERM_READ);
	checked.rule = span.rule;
	if (span.rule != RLV_OK)
		return checked;
	checked.region = span.region;
	checked.words.lo = span.dev;
	checked.words.hi = desc.length + (checked.last ? RLV_E1000_TXD_LAST : RLV_E1000_TXD_MORE);
	return checked;
}

/*@
  predicate run_ok(struct rlv_run r, struct rlv_ring *ring) =
	r.open < RLV_TX_SEGS_MAX && r.total <= ring->bytes_max &&
	(r.open == 0 ==> r.total == 0);
*/

/* Take slot run.slot, whose words are given. */
/*@ requires \valid_read(table) && rlv_wf(table);
    requires \valid_read(ring) && rlv_ring_wf(ring);
    requires rlv_apart(ring, table);
    requires run.slot < ring->slots && run.rule == RLV_OK && run_ok(run, ring);
    assigns ring->posted[0 .. 2 * ring->slots - 1], ring->holds[0 .. ring->slots - 1],
	rlv_asked_lo[0 .. RLV_SLOTS_MAX - 1], rlv_asked_hi[0 .. RLV_SLOTS_MAX - 1];
    ensures kept: slots_kept{Pre, Post}(ring, 0, run.slot);
    ensures kept_behind: slots_kept{Pre, Post}(ring, \result.slot, ring->slots);
    ensures table: table_kept{Pre, Post}(table);
    ensures slot: \result.slot == run.slot + (\result.rule == RLV_OK ? 1 : 0);
    ensures run: run_ok(\result, ring);
    ensures safe: \result.rule == RLV_OK ==>
	tx_safe{Pre}(table, ring->holds[run.slot], words.lo, words.hi,
		     ring->posted[2 * run.slot], ring->posted[2 * run.slot + 1]);
    ensures asked: \result.rule == RLV_OK ==>
	rlv_asked_lo[run.slot] == words.lo && rlv_asked_hi[run.slot] == words.hi;
    ensures all_safe: tx_all_safe{Pre, Post}(table, ring, run.slot, \result.slot);
    ensures open: \result.rule == RLV_OK ==>
	\result.open == (ring->holds[run.slot] >= RLV_HOLDS_LAST ? 0 : run.open + 1);
    ensures words: \result.rule != RLV_OK ==>
	\result.words == words && \result.open == run.open;
    ensures rules: \result.rule == RLV_OK || tx_rule_of_one(\result.rule) ||
	\result.rule == RLV_SEGS || \result.rule == RLV_PACKET_MAX;
    ensures reason: tx_reason{Pre}(table, \result.rule, words.lo, words.hi);
    ensures segs: \result.rule == RLV_SEGS ==>
	run.open + 1 == RLV_TX_SEGS_MAX && !rlv_e1000_eop(words.hi);
    ensures packet_max: \result.rule == RLV_PACKET_MAX ==>
	\result.total + rlv_e1000_length(words.hi) > ring->bytes_max;
    ensures complete: rlv_e1000_tx_good(words.hi) &&
	run.total + rlv_e1000_length(words.hi) <= ring->bytes_max &&
	(rlv_e1000_eop(words.hi) || run.open + 1 < RLV_TX_SEGS_MAX) ==>
	\forall integer h; rlv_good{Pre}(table, h, words.lo, rlv_e1000_length(words.hi),
					 RLV_PERM_READ) ==> \result.rule == RLV_OK;
*/
rlv_inline struct rlv_run tx_one(const struct rlv_table *table, struct rlv_ring *ring,
				 struct rlv_run run, struct rlv_words words)
{
	struct checked checked = tx_check(table, run.region, words);

	if (checked.rule == RLV_OK && checked.length > ring->bytes_max - run.total)
		checked.rule = RLV_PACKET_MAX;
	if (checked.rule == RLV_OK && !checked.last && run.open == RLV_TX_SEGS_MAX - 1u)
		checked.rule = RLV_SEGS;
	if (checked.rule != RLV_OK) {
		run.rule = checked.rule;
		run.words = words;
		//@ assert none: tx_all_safe{Pre, Here}(table, ring, \at(run.slot, Pre), run.slot);
		return run;
	}
	rlv_slot_post(ring->posted, ring->holds, run.slot, checked.words.lo, checked.words.hi,
		      (uint16_t)(checked.region + (checked.last ? RLV_HOLDS_LAST : 0u)))
		/*@ ghost(ring, table, words.lo, words.hi) */;
	run.region = checked.region;
	run.open = checked.last ? 0 : run.open + 1u;
	run.total = checked.last ? 0 : run.total + checked.length;
	//@ assert one: tx_all_safe{Pre, Here}(table, ring, run.slot, run.slot + 1);
	run.slot++;
	//@ assert slots: tx_all_safe{Pre, Here}(table, ring, \at(run.slot, Pre), run.slot);
	return run;
}

/* The quick way as far as it goes, and the words of the slot behind it, if that is before @to. */
/*@ requires \valid_read(table) && rlv_wf(table);
    requires \valid_read(ring) && rlv_ring_wf(ring) && rlv_apart(ring, table);
    requires run.slot < to <= ring->slots && run_ok(run, ring);
    assigns ring->posted[0 .. 2 * ring->slots - 1], ring->holds[0 .. ring->slots - 1],
	rlv_asked_lo[0 .. RLV_SLOTS_MAX - 1], rlv_asked_hi[0 .. RLV_SLOTS_MAX - 1];
    ensures kept: slots_kept{Pre, Post}(ring, 0, run.slot);
    ensures kept_behind: slots_kept{Pre, Post}(ring, \result.slot, ring->slots);
    ensures table: table_kept{Pre, Post}(table);
    ensures slot: run.slot <= \result.slot <= to;
    ensures open: run.open != 0 ==> \result.slot == run.slot;
    ensures safe: tx_all_safe{Pre, Post}(table, ring, run.slot, \result.slot);
    ensures last: run.slot < \result.slot ==>
	ring->holds[\result.slot - 1] >= RLV_HOLDS_LAST;
*/
rlv_inline struct rlv_quick tx_lead(const struct rlv_table *table, struct rlv_ring *ring,
				    struct rlv_run run, uint32_t to)
{
	uint32_t bytes_max = ring->bytes_max < RLV_E1000_TX_LENGTH_MAX ? ring->bytes_max
								       : RLV_E1000_TX_LENGTH_MAX;

	if (run.open == 0) {
		struct rlv_near near = rlv_near_of(table, run.region, bytes_max, RLV_PERM_READ);

		/* Says nothing new, but makes a loop of its own for contiguous regions. */
		if (near.shift == RLV_CONTIGUOUS) {
			near.shift = RLV_CONTIGUOUS;
			return tx_quick(ring, near, bytes_max, run.slot, to) /*@ ghost(table) */;
		}
		return tx_quick(ring, near, bytes_max, run.slot, to) /*@ ghost(table) */;
	}
	return (struct rlv_quick){
		.words = {ring->asked[2u * run.slot], ring->asked[2u * run.slot + 1u]},
		.slot = run.slot,
	};
}

/* Go on to slot @to, which is behind run.slot. */
/*@ requires \valid_read(table) && rlv_wf(table);
    requires \valid_read(ring) && rlv_ring_wf(ring) && rlv_apart(ring, table);
    requires run.slot < to <= ring->slots && run.rule == RLV_OK && run_ok(run, ring);
    assigns ring->posted[0 .. 2 * ring->slots - 1], ring->holds[0 .. ring->slots - 1],
	rlv_asked_lo[0 .. RLV_SLOTS_MAX - 1], rlv_asked_hi[0 .. RLV_SLOTS_MAX - 1];
    ensures kept: slots_kept{Pre, Post}(ring, 0, run.slot);
    ensures kept_behind: slots_kept{Pre, Post}(ring, \result.slot, ring->slots);
    ensures table: table_kept{Pre, Post}(table);
    ensures slot: run.slot <= \result.slot <= to;
    ensures all: \result.rule == RLV_OK ==> \result.slot == to;
    ensures stop: \result.rule != RLV_OK ==> \result.slot < to;
    ensures run: run_ok(\result, ring);
    ensures safe: tx_all_safe{Pre, Post}(table, ring, run.slot, \result.slot);
    ensures ended: \result.open < \result.slot - run.slot ==>
	ring->holds[\result.slot - \result.open - 1] >= RLV_HOLDS_LAST;
    ensures open: \result.open >= \result.slot - run.slot ==>
	\result.open == \result.slot - run.slot + run.open;
    ensures rules: \result.rule == RLV_OK || tx_rule_of_one(\result.rule) ||
	\result.rule == RLV_SEGS || \result.rule == RLV_PACKET_MAX;
    ensures reason: tx_reason{Pre}(table, \result.rule, \result.words.lo, \result.words.hi);
    ensures segs: \result.rule == RLV_SEGS ==>
	\result.open + 1 == RLV_TX_SEGS_MAX && !rlv_e1000_eop(\result.words.hi);
    ensures packet_max: \result.rule == RLV_PACKET_MAX ==>
	\result.total + rlv_e1000_length(\result.words.hi) > ring->bytes_max;
*/
rlv_inline struct rlv_run tx_run(const struct rlv_table *table, struct rlv_ring *ring,
				 struct rlv_run run, uint32_t to)
{
	struct rlv_quick lead = tx_lead(table, ring, run, to);

	run.slot = lead.slot;
	/*@ loop invariant range: \at(run.slot, Pre) <= run.slot <= to;
	    loop invariant stop: run.rule != RLV_OK ==> run.slot < to;
	    loop invariant run: run_ok(run, ring);
	    loop invariant kept: slots_kept{Pre, Here}(ring, 0, \at(run.slot, Pre));
	    loop invariant kept_behind: slots_kept{Pre, Here}(ring, run.slot, ring->slots);
	    loop invariant table: table_kept{Pre, Here}(table);
	    loop invariant wf: rlv_wf(table);
	    loop invariant apart: rlv_apart(ring, table);
	    loop invariant safe:
		tx_all_safe{Pre, Here}(table, ring, \at(run.slot, Pre), run.slot);
	    loop invariant ended: run.open < run.slot - \at(run.slot, Pre) ==>
		ring->holds[run.slot - run.open - 1] >= RLV_HOLDS_LAST;
	    loop invariant open: run.open >= run.slot - \at(run.slot, Pre) ==>
		run.open == run.slot - \at(run.slot, Pre) + \at(run.open, Pre);
	    loop invariant rules: run.rule == RLV_OK || tx_rule_of_one(run.rule) ||
		run.rule == RLV_SEGS || run.rule == RLV_PACKET_MAX;
	    loop invariant reason: tx_reason{Pre}(table, run.rule, run.words.lo, run.words.hi);
	    loop invariant segs: run.rule == RLV_SEGS ==>
		run.open + 1 == RLV_TX_SEGS_MAX && !rlv_e1000_eop(run.words.hi);
	    loop invariant packet_max: run.rule == RLV_PACKET_MAX ==>
		run.total + rlv_e1000_length(run.words.hi) > ring->bytes_max;
	    loop assigns run, lead.words, ring->posted[0 .. 2 * ring->slots - 1],
		ring->holds[0 .. ring->slots - 1],
		rlv_asked_lo[0 .. RLV_SLOTS_MAX - 1], rlv_asked_hi[0 .. RLV_SLOTS_MAX - 1];
	    loop variant 2 * (to - run.slot) + (run.rule == RLV_OK ? 1 : 0);
	*/
	while (run.slot < to && run.rule == RLV_OK) {
		//@ ghost Step: ;
		//@ ghost uint32_t from = run.slot;
		run = tx_one(table, ring, run, lead.words);
		//@ assert table: table_kept{Pre, Here}(table);
		//@ assert old_kept: slots_kept{Step, Here}(ring, \at(run.slot, Pre), from);
		//@ assert old: tx_all_safe{Pre, Here}(table, ring, \at(run.slot, Pre), from);
		//@ assert new: tx_all_safe{Step, Here}(table, ring, from, run.slot);
		//@ assert new_pre: tx_all_safe{Pre, Here}(table, ring, from, run.slot);
		//@ assert before: slots_kept{Step, Here}(ring, 0, \at(run.slot, Pre));
		//@ assert behind: slots_kept{Pre, Step}(ring, from, ring->slots);
		//@ assert part: slots_kept{Pre, Step}(ring, run.slot, ring->slots);
		//@ assert rest: slots_kept{Step, Here}(ring, run.slot, ring->slots);
		//@ assert after: slots_kept{Pre, Here}(ring, run.slot, ring->slots);
		/*@ assert refused: run.rule != RLV_OK ==>
			run.slot == from && run.open == \at(run.open, Step); */
		/*@ assert ends: run.rule == RLV_OK && run.open == 0 ==>
			run.slot == from + 1 && ring->holds[from] >= RLV_HOLDS_LAST; */
		/*@ assert goes_on: run.rule == RLV_OK && run.open != 0 ==>
			run.slot == from + 1 && run.open == \at(run.open, Step) + 1; */
		/*@ assert before_end: \at(run.open, Step) < from - \at(run.slot, Pre) ==>
			ring->holds[from - \at(run.open, Step) - 1] >= RLV_HOLDS_LAST; */
		/*@ assert ended_same: !(run.rule == RLV_OK && run.open == 0) ==>
			run.slot - run.open == from - \at(run.open, Step); */
		/*@ assert ended_before: !(run.rule == RLV_OK && run.open == 0) &&
			run.open < run.slot - \at(run.slot, Pre) ==>
			ring->holds[run.slot - run.open - 1] >= RLV_HOLDS_LAST; */
		/*@ assert ended_now: run.rule == RLV_OK && run.open == 0 ==>
			ring->holds[run.slot - run.open - 1] >= RLV_HOLDS_LAST; */
		/*@ assert ended: run.open < run.slot - \at(run.slot, Pre) ==>
			ring->holds[run.slot - run.open - 1] >= RLV_HOLDS_LAST; */
		if (run.slot < to && run.rule == RLV_OK) {
			lead.words.lo = ring->asked[2u * run.slot];
			lead.words.hi = ring->asked[2u * run.slot + 1u];
		}
	}
	return run;
}

/* The slot @n before @slot, going round. */
/*@ requires slot < slots && n <= slots;
    assigns \nothing;
    ensures \result == (n <= slot ? slot - n : slots - n + slot);
*/
static inline uint32_t slot_back(uint32_t slots, uint32_t slot, uint32_t n)
{
	return n <= slot ? slot - n : slots - n + slot;
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
	tx_all_safe{Pre, Post}(table, ring, \old(ring->tail), ring->tail);
    ensures safe_high: \old(ring->tail) > ring->tail ==>
	tx_all_safe{Pre, Post}(table, ring, \old(ring->tail), ring->slots);
    ensures safe_low: \old(ring->tail) > ring->tail ==>
	tx_all_safe{Pre, Post}(table, ring, 0, ring->tail);
    ensures whole: ring->tail != \old(ring->tail) ==>
	ring->holds[ring->tail == 0 ? ring->slots - 1 : ring->tail - 1] >= RLV_HOLDS_LAST;
    ensures kept: \old(ring->tail) <= tail < ring->slots ==>
	slots_kept{Pre, Post}(ring, 0, \old(ring->tail)) &&
	slots_kept{Pre, Post}(ring, tail, ring->slots);
    ensures kept_round: tail < \old(ring->tail) ==>
	slots_kept{Pre, Post}(ring, tail, \old(ring->tail));
    ensures nothing: \result.rule == RLV_TAIL || \result.rule == RLV_WINDOW ==>
	ring->tail == \old(ring->tail) && slots_kept{Pre, Post}(ring, 0, ring->slots);
    ensures rules: \result.rule == RLV_OK || tx_rule_of_one(\result.rule) ||
	\result.rule == RLV_SEGS || \result.rule == RLV_PACKET_MAX ||
	\result.rule == RLV_TAIL || \result.rule == RLV_WINDOW;
    ensures reason: tx_reason{Pre}(table, \result.rule, \result.words.lo, \result.words.hi);
    ensures tail: \result.rule == RLV_TAIL <==> tail >= ring->slots;
    ensures window: \result.rule == RLV_WINDOW ==>
	rlv_distance(ring->slots, ring->head, \old(ring->tail)) +
	rlv_distance(ring->slots, \old(ring->tail), tail) >= ring->slots;
    ensures segs: \result.rule == RLV_SEGS ==>
	rlv_distance(ring->slots, \result.tail, \result.slot) + 1 == RLV_TX_SEGS_MAX &&
	!rlv_e1000_eop(\result.words.hi);
*/
struct rlv_verdict rlv_e1000_tx_post(const struct rlv_table *table, struct rlv_ring *ring,
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
		run = tx_run(table, ring, run, ring->slots);
		//@ assert high: tx_all_safe{Pre, Here}(table, ring, ring->tail, run.slot);
		//@ assert high_table: table_kept{Pre, Here}(table);
		//@ assert high_wf: rlv_wf(table);
		//@ assert high_apart: rlv_apart(ring, table);
		//@ assert high_kept: slots_kept{Checked, Here}(ring, 0, ring->tail);
		//@ assert high_pre: slots_kept{Pre, Checked}(ring, 0, ring->tail);
		//@ assert high_both: slots_kept{Pre, Here}(ring, 0, ring->tail);
		/*@ assert high_end: run.slot - run.open == from ||
			(run.open < run.slot - from &&
			 ring->holds[run.slot - run.open - 1] >= RLV_HOLDS_LAST); */
		//@ assert high_open: run.open <= run.slot;
		/*@ assert high_zero: run.rule == RLV_OK && run.open == 0 ==>
			ring->holds[ring->slots - 1] >= RLV_HOLDS_LAST; */
		/*@ assert high_some: run.rule == RLV_OK && run.open != 0 ==>
			ring->slots - run.open == from ||
			ring->holds[ring->slots - run.open - 1] >= RLV_HOLDS_LAST; */
		if (run.rule == RLV_OK)
			run.slot = 0;
		/*@ assert high_at: end_of(ring->slots, run.slot, run.open) ==
			(run.rule != RLV_OK ? run.slot - run.open :
			 run.open == 0 ? 0 : ring->slots - run.open); */
		/*@ assert high_last: run.rule == RLV_OK && run.open == 0 ==>
			ring->holds[ring->slots - 1] >= RLV_HOLDS_LAST; */
		/*@ assert high_first: run.rule == RLV_OK && run.open == 0 ==>
			whole_at(ring, ring->slots, from, 0); */
		/*@ assert high_more: run.rule == RLV_OK && run.open != 0 ==>
			whole_at(ring, ring->slots, from, ring->slots - run.open); */
		/*@ assert high_stopped: run.rule != RLV_OK ==>
			whole_at(ring, ring->slots, from, run.slot - run.open); */
		/*@ assert high_taken: run.rule == RLV_OK ==>
			whole_at(ring, ring->slots, from, end_of(ring->slots, run.slot, run.open));
		 */
		/*@ assert high_refused: run.rule != RLV_OK ==>
			whole_at(ring, ring->slots, from, end_of(ring->slots, run.slot, run.open));
		 */
		/*@ assert high_whole:
			whole_at(ring, ring->slots, from, end_of(ring->slots, run.slot, run.open));
		 */
	}
	/*@ assert whole: whole_at(ring, ring->slots, from, end_of(ring->slots, run.slot,
		run.open)); */
	/*@ assert where: tail < from ? from <= end_of(ring->slots, run.slot, run.open) ||
		end_of(ring->slots, run.slot, run.open) == 0 :
		end_of(ring->slots, run.slot, run.open) == from; */
	//@ ghost High: ;
	/*@ ghost uint32_t high_end = run.open <= run.slot ? run.slot - run.open :
		ring->slots - run.open + run.slot; */
	if (run.rule == RLV_OK && run.slot < tail) {
		run = tx_run(table, ring, run, tail);
		/*@ assert low_same: run.open >= run.slot - \at(run.slot, High) ==>
			end_of(ring->slots, run.slot, run.open) ==
			end_of(ring->slots, \at(run.slot, High), \at(run.open, High)); */
		/*@ assert low_end: run.open < run.slot - \at(run.slot, High) ==>
			ring->holds[run.slot - run.open - 1] >= RLV_HOLDS_LAST; */
		/*@ assert low_at: run.open < run.slot - \at(run.slot, High) ==>
			end_of(ring->slots, run.slot, run.open) == run.slot - run.open &&
			run.slot - run.open > 0; */
		/*@ assert low_here: run.open < run.slot - \at(run.slot, High) ==>
			whole_at(ring, ring->slots, from, run.slot - run.open); */
		/*@ assert low_ends: run.open < run.slot - \at(run.slot, High) ==>
			whole_at(ring, ring->slots, from, end_of(ring->slots, run.slot, run.open));
		 */
		/*@ assert low_kept: tail < from ==>
			slots_kept{High, Here}(ring, tail, ring->slots); */
		/*@ assert low_high: tail < from ==>
			slots_kept{High, Here}(ring, from, ring->slots); */
		//@ assert low_part: tail < from ==> slots_kept{High, Here}(ring, tail, from);
		//@ assert low_pre: tail < from ==> slots_kept{Pre, High}(ring, tail, from);
		//@ assert low_round: tail < from ==> slots_kept{Pre, Here}(ring, tail, from);
		/*@ assert low_end_high: high_end ==
			end_of(ring->slots, \at(run.slot, High), \at(run.open, High)); */
		//@ assert low_whole: whole_at{High}(ring, ring->slots, from, high_end);
		//@ assert low_still: tail < from ==> whole_at(ring, ring->slots, from, high_end);
		/*@ assert low_goes_on: run.open >= run.slot - \at(run.slot, High) ==>
			whole_at(ring, ring->slots, from, end_of(ring->slots, run.slot, run.open));
		 */
		/*@ assert low_safe: tail < from ==>
			tx_all_safe{Pre, Here}(table, ring, from, ring->slots); */
	}
	//@ assert safe: tail >= from ==> tx_all_safe{Pre, Here}(table, ring, from, run.slot);
	/*@ assert safe_high: tail < from && from <= end_of(ring->slots, run.slot, run.open) ==>
		tx_all_safe{Pre, Here}(table, ring, from,
				       end_of(ring->slots, run.slot, run.open)); */
	//@ assert in: end_of(ring->slots, run.slot, run.open) < ring->slots;
	//@ assert end: whole_at(ring, ring->slots, from, end_of(ring->slots, run.slot, run.open));
	//@ assert round: tail < from ==> slots_kept{Pre, Here}(ring, tail, from);
	/*@ assert room: rlv_distance(ring->slots, ring->head, from) +
		rlv_distance(ring->slots, from, tail) < ring->slots; */
	/*@ ghost uint32_t end = run.open <= run.slot ? run.slot - run.open :
		ring->slots - run.open + run.slot; */
	//@ assert end_at: end == end_of(ring->slots, run.slot, run.open);
	/*@ assert end_none: end == from || (end == 0 ?
		ring->holds[ring->slots - 1] >= RLV_HOLDS_LAST :
		ring->holds[end - 1] >= RLV_HOLDS_LAST); */
	/*@ assert end_safe: from <= end ==>
		tx_all_safe{Pre, Here}(table, ring, from, end); */
	verdict = rlv_window_end(ring, run, slot_back(ring->slots, run.slot, run.open));
	/*@ assert within: rlv_distance(ring->slots, from, ring->tail) <=
		rlv_distance(ring->slots, from, tail); */
	/*@ assert room_left: rlv_distance(ring->slots, ring->head, from) +
		rlv_distance(ring->slots, from, ring->tail) < ring->slots; */
	//@ assert kept_safe: from <= end ==> tx_all_safe{Pre, Here}(table, ring, from, end);
	//@ assert memory: rlv_ring_memory(ring);
	//@ assert wf_end: rlv_ring_wf(ring);
	/*@ assert all_safe: from <= ring->tail ==>
		tx_all_safe{Pre, Here}(table, ring, from, ring->tail); */
	//@ assert tail_is: ring->tail == end && ring->slots == \at(ring->slots, Pre);
	/*@ assert end_here: end == from || (end == 0 ?
		ring->holds[ring->slots - 1] >= RLV_HOLDS_LAST :
		ring->holds[end - 1] >= RLV_HOLDS_LAST); */
	//@ assert end_whole: whole_at(ring, ring->slots, from, ring->tail);
	return verdict;
}
