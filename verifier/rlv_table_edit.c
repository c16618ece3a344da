/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pinned table: making a new one out of an old one. */
#include "verifier/rlv_kept.h"

size_t rlv_table_bytes(uint32_t capacity)
{
	return capacity * (sizeof(struct rlv_region) + sizeof(uint16_t));
}

/*@ requires \valid(region + (0 .. capacity - 1));
    assigns region[0 .. capacity - 1];
    ensures \forall integer h; 0 <= h < capacity ==> region[h].bytes == 0;
*/
static void empty(struct rlv_region *region, uint32_t capacity)
{
	/*@ loop invariant range: 0 <= i <= capacity;
	    loop invariant none: \forall integer h; 0 <= h < i ==> region[h].bytes == 0;
	    loop assigns i, region[0 .. capacity - 1];
	    loop variant capacity - i;
	*/
	for (uint32_t i = 0; i < capacity; i++)
		region[i].bytes = 0;
}

void rlv_table_init(struct rlv_table *table, enum rlv_key key, uint32_t capacity, void *memory)
{
	table->key = key;
	table->capacity = capacity;
	table->count = 0;
	table->region = memory;
	table->order = (uint16_t *)(table->region + capacity);
	empty(table->region, capacity);
}

/* Pages of @bytes bytes, at least 1. @shift: 12, 21 or 30. */
/*@ requires 0 < bytes && (shift == 12 || shift == 21 || shift == 30);
    assigns \nothing;
    ensures \result == (bytes - 1) / rlv_page_bytes(shift) + 1;
*/
static inline uint64_t pages_of(uint64_t bytes, uint32_t shift)
{
	if (shift == 12)
		return (bytes - 1u) / 4096u + 1u;
	if (shift == 21)
		return (bytes - 1u) / 0x200000u + 1u;
	return (bytes - 1u) / 0x40000000u + 1u;
}

/*@ requires shift == 12 || shift == 21 || shift == 30;
    assigns \nothing;
    ensures \result == address % rlv_page_bytes(shift);
    ensures aligned: \result == 0 ==> address + rlv_page_bytes(shift) - 1 <= RLV_U64_MAX;
*/
static inline uint64_t in_page(uint64_t address, uint32_t shift)
{
	if (shift == 12)
		return address % 4096u;
	if (shift == 21)
		return address % 0x200000u;
	return address % 0x40000000u;
}

/*@ requires \valid_read(region) && 0 < region->bytes;
    requires rlv_paged(region) ==> \valid_read(region->page + (0 .. region->pages - 1));
    assigns \nothing;
    ensures \result <==> rlv_paged(region) && rlv_paged_well(region);
    ensures safe: \result ==> rlv_pages_ok(region);
*/
static bool pages_ok(const struct rlv_region *region)
{
	if (region->shift != 12 && region->shift != 21 && region->shift != 30)
		return false;
	if (region->pages != pages_of(region->bytes, region->shift))
		return false;
	/*@ loop invariant range: 0 <= i <= region->pages;
	    loop invariant aligned: \forall integer k; 0 <= k < i ==>
		region->page[k] % rlv_page_bytes(region->shift) == 0;
	    loop invariant end: \forall integer k; 0 <= k < i ==>
		region->page[k] + rlv_page_bytes(region->shift) - 1 <= RLV_U64_MAX;
	    loop assigns i;
	    loop variant region->pages - i;
	*/
	for (uint32_t i = 0; i < region->pages; i++) {
		if (in_page(region->page[i], region->shift))
			return false;
	}
	return true;
}

/*@ requires \valid_read(region);
    requires rlv_paged(region) ==> \valid_read(region->page + (0 .. region->pages - 1));
    assigns \nothing;
    ensures \result <==> rlv_asks_well(region, base);
    ensures safe: \result && region->shift != RLV_CONTIGUOUS ==> rlv_pages_ok(region);
*/
static bool shape_ok(const struct rlv_region *region, uint64_t base)
{
	if (region->bytes == 0 || region->bytes > RLV_REGION_MAX)
		return false;
	if (region->perm == 0 || region->perm > RLV_PERM_BOTH)
		return false;
	if (region->bytes - 1u > RLV_U64_MAX - base)
		return false;
	if (region->shift == RLV_CONTIGUOUS)
		return region->bytes - 1u <= RLV_U64_MAX - region->dev;
	return pages_ok(region);
}

/* How many of the regions begin at or below @base. */
/*@ requires \valid_read(table) && rlv_wf(table);
    assigns \nothing;
    ensures range: \result <= table->count;
    ensures below: \forall integer i; 0 <= i < \result ==>
	table->region[table->order[i]].base <= base;
    ensures above: \forall integer i; \result <= i < table->count ==>
	base < table->region[table->order[i]].base;
*/
static uint32_t rank_of(const struct rlv_table *table, uint64_t base)
{
	uint32_t rank = 0;

	/*@ loop invariant range: 0 <= rank <= table->count;
	    loop invariant below: \forall integer i; 0 <= i < rank ==>
		table->region[table->order[i]].base <= base;
	    loop assigns rank;
	    loop variant table->count - rank;
	*/
	while (rank < table->count && table->region[table->order[rank]].base <= base)
		rank++;
	return rank;
}

/* @rank: where a region that begins at @base belongs. */
/*@ requires \valid_read(table) && rlv_wf(table);
    requires 0 < bytes <= RLV_REGION_MAX && base + bytes - 1 <= RLV_U64_MAX;
    requires rank <= table->count;
    requires below: \forall integer i; 0 <= i < rank ==>
	table->region[table->order[i]].base <= base;
    requires above: \forall integer i; rank <= i < table->count ==>
	base < table->region[table->order[i]].base;
    assigns \nothing;
    ensures free: !\result ==> rlv_fits(table, base, bytes, rank);
    ensures taken: \result ==>
	rank > 0 && rlv_meets(table, table->order[rank - 1], base, bytes) ||
	rank < table->count && rlv_meets(table, table->order[rank], base, bytes);
*/
static bool overlaps(const struct rlv_table *table, uint64_t base, uint64_t bytes, uint32_t rank)
{
	const struct rlv_region *near;

	if (rank > 0) {
		near = &table->region[table->order[rank - 1u]];
		if (base - near->base < near->bytes)
			return true;
	}
	/*@ assert before: \forall integer i; 0 <= i < rank ==>
		table->region[table->order[i]].base + table->region[table->order[i]].bytes <=
		base; */
	if (rank == table->count)
		return false;
	near = &table->region[table->order[rank]];
	/*@ assert behind: \forall integer i; rank <= i < table->count ==>
		near->base <= table->region[table->order[i]].base; */
	return near->base - base < bytes;
}

/* @to with room for one more at @rank. */
/*@ requires rank <= count && handle <= 0xffff;
    requires \valid(to + (0 .. count)) && \valid_read(from + (0 .. count - 1));
    requires \separated(to + (0 .. count), from + (0 .. count - 1));
    assigns to[0 .. count];
    ensures below: \forall integer i; 0 <= i < rank ==> to[i] == from[i];
    ensures here: to[rank] == handle;
    ensures above: \forall integer i; rank < i <= count ==> to[i] == from[i - 1];
*/
static void order_with(uint16_t *to, const uint16_t *from, uint32_t count, uint32_t rank,
		       uint32_t handle)
{
	uint32_t i;

	/*@ loop invariant range: 0 <= i <= rank;
	    loop invariant below: \forall integer k; 0 <= k < i ==> to[k] == from[k];
	    loop assigns i, to[0 .. count];
	    loop variant rank - i;
	*/
	for (i = 0; i < rank; i++)
		to[i] = from[i];
	to[rank] = (uint16_t)handle;
	/*@ loop invariant range: rank <= i <= count;
	    loop invariant below: \forall integer k; 0 <= k < rank ==> to[k] == from[k];
	    loop invariant here: to[rank] == handle;
	    loop invariant above: \forall integer k; rank < k <= i ==> to[k] == from[k - 1];
	    loop assigns i, to[0 .. count];
	    loop variant count - i;
	*/
	for (i = rank; i < count; i++)
		to[i + 1u] = from[i];
}

/* @to without what stands at @rank. */
/*@ requires rank < count;
    requires \valid(to + (0 .. count - 1)) && \valid_read(from + (0 .. count - 1));
    requires \separated(to + (0 .. count - 1), from + (0 .. count - 1));
    assigns to[0 .. count - 1];
    ensures below: \forall integer i; 0 <= i < rank ==> to[i] == from[i];
    ensures above: \forall integer i; rank <= i < count - 1 ==> to[i] == from[i + 1];
*/
static void order_without(uint16_t *to, const uint16_t *from, uint32_t count, uint32_t rank)
{
	uint32_t i;

	/*@ loop invariant range: 0 <= i <= rank;
	    loop invariant below: \forall integer k; 0 <= k < i ==> to[k] == from[k];
	    loop assigns i, to[0 .. count - 1];
	    loop variant rank - i;
	*/
	for (i = 0; i < rank; i++)
		to[i] = from[i];
	/*@ loop invariant range: rank + 1 <= i <= count;
	    loop invariant below: \forall integer k; 0 <= k < rank ==> to[k] == from[k];
	    loop invariant above: \forall integer k; rank <= k < i - 1 ==> to[k] == from[k + 1];
	    loop assigns i, to[0 .. count - 1];
	    loop variant count - i;
	*/
	for (i = rank + 1u; i < count; i++)
		to[i - 1u] = from[i];
}
/*@
  // A region of an old table, and the same in a new one.
  predicate moved{L}(struct rlv_region *to, struct rlv_region *from, integer rank) =
	rlv_same(to, from) && to->base == from->base &&
	(from->bytes != 0 ==> to->rank == rank);

  logic integer rank_up(integer rank, integer at) = rank < at ? rank : rank + 1;

  logic integer rank_down(integer rank, integer at) = rank <= at ? rank : rank - 1;

  predicate moved_up{L}(struct rlv_table *to, struct rlv_table *from, integer n, integer handle,
			integer rank) =
	\forall integer h; 0 <= h < n && h != handle ==>
		moved(to->region + h, from->region + h, rank_up(from->region[h].rank, rank));

  predicate moved_down{L}(struct rlv_table *to, struct rlv_table *from, integer n, integer handle,
			  integer rank) =
	\forall integer h; 0 <= h < n && h != handle ==>
		moved(to->region + h, from->region + h, rank_down(from->region[h].rank, rank));

  predicate list_with{L}(struct rlv_table *to, struct rlv_table *from, integer handle,
			 integer rank) =
	to->count == from->count + 1 && to->order[rank] == handle &&
	(\forall integer i; 0 <= i < rank ==> to->order[i] == from->order[i]) &&
	(\forall integer i; rank < i <= from->count ==> to->order[i] == from->order[i - 1]);

  predicate list_without{L}(struct rlv_table *to, struct rlv_table *from, integer rank) =
	to->count == from->count - 1 &&
	(\forall integer i; 0 <= i < rank ==> to->order[i] == from->order[i]) &&
	(\forall integer i; rank <= i < from->count - 1 ==> to->order[i] == from->order[i + 1]);

  predicate no_region{L}(struct rlv_table *t, integer h) = t->region[h].bytes == 0;

  predicate is_new{L}(struct rlv_table *to, integer handle, struct rlv_region *region,
		      integer base, integer rank) =
	rlv_same(to->region + handle, region) && to->region[handle].base == base &&
	to->region[handle].rank == rank;

  predicate alike{L}(struct rlv_table *to, struct rlv_table *from) =
	to->key == from->key && to->capacity == from->capacity;

  // A region that stands at this base would have the shape that look-ups rest on.
  predicate shape_at{L}(struct rlv_region *r, integer base) =
	rlv_asks_well(r, base) && (r->shift != RLV_CONTIGUOUS ==> rlv_pages_ok(r));

  // The table's memory is none of the region's.
  predicate beside{L}(struct rlv_table *to, struct rlv_region *r) =
	\separated(r, to) && \separated(r, to->region + (0 .. to->capacity - 1)) &&
	\separated(r, to->order + (0 .. to->capacity - 1)) &&
	(r->shift != RLV_CONTIGUOUS ==> rlv_off_pages(to, r));

  predicate new_kept{A, B}(struct rlv_region *r) =
	region_kept{A, B}(r) &&
	(\at(r->shift, A) != RLV_CONTIGUOUS ==>
		(\forall integer i; 0 <= i < \at(r->pages, A) ==>
			\at(r->page[i], A) == \at(r->page[i], B)) &&
		(\valid_read{A}(\at(r->page, A) + (0 .. \at(r->pages, A) - 1)) ==>
		 \valid_read{B}(\at(r->page, A) + (0 .. \at(r->pages, A) - 1))));

  predicate below_kept{A, B}(struct rlv_table *t, integer n) =
	\forall integer h; 0 <= h < n ==> region_kept{A, B}(\at(t->region, A) + h);
*/

/*@
  // What a new table with a region less is to the old one.
  predicate without{L}(struct rlv_table *to, struct rlv_table *from, integer handle,
		       integer rank) =
	alike(to, from) && from->count <= from->capacity <= RLV_REGIONS_MAX &&
	0 <= handle < from->capacity && rlv_live(from, handle) &&
	from->region[handle].rank == rank && list_without(to, from, rank) &&
	moved_down(to, from, from->capacity, handle, rank) && !rlv_live(to, handle);

  lemma moved_shape{L}: \forall struct rlv_region *to, struct rlv_region *from, integer rank;
	moved(to, from, rank) && rlv_shape(from) ==> rlv_shape(to);

  lemma live_down{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer handle, rank, h;
	alike(to, from) && moved_down(to, from, from->capacity, handle, rank) && h != handle ==>
	(rlv_live(to, h) <==> rlv_live(from, h));

  lemma without_once{L}:
	\forall struct rlv_table *t, integer i, j;
	rlv_listed(t) && rlv_ascending(t) && 0 <= i < j < t->count ==>
	t->order[i] != t->order[j];

  lemma without_listed{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer handle, rank;
	without(to, from, handle, rank) && rlv_sorted(from) ==> rlv_listed(to);

  lemma without_ranked{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer handle, rank;
	without(to, from, handle, rank) && rlv_sorted(from) ==> rlv_ranked(to);

  lemma without_ascending{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer handle, rank;
	without(to, from, handle, rank) && rlv_sorted(from) ==> rlv_ascending(to);

  lemma without_guard{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer handle, rank;
	without(to, from, handle, rank) && rlv_guard(from) ==> rlv_guard(to);

  lemma without_shapes{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer handle, rank, h;
	without(to, from, handle, rank) && rlv_wf(from) && rlv_live(to, h) ==>
	rlv_shape(to->region + h);
*/

/*@
  // What a new table with a region more is to the old one.
  predicate with{L}(struct rlv_table *to, struct rlv_table *from, integer handle,
		    struct rlv_region *region, integer base, integer rank) =
	alike(to, from) && from->count < from->capacity <= RLV_REGIONS_MAX &&
	0 <= rank <= from->count && 0 <= handle < from->capacity && !rlv_live(from, handle) &&
	0 < region->bytes && list_with(to, from, handle, rank) &&
	moved_up(to, from, from->capacity, handle, rank) &&
	is_new(to, handle, region, base, rank);

  // Place i of the list ends where place j begins, or sooner.
  predicate before{L}(struct rlv_table *t, integer i, integer j) =
	t->region[t->order[i]].base + t->region[t->order[i]].bytes <=
	t->region[t->order[j]].base;

  lemma live_up{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer handle, rank, h;
	alike(to, from) && moved_up(to, from, from->capacity, handle, rank) && h != handle ==>
	(rlv_live(to, h) <==> rlv_live(from, h));

  lemma with_ranked{L}:
	\forall struct rlv_table *to, struct rlv_table *from, struct rlv_region *r,
		integer handle, base, rank;
	with(to, from, handle, r, base, rank) && rlv_ranked(from) ==> rlv_ranked(to);

  lemma with_to_it{L}:
	\forall struct rlv_table *to, struct rlv_table *from, struct rlv_region *r,
		integer handle, base, rank, i;
	with(to, from, handle, r, base, rank) && rlv_listed(from) &&
	rlv_fits(from, base, r->bytes, rank) && 0 <= i < rank ==> before(to, i, rank);

  lemma with_from_it{L}:
	\forall struct rlv_table *to, struct rlv_table *from, struct rlv_region *r,
		integer handle, base, rank, i;
	with(to, from, handle, r, base, rank) && rlv_listed(from) &&
	rlv_fits(from, base, r->bytes, rank) && rank < i <= from->count ==> before(to, rank, i);
*/

/*@
  // Why the list stays sorted with one more: what stands before and behind it stood so before.

  predicate same_place{L}(struct rlv_table *to, integer i, struct rlv_table *from, integer j) =
	to->region[to->order[i]].base == from->region[from->order[j]].base &&
	to->region[to->order[i]].bytes == from->region[from->order[j]].bytes;

  lemma ascending_before{L}: \forall struct rlv_table *t, integer i, j;
	rlv_ascending(t) && 0 <= i < j < t->count ==> before(t, i, j);

  lemma same_place_before{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer i, j, a, b;
	same_place(to, i, from, a) && same_place(to, j, from, b) && before(from, a, b) ==>
	before(to, i, j);

  predicate places_below{L}(struct rlv_table *to, struct rlv_table *from, integer n) =
	\forall integer i; 0 <= i < n ==> same_place(to, i, from, i);

  predicate places_above{L}(struct rlv_table *to, struct rlv_table *from, integer n) =
	\forall integer i, k; n <= i < from->count && i < k <= i + 1 ==>
		same_place(to, k, from, i);

  predicate around{L}(struct rlv_table *t, integer n) =
	(\forall integer i; 0 <= i < n ==> before(t, i, n)) &&
	(\forall integer i; n < i < t->count ==> before(t, n, i));

  lemma places_below_at{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer n, i;
	places_below(to, from, n) && 0 <= i < n ==> same_place(to, i, from, i);

  lemma below_follows{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer n, i, j;
	places_below(to, from, n) && 0 <= i < j < n && before(from, i, j) ==> before(to, i, j);

  lemma places_above_at{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer n, a, i;
	places_above(to, from, n) && n <= a < from->count && a < i <= a + 1 ==>
	same_place(to, i, from, a);

  lemma above_next{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer n, a, b, i, j;
	places_above(to, from, n) && n <= a < b < from->count && a < i <= a + 1 && b < j <= b + 1 &&
	before(from, a, b) ==> before(to, i, j);

  lemma across_next{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer n, a, b, j;
	places_below(to, from, n) && places_above(to, from, n) &&
	0 <= a < n <= b < from->count && b < j <= b + 1 && before(from, a, b) ==> before(to, a, j);

  lemma above_follows{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer n, i, j;
	places_above(to, from, n) && n < i < j <= from->count && before(from, i - 1, j - 1) ==>
	before(to, i, j);

  lemma across_follows{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer n, i, j;
	places_below(to, from, n) && places_above(to, from, n) &&
	0 <= i < n < j <= from->count && before(from, i, j - 1) ==> before(to, i, j);

  lemma below_before{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer n, i, j;
	places_below(to, from, n) && rlv_ascending(from) && n <= from->count &&
	0 <= i < j < n ==> before(to, i, j);

  lemma above_before{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer n, i, j;
	places_above(to, from, n) && rlv_ascending(from) && 0 <= n < i < j <= from->count ==>
	before(to, i, j);

  lemma across_before{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer n, i, j;
	places_below(to, from, n) && places_above(to, from, n) && rlv_ascending(from) &&
	0 <= i < n < j <= from->count ==> before(to, i, j);

  lemma places_before{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer n, i, j;
	places_below(to, from, n) && places_above(to, from, n) && rlv_ascending(from) &&
	around(to, n) && to->count == from->count + 1 && 0 <= n <= from->count &&
	0 <= i < j < to->count ==> before(to, i, j);

  lemma before_ascending{L}: \forall struct rlv_table *t;
	(\forall integer i, j; 0 <= i < j < t->count ==> before(t, i, j)) ==> rlv_ascending(t);

  lemma places_ascending{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer n;
	places_below(to, from, n) && places_above(to, from, n) && rlv_ascending(from) &&
	around(to, n) && to->count == from->count + 1 && 0 <= n <= from->count ==>
	rlv_ascending(to);
*/

/*@
  lemma new_kept_shape{A, B}: \forall struct rlv_region *r, integer base;
	new_kept{A, B}(r) && shape_at{A}(r, base) ==> shape_at{B}(r, base);

  lemma new_kept_both{A, B, C}: \forall struct rlv_region *r;
	new_kept{A, B}(r) && new_kept{B, C}(r) ==> new_kept{A, C}(r);

  lemma below_kept_part{A, B}: \forall struct rlv_table *t, integer m, n;
	below_kept{A, B}(t, n) && m <= n ==> below_kept{A, B}(t, m);

  lemma moved_up_kept{A, B}:
	\forall struct rlv_table *to, struct rlv_table *from, integer n, h, rank;
	moved_up{A}(to, from, n, h, rank) && n <= \at(from->capacity, A) &&
	\at(to->region, A) == \at(to->region, B) && below_kept{A, B}(to, n) &&
	head_kept{A, B}(from) && regions_kept{A, B}(from) ==> moved_up{B}(to, from, n, h, rank);

  lemma moved_down_kept{A, B}:
	\forall struct rlv_table *to, struct rlv_table *from, integer n, h, rank;
	moved_down{A}(to, from, n, h, rank) && n <= \at(from->capacity, A) &&
	\at(to->region, A) == \at(to->region, B) && below_kept{A, B}(to, n) &&
	head_kept{A, B}(from) && regions_kept{A, B}(from) ==> moved_down{B}(to, from, n, h, rank);

  lemma is_new_kept{A, B}:
	\forall struct rlv_table *to, struct rlv_region *r, integer n, h, base, rank;
	is_new{A}(to, h, r, base, rank) && 0 <= h < n &&
	\at(to->region, A) == \at(to->region, B) && below_kept{A, B}(to, n) &&
	region_kept{A, B}(r) ==> is_new{B}(to, h, r, base, rank);

  lemma no_region_kept{A, B}: \forall struct rlv_table *to, integer n, h;
	no_region{A}(to, h) && 0 <= h < n && \at(to->region, A) == \at(to->region, B) &&
	below_kept{A, B}(to, n) ==> no_region{B}(to, h);

  lemma moved_up_next{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer n, h, rank;
	moved_up(to, from, n, h, rank) && (n != h ==>
		moved(to->region + n, from->region + n, rank_up(from->region[n].rank, rank))) ==>
	moved_up(to, from, n + 1, h, rank);

  lemma moved_down_next{L}:
	\forall struct rlv_table *to, struct rlv_table *from, integer n, h, rank;
	moved_down(to, from, n, h, rank) && (n != h ==>
		moved(to->region + n, from->region + n, rank_down(from->region[n].rank, rank))) ==>
	moved_down(to, from, n + 1, h, rank);

  lemma fits_kept{A, B}: \forall struct rlv_table *from, integer base, bytes, rank;
	rlv_memory{A}(from) && rlv_listed{A}(from) && head_kept{A, B}(from) &&
	regions_kept{A, B}(from) && order_kept{A, B}(from) &&
	0 <= rank <= \at(from->count, A) && rlv_fits{A}(from, base, bytes, rank) ==>
	rlv_fits{B}(from, base, bytes, rank);

  lemma fits_stay{A, B}: \forall struct rlv_table *from, integer base, bytes, rank;
	rlv_wf{A}(from) && table_kept{A, B}(from) && 0 <= rank <= \at(from->count, A) &&
	rlv_fits{A}(from, base, bytes, rank) ==> rlv_fits{B}(from, base, bytes, rank);

  lemma list_with_kept{A, B}: \forall struct rlv_table *to, struct rlv_table *from, integer h, rank;
	list_with{A}(to, from, h, rank) && 0 <= rank <= \at(from->count, A) &&
	\at(from->count, A) < \at(from->capacity, A) && alike{A}(to, from) &&
	head_kept{A, B}(to) && order_kept{A, B}(to) &&
	head_kept{A, B}(from) && order_kept{A, B}(from) ==> list_with{B}(to, from, h, rank);

  lemma list_without_kept{A, B}: \forall struct rlv_table *to, struct rlv_table *from, integer rank;
	list_without{A}(to, from, rank) && 0 <= rank < \at(from->count, A) &&
	\at(from->count, A) <= \at(from->capacity, A) && alike{A}(to, from) &&
	head_kept{A, B}(to) && order_kept{A, B}(to) &&
	head_kept{A, B}(from) && order_kept{A, B}(from) ==> list_without{B}(to, from, rank);

  lemma new_shape{L}: \forall struct rlv_table *to, struct rlv_region *r, integer h, base, rank;
	is_new(to, h, r, base, rank) && shape_at(r, base) ==> rlv_shape(to->region + h);

*/

/*@
  lemma with_listed_below{L}:
	\forall struct rlv_table *to, struct rlv_table *from, struct rlv_region *r,
		integer handle, base, rank, i;
	with(to, from, handle, r, base, rank) && rlv_listed(from) && 0 <= i < rank ==>
	to->order[i] == from->order[i] && to->order[i] != handle && rlv_live(to, to->order[i]);

  lemma with_listed_above{L}:
	\forall struct rlv_table *to, struct rlv_table *from, struct rlv_region *r,
		integer handle, base, rank, i;
	with(to, from, handle, r, base, rank) && rlv_listed(from) && rank < i <= from->count ==>
	to->order[i] == from->order[i - 1] && to->order[i] != handle &&
	rlv_live(to, to->order[i]);

  lemma with_listed{L}:
	\forall struct rlv_table *to, struct rlv_table *from, struct rlv_region *r,
		integer handle, base, rank;
	with(to, from, handle, r, base, rank) && rlv_listed(from) ==> rlv_listed(to);

  lemma with_around{L}:
	\forall struct rlv_table *to, struct rlv_table *from, struct rlv_region *r,
		integer handle, base, rank;
	with(to, from, handle, r, base, rank) && rlv_listed(from) &&
	rlv_fits(from, base, r->bytes, rank) ==> around(to, rank);

  lemma with_places_below{L}:
	\forall struct rlv_table *to, struct rlv_table *from, struct rlv_region *r,
		integer handle, base, rank;
	with(to, from, handle, r, base, rank) && rlv_listed(from) && rank <= from->count ==>
	places_below(to, from, rank);

  lemma with_places_above{L}:
	\forall struct rlv_table *to, struct rlv_table *from, struct rlv_region *r,
		integer handle, base, rank;
	with(to, from, handle, r, base, rank) && rlv_listed(from) && rank <= from->count ==>
	places_above(to, from, rank);

  lemma with_ascending{L}:
	\forall struct rlv_table *to, struct rlv_table *from, struct rlv_region *r,
		integer handle, base, rank;
	with(to, from, handle, r, base, rank) && places_below(to, from, rank) &&
	places_above(to, from, rank) && around(to, rank) && rlv_ascending(from) ==>
	rlv_ascending(to);

  lemma with_guard{L}:
	\forall struct rlv_table *to, struct rlv_table *from, struct rlv_region *r,
		integer handle, base, rank;
	with(to, from, handle, r, base, rank) && rlv_guard(from) &&
	base == handle * RLV_REGION_MAX ==> rlv_guard(to);

  predicate guard_base{L}(struct rlv_table *t, integer handle, integer base) =
	t->key == RLV_KEY_GUARD ==> base == handle * RLV_REGION_MAX;

  predicate guarded{L}(struct rlv_table *t) = t->key == RLV_KEY_GUARD ==> rlv_guard(t);

  lemma with_guarded{L}:
	\forall struct rlv_table *to, struct rlv_table *from, struct rlv_region *r,
		integer handle, base, rank;
	with(to, from, handle, r, base, rank) && guarded(from) &&
	guard_base(from, handle, base) ==> guarded(to);

  lemma with_shapes{L}:
	\forall struct rlv_table *to, struct rlv_table *from, struct rlv_region *r,
		integer handle, base, rank, h;
	with(to, from, handle, r, base, rank) && shape_at(r, base) && rlv_wf(from) &&
	rlv_live(to, h) ==> rlv_shape(to->region + h);

*/

/* The place of a live region in the list when one more stands at @at. */
/*@ requires \valid_read(region) && (region->bytes != 0 ==> region->rank < RLV_REGIONS_MAX);
    assigns \nothing;
    ensures live: region->bytes != 0 ==> \result == rank_up(region->rank, at);
    ensures bound: \result <= 0xffff;
*/
static inline uint32_t place_up(const struct rlv_region *region, uint32_t at)
{
	return region->bytes != 0 && region->rank >= at ? region->rank + 1u : region->rank;
}

/* The place of a live region in the list when the one at @at is gone. */
/*@ requires \valid_read(region);
    assigns \nothing;
    ensures live: region->bytes != 0 ==> \result == rank_down(region->rank, at);
    ensures bound: \result <= 0xffff;
*/
static inline uint32_t place_down(const struct rlv_region *region, uint32_t at)
{
	return region->bytes != 0 && region->rank > at ? region->rank - 1u : region->rank;
}

/* Write @of to @to, field by field: a prover follows that better than a whole structure. */
/*@ requires \valid_read(from) && rlv_wf(from) && rlv_copyable(table, from);
    requires handle < table->capacity && to == table->region + handle;
    requires \valid_read(of) && \separated(of, table->region + (0 .. table->capacity - 1));
    requires \valid_read(region) && beside(table, region);
    requires rank <= 0xffff;
    assigns *to;
    ensures from: table_kept{Pre, Post}(from);
    ensures region: new_kept{Pre, Post}(region);
    ensures head: head_kept{Pre, Post}(table);
    ensures order: order_kept{Pre, Post}(table);
    ensures below: below_kept{Pre, Post}(table, handle);
    ensures copyable: rlv_copyable(table, from);
    ensures beside: beside(table, region);
    ensures same: rlv_same(to, of);
    ensures base: to->base == base;
    ensures rank: to->rank == rank;
*/
static inline void put(struct rlv_region *to, const struct rlv_region *of, uint64_t base,
		       uint32_t rank)
/*@ ghost (const struct rlv_table *table, const struct rlv_table *from,
	   const struct rlv_region *region, uint32_t handle) */
{
	to->base = base;
	to->bytes = of->bytes;
	to->dev = of->dev;
	to->page = of->page;
	to->pages = of->pages;
	to->rank = (uint16_t)rank;
	to->perm = of->perm;
	to->shift = of->shift;
	//@ assert region: region_kept{Pre, Here}(region);
	/*@ assert addresses: region->shift != RLV_CONTIGUOUS ==>
		\forall integer i; 0 <= i < region->pages ==>
			region->page[i] == \at(region->page[i], Pre); */
	//@ assert head: head_kept{Pre, Here}(from);
	//@ assert regions: regions_kept{Pre, Here}(from);
	//@ assert order: order_kept{Pre, Here}(from);
	//@ assert pages: pages_kept{Pre, Here}(from);
	//@ assert valid: valid_kept{Pre, Here}(from);
}

/* No region at @to. */
/*@ requires \valid_read(from) && rlv_wf(from) && rlv_copyable(table, from);
    requires handle < table->capacity && to == table->region + handle;
    requires \valid_read(region) && beside(table, region);
    assigns to->bytes;
    ensures from: table_kept{Pre, Post}(from);
    ensures region: new_kept{Pre, Post}(region);
    ensures head: head_kept{Pre, Post}(table);
    ensures order: order_kept{Pre, Post}(table);
    ensures below: below_kept{Pre, Post}(table, handle);
    ensures copyable: rlv_copyable(table, from);
    ensures beside: beside(table, region);
    ensures gone: to->bytes == 0;
*/
static inline void clear(struct rlv_region *to)
/*@ ghost (const struct rlv_table *table, const struct rlv_table *from,
	   const struct rlv_region *region, uint32_t handle) */
{
	to->bytes = 0;
	//@ assert head: head_kept{Pre, Here}(from);
	//@ assert regions: regions_kept{Pre, Here}(from);
	//@ assert order: order_kept{Pre, Here}(from);
	//@ assert pages: pages_kept{Pre, Here}(from);
	//@ assert valid: valid_kept{Pre, Here}(from);
}

/* The list of @from with @handle at @rank. */
/*@ requires \valid_read(from) && rlv_wf(from) && rlv_copyable(to, from);
    requires \valid_read(region) && beside(to, region);
    requires rank <= from->count < from->capacity && handle < from->capacity;
    assigns to->count, to->order[0 .. to->capacity - 1];
    ensures from: table_kept{Pre, Post}(from);
    ensures region: new_kept{Pre, Post}(region);
    ensures copyable: rlv_copyable(to, from);
    ensures beside: beside(to, region);
    ensures list: list_with(to, from, handle, rank);
*/
static void list_more(struct rlv_table *to, const struct rlv_table *from, uint32_t handle,
		      uint32_t rank)
/*@ ghost (const struct rlv_region *region) */
{
	order_with(to->order, from->order, from->count, rank, handle);
	to->count = from->count + 1u;
	//@ assert head: head_kept{Pre, Here}(from);
	//@ assert regions: regions_kept{Pre, Here}(from);
	//@ assert order: order_kept{Pre, Here}(from);
	//@ assert pages: pages_kept{Pre, Here}(from);
	//@ assert valid: valid_kept{Pre, Here}(from);
}

/* The list of @from without what stands at @rank. */
/*@ requires \valid_read(from) && rlv_wf(from) && rlv_copyable(to, from);
    requires \valid_read(region) && beside(to, region);
    requires rank < from->count;
    assigns to->count, to->order[0 .. to->capacity - 1];
    ensures from: table_kept{Pre, Post}(from);
    ensures copyable: rlv_copyable(to, from);
    ensures beside: beside(to, region);
    ensures list: list_without(to, from, rank);
*/
static void list_less(struct rlv_table *to, const struct rlv_table *from, uint32_t rank)
/*@ ghost (const struct rlv_region *region) */
{
	order_without(to->order, from->order, from->count, rank);
	to->count = from->count - 1u;
	//@ assert head: head_kept{Pre, Here}(from);
	//@ assert regions: regions_kept{Pre, Here}(from);
	//@ assert order: order_kept{Pre, Here}(from);
	//@ assert pages: pages_kept{Pre, Here}(from);
	//@ assert valid: valid_kept{Pre, Here}(from);
}

/* Region @h of the new table: @region if that is @handle, else the old one. */
/*@ requires \valid_read(from) && rlv_wf(from) && rlv_copyable(to, from);
    requires \valid_read(region) && beside(to, region);
    requires h < from->capacity && handle < from->capacity && rank <= 0xffff;
    assigns to->region[h];
    ensures from: table_kept{Pre, Post}(from);
    ensures region: new_kept{Pre, Post}(region);
    ensures head: head_kept{Pre, Post}(to);
    ensures order: order_kept{Pre, Post}(to);
    ensures below: below_kept{Pre, Post}(to, h);
    ensures copyable: rlv_copyable(to, from);
    ensures beside: beside(to, region);
    ensures moved: h != handle ==>
	moved(to->region + h, from->region + h, rank_up(from->region[h].rank, rank));
    ensures new: h == handle ==> is_new(to, handle, region, base, rank);
*/
static inline void turn_more(struct rlv_table *to, const struct rlv_table *from, uint32_t h,
			     uint32_t handle, const struct rlv_region *region, uint64_t base,
			     uint32_t rank)
{
	const struct rlv_region *old = &from->region[h];

	if (h == handle) {
		put(&to->region[h], region, base, rank) /*@ ghost(to, from, region, h) */;
		return;
	}
	//@ assert live: old->bytes != 0 ==> rlv_live(from, h);
	put(&to->region[h], old, old->base, place_up(old, rank))
		/*@ ghost(to, from, region, h) */;
}

/* The regions of @from, with @region at @handle. */
/*@ requires \valid_read(from) && rlv_wf(from) && rlv_copyable(to, from);
    requires \valid_read(region) && beside(to, region);
    requires handle < from->capacity && rank <= 0xffff;
    assigns to->region[0 .. to->capacity - 1];
    ensures from: table_kept{Pre, Post}(from);
    ensures region: new_kept{Pre, Post}(region);
    ensures head: head_kept{Pre, Post}(to);
    ensures order: order_kept{Pre, Post}(to);
    ensures copyable: rlv_copyable(to, from);
    ensures moved: moved_up(to, from, from->capacity, handle, rank);
    ensures new: is_new(to, handle, region, base, rank);
*/
static void regions_more(struct rlv_table *to, const struct rlv_table *from, uint32_t handle,
			 const struct rlv_region *region, uint64_t base, uint32_t rank)
{
	//@ ghost struct rlv_region *room = to->region;
	//@ ghost uint32_t n = to->capacity;

	/*@ loop invariant range: 0 <= h <= from->capacity;
	    loop invariant room: to->region == room && to->capacity == n && from->capacity == n;
	    loop invariant from: table_kept{Pre, Here}(from);
	    loop invariant wf: rlv_wf(from);
	    loop invariant region: new_kept{Pre, Here}(region);
	    loop invariant head: head_kept{Pre, Here}(to);
	    loop invariant order: order_kept{Pre, Here}(to);
	    loop invariant copyable: rlv_copyable(to, from);
	    loop invariant beside: beside(to, region);
	    loop invariant moved: moved_up(to, from, h, handle, rank);
	    loop invariant new: handle < h ==> is_new(to, handle, region, base, rank);
	    loop assigns h, room[0 .. n - 1];
	    loop variant from->capacity - h;
	*/
	for (uint32_t h = 0; h < from->capacity; h++) {
		//@ ghost Turn: ;
		turn_more(to, from, h, handle, region, base, rank);
		//@ assert from: table_kept{Pre, Here}(from);
		//@ assert region: new_kept{Pre, Here}(region);
		//@ assert order: order_kept{Pre, Here}(to);
		//@ assert below: below_kept{Turn, Here}(to, h);
		//@ assert before: moved_up(to, from, h, handle, rank);
		//@ assert next: moved_up(to, from, h + 1, handle, rank);
		//@ assert old: handle < h ==> is_new(to, handle, region, base, rank);
	}
}

/* Region @h of the new table: none if that is @handle, else the old one. */
/*@ requires \valid_read(from) && rlv_wf(from) && rlv_copyable(to, from);
    requires h < from->capacity && rlv_live(from, handle);
    requires beside(to, from->region + handle);
    assigns to->region[h];
    ensures from: table_kept{Pre, Post}(from);
    ensures head: head_kept{Pre, Post}(to);
    ensures order: order_kept{Pre, Post}(to);
    ensures below: below_kept{Pre, Post}(to, h);
    ensures copyable: rlv_copyable(to, from);
    ensures beside: beside(to, from->region + handle);
    ensures moved: h != handle ==>
	moved(to->region + h, from->region + h, rank_down(from->region[h].rank, rank));
    ensures gone: h == handle ==> no_region(to, handle);
*/
static inline void turn_less(struct rlv_table *to, const struct rlv_table *from, uint32_t h,
			     uint32_t handle, uint32_t rank)
{
	const struct rlv_region *old = &from->region[h];

	if (h == handle) {
		clear(&to->region[h]) /*@ ghost(to, from, from->region + handle, h) */;
		return;
	}
	put(&to->region[h], old, old->base, place_down(old, rank))
		/*@ ghost(to, from, from->region + handle, h) */;
}

/* The regions of @from, without that of @handle. */
/*@ requires \valid_read(from) && rlv_wf(from) && rlv_copyable(to, from);
    requires rlv_live(from, handle) && beside(to, from->region + handle);
    assigns to->region[0 .. to->capacity - 1];
    ensures from: table_kept{Pre, Post}(from);
    ensures head: head_kept{Pre, Post}(to);
    ensures order: order_kept{Pre, Post}(to);
    ensures copyable: rlv_copyable(to, from);
    ensures moved: moved_down(to, from, from->capacity, handle, rank);
    ensures gone: !rlv_live(to, handle);
*/
static void regions_less(struct rlv_table *to, const struct rlv_table *from, uint32_t handle,
			 uint32_t rank)
{
	//@ ghost struct rlv_region *room = to->region;
	//@ ghost uint32_t n = to->capacity;

	/*@ loop invariant range: 0 <= h <= from->capacity;
	    loop invariant room: to->region == room && to->capacity == n && from->capacity == n;
	    loop invariant from: table_kept{Pre, Here}(from);
	    loop invariant wf: rlv_wf(from);
	    loop invariant head: head_kept{Pre, Here}(to);
	    loop invariant order: order_kept{Pre, Here}(to);
	    loop invariant copyable: rlv_copyable(to, from);
	    loop invariant beside: beside(to, from->region + handle);
	    loop invariant moved: moved_down(to, from, h, handle, rank);
	    loop invariant gone: handle < h ==> no_region(to, handle);
	    loop assigns h, room[0 .. n - 1];
	    loop variant from->capacity - h;
	*/
	for (uint32_t h = 0; h < from->capacity; h++) {
		//@ ghost Turn: ;
		turn_less(to, from, h, handle, rank);
		//@ assert from: table_kept{Pre, Here}(from);
		//@ assert order: order_kept{Pre, Here}(to);
		//@ assert below: below_kept{Turn, Here}(to, h);
		//@ assert before: moved_down(to, from, h, handle, rank);
		//@ assert next: moved_down(to, from, h + 1, handle, rank);
		//@ assert old: handle < h ==> no_region(to, handle);
	}
}

/* Where a region would stand, or why it may not. */
struct place {
	uint64_t base;
	uint32_t rank;
	enum rlv_rule rule;
};

/*@ requires \valid_read(from) && rlv_wf(from) && \valid_read(region);
    requires rlv_paged(region) ==> \valid_read(region->page + (0 .. region->pages - 1));
    assigns \nothing;
    ensures rules: \result.rule == RLV_OK || \result.rule == RLV_TABLE_FULL ||
	\result.rule == RLV_HANDLE || \result.rule == RLV_REGION_SHAPE ||
	\result.rule == RLV_OVERLAP;
    ensures room: \result.rule == RLV_OK ==> from->count < from->capacity;
    ensures free: \result.rule == RLV_OK ==> handle < from->capacity && !rlv_live(from, handle);
    ensures base: \result.rule == RLV_OK ==> \result.base == rlv_base(from, handle, region);
    ensures asks: \result.rule == RLV_OK ==> shape_at(region, \result.base);
    ensures rank: \result.rule == RLV_OK ==> \result.rank <= from->count;
    ensures fits: \result.rule == RLV_OK ==>
	rlv_fits(from, \result.base, region->bytes, \result.rank);
    ensures full: \result.rule == RLV_TABLE_FULL ==> from->count == from->capacity;
    ensures handle: \result.rule == RLV_HANDLE ==>
	handle >= from->capacity || rlv_live(from, handle);
    ensures shape: \result.rule == RLV_REGION_SHAPE ==>
	!rlv_asks_well(region, rlv_base(from, handle, region));
    ensures overlap: \result.rule == RLV_OVERLAP ==>
	\exists integer h; rlv_live(from, h) &&
		rlv_meets(from, h, rlv_base(from, handle, region), region->bytes);
    ensures guard: \result.rule == RLV_OVERLAP ==> from->key == RLV_KEY_IOVA;
    ensures complete: from->count < from->capacity && handle < from->capacity &&
	!rlv_live(from, handle) && rlv_asks_well(region, rlv_base(from, handle, region)) &&
	(\forall integer h; rlv_live(from, h) ==>
		!rlv_meets(from, h, rlv_base(from, handle, region), region->bytes)) ==>
	\result.rule == RLV_OK;
*/
static struct place place_of(const struct rlv_table *from, uint32_t handle,
			     const struct rlv_region *region)
{
	struct place place = {region->base, 0, RLV_OK};

	if (from->count == from->capacity)
		place.rule = RLV_TABLE_FULL;
	else if (handle >= from->capacity ||
		 from->region[rlv_index_nospec(handle, from->capacity)].bytes != 0)
		place.rule = RLV_HANDLE;
	if (place.rule != RLV_OK)
		return place;
	if (from->key == RLV_KEY_GUARD)
		place.base = handle * RLV_REGION_MAX;
	if (!shape_ok(region, place.base)) {
		place.rule = RLV_REGION_SHAPE;
		return place;
	}
	place.rank = rank_of(from, place.base);
	if (overlaps(from, place.base, region->bytes, place.rank))
		place.rule = RLV_OVERLAP;
	return place;
}

/*@ requires \valid_read(from) && rlv_wf(from) && rlv_copyable(to, from);
    requires \valid_read(region) && beside(to, region) && shape_at(region, base);
    requires from->count < from->capacity && handle < from->capacity;
    requires !rlv_live(from, handle) && rank <= from->count;
    requires fits: rlv_fits(from, base, region->bytes, rank);
    requires guard: from->key == RLV_KEY_GUARD ==> base == handle * RLV_REGION_MAX;
    assigns to->count, to->region[0 .. to->capacity - 1], to->order[0 .. to->capacity - 1];
    ensures from: table_kept{Pre, Post}(from);
    ensures with: with(to, from, handle, region, base, rank);
    ensures wf: rlv_wf(to);
*/
static void add(struct rlv_table *to, const struct rlv_table *from, uint32_t handle,
		const struct rlv_region *region, uint64_t base, uint32_t rank)
{
	//@ ghost uint64_t bytes = region->bytes;

	list_more(to, from, handle, rank) /*@ ghost(region) */;
	//@ assert listed_wf: rlv_wf(from);
	/*@ assert room: rank <= from->count < from->capacity && alike(to, from); */
	//@ assert fitted: rlv_fits(from, base, bytes, rank);
	//@ ghost Listed: ;
	regions_more(to, from, handle, region, base, rank);
	//@ assert from: table_kept{Pre, Here}(from);
	//@ assert from_wf: rlv_wf(from);
	//@ assert region: new_kept{Pre, Here}(region);
	//@ assert asked: shape_at(region, base);
	/*@ assert same: head_kept{Listed, Here}(to) && order_kept{Listed, Here}(to) &&
		head_kept{Listed, Here}(from) && order_kept{Listed, Here}(from); */
	//@ assert list: list_with(to, from, handle, rank);
	//@ assert dead: !rlv_live(from, handle);
	//@ assert with: with(to, from, handle, region, base, rank);
	//@ assert fit: rlv_fits(from, base, bytes, rank);
	//@ assert fits: rlv_fits(from, base, region->bytes, rank);
	//@ assert memory: rlv_memory(to);
	/*@ assert shapes: \forall integer h; rlv_live(to, h) ==> rlv_shape(to->region + h); */
	//@ assert guarded: guarded(from);
	//@ assert base: guard_base(from, handle, base);
	//@ assert guard: guarded(to);
	//@ assert listed: rlv_listed(to);
	//@ assert ranked: rlv_ranked(to);
	//@ assert ascending: rlv_ascending(to);
}

/*@ requires \valid_read(from) && rlv_wf(from) && rlv_copyable(to, from);
    requires rlv_live(from, handle);
    assigns to->count, to->region[0 .. to->capacity - 1], to->order[0 .. to->capacity - 1];
    ensures from: table_kept{Pre, Post}(from);
    ensures without: without(to, from, handle, from->region[handle].rank);
    ensures wf: rlv_wf(to);
*/
static void drop(struct rlv_table *to, const struct rlv_table *from, uint32_t handle)
{
	uint32_t rank = from->region[handle].rank;

	//@ assert beside: beside(to, from->region + handle);
	list_less(to, from, rank) /*@ ghost(from->region + handle) */;
	//@ assert listed_wf: rlv_wf(from);
	//@ assert live: rlv_live(from, handle);
	//@ ghost Listed: ;
	regions_less(to, from, handle, rank);
	//@ assert from: table_kept{Pre, Here}(from);
	//@ assert from_wf: rlv_wf(from);
	//@ assert list: list_without(to, from, rank);
	//@ assert was: rlv_live(from, handle) && from->region[handle].rank == rank;
	//@ assert without: without(to, from, handle, rank);
	//@ assert memory: rlv_memory(to);
	/*@ assert shapes: \forall integer h; rlv_live(to, h) ==> rlv_shape(to->region + h); */
	//@ assert guard: to->key == RLV_KEY_GUARD ==> rlv_guard(to);
	//@ assert listed: rlv_listed(to);
	//@ assert ranked: rlv_ranked(to);
	//@ assert ascending: rlv_ascending(to);
}

enum rlv_rule rlv_table_insert(struct rlv_table *to, const struct rlv_table *from, uint32_t handle,
			       const struct rlv_region *region)
{
	struct place place = place_of(from, handle, region);

	if (place.rule == RLV_OK)
		add(to, from, rlv_index_nospec(handle, from->capacity), region, place.base,
		    place.rank);
	return place.rule;
}

enum rlv_rule rlv_table_remove(struct rlv_table *to, const struct rlv_table *from, uint32_t handle,
			       bool held)
{
	if (handle >= from->capacity)
		return RLV_HANDLE;
	handle = rlv_index_nospec(handle, from->capacity);
	if (from->region[handle].bytes == 0)
		return RLV_HANDLE;
	if (held)
		return RLV_BUSY;
	drop(to, from, handle);
	return RLV_OK;
}
