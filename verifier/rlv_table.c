/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pinned table: look-up. Changing it: rlv_table_edit.c. */
#include "verifier/rlv_table.h"

/* A place inside a region: which page, where in it. */
struct place {
	uint64_t page;
	uint64_t in_page;
	uint64_t page_bytes;
};

/*@ requires shift == 12 || shift == 21 || shift == 30;
    assigns \nothing;
    ensures \result.page_bytes == rlv_page_bytes(shift);
    ensures \result.page == offset / rlv_page_bytes(shift);
    ensures \result.in_page == offset % rlv_page_bytes(shift);
*/
static inline struct place place_at(uint64_t offset, uint32_t shift)
{
	if (shift == 12)
		return (struct place){offset / 4096u, offset % 4096u, 4096u};
	if (shift == 21)
		return (struct place){offset / 0x200000u, offset % 0x200000u, 0x200000u};
	return (struct place){offset / 0x40000000u, offset % 0x40000000u, 0x40000000u};
}

/* The region is known: is the range all in it? */
/*@ requires \valid_read(table) && rlv_wf(table);
    requires rlv_live(table, handle) && rlv_inside(table, handle, address) && 0 < bytes;
    requires perm == RLV_PERM_READ || perm == RLV_PERM_WRITE;
    assigns \nothing;
    ensures region: \result.region == handle;
    ensures rules: \result.rule == RLV_OK || \result.rule == RLV_REGION_END ||
	\result.rule == RLV_PERM || \result.rule == RLV_PAGE_SPLIT;
    ensures may: \result.rule == RLV_OK ==> rlv_may(table, handle, perm);
    ensures maps: \result.rule == RLV_OK ==>
	rlv_maps(table, handle, address, bytes, \result.dev);
    ensures region_end: \result.rule == RLV_REGION_END ==>
	!rlv_inside(table, handle, address + bytes - 1);
    ensures perm: \result.rule == RLV_PERM ==> !rlv_may(table, handle, perm);
    ensures page_split: \result.rule == RLV_PAGE_SPLIT ==>
	!rlv_whole(table->region + handle, address, bytes);
*/
static inline struct rlv_span span_at(const struct rlv_table *table, uint32_t handle,
				      uint64_t address, uint32_t bytes, uint32_t perm)
{
	const struct rlv_region *region = &table->region[handle];
	struct rlv_span span = {.rule = RLV_OK, .region = handle, .dev = 0};
	uint64_t offset = address - region->base;
	struct place at;

	if (bytes > region->bytes - offset) {
		span.rule = RLV_REGION_END;
		return span;
	}
	if (region->perm != perm && region->perm != RLV_PERM_BOTH) {
		span.rule = RLV_PERM;
		return span;
	}
	if (region->shift == RLV_CONTIGUOUS) {
		span.dev = region->dev + offset;
		return span;
	}
	at = place_at(offset, region->shift);
	if (bytes > at.page_bytes - at.in_page) {
		span.rule = RLV_PAGE_SPLIT;
		return span;
	}
	//@ assert last: offset <= region->bytes - 1;
	//@ assert small: region->shift == 12 ==> offset / 4096 <= (region->bytes - 1) / 4096;
	//@ assert huge: region->shift == 21 ==> offset / 0x200000 <= (region->bytes - 1) /
	// 0x200000;
	/*@ assert giant: region->shift == 30 ==>
		offset / 0x40000000 <= (region->bytes - 1) / 0x40000000; */
	//@ assert index: 0 <= at.page < region->pages;
	span.dev = region->page[rlv_index_nospec((uint32_t)at.page, region->pages)] + at.in_page;
	return span;
}

/*@ requires \valid_read(table) && rlv_wf(table);
    requires handle < table->capacity;
    assigns \nothing;
    ensures \result <==> rlv_live(table, handle) && rlv_inside(table, handle, address);
*/
static inline bool inside(const struct rlv_table *table, uint32_t handle, uint64_t address)
{
	const struct rlv_region *region = &table->region[handle];

	return region->bytes != 0 && address >= region->base &&
	       address - region->base < region->bytes;
}

/* The handle of the region that holds @address, or the capacity. */
/*@ requires \valid_read(table) && rlv_wf(table) && table->key == RLV_KEY_IOVA;
    assigns \nothing;
    ensures bound: \result <= table->capacity;
    ensures found: \result < table->capacity ==>
	rlv_live(table, \result) && rlv_inside(table, \result, address);
    ensures none: \result == table->capacity ==>
	\forall integer h; rlv_live(table, h) ==> !rlv_inside(table, h, address);
*/
static uint32_t search(const struct rlv_table *table, uint64_t address)
{
	uint32_t low = 0;
	uint32_t high = table->count;

	/*@ loop invariant range: 0 <= low <= high <= table->count;
	    loop invariant below: \forall integer i; 0 <= i < low ==>
		table->region[table->order[i]].base + table->region[table->order[i]].bytes <=
		address;
	    loop invariant above: \forall integer i; high <= i < table->count ==>
		address < table->region[table->order[i]].base;
	    loop assigns low, high;
	    loop variant high - low;
	*/
	while (low < high) {
		uint32_t mid = low + (high - low) / 2u;
		uint32_t handle = table->order[rlv_index_nospec(mid, table->count)];
		const struct rlv_region *region =
			&table->region[rlv_index_nospec(handle, table->capacity)];

		if (address < region->base)
			high = mid;
		else if (address - region->base >= region->bytes)
			low = mid + 1u;
		else
			return handle;
	}
	/*@ assert none: \forall integer h; rlv_live(table, h) ==>
		!rlv_inside(table, table->order[table->region[h].rank], address); */
	return table->capacity;
}

struct rlv_span rlv_table_find(const struct rlv_table *table, uint32_t hint, uint64_t address,
			       uint32_t bytes, uint32_t perm)
{
	struct rlv_span none = {.rule = RLV_UNMAPPED, .region = 0, .dev = 0};
	uint64_t handle = address / RLV_REGION_MAX;

	if (table->key == RLV_KEY_IOVA) {
		handle = hint;
		if (hint >= table->capacity ||
		    !inside(table, rlv_index_nospec(hint, table->capacity), address))
			handle = search(table, address);
	}
	if (handle >= table->capacity)
		return none;
	handle = rlv_index_nospec((uint32_t)handle, table->capacity);
	if (!inside(table, (uint32_t)handle, address))
		return none;
	return span_at(table, (uint32_t)handle, address, bytes, perm);
}
