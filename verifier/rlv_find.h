/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looking up the pinned table. In a header, for it is done for each descriptor. */
#ifndef RLV_FIND_H
#define RLV_FIND_H

#include "verifier/rlv_table.h"

/* A place inside a region: which page, where in it. */
struct rlv_place {
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
static inline struct rlv_place rlv_place_at(uint64_t offset, uint32_t shift)
{
	if (shift == 12)
		return (struct rlv_place){offset / 4096u, offset % 4096u, 4096u};
	if (shift == 21)
		return (struct rlv_place){offset / 0x200000u, offset % 0x200000u, 0x200000u};
	return (struct rlv_place){offset / 0x40000000u, offset % 0x40000000u, 0x40000000u};
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
    ensures complete: rlv_good(table, handle, address, bytes, perm) ==> \result.rule == RLV_OK;
*/
static inline struct rlv_span rlv_span_at(const struct rlv_table *table, uint32_t handle,
					  uint64_t address, uint32_t bytes, uint32_t perm)
{
	const struct rlv_region *region = &table->region[handle];
	struct rlv_span span = {.rule = RLV_OK, .region = handle, .dev = 0};
	uint64_t offset = address - region->base;
	struct rlv_place at;

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
	at = rlv_place_at(offset, region->shift);
	if (bytes > at.page_bytes - at.in_page) {
		span.rule = RLV_PAGE_SPLIT;
		return span;
	}
	//@ assert last: offset <= region->bytes - 1;
	/*@ assert small: region->shift == 12 ==>
		offset / 4096 <= (region->bytes - 1) / 4096; */
	/*@ assert huge: region->shift == 21 ==>
		offset / 0x200000 <= (region->bytes - 1) / 0x200000; */
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
static inline bool rlv_is_inside(const struct rlv_table *table, uint32_t handle, uint64_t address)
{
	const struct rlv_region *region = &table->region[handle];

	return region->bytes != 0 && address >= region->base &&
	       address - region->base < region->bytes;
}

/**
 * rlv_table_find() - where the @bytes bytes at key address @address lie.
 * @hint: where an IOVA table is looked at first: the handle of the last hit, or any other value.
 * @bytes: at least 1.
 * @perm: RLV_PERM_READ or RLV_PERM_WRITE.
 * Return: by value; RLV_UNMAPPED, RLV_REGION_END, RLV_PERM or RLV_PAGE_SPLIT when refused. A range
 * that crosses from one page into another is refused even where the two are neighbours.
 */
/*@ requires \valid_read(table) && rlv_wf(table);
    requires 0 < bytes;
    requires perm == RLV_PERM_READ || perm == RLV_PERM_WRITE;
    assigns \nothing;
    ensures rules: \result.rule == RLV_OK || \result.rule == RLV_UNMAPPED ||
	\result.rule == RLV_REGION_END || \result.rule == RLV_PERM ||
	\result.rule == RLV_PAGE_SPLIT;
    ensures live: \result.rule != RLV_UNMAPPED ==>
	rlv_live(table, \result.region) && rlv_inside(table, \result.region, address);
    ensures only: \result.rule != RLV_UNMAPPED ==>
	\forall integer h; rlv_live(table, h) && rlv_inside(table, h, address) ==>
		h == \result.region;
    ensures may: \result.rule == RLV_OK ==> rlv_may(table, \result.region, perm);
    ensures maps: \result.rule == RLV_OK ==>
	rlv_maps(table, \result.region, address, bytes, \result.dev);
    ensures unmapped: \result.rule == RLV_UNMAPPED ==>
	\forall integer h; rlv_live(table, h) ==> !rlv_inside(table, h, address);
    ensures region_end: \result.rule == RLV_REGION_END ==>
	!rlv_inside(table, \result.region, address + bytes - 1);
    ensures perm: \result.rule == RLV_PERM ==> !rlv_may(table, \result.region, perm);
    ensures page_split: \result.rule == RLV_PAGE_SPLIT ==>
	!rlv_whole(table->region + \result.region, address, bytes);
    ensures complete: \forall integer h; rlv_good(table, h, address, bytes, perm) ==>
	\result.rule == RLV_OK && \result.region == h;
*/
static inline struct rlv_span rlv_table_find(const struct rlv_table *table, uint32_t hint,
					     uint64_t address, uint32_t bytes, uint32_t perm)
{
	struct rlv_span none = {.rule = RLV_UNMAPPED, .region = 0, .dev = 0};
	uint64_t handle = address / RLV_REGION_MAX;

	if (table->key == RLV_KEY_IOVA) {
		handle = hint;
		if (hint >= table->capacity ||
		    !rlv_is_inside(table, rlv_index_nospec(hint, table->capacity), address))
			handle = rlv_table_search(table, address);
	}
	if (handle >= table->capacity)
		return none;
	handle = rlv_index_nospec((uint32_t)handle, table->capacity);
	if (!rlv_is_inside(table, (uint32_t)handle, address))
		return none;
	/*@ assert only: \forall integer h; rlv_live(table, h) && rlv_inside(table, h, address) ==>
		h == handle; */
	return rlv_span_at(table, (uint32_t)handle, address, bytes, perm);
}

#endif
