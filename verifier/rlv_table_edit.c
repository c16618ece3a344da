/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The pinned table: making a new one out of an old one. */
#include "verifier/rlv_table.h"

size_t rlv_table_bytes(uint32_t capacity)
{
	return capacity * (sizeof(struct rlv_region) + sizeof(uint16_t));
}

void rlv_table_init(struct rlv_table *table, enum rlv_key key, uint32_t capacity, void *memory)
{
	table->key = key;
	table->capacity = capacity;
	table->count = 0;
	table->region = memory;
	table->order = (uint16_t *)(table->region + capacity);
	for (uint32_t i = 0; i < capacity; i++)
		table->region[i].bytes = 0;
}

/* Pages of @bytes bytes, at least 1. @shift: 12, 21 or 30. */
static inline uint64_t pages_of(uint64_t bytes, uint32_t shift)
{
	if (shift == 12)
		return (bytes - 1u) / 4096u + 1u;
	if (shift == 21)
		return (bytes - 1u) / 0x200000u + 1u;
	return (bytes - 1u) / 0x40000000u + 1u;
}

static inline uint64_t in_page(uint64_t address, uint32_t shift)
{
	if (shift == 12)
		return address % 4096u;
	if (shift == 21)
		return address % 0x200000u;
	return address % 0x40000000u;
}

static bool pages_ok(const struct rlv_region *region)
{
	if (region->shift != 12 && region->shift != 21 && region->shift != 30)
		return false;
	if (region->pages != pages_of(region->bytes, region->shift))
		return false;
	for (uint32_t i = 0; i < region->pages; i++) {
		if (in_page(region->page[i], region->shift))
			return false;
	}
	return true;
}

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
static uint32_t rank_of(const struct rlv_table *table, uint64_t base)
{
	uint32_t rank = 0;

	while (rank < table->count && table->region[table->order[rank]].base <= base)
		rank++;
	return rank;
}

/* @rank: where a region that begins at @base belongs. */
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

enum rlv_rule rlv_table_insert(struct rlv_table *to, const struct rlv_table *from, uint32_t handle,
			       const struct rlv_region *region)
{
	uint64_t base = region->base;
	uint32_t rank = 0;
	uint32_t i;

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
	if (from->key == RLV_KEY_IOVA) {
		rank = rank_of(from, base);
		if (overlaps(from, base, region->bytes, rank))
			return RLV_OVERLAP;
		for (i = 0; i < rank; i++)
			to->order[i] = from->order[i];
		to->order[rank] = (uint16_t)handle;
		for (i = rank; i < from->count; i++)
			to->order[i + 1u] = from->order[i];
	}
	for (i = 0; i < from->capacity; i++) {
		to->region[i] = from->region[i];
		if (from->key == RLV_KEY_IOVA && to->region[i].bytes != 0 &&
		    to->region[i].rank >= rank)
			to->region[i].rank++;
	}
	to->region[handle] = *region;
	to->region[handle].base = base;
	to->region[handle].rank = (uint16_t)rank;
	to->count = from->count + 1u;
	return RLV_OK;
}

enum rlv_rule rlv_table_remove(struct rlv_table *to, const struct rlv_table *from, uint32_t handle,
			       bool held)
{
	uint32_t rank, i;

	if (handle >= from->capacity)
		return RLV_HANDLE;
	handle = rlv_index_nospec(handle, from->capacity);
	if (from->region[handle].bytes == 0)
		return RLV_HANDLE;
	if (held)
		return RLV_BUSY;
	rank = from->region[handle].rank;
	if (from->key == RLV_KEY_IOVA) {
		for (i = 0; i < rank; i++)
			to->order[i] = from->order[i];
		for (i = rank + 1u; i < from->count; i++)
			to->order[i - 1u] = from->order[i];
	}
	for (i = 0; i < from->capacity; i++) {
		to->region[i] = from->region[i];
		if (from->key == RLV_KEY_IOVA && to->region[i].bytes != 0 &&
		    to->region[i].rank > rank)
			to->region[i].rank--;
	}
	to->region[handle].bytes = 0;
	to->count = from->count - 1u;
	return RLV_OK;
}
