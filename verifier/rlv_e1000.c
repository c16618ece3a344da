/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Descriptors of the e1000 family. */
#include "verifier/rlv_e1000.h"

/*
 * Proofs: what was read of each slot, so that the theorem can speak of it. Not in the program.
 *
 * A slot is safe when what was asked is good, the device's words were built from it, and the bytes
 * that they name lie in the live region that the slot holds, which allows the direction.
 */
/*@ ghost uint64_t asked_lo[RLV_SLOTS_MAX]; */
/*@ ghost uint64_t asked_hi[RLV_SLOTS_MAX]; */
/*@
  predicate tx_safe{L}(struct rlv_table *t, integer holds, integer alo, integer ahi,
		       integer lo, integer hi) =
	rlv_e1000_tx_good(ahi) && hi == rlv_e1000_tx_built(ahi) &&
	rlv_live(t, holds % RLV_HOLDS_LAST) &&
	rlv_may(t, holds % RLV_HOLDS_LAST, RLV_PERM_READ) &&
	rlv_maps(t, holds % RLV_HOLDS_LAST, alo, rlv_e1000_length(ahi), lo) &&
	(rlv_e1000_eop(ahi) ? holds >= RLV_HOLDS_LAST : holds < RLV_HOLDS_LAST);

  predicate rx_safe{L}(struct rlv_table *t, integer bytes, integer holds, integer alo, integer ahi,
		       integer lo, integer hi) =
	ahi == 0 && hi == 0 && holds >= RLV_HOLDS_LAST &&
	rlv_live(t, holds % RLV_HOLDS_LAST) &&
	rlv_may(t, holds % RLV_HOLDS_LAST, RLV_PERM_WRITE) &&
	rlv_maps(t, holds % RLV_HOLDS_LAST, alo, bytes, lo);

  predicate notes_apart{L}(struct rlv_ring *r, struct rlv_table *t) =
	\separated(r, asked_lo + (0 .. RLV_SLOTS_MAX - 1)) &&
	\separated(r, asked_hi + (0 .. RLV_SLOTS_MAX - 1)) &&
	\separated(r->posted + (0 .. 2 * r->slots - 1), asked_lo + (0 .. RLV_SLOTS_MAX - 1)) &&
	\separated(r->posted + (0 .. 2 * r->slots - 1), asked_hi + (0 .. RLV_SLOTS_MAX - 1)) &&
	\separated(t->region + (0 .. t->capacity - 1), asked_lo + (0 .. RLV_SLOTS_MAX - 1)) &&
	\separated(t->region + (0 .. t->capacity - 1), asked_hi + (0 .. RLV_SLOTS_MAX - 1)) &&
	\separated(t, asked_lo + (0 .. RLV_SLOTS_MAX - 1)) &&
	\separated(t, asked_hi + (0 .. RLV_SLOTS_MAX - 1)) &&
	\forall integer h; rlv_live(t, h) && t->region[h].shift != RLV_CONTIGUOUS ==>
		\separated(t->region[h].page + (0 .. t->region[h].pages - 1),
			   asked_lo + (0 .. RLV_SLOTS_MAX - 1)) &&
		\separated(t->region[h].page + (0 .. t->region[h].pages - 1),
			   asked_hi + (0 .. RLV_SLOTS_MAX - 1));
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

	if (command / 32u % 2u)
		return cso / 16u > 1u ? RLV_TYPE : RLV_OFFLOAD;
	if (command / 4u % 2u || command / 64u % 2u)
		return RLV_OFFLOAD;
	if (command >= TXD_CMD_MAX_PLAIN || (command >= 4u && command < 8u) || cso != 0 ||
	    hi / 0x100000000u != 0)
		return RLV_RESERVED;
	if (length == 0)
		return RLV_LENGTH_ZERO;
	return length > RLV_E1000_TX_LENGTH_MAX ? RLV_LENGTH_MAX : RLV_OK;
}

struct rlv_desc rlv_e1000_tx_decode(struct rlv_words words)
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

/*
 * The quick way: from addresses @base up to @base + @reach on, any length up to the longest lies in
 * one contiguous region, which allows the direction. @reach 0: there are none.
 */
struct near {
	uint64_t base;
	uint64_t reach;
	uint64_t dev;
	uint16_t region;
};

/*@
  predicate near_fits(struct near n, integer bytes_max) =
	n.reach != 0 ==> n.base + n.reach + bytes_max - 2 <= RLV_U64_MAX &&
			 n.dev + n.reach + bytes_max - 2 <= RLV_U64_MAX;

  predicate near_good{L}(struct rlv_table *t, struct near n, integer bytes_max, integer perm) =
	n.region < RLV_REGIONS_MAX && near_fits(n, bytes_max) &&
	(n.reach != 0 ==>
		rlv_live(t, n.region) && rlv_may(t, n.region, perm) &&
		t->region[n.region].shift == RLV_CONTIGUOUS &&
		n.base == t->region[n.region].base && n.dev == t->region[n.region].dev &&
		n.reach + bytes_max - 1 == t->region[n.region].bytes);
*/

/*@ requires \valid_read(table) && rlv_wf(table);
    requires 0 < bytes_max <= 65535;
    requires perm == RLV_PERM_READ || perm == RLV_PERM_WRITE;
    assigns \nothing;
    ensures near_good(table, \result, bytes_max, perm);
*/
static inline struct near near_of(const struct rlv_table *table, uint32_t handle,
				  uint32_t bytes_max, uint32_t perm)
{
	struct near none = {0, 0, 0, 0};
	const struct rlv_region *region;

	if (handle >= table->capacity)
		return none;
	handle = rlv_index_nospec(handle, table->capacity);
	region = &table->region[handle];
	if (region->bytes < bytes_max || region->shift != RLV_CONTIGUOUS ||
	    (region->perm != perm && region->perm != RLV_PERM_BOTH))
		return none;
	return (struct near){
		.base = region->base,
		.reach = region->bytes - bytes_max + 1u,
		.dev = region->dev,
		.region = (uint16_t)handle,
	};
}

/* Where slots that were taken the quick way ended. */
struct quick {
	struct rlv_words words; /* of @slot, if that is not the end: read, not taken */
	uint32_t slot;
};

/* Take packets of one plain descriptor each, of 1..@bytes_max bytes, from slot @from up to @to. */
/*@ requires \valid_read(ring) && rlv_ring_memory(ring);
    requires from <= to <= ring->slots;
    requires 0 < bytes_max <= RLV_E1000_TX_LENGTH_MAX;
    requires near_fits(near, bytes_max) && near.region < RLV_REGIONS_MAX;
    requires \separated(ring->posted + (0 .. 2 * ring->slots - 1), asked_lo + (0 .. RLV_SLOTS_MAX - 1), asked_hi + (0 .. RLV_SLOTS_MAX - 1));
    requires \separated(ring, asked_lo + (0 .. RLV_SLOTS_MAX - 1));
    requires \separated(ring, asked_hi + (0 .. RLV_SLOTS_MAX - 1));
    assigns ring->posted[2 * from .. 2 * to - 1], ring->holds[from .. to - 1],
	asked_lo[from .. to - 1], asked_hi[from .. to - 1];
    ensures slot: from <= \result.slot <= to;
    ensures taken: \forall integer s; from <= s < \result.slot ==>
	near.base <= asked_lo[s] < near.base + near.reach &&
	RLV_E1000_TXD_LAST < asked_hi[s] <= RLV_E1000_TXD_LAST + bytes_max &&
	ring->posted[2 * s] == near.dev + (asked_lo[s] - near.base) &&
	ring->posted[2 * s + 1] == asked_hi[s] &&
	ring->holds[s] == near.region + RLV_HOLDS_LAST;
*/
static inline struct quick tx_quick(struct rlv_ring *ring, struct near near, uint32_t bytes_max,
				    uint32_t from, uint32_t to)
{
	const volatile uint64_t *asked = ring->asked;
	uint64_t *posted = ring->posted;
	uint16_t *holds = ring->holds;
	uint16_t mark = (uint16_t)(near.region + RLV_HOLDS_LAST);
	uint64_t slot;

	/*@ loop invariant range: from <= slot <= to;
	    loop invariant taken: \forall integer s; from <= s < slot ==>
		near.base <= asked_lo[s] < near.base + near.reach &&
		RLV_E1000_TXD_LAST < asked_hi[s] <= RLV_E1000_TXD_LAST + bytes_max &&
		posted[2 * s] == near.dev + (asked_lo[s] - near.base) &&
		posted[2 * s + 1] == asked_hi[s] &&
		holds[s] == near.region + RLV_HOLDS_LAST;
	    loop assigns slot, posted[2 * from .. 2 * to - 1], holds[from .. to - 1],
		asked_lo[from .. to - 1], asked_hi[from .. to - 1];
	    loop variant to - slot;
	*/
	for (slot = from; slot < to; slot++) {
		uint64_t lo = asked[2u * slot];
		uint64_t hi = asked[2u * slot + 1u];
		uint64_t offset = rlv_past(lo, near.base);

		if (unlikely(rlv_past(hi, RLV_E1000_TXD_LAST + 1u) >= bytes_max ||
			     offset >= near.reach))
			return (struct quick){.words = {lo, hi}, .slot = (uint32_t)slot};
		//@ ghost asked_lo[slot] = lo;
		//@ ghost asked_hi[slot] = hi;
		posted[2u * slot] = near.dev + offset;
		posted[2u * slot + 1u] = hi;
		holds[slot] = mark;
	}
	return (struct quick){.words = {0, 0}, .slot = (uint32_t)slot};
}

/* Take buffers of one region, from slot @from up to @to. */
/*@ requires \valid_read(ring) && rlv_ring_memory(ring);
    requires from <= to <= ring->slots;
    requires near_fits(near, 1) && near.region < RLV_REGIONS_MAX;
    requires \separated(ring->posted + (0 .. 2 * ring->slots - 1), asked_lo + (0 .. RLV_SLOTS_MAX - 1), asked_hi + (0 .. RLV_SLOTS_MAX - 1));
    requires \separated(ring, asked_lo + (0 .. RLV_SLOTS_MAX - 1));
    requires \separated(ring, asked_hi + (0 .. RLV_SLOTS_MAX - 1));
    assigns ring->posted[2 * from .. 2 * to - 1], ring->holds[from .. to - 1],
	asked_lo[from .. to - 1], asked_hi[from .. to - 1];
    ensures slot: from <= \result.slot <= to;
    ensures taken: \forall integer s; from <= s < \result.slot ==>
	near.base <= asked_lo[s] < near.base + near.reach && asked_hi[s] == 0 &&
	ring->posted[2 * s] == near.dev + (asked_lo[s] - near.base) &&
	ring->posted[2 * s + 1] == 0 &&
	ring->holds[s] == near.region + RLV_HOLDS_LAST;
*/
static inline struct quick rx_quick(struct rlv_ring *ring, struct near near, uint32_t from,
				    uint32_t to)
{
	const volatile uint64_t *asked = ring->asked;
	uint64_t *posted = ring->posted;
	uint16_t *holds = ring->holds;
	uint16_t mark = (uint16_t)(near.region + RLV_HOLDS_LAST);
	uint64_t slot;

	/*@ loop invariant range: from <= slot <= to;
	    loop invariant taken: \forall integer s; from <= s < slot ==>
		near.base <= asked_lo[s] < near.base + near.reach && asked_hi[s] == 0 &&
		posted[2 * s] == near.dev + (asked_lo[s] - near.base) &&
		posted[2 * s + 1] == 0 &&
		holds[s] == near.region + RLV_HOLDS_LAST;
	    loop assigns slot, posted[2 * from .. 2 * to - 1], holds[from .. to - 1],
		asked_lo[from .. to - 1], asked_hi[from .. to - 1];
	    loop variant to - slot;
	*/
	for (slot = from; slot < to; slot++) {
		uint64_t lo = asked[2u * slot];
		uint64_t hi = asked[2u * slot + 1u];
		uint64_t offset = rlv_past(lo, near.base);

		if (unlikely(hi != 0 || offset >= near.reach))
			return (struct quick){.words = {lo, hi}, .slot = (uint32_t)slot};
		//@ ghost asked_lo[slot] = lo;
		//@ ghost asked_hi[slot] = hi;
		posted[2u * slot] = near.dev + offset;
		posted[2u * slot + 1u] = 0;
		holds[slot] = mark;
	}
	return (struct quick){.words = {0, 0}, .slot = (uint32_t)slot};
}

/* How far a window was taken, and what stopped it. */
struct run {
	struct rlv_words words; /* refused: of @slot */
	uint32_t slot;		/* not taken */
	uint32_t region;	/* of the last hit */
	uint32_t open;		/* slots of the packet whose end has not come */
	uint32_t total;		/* bytes of that packet */
	enum rlv_rule rule;
};

/* One descriptor, looked at in full. What it becomes is in @words; @region is whose memory. */
struct checked {
	struct rlv_words words;
	uint32_t region;
	uint32_t length;
	enum rlv_rule rule;
	bool last;
};

static struct checked tx_check(const struct rlv_table *table, uint32_t hint, struct rlv_words words)
{
	struct rlv_desc desc = rlv_e1000_tx_decode(words);
	struct checked checked = {.words = words, .region = hint, .length = desc.length};
	struct rlv_span span;

	checked.rule = desc.rule;
	if (desc.rule != RLV_OK)
		return checked;
	span = rlv_table_find(table, hint, desc.address, desc.length, RLV_PERM_READ);
	checked.rule = span.rule;
	if (span.rule != RLV_OK)
		return checked;
	checked.region = span.region;
	checked.last = desc.class == RLV_CLASS_LAST;
	checked.words.lo = span.dev;
	checked.words.hi = desc.length + (checked.last ? RLV_E1000_TXD_LAST : RLV_E1000_TXD_MORE);
	return checked;
}

/* Take slot run.slot, whose words are given. */
static inline struct run tx_one(const struct rlv_table *table, struct rlv_ring *ring,
				struct run run, struct rlv_words words)
{
	struct checked checked = tx_check(table, run.region, words);

	if (checked.rule == RLV_OK && checked.length > ring->bytes_max - run.total)
		checked.rule = RLV_PACKET_MAX;
	if (checked.rule == RLV_OK && !checked.last && run.open == RLV_TX_SEGS_MAX - 1u)
		checked.rule = RLV_SEGS;
	if (checked.rule != RLV_OK) {
		run.rule = checked.rule;
		run.words = words;
		return run;
	}
	ring->posted[2u * run.slot] = checked.words.lo;
	ring->posted[2u * run.slot + 1u] = checked.words.hi;
	ring->holds[run.slot] = (uint16_t)(checked.region + (checked.last ? RLV_HOLDS_LAST : 0u));
	run.region = checked.region;
	run.open = checked.last ? 0 : run.open + 1u;
	run.total = checked.last ? 0 : run.total + checked.length;
	run.slot++;
	return run;
}

/* Go on to slot @to, which is not before run.slot. */
static struct run tx_run(const struct rlv_table *table, struct rlv_ring *ring, struct run run,
			 uint32_t to)
{
	uint32_t bytes_max = ring->bytes_max < RLV_E1000_TX_LENGTH_MAX ? ring->bytes_max
								       : RLV_E1000_TX_LENGTH_MAX;

	while (run.slot < to && run.rule == RLV_OK) {
		struct rlv_words words;

		if (run.open == 0) {
			struct near near = near_of(table, run.region, bytes_max, RLV_PERM_READ);
			struct quick quick = tx_quick(ring, near, bytes_max, run.slot, to);

			run.slot = quick.slot;
			if (run.slot == to)
				break;
			words = quick.words;
		} else {
			words.lo = ring->asked[2u * run.slot];
			words.hi = ring->asked[2u * run.slot + 1u];
		}
		run = tx_one(table, ring, run, words);
	}
	return run;
}

/* Is there room for the window up to @tail? */
static enum rlv_rule window_check(struct rlv_ring *ring, uint32_t tail, uint32_t seen)
{
	uint32_t window;

	if (tail >= ring->slots)
		return RLV_TAIL;
	window = rlv_ring_distance(ring->slots, ring->tail, tail);
	if (window >= ring->slots - rlv_ring_in_flight(ring))
		rlv_ring_reclaim(ring, seen);
	return window < ring->slots - rlv_ring_in_flight(ring) ? RLV_OK : RLV_WINDOW;
}

/* The slot @n before @slot, going round. */
static inline uint32_t slot_back(uint32_t slots, uint32_t slot, uint32_t n)
{
	return n <= slot ? slot - n : slots - n + slot;
}

/* The ring stands at the end of what was posted. */
static inline struct rlv_verdict finish(struct rlv_ring *ring, struct run run)
{
	uint32_t slot = run.slot < ring->slots ? run.slot : 0;

	ring->tail = slot_back(ring->slots, slot, run.open);
	ring->region = run.region;
	return (struct rlv_verdict){
		.rule = run.rule,
		.slot = run.rule == RLV_OK ? 0 : slot,
		.tail = ring->tail,
		.words = run.words,
	};
}

struct rlv_verdict rlv_e1000_tx_post(const struct rlv_table *table, struct rlv_ring *ring,
				     uint32_t tail, uint32_t seen)
{
	struct run run = {.slot = ring->tail, .region = ring->region, .rule = RLV_OK};
	enum rlv_rule rule = window_check(ring, tail, seen);

	if (rule != RLV_OK)
		return (struct rlv_verdict){.rule = rule, .slot = tail, .tail = ring->tail};
	tail = rlv_index_nospec(tail, ring->slots);
	if (tail < run.slot) {
		run = tx_run(table, ring, run, ring->slots);
		if (run.rule == RLV_OK)
			run.slot = 0;
	}
	if (run.rule == RLV_OK)
		run = tx_run(table, ring, run, tail);
	return finish(ring, run);
}

static struct run rx_run(const struct rlv_table *table, struct rlv_ring *ring, struct run run,
			 uint32_t to)
{
	while (run.slot < to && run.rule == RLV_OK) {
		struct near near = near_of(table, run.region, ring->bytes_max, RLV_PERM_WRITE);
		struct quick quick = rx_quick(ring, near, run.slot, to);
		struct rlv_desc desc;
		struct rlv_span span;

		run.slot = quick.slot;
		if (run.slot == to)
			break;
		desc = rlv_e1000_rx_decode(quick.words, ring->bytes_max);
		run.rule = desc.rule;
		if (run.rule == RLV_OK) {
			span = rlv_table_find(table, run.region, desc.address, desc.length,
					      RLV_PERM_WRITE);
			run.rule = span.rule;
		}
		if (run.rule != RLV_OK) {
			run.words = quick.words;
			break;
		}
		ring->posted[2u * run.slot] = span.dev;
		ring->posted[2u * run.slot + 1u] = 0;
		ring->holds[run.slot] = (uint16_t)(span.region + RLV_HOLDS_LAST);
		run.region = span.region;
		run.slot++;
	}
	return run;
}

struct rlv_verdict rlv_e1000_rx_post(const struct rlv_table *table, struct rlv_ring *ring,
				     uint32_t tail, uint32_t seen)
{
	struct run run = {.slot = ring->tail, .region = ring->region, .rule = RLV_OK};
	enum rlv_rule rule = window_check(ring, tail, seen);

	if (rule != RLV_OK)
		return (struct rlv_verdict){.rule = rule, .slot = tail, .tail = ring->tail};
	tail = rlv_index_nospec(tail, ring->slots);
	if (tail < run.slot) {
		run = rx_run(table, ring, run, ring->slots);
		if (run.rule == RLV_OK)
			run.slot = 0;
	}
	if (run.rule == RLV_OK)
		run = rx_run(table, ring, run, tail);
	return finish(ring, run);
}
