/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pinned table: making a new one out of an old one. */
#include "verifier/rlv_table.h"

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
	if (rank == table->count)
		return false;
	near = &table->region[table->order[rank]];
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

/* Field by field: a prover follows that better than the assignment of a structure. */
/*@ requires \valid(to) && \valid_read(from) && \separated(to, from);
    requires rank <= 0xffff;
    assigns to->base, to->bytes, to->dev, to->page \from from->page;
    assigns to->pages, to->rank, to->perm, to->shift;
    ensures rlv_same(to, from) && to->base == base && to->rank == rank;
*/
static inline void put(struct rlv_region *to, const struct rlv_region *from, uint64_t base,
		       uint32_t rank)
{
	to->base = base;
	to->bytes = from->bytes;
	to->dev = from->dev;
	to->page = from->page;
	to->pages = from->pages;
	to->rank = (uint16_t)rank;
	to->perm = from->perm;
	to->shift = from->shift;
}

/* The regions of @from but that of @handle, with those from @rank on one place further on. */
/*@ requires 0 < capacity <= RLV_REGIONS_MAX;
    requires \valid(to + (0 .. capacity - 1)) && \valid_read(from + (0 .. capacity - 1));
    requires \separated(to + (0 .. capacity - 1), from + (0 .. capacity - 1));
    requires \forall integer h; 0 <= h < capacity && from[h].bytes != 0 ==>
	from[h].rank < RLV_REGIONS_MAX;
    assigns to[0 .. capacity - 1];
    ensures bytes: \forall integer h; 0 <= h < capacity ==> to[h].bytes == from[h].bytes;
    ensures dev: \forall integer h; 0 <= h < capacity ==> to[h].dev == from[h].dev;
    ensures page: \forall integer h; 0 <= h < capacity ==> to[h].page == from[h].page;
    ensures pages: \forall integer h; 0 <= h < capacity ==> to[h].pages == from[h].pages;
    ensures perm: \forall integer h; 0 <= h < capacity ==> to[h].perm == from[h].perm;
    ensures shift: \forall integer h; 0 <= h < capacity ==> to[h].shift == from[h].shift;
    ensures base: \forall integer h; 0 <= h < capacity ==> to[h].base == from[h].base;
    ensures below: \forall integer h; 0 <= h < capacity ==> from[h].bytes != 0 ==>
	from[h].rank < rank ==> to[h].rank == from[h].rank;
    ensures above: \forall integer h; 0 <= h < capacity ==> from[h].bytes != 0 ==>
	from[h].rank >= rank ==> to[h].rank == from[h].rank + 1;
*/
static void regions_up(struct rlv_region *to, const struct rlv_region *from, uint32_t capacity,
		       uint32_t rank)
{
	/*@ loop invariant range: 0 <= i <= capacity;
	    loop invariant bytes: \forall integer h; 0 <= h < i ==> to[h].bytes == from[h].bytes;
	    loop invariant dev: \forall integer h; 0 <= h < i ==> to[h].dev == from[h].dev;
	    loop invariant page: \forall integer h; 0 <= h < i ==> to[h].page == from[h].page;
	    loop invariant pages: \forall integer h; 0 <= h < i ==> to[h].pages == from[h].pages;
	    loop invariant perm: \forall integer h; 0 <= h < i ==> to[h].perm == from[h].perm;
	    loop invariant shift: \forall integer h; 0 <= h < i ==> to[h].shift == from[h].shift;
	    loop invariant base: \forall integer h; 0 <= h < i ==> to[h].base == from[h].base;
	    loop invariant below: \forall integer h; 0 <= h < i ==> from[h].bytes != 0 ==>
		from[h].rank < rank ==> to[h].rank == from[h].rank;
	    loop invariant above: \forall integer h; 0 <= h < i ==> from[h].bytes != 0 ==>
		from[h].rank >= rank ==> to[h].rank == from[h].rank + 1;
	    loop assigns i, to[0 .. capacity - 1];
	    loop variant capacity - i;
	*/
	for (uint32_t i = 0; i < capacity; i++) {
		uint32_t place = from[i].rank;

		if (from[i].bytes != 0 && place >= rank)
			place++;
		to[i].base = from[i].base;
		to[i].bytes = from[i].bytes;
		to[i].dev = from[i].dev;
		to[i].page = from[i].page;
		to[i].pages = from[i].pages;
		to[i].rank = (uint16_t)place;
		to[i].perm = from[i].perm;
		to[i].shift = from[i].shift;
	}
}

/* The regions of @from, with those behind @rank one place nearer. */
/*@ requires 0 < capacity <= RLV_REGIONS_MAX;
    requires \valid(to + (0 .. capacity - 1)) && \valid_read(from + (0 .. capacity - 1));
    requires \separated(to + (0 .. capacity - 1), from + (0 .. capacity - 1));
    assigns to[0 .. capacity - 1];
    ensures bytes: \forall integer h; 0 <= h < capacity ==> to[h].bytes == from[h].bytes;
    ensures dev: \forall integer h; 0 <= h < capacity ==> to[h].dev == from[h].dev;
    ensures page: \forall integer h; 0 <= h < capacity ==> to[h].page == from[h].page;
    ensures pages: \forall integer h; 0 <= h < capacity ==> to[h].pages == from[h].pages;
    ensures perm: \forall integer h; 0 <= h < capacity ==> to[h].perm == from[h].perm;
    ensures shift: \forall integer h; 0 <= h < capacity ==> to[h].shift == from[h].shift;
    ensures base: \forall integer h; 0 <= h < capacity ==> to[h].base == from[h].base;
    ensures below: \forall integer h; 0 <= h < capacity ==> from[h].bytes != 0 ==>
	from[h].rank <= rank ==> to[h].rank == from[h].rank;
    ensures above: \forall integer h; 0 <= h < capacity ==> from[h].bytes != 0 ==>
	from[h].rank > rank ==> to[h].rank == from[h].rank - 1;
*/
static void regions_down(struct rlv_region *to, const struct rlv_region *from, uint32_t capacity,
			 uint32_t rank)
{
	/*@ loop invariant range: 0 <= i <= capacity;
	    loop invariant bytes: \forall integer h; 0 <= h < i ==> to[h].bytes == from[h].bytes;
	    loop invariant dev: \forall integer h; 0 <= h < i ==> to[h].dev == from[h].dev;
	    loop invariant page: \forall integer h; 0 <= h < i ==> to[h].page == from[h].page;
	    loop invariant pages: \forall integer h; 0 <= h < i ==> to[h].pages == from[h].pages;
	    loop invariant perm: \forall integer h; 0 <= h < i ==> to[h].perm == from[h].perm;
	    loop invariant shift: \forall integer h; 0 <= h < i ==> to[h].shift == from[h].shift;
	    loop invariant base: \forall integer h; 0 <= h < i ==> to[h].base == from[h].base;
	    loop invariant below: \forall integer h; 0 <= h < i ==> from[h].bytes != 0 ==>
		from[h].rank <= rank ==> to[h].rank == from[h].rank;
	    loop invariant above: \forall integer h; 0 <= h < i ==> from[h].bytes != 0 ==>
		from[h].rank > rank ==> to[h].rank == from[h].rank - 1;
	    loop assigns i, to[0 .. capacity - 1];
	    loop variant capacity - i;
	*/
	for (uint32_t i = 0; i < capacity; i++) {
		uint32_t place = from[i].rank;

		if (from[i].bytes != 0 && place > rank)
			place--;
		to[i].base = from[i].base;
		to[i].bytes = from[i].bytes;
		to[i].dev = from[i].dev;
		to[i].page = from[i].page;
		to[i].pages = from[i].pages;
		to[i].rank = (uint16_t)place;
		to[i].perm = from[i].perm;
		to[i].shift = from[i].shift;
	}
}

/*
 * Why the list stays sorted, step by step for the prover. No memory changes here, so that it has
 * little to keep apart.
 */
/*@ ghost
  /@ requires \valid_read(from) && rlv_sorted(from) && \valid_read(to);
     requires to->capacity == from->capacity && to->count == from->count + 1;
     requires from->count < from->capacity <= RLV_REGIONS_MAX;
     requires rank <= from->count && handle < from->capacity && !rlv_live(from, handle);
     requires rlv_live(to, handle) && to->region[handle].rank == rank;
     requires fits: rlv_fits(from, to->region[handle].base, to->region[handle].bytes, rank);
     requires listed_below: \forall integer i; 0 <= i < rank ==> to->order[i] == from->order[i];
     requires listed_here: to->order[rank] == handle;
     requires listed_above: \forall integer i; rank < i <= from->count ==>
	to->order[i] == from->order[i - 1];
     requires bytes: \forall integer h; 0 <= h < to->capacity && h != handle ==>
	to->region[h].bytes == from->region[h].bytes;
     requires base: \forall integer h; 0 <= h < to->capacity && h != handle ==>
	to->region[h].base == from->region[h].base;
     requires below: \forall integer h; rlv_live(from, h) && h != handle ==>
	from->region[h].rank < rank ==> to->region[h].rank == from->region[h].rank;
     requires above: \forall integer h; rlv_live(from, h) && h != handle ==>
	from->region[h].rank >= rank ==> to->region[h].rank == from->region[h].rank + 1;
     assigns \nothing;
     ensures rlv_listed(to);
     ensures rlv_ranked(to);
     ensures rlv_ascending(to);
  @/
  static void sorted_with(struct rlv_table *to, const struct rlv_table *from, uint32_t handle,
			  uint32_t rank)
  {
	/@ assert one: \forall integer i; 0 <= i < rank ==>
		rlv_live(to, to->order[i]) && to->order[i] != handle; @/
	/@ assert two: \forall integer i; rank < i <= from->count ==>
		rlv_live(from, from->order[i - 1]) && to->order[i] == from->order[i - 1] &&
		to->order[i] != handle; @/
	/@ assert low: \forall integer i, j; 0 <= i < j < rank ==>
		to->region[to->order[i]].base + to->region[to->order[i]].bytes <=
		to->region[to->order[j]].base; @/
	/@ assert high: \forall integer i, j; rank < i < j < to->count ==>
		to->region[to->order[i]].base + to->region[to->order[i]].bytes <=
		to->region[to->order[j]].base; @/
	/@ assert across: \forall integer i, j; 0 <= i < rank < j < to->count ==>
		to->region[to->order[i]].base + to->region[to->order[i]].bytes <=
		to->region[to->order[j]].base; @/
	/@ assert to_here: \forall integer i; 0 <= i < rank ==>
		to->region[to->order[i]].base + to->region[to->order[i]].bytes <=
		to->region[handle].base; @/
	/@ assert from_here: \forall integer j; rank < j < to->count ==>
		to->region[handle].base + to->region[handle].bytes <=
		to->region[to->order[j]].base; @/
	/@ assert live_here: rlv_live(to, to->order[rank]); @/
	/@ assert live_high: \forall integer i; rank < i < to->count ==>
		rlv_live(to, to->order[i]); @/
	/@ assert rank_low: \forall integer h; rlv_live(from, h) && from->region[h].rank < rank ==>
		to->order[to->region[h].rank] == h; @/
	/@ assert rank_high: \forall integer h; rlv_live(from, h) &&
		from->region[h].rank >= rank ==> to->order[from->region[h].rank + 1] == h; @/
  }
*/

/*@ ghost
  /@ requires \valid_read(from) && rlv_sorted(from) && \valid_read(to);
     requires to->capacity == from->capacity && to->count == from->count - 1;
     requires from->count <= from->capacity <= RLV_REGIONS_MAX;
     requires rlv_live(from, handle) && from->region[handle].rank == rank;
     requires !rlv_live(to, handle);
     requires listed_below: \forall integer i; 0 <= i < rank ==> to->order[i] == from->order[i];
     requires listed_above: \forall integer i; rank <= i < from->count - 1 ==>
	to->order[i] == from->order[i + 1];
     requires bytes: \forall integer h; 0 <= h < to->capacity && h != handle ==>
	to->region[h].bytes == from->region[h].bytes;
     requires base: \forall integer h; 0 <= h < to->capacity && h != handle ==>
	to->region[h].base == from->region[h].base;
     requires below: \forall integer h; rlv_live(from, h) && h != handle ==>
	from->region[h].rank <= rank ==> to->region[h].rank == from->region[h].rank;
     requires above: \forall integer h; rlv_live(from, h) && h != handle ==>
	from->region[h].rank > rank ==> to->region[h].rank == from->region[h].rank - 1;
     assigns \nothing;
     ensures rlv_listed(to);
     ensures rlv_ranked(to);
     ensures rlv_ascending(to);
  @/
  static void sorted_without(struct rlv_table *to, const struct rlv_table *from, uint32_t handle,
			     uint32_t rank)
  {
	/@ assert once: \forall integer i, j; 0 <= i < j < from->count ==>
		from->order[i] != from->order[j]; @/
	/@ assert others: \forall integer i; 0 <= i < from->count && i != rank ==>
		from->order[i] != handle; @/
	/@ assert low: \forall integer i; 0 <= i < rank ==>
		rlv_live(to, to->order[i]) && to->order[i] != handle; @/
	/@ assert high: \forall integer i; rank <= i < to->count ==>
		rlv_live(to, to->order[i]) && to->order[i] != handle; @/
  }
*/

enum rlv_rule rlv_table_insert(struct rlv_table *to, const struct rlv_table *from, uint32_t handle,
			       const struct rlv_region *region)
{
	uint64_t base = region->base;
	uint32_t rank;

	if (from->count == from->capacity)
		return RLV_TABLE_FULL;
	if (handle >= from->capacity)
		return RLV_HANDLE;
	handle = rlv_index_nospec(handle, from->capacity);
	if (from->region[handle].bytes != 0)
		return RLV_HANDLE;
	if (from->key == RLV_KEY_GUARD)
		base = handle * RLV_REGION_MAX;
	if (!shape_ok(region, base))
		return RLV_REGION_SHAPE;
	rank = rank_of(from, base);
	if (overlaps(from, base, region->bytes, rank))
		return RLV_OVERLAP;
	order_with(to->order, from->order, from->count, rank, handle);
	regions_up(to->region, from->region, from->capacity, rank);
	//@ assert copied: \forall integer h; 0 <= h < from->capacity ==> rlv_kept(to, from, h);
	//@ assert listed: rlv_listed(from);
	//@ assert before: rlv_ranked(from) && rlv_ascending(from);
	put(&to->region[handle], region, base, rank);
	to->count = from->count + 1u;
	//@ ghost sorted_with(to, from, handle, rank);
	/*@ assert shape: rlv_shape(to->region + handle); */
	/*@ assert shapes: \forall integer h; rlv_live(to, h) && h != handle ==>
		rlv_shape(to->region + h); */
	//@ assert guard: to->key == RLV_KEY_GUARD ==> rlv_guard(to);
	return RLV_OK;
}

enum rlv_rule rlv_table_remove(struct rlv_table *to, const struct rlv_table *from, uint32_t handle,
			       bool held)
{
	uint32_t rank;

	if (handle >= from->capacity)
		return RLV_HANDLE;
	handle = rlv_index_nospec(handle, from->capacity);
	if (from->region[handle].bytes == 0)
		return RLV_HANDLE;
	if (held)
		return RLV_BUSY;
	rank = from->region[handle].rank;
	order_without(to->order, from->order, from->count, rank);
	regions_down(to->region, from->region, from->capacity, rank);
	to->region[handle].bytes = 0;
	to->count = from->count - 1u;
	//@ ghost sorted_without(to, from, handle, rank);
	/*@ assert shapes: \forall integer h; rlv_live(to, h) ==>
		rlv_shape(to->region + h); */
	//@ assert guard: to->key == RLV_KEY_GUARD ==> rlv_guard(to);
	return RLV_OK;
}
