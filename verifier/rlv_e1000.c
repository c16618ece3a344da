/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Descriptors of the e1000 family. */
#include "verifier/rlv_e1000.h"
#include "verifier/rlv_find.h"

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

  predicate slots_kept{A, B}(struct rlv_ring *r, integer from, integer to) =
	(\forall integer i; 2 * from <= i < 2 * to ==>
		\at(r->posted[i], A) == \at(r->posted[i], B)) &&
	(\forall integer s; from <= s < to ==>
		\at(r->holds[s], A) == \at(r->holds[s], B)) &&
	(\forall integer s; from <= s < to ==> \at(asked_lo[s], A) == \at(asked_lo[s], B)) &&
	(\forall integer s; from <= s < to ==> \at(asked_hi[s], A) == \at(asked_hi[s], B));
*/

/*@
  predicate region_kept{A, B}(struct rlv_region *r) =
	\at(r->base, A) == \at(r->base, B) && \at(r->bytes, A) == \at(r->bytes, B) &&
	\at(r->dev, A) == \at(r->dev, B) && \at(r->page, A) == \at(r->page, B) &&
	\at(r->pages, A) == \at(r->pages, B) && \at(r->rank, A) == \at(r->rank, B) &&
	\at(r->perm, A) == \at(r->perm, B) && \at(r->shift, A) == \at(r->shift, B);

  predicate head_kept{A, B}(struct rlv_table *t) =
	\at(t->key, A) == \at(t->key, B) && \at(t->capacity, A) == \at(t->capacity, B) &&
	\at(t->count, A) == \at(t->count, B) && \at(t->region, A) == \at(t->region, B) &&
	\at(t->order, A) == \at(t->order, B);

  predicate regions_kept{A, B}(struct rlv_table *t) =
	\forall integer h; 0 <= h < \at(t->capacity, A) ==>
		region_kept{A, B}(\at(t->region, A) + h);

  predicate order_kept{A, B}(struct rlv_table *t) =
	\forall integer i; 0 <= i < \at(t->capacity, A) ==>
		\at(t->order[i], A) == \at(t->order[i], B);

  predicate pages_kept{A, B}(struct rlv_table *t) =
	\forall integer h, i; rlv_live{A}(t, h) &&
		\at(t->region[h].shift, A) != RLV_CONTIGUOUS &&
		0 <= i < \at(t->region[h].pages, A) ==>
		\at(t->region[h].page[i], A) == \at(t->region[h].page[i], B);

  predicate valid_kept{A, B}(struct rlv_table *t) =
	\valid_read{B}(\at(t->region, A) + (0 .. \at(t->capacity, A) - 1)) &&
	\valid_read{B}(\at(t->order, A) + (0 .. \at(t->capacity, A) - 1)) &&
	(\forall integer h; rlv_live{A}(t, h) &&
		\at(t->region[h].shift, A) != RLV_CONTIGUOUS ==>
		\valid_read{B}(\at(t->region[h].page, A) +
				(0 .. \at(t->region[h].pages, A) - 1)));

  predicate table_kept{A, B}(struct rlv_table *t) =
	head_kept{A, B}(t) && regions_kept{A, B}(t) && order_kept{A, B}(t) &&
	pages_kept{A, B}(t) && valid_kept{A, B}(t);

  lemma regions_kept_both{A, B, C}: \forall struct rlv_table *t;
	head_kept{A, B}(t) && regions_kept{A, B}(t) && regions_kept{B, C}(t) ==>
	regions_kept{A, C}(t);

  lemma order_kept_both{A, B, C}: \forall struct rlv_table *t;
	head_kept{A, B}(t) && order_kept{A, B}(t) && order_kept{B, C}(t) ==>
	order_kept{A, C}(t);

  lemma pages_kept_both{A, B, C}: \forall struct rlv_table *t;
	head_kept{A, B}(t) && regions_kept{A, B}(t) && pages_kept{A, B}(t) &&
	pages_kept{B, C}(t) ==> pages_kept{A, C}(t);

  lemma valid_kept_both{A, B, C}: \forall struct rlv_table *t;
	head_kept{A, B}(t) && regions_kept{A, B}(t) && valid_kept{B, C}(t) ==>
	valid_kept{A, C}(t);

  lemma kept_both{A, B, C}: \forall struct rlv_table *t;
	rlv_wf{A}(t) && table_kept{A, B}(t) && table_kept{B, C}(t) ==> table_kept{A, C}(t);

  lemma kept_live{A, B}: \forall struct rlv_table *t, integer h;
	table_kept{A, B}(t) ==> (rlv_live{A}(t, h) <==> rlv_live{B}(t, h));

  lemma kept_shape{A, B}: \forall struct rlv_table *t, integer h;
	rlv_live{A}(t, h) && table_kept{A, B}(t) && rlv_shape{A}(\at(t->region, A) + h) ==>
	rlv_shape{B}(\at(t->region, B) + h);

  lemma kept_listed{A, B}: \forall struct rlv_table *t;
	table_kept{A, B}(t) && rlv_memory{A}(t) &&
	rlv_listed{A}(t) ==> rlv_listed{B}(t);

  lemma kept_ranked{A, B}: \forall struct rlv_table *t;
	table_kept{A, B}(t) && rlv_memory{A}(t) &&
	rlv_ranked{A}(t) ==> rlv_ranked{B}(t);

  lemma kept_ascending{A, B}: \forall struct rlv_table *t;
	table_kept{A, B}(t) && rlv_memory{A}(t) &&
	rlv_listed{A}(t) && rlv_ascending{A}(t) ==> rlv_ascending{B}(t);

  lemma kept_guard{A, B}: \forall struct rlv_table *t;
	table_kept{A, B}(t) && rlv_guard{A}(t) ==> rlv_guard{B}(t);

  lemma kept_memory{A, B}: \forall struct rlv_table *t;
	table_kept{A, B}(t) && rlv_memory{A}(t) ==> rlv_memory{B}(t);

  lemma kept_wf{A, B}: \forall struct rlv_table *t;
	rlv_wf{A}(t) && table_kept{A, B}(t) ==> rlv_wf{B}(t);

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
  lemma kept_tx_safe{A, B}: \forall struct rlv_table *t, integer holds, alo, ahi, lo, hi;
	rlv_wf{A}(t) && table_kept{A, B}(t) ==>
	(tx_safe{A}(t, holds, alo, ahi, lo, hi) <==> tx_safe{B}(t, holds, alo, ahi, lo, hi));

  lemma kept_rx_safe{A, B}: \forall struct rlv_table *t, integer bytes, holds, alo, ahi, lo, hi;
	rlv_wf{A}(t) && table_kept{A, B}(t) ==>
	(rx_safe{A}(t, bytes, holds, alo, ahi, lo, hi) <==>
	 rx_safe{B}(t, bytes, holds, alo, ahi, lo, hi));
*/

/*@
  // All slots of a range are safe, as they stand at L in the ring, by the table as it stood at T.
  predicate tx_all_safe{T, L}(struct rlv_table *t, struct rlv_ring *r, integer from, integer to) =
	\forall integer s; from <= s < to ==>
		tx_safe{T}(t, \at(r->holds[s], L), \at(asked_lo[s], L), \at(asked_hi[s], L),
			   \at(r->posted[2 * s], L), \at(r->posted[2 * s + 1], L));

  predicate rx_all_safe{T, L}(struct rlv_table *t, struct rlv_ring *r, integer from, integer to) =
	\forall integer s; from <= s < to ==>
		rx_safe{T}(t, \at(r->bytes_max, L), \at(r->holds[s], L), \at(asked_lo[s], L),
			   \at(asked_hi[s], L), \at(r->posted[2 * s], L),
			   \at(r->posted[2 * s + 1], L));

  lemma slots_kept_both{A, B, C}: \forall struct rlv_ring *r, integer a, b, c, d;
	slots_kept{A, B}(r, a, b) && slots_kept{B, C}(r, c, d) && c <= a && b <= d ==>
	slots_kept{A, C}(r, a, b);

  lemma slots_kept_part{A, B}: \forall struct rlv_ring *r, integer a, b, c, d;
	slots_kept{A, B}(r, a, b) && a <= c && d <= b ==> slots_kept{A, B}(r, c, d);

  lemma tx_safe_kept{T, A, B}: \forall struct rlv_table *t, struct rlv_ring *r, integer a, b;
	tx_all_safe{T, A}(t, r, a, b) && slots_kept{A, B}(r, a, b) ==>
	tx_all_safe{T, B}(t, r, a, b);

  lemma tx_safe_join{T, L}: \forall struct rlv_table *t, struct rlv_ring *r, integer a, b, c;
	tx_all_safe{T, L}(t, r, a, b) && tx_all_safe{T, L}(t, r, b, c) ==>
	tx_all_safe{T, L}(t, r, a, c);

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

  lemma tx_safe_part{T, L}: \forall struct rlv_table *t, struct rlv_ring *r, integer a, b, c, d;
	tx_all_safe{T, L}(t, r, a, b) && a <= c && d <= b ==> tx_all_safe{T, L}(t, r, c, d);

  lemma tx_safe_table{T, U, L}: \forall struct rlv_table *t, struct rlv_ring *r, integer a, b;
	rlv_wf{T}(t) && table_kept{T, U}(t) && tx_all_safe{U, L}(t, r, a, b) ==>
	tx_all_safe{T, L}(t, r, a, b);
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
	if (length == 0)
		return RLV_LENGTH_ZERO;
	return length > RLV_E1000_TX_LENGTH_MAX ? RLV_LENGTH_MAX : RLV_OK;
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
 * one region, which allows the direction. @reach 0: there are none.
 */
struct near {
	uint64_t base;
	uint64_t reach;
	uint64_t dev;
	const uint64_t *page;
	uint32_t pages;
	uint32_t shift;
	uint32_t region;
};

/*@
  predicate near_good{L}(struct rlv_table *t, struct near n, integer bytes_max, integer perm) =
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
rlv_inline struct near near_of(const struct rlv_table *table, uint32_t handle, uint32_t bytes_max,
			       uint32_t perm)
{
	struct near none = {0, 0, 0, NULL, 0, 0, 0};
	const struct rlv_region *region;

	if (handle >= table->capacity)
		return none;
	handle = rlv_index_nospec(handle, table->capacity);
	region = &table->region[handle];
	if (region->bytes < bytes_max || (region->perm != perm && region->perm != RLV_PERM_BOTH))
		return none;
	return (struct near){
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
struct near_span {
	uint64_t dev;
	bool whole;
};

/*@ requires \valid_read(table) && rlv_wf(table);
    requires 0 < length <= bytes_max && near_good(table, near, bytes_max, perm);
    requires offset < near.reach;
    assigns \nothing;
    ensures maps: \result.whole ==>
	rlv_maps(table, near.region, near.base + offset, length, \result.dev);
*/
rlv_inline struct near_span near_find(struct near near, uint64_t offset, uint64_t length)
/*@ ghost (const struct rlv_table *table, uint32_t bytes_max, uint32_t perm) */
{
	struct near_span span = {.dev = near.dev, .whole = true};
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
	/*@ assert dev: rlv_dev(table, near.region, near.base + offset, span.dev); */
	return span;
}

/*@
  lemma plain_good: \forall integer hi;
	RLV_E1000_TXD_LAST < hi <= RLV_E1000_TXD_LAST + RLV_E1000_TX_LENGTH_MAX ==>
	rlv_e1000_tx_good(hi) && rlv_e1000_eop(hi) && rlv_e1000_tx_built(hi) == hi &&
	rlv_e1000_length(hi) == hi - RLV_E1000_TXD_LAST;
*/

/* Slot @slot goes to the device as these words, and holds a region. */
/*@ requires \valid_read(table) && rlv_wf(table);
    requires \valid_read(ring) && rlv_ring_memory(ring) && rlv_apart(ring, table);
    requires posted == ring->posted && holds == ring->holds;
    requires slot < ring->slots;
    assigns posted[2 * slot .. 2 * slot + 1], holds[slot], asked_lo[slot], asked_hi[slot];
    ensures asked: asked_lo[slot] == alo && asked_hi[slot] == ahi;
    ensures before: slots_kept{Pre, Post}(ring, 0, slot);
    ensures after: slots_kept{Pre, Post}(ring, slot + 1, ring->slots);
    ensures lo: ring->posted[2 * slot] == lo;
    ensures hi: ring->posted[2 * slot + 1] == hi;
    ensures holds: ring->holds[slot] == held;
    ensures table: table_kept{Pre, Post}(table);
*/
static inline void post(uint64_t *posted, uint16_t *holds, uint64_t slot, uint64_t lo, uint64_t hi,
			uint16_t held)
/*@ ghost (const struct rlv_ring *ring, const struct rlv_table *table,
	   uint64_t alo, uint64_t ahi) */
{
	//@ ghost asked_lo[slot] = alo;
	//@ ghost asked_hi[slot] = ahi;
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
struct quick {
	struct rlv_words words; /* of @slot, if that is not the end: read, not taken */
	uint32_t slot;
};

/* Take packets of one plain descriptor each, of 1..@bytes_max bytes, from slot @from up to @to. */
/*@ requires \valid_read(table) && rlv_wf(table);
    requires \valid_read(ring) && rlv_ring_memory(ring) && rlv_apart(ring, table);
    requires from <= to <= ring->slots;
    requires 0 < bytes_max <= RLV_E1000_TX_LENGTH_MAX;
    requires near_good(table, near, bytes_max, RLV_PERM_READ);
    assigns ring->posted[0 .. 2 * ring->slots - 1], ring->holds[0 .. ring->slots - 1],
	asked_lo[0 .. RLV_SLOTS_MAX - 1], asked_hi[0 .. RLV_SLOTS_MAX - 1];
    ensures kept: slots_kept{Pre, Post}(ring, 0, from);
    ensures kept_behind: slots_kept{Pre, Post}(ring, \result.slot, ring->slots);
    ensures table: table_kept{Pre, Post}(table);
    ensures slot: from <= \result.slot <= to;
    ensures safe: tx_all_safe{Pre, Post}(table, ring, from, \result.slot);
    ensures last: from < \result.slot ==> ring->holds[\result.slot - 1] >= RLV_HOLDS_LAST;
*/
rlv_inline struct quick tx_quick(struct rlv_ring *ring, struct near near, uint32_t bytes_max,
				 uint32_t from, uint32_t to)
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
		asked_lo[0 .. RLV_SLOTS_MAX - 1], asked_hi[0 .. RLV_SLOTS_MAX - 1];
	    loop variant to - slot;
	*/
	for (slot = from; slot < to; slot++) {
		uint64_t lo = asked[2u * slot];
		uint64_t hi = asked[2u * slot + 1u];
		uint64_t offset = rlv_past(lo, near.base);
		uint64_t length = rlv_past(hi, RLV_E1000_TXD_LAST);
		struct near_span span;

		if (unlikely(rlv_past(length, 1u) >= bytes_max || offset >= near.reach))
			return (struct quick){.words = {lo, hi}, .slot = (uint32_t)slot};
		//@ assert near: near_good(table, near, bytes_max, RLV_PERM_READ);
		span = near_find(near, offset, length)
			/*@ ghost(table, bytes_max, RLV_PERM_READ) */;
		if (unlikely(!span.whole))
			return (struct quick){.words = {lo, hi}, .slot = (uint32_t)slot};
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
		post(posted, holds, slot, span.dev, hi, mark)
			/*@ ghost(ring, table, lo, hi) */;
		//@ assert from: slots_kept{Slot, Here}(ring, from, slot);
		//@ assert before: slots_kept{Slot, Here}(ring, 0, from);
		//@ assert rest: slots_kept{Pre, Slot}(ring, slot + 1, ring->slots);
		//@ assert after: slots_kept{Pre, Here}(ring, slot + 1, ring->slots);
		//@ assert old: tx_all_safe{Pre, Here}(table, ring, from, slot);
		//@ assert new: tx_all_safe{Pre, Here}(table, ring, slot, slot + 1);
	}
	return (struct quick){.words = {0, 0}, .slot = (uint32_t)slot};
}

/* Take buffers of one region, from slot @from up to @to. */
/*@ requires \valid_read(table) && rlv_wf(table);
    requires \valid_read(ring) && rlv_ring_memory(ring) && rlv_apart(ring, table);
    requires from <= to <= ring->slots;
    requires 0 < ring->bytes_max <= 65535;
    requires near_good(table, near, ring->bytes_max, RLV_PERM_WRITE);
    assigns ring->posted[0 .. 2 * ring->slots - 1], ring->holds[0 .. ring->slots - 1],
	asked_lo[0 .. RLV_SLOTS_MAX - 1], asked_hi[0 .. RLV_SLOTS_MAX - 1];
    ensures kept: slots_kept{Pre, Post}(ring, 0, from);
    ensures kept_behind: slots_kept{Pre, Post}(ring, \result.slot, ring->slots);
    ensures table: table_kept{Pre, Post}(table);
    ensures slot: from <= \result.slot <= to;
    ensures safe: rx_all_safe{Pre, Post}(table, ring, from, \result.slot);
    ensures last: from < \result.slot ==> ring->holds[\result.slot - 1] >= RLV_HOLDS_LAST;
*/
rlv_inline struct quick rx_quick(struct rlv_ring *ring, struct near near, uint32_t from,
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
		asked_lo[0 .. RLV_SLOTS_MAX - 1], asked_hi[0 .. RLV_SLOTS_MAX - 1];
	    loop variant to - slot;
	*/
	for (slot = from; slot < to; slot++) {
		uint64_t lo = asked[2u * slot];
		uint64_t hi = asked[2u * slot + 1u];
		uint64_t offset = rlv_past(lo, near.base);
		struct near_span span;

		if (unlikely(hi != 0 || offset >= near.reach))
			return (struct quick){.words = {lo, hi}, .slot = (uint32_t)slot};
		//@ assert near: near_good(table, near, ring->bytes_max, RLV_PERM_WRITE);
		span = near_find(near, offset, length)
			/*@ ghost(table, ring->bytes_max, RLV_PERM_WRITE) */;
		if (unlikely(!span.whole))
			return (struct quick){.words = {lo, hi}, .slot = (uint32_t)slot};
		//@ assert maps: rlv_maps(table, near.region, lo, length, span.dev);
		//@ assert maps_pre: rlv_maps{Pre}(table, near.region, lo, length, span.dev);
		/*@ assert good: rx_safe{Pre}(table, ring->bytes_max, near.region + RLV_HOLDS_LAST,
			lo, hi, span.dev, 0); */
		//@ ghost Slot: ;
		post(posted, holds, slot, span.dev, 0, mark)
			/*@ ghost(ring, table, lo, hi) */;
		//@ assert from: slots_kept{Slot, Here}(ring, from, slot);
		//@ assert before: slots_kept{Slot, Here}(ring, 0, from);
		//@ assert rest: slots_kept{Pre, Slot}(ring, slot + 1, ring->slots);
		//@ assert after: slots_kept{Pre, Here}(ring, slot + 1, ring->slots);
		//@ assert old: rx_all_safe{Pre, Here}(table, ring, from, slot);
		//@ assert new: rx_all_safe{Pre, Here}(table, ring, slot, slot + 1);
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

  predicate rx_reason{L}(struct rlv_table *t, integer rule, integer bytes, integer lo,
			 integer hi) =
	(rule == RLV_RESERVED ==> hi != 0) &&
	memory_reason(t, rule, lo, bytes, RLV_PERM_WRITE);

  predicate memory_rule(integer rule) =
	rule == RLV_UNMAPPED || rule == RLV_REGION_END || rule == RLV_PERM ||
	rule == RLV_PAGE_SPLIT;

  predicate tx_rule_of_one(integer rule) =
	rule == RLV_TYPE || rule == RLV_OFFLOAD || rule == RLV_RESERVED ||
	rule == RLV_LENGTH_ZERO || rule == RLV_LENGTH_MAX || memory_rule(rule);

  lemma kept_memory_reason{A, B}: \forall struct rlv_table *t, integer rule, a, n, perm;
	rlv_wf{A}(t) && table_kept{A, B}(t) ==>
	(memory_reason{A}(t, rule, a, n, perm) <==> memory_reason{B}(t, rule, a, n, perm));

  lemma kept_rx_reason{A, B}: \forall struct rlv_table *t, integer rule, bytes, lo, hi;
	rlv_wf{A}(t) && table_kept{A, B}(t) ==>
	(rx_reason{A}(t, rule, bytes, lo, hi) <==> rx_reason{B}(t, rule, bytes, lo, hi));

  lemma kept_tx_reason{A, B}: \forall struct rlv_table *t, integer rule, lo, hi;
	rlv_wf{A}(t) && table_kept{A, B}(t) ==>
	(tx_reason{A}(t, rule, lo, hi) <==> tx_reason{B}(t, rule, lo, hi));
*/

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
  predicate run_ok(struct run r, struct rlv_ring *ring) =
	r.open < RLV_TX_SEGS_MAX && r.total <= ring->bytes_max &&
	(r.open == 0 ==> r.total == 0);
*/

/* Take slot run.slot, whose words are given. */
/*@ requires \valid_read(table) && rlv_wf(table);
    requires \valid_read(ring) && rlv_ring_wf(ring);
    requires rlv_apart(ring, table);
    requires run.slot < ring->slots && run.rule == RLV_OK && run_ok(run, ring);
    assigns ring->posted[0 .. 2 * ring->slots - 1], ring->holds[0 .. ring->slots - 1],
	asked_lo[0 .. RLV_SLOTS_MAX - 1], asked_hi[0 .. RLV_SLOTS_MAX - 1];
    ensures kept: slots_kept{Pre, Post}(ring, 0, run.slot);
    ensures kept_behind: slots_kept{Pre, Post}(ring, \result.slot, ring->slots);
    ensures table: table_kept{Pre, Post}(table);
    ensures slot: \result.slot == run.slot + (\result.rule == RLV_OK ? 1 : 0);
    ensures run: run_ok(\result, ring);
    ensures safe: \result.rule == RLV_OK ==>
	tx_safe{Pre}(table, ring->holds[run.slot], words.lo, words.hi,
		     ring->posted[2 * run.slot], ring->posted[2 * run.slot + 1]);
    ensures asked: \result.rule == RLV_OK ==>
	asked_lo[run.slot] == words.lo && asked_hi[run.slot] == words.hi;
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
rlv_inline struct run tx_one(const struct rlv_table *table, struct rlv_ring *ring, struct run run,
			     struct rlv_words words)
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
	post(ring->posted, ring->holds, run.slot, checked.words.lo, checked.words.hi,
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
	asked_lo[0 .. RLV_SLOTS_MAX - 1], asked_hi[0 .. RLV_SLOTS_MAX - 1];
    ensures kept: slots_kept{Pre, Post}(ring, 0, run.slot);
    ensures kept_behind: slots_kept{Pre, Post}(ring, \result.slot, ring->slots);
    ensures table: table_kept{Pre, Post}(table);
    ensures slot: run.slot <= \result.slot <= to;
    ensures open: run.open != 0 ==> \result.slot == run.slot;
    ensures safe: tx_all_safe{Pre, Post}(table, ring, run.slot, \result.slot);
    ensures last: run.slot < \result.slot ==>
	ring->holds[\result.slot - 1] >= RLV_HOLDS_LAST;
*/
rlv_inline struct quick tx_lead(const struct rlv_table *table, struct rlv_ring *ring,
				struct run run, uint32_t to)
{
	uint32_t bytes_max = ring->bytes_max < RLV_E1000_TX_LENGTH_MAX ? ring->bytes_max
								       : RLV_E1000_TX_LENGTH_MAX;

	if (run.open == 0) {
		struct near near = near_of(table, run.region, bytes_max, RLV_PERM_READ);

		/* Says nothing new, but makes a loop of its own for contiguous regions. */
		if (near.shift == RLV_CONTIGUOUS) {
			near.shift = RLV_CONTIGUOUS;
			return tx_quick(ring, near, bytes_max, run.slot, to) /*@ ghost(table) */;
		}
		return tx_quick(ring, near, bytes_max, run.slot, to) /*@ ghost(table) */;
	}
	return (struct quick){
		.words = {ring->asked[2u * run.slot], ring->asked[2u * run.slot + 1u]},
		.slot = run.slot,
	};
}

/* Go on to slot @to, which is behind run.slot. */
/*@ requires \valid_read(table) && rlv_wf(table);
    requires \valid_read(ring) && rlv_ring_wf(ring) && rlv_apart(ring, table);
    requires run.slot < to <= ring->slots && run.rule == RLV_OK && run_ok(run, ring);
    assigns ring->posted[0 .. 2 * ring->slots - 1], ring->holds[0 .. ring->slots - 1],
	asked_lo[0 .. RLV_SLOTS_MAX - 1], asked_hi[0 .. RLV_SLOTS_MAX - 1];
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
rlv_inline struct run tx_run(const struct rlv_table *table, struct rlv_ring *ring, struct run run,
			     uint32_t to)
{
	struct quick lead = tx_lead(table, ring, run, to);

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
		asked_lo[0 .. RLV_SLOTS_MAX - 1], asked_hi[0 .. RLV_SLOTS_MAX - 1];
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

/* The same for receive: each slot stands for itself, so run.open and run.total stay 0. */
/*@ requires \valid_read(table) && rlv_wf(table);
    requires \valid_read(ring) && rlv_ring_wf(ring) && rlv_apart(ring, table);
    requires run.slot < ring->slots && run.rule == RLV_OK;
    assigns ring->posted[0 .. 2 * ring->slots - 1], ring->holds[0 .. ring->slots - 1],
	asked_lo[0 .. RLV_SLOTS_MAX - 1], asked_hi[0 .. RLV_SLOTS_MAX - 1];
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
rlv_inline struct run rx_one(const struct rlv_table *table, struct rlv_ring *ring, struct run run,
			     struct rlv_words words)
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
	post(ring->posted, ring->holds, run.slot, span.dev, 0,
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
	asked_lo[0 .. RLV_SLOTS_MAX - 1], asked_hi[0 .. RLV_SLOTS_MAX - 1];
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
rlv_inline struct run rx_run(const struct rlv_table *table, struct rlv_ring *ring, struct run run,
			     uint32_t to)
{
	struct near near = near_of(table, run.region, ring->bytes_max, RLV_PERM_WRITE);
	struct quick lead;

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
		asked_lo[0 .. RLV_SLOTS_MAX - 1], asked_hi[0 .. RLV_SLOTS_MAX - 1];
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
static enum rlv_rule window_check(struct rlv_ring *ring, uint32_t tail, uint32_t seen)
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

/* The slot @n before @slot, going round. */
/*@ requires slot < slots && n <= slots;
    assigns \nothing;
    ensures \result == (n <= slot ? slot - n : slots - n + slot);
*/
static inline uint32_t slot_back(uint32_t slots, uint32_t slot, uint32_t n)
{
	return n <= slot ? slot - n : slots - n + slot;
}

/*@
  logic integer end_of(integer slots, integer slot, integer open) =
	open <= slot ? slot - open : slots - open + slot;

  // Posted slots end at @end: none at all, or a packet's last.
  predicate whole_at{L}(struct rlv_ring *r, integer slots, integer from, integer end) =
	end == from || (end == 0 ? r->holds[slots - 1] >= RLV_HOLDS_LAST :
			r->holds[end - 1] >= RLV_HOLDS_LAST);
*/

/* The ring stands at the end of what was posted. */
/*@ requires \valid(ring) && rlv_ring_wf(ring);
    requires run.slot < ring->slots && run.open <= ring->slots;
    assigns ring->tail, ring->region;
    ensures tail: ring->tail == \result.tail;
    ensures back: \result.tail == end_of(ring->slots, run.slot, run.open);
    ensures verdict: \result.rule == run.rule && \result.words == run.words;
    ensures slot: \result.slot == (run.rule == RLV_OK ? 0 : run.slot);
*/
rlv_inline struct rlv_verdict finish(struct rlv_ring *ring, struct run run)
{
	ring->tail = slot_back(ring->slots, run.slot, run.open);
	ring->region = run.region;
	return (struct rlv_verdict){
		.rule = run.rule,
		.slot = run.rule == RLV_OK ? 0 : run.slot,
		.tail = ring->tail,
		.words = run.words,
	};
}

/*@ requires \valid_read(table) && rlv_wf(table);
    requires \valid(ring) && rlv_ring_wf(ring) && rlv_apart(ring, table);
    assigns ring->posted[0 .. 2 * ring->slots - 1], ring->holds[0 .. ring->slots - 1],
	asked_lo[0 .. RLV_SLOTS_MAX - 1], asked_hi[0 .. RLV_SLOTS_MAX - 1], ring->head,
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
	struct run run = {.slot = ring->tail, .region = ring->region, .rule = RLV_OK};
	enum rlv_rule rule = window_check(ring, tail, seen) /*@ ghost(table) */;
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
	verdict = finish(ring, run);
	/*@ assert within: rlv_distance(ring->slots, from, ring->tail) <=
		rlv_distance(ring->slots, from, tail); */
	/*@ assert room_left: rlv_distance(ring->slots, ring->head, from) +
		rlv_distance(ring->slots, from, ring->tail) < ring->slots; */
	/*@ assert all_safe: from <= ring->tail ==>
		tx_all_safe{Pre, Here}(table, ring, from, ring->tail); */
	//@ assert tail_is: ring->tail == end && ring->slots == \at(ring->slots, Pre);
	/*@ assert end_here: end == from || (end == 0 ?
		ring->holds[ring->slots - 1] >= RLV_HOLDS_LAST :
		ring->holds[end - 1] >= RLV_HOLDS_LAST); */
	//@ assert end_whole: whole_at(ring, ring->slots, from, ring->tail);
	return verdict;
}

/*@ requires \valid_read(table) && rlv_wf(table);
    requires \valid(ring) && rlv_ring_wf(ring) && rlv_apart(ring, table);
    assigns ring->posted[0 .. 2 * ring->slots - 1], ring->holds[0 .. ring->slots - 1],
	asked_lo[0 .. RLV_SLOTS_MAX - 1], asked_hi[0 .. RLV_SLOTS_MAX - 1], ring->head,
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
    ensures tail: \result.rule == RLV_TAIL <==> tail >= ring->slots;
    ensures window: \result.rule == RLV_WINDOW ==>
	rlv_distance(ring->slots, ring->head, \old(ring->tail)) +
	rlv_distance(ring->slots, \old(ring->tail), tail) >= ring->slots;
*/
struct rlv_verdict rlv_e1000_rx_post(const struct rlv_table *table, struct rlv_ring *ring,
				     uint32_t tail, uint32_t seen)
{
	struct run run = {.slot = ring->tail, .region = ring->region, .rule = RLV_OK};
	enum rlv_rule rule = window_check(ring, tail, seen) /*@ ghost(table) */;
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
	verdict = finish(ring, run);
	/*@ assert within: rlv_distance(ring->slots, from, ring->tail) <=
		rlv_distance(ring->slots, from, tail); */
	/*@ assert all_safe: from <= ring->tail ==>
		rx_all_safe{Pre, Here}(table, ring, from, ring->tail); */
	/*@ assert room_left: rlv_distance(ring->slots, ring->head, from) +
		rlv_distance(ring->slots, from, ring->tail) < ring->slots; */
	//@ assert end_whole: whole_at(ring, ring->slots, from, ring->tail);
	return verdict;
}
