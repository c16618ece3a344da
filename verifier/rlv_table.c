/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pinned table: searching it. Look-up: rlv_find.h. Changing it: rlv_table_edit.c. */
#include "verifier/rlv_find.h"

uint32_t rlv_table_search(const struct rlv_table *table, uint64_t address)
{
	const struct rlv_region *region;
	uint32_t handle;
	uint32_t low = 0;
	uint32_t n = table->count;

	if (n == 0)
		return table->capacity;
	/* Regions before low end at or below @address, those from low + n on begin above it. */
	/*@ loop invariant range: 0 < n && low + n <= table->count;
	    loop invariant below: \forall integer i; 0 <= i < low ==>
		table->region[table->order[i]].base + table->region[table->order[i]].bytes <=
		address;
	    loop invariant above: \forall integer i; low + n <= i < table->count ==>
		address < table->region[table->order[i]].base;
	    loop assigns low, n, handle, region;
	    loop variant n;
	*/
	while (n > 1u) {
		uint32_t half = n / 2u;
		uint32_t mid = low + half;

		handle = table->order[rlv_index_nospec(mid, table->count)];
		region = &table->region[rlv_index_nospec(handle, table->capacity)];
		low = address >= region->base ? mid : low;
		n = n - half;
	}
	handle = table->order[rlv_index_nospec(low, table->count)];
	region = &table->region[rlv_index_nospec(handle, table->capacity)];
	if (address >= region->base && address - region->base < region->bytes)
		return handle;
	/*@ assert none: \forall integer h; rlv_live(table, h) ==>
		!rlv_inside(table, table->order[table->region[h].rank], address); */
	return table->capacity;
}
