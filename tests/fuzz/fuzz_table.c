/* SPDX-License-Identifier: BSD-2-Clause */
/* The pinned table under any sequence of insert, remove and look-up, both keys, beside the oracle.
 */
#include "fuzz.h"

uint64_t fuzz_checked;

static uint32_t capacity_of(struct choices *choices)
{
	static const uint32_t few[] = {1, 2, 3, 4, 8, 16};
	uint32_t n = pick(choices, 40);

	return n == 39 ? RLV_REGIONS_MAX : few[n % ARRAY_SIZE(few)];
}

static uint32_t handle_of(struct choices *choices, const struct tables *tables)
{
	uint32_t n = (uint32_t)take(choices, 2);

	if (n > 65000)
		return pick(choices, 2) ? tables->oracle.capacity : ~n;
	return n % tables->oracle.capacity;
}

static void insert(struct choices *choices, struct tables *tables)
{
	struct rlv_region region = region_of(choices, tables, false);

	if (!tables_insert(tables, handle_of(choices, tables), &region))
		free((uint64_t *)region.page);
}

static uint32_t bytes_of(struct choices *choices)
{
	static const uint32_t edge[] = {1, 2, 0x1000, 0x1001, 0x200000, 0x40000000, 0xffffffff};

	if (pick(choices, 4))
		return 1 + (uint32_t)take(choices, 1);
	return edge[pick(choices, ARRAY_SIZE(edge))];
}

/* Near the ends of a region, or of a page of it, or anywhere. */
static void find(struct choices *choices, const struct tables *tables)
{
	uint32_t h = (uint32_t)take(choices, 2) % tables->oracle.capacity;
	const struct oracle_region *region = &tables->oracle.region[h];
	uint32_t bytes = bytes_of(choices);
	uint32_t perm = pick(choices, 2) ? RLV_PERM_READ : RLV_PERM_WRITE;
	uint64_t address = (uint64_t)region->base;

	switch (pick(choices, 8)) {
	case 0:
		address = take(choices, 8);
		break;
	case 1:
		address += (uint64_t)region->bytes - bytes;
		break;
	case 2:
		address += (uint64_t)region->bytes;
		break;
	case 3:
		address += (1 + take(choices, 1)) * (1ull << region->shift) - bytes;
		break;
	default:
		address += take(choices, 4) % ((uint64_t)region->bytes + 1);
	}
	address += pick(choices, 3) - 1;
	/* The answer may not hang on the hint. */
	tables_find(tables, h, address, bytes, perm);
	tables_find(tables, handle_of(choices, tables), address, bytes, perm);
	tables_find(tables, tables->oracle.capacity, address, bytes, perm);
	tables_find(tables, 0xffffffff, address, bytes, perm);
}

/* Every region where it should be, and nothing on either side of it but a neighbour. */
static void look_at_all(const struct tables *tables)
{
	for (uint32_t h = 0; h < tables->oracle.capacity; h++) {
		const struct oracle_region *region = &tables->oracle.region[h];

		if (!region->live)
			continue;
		for (int nudge = -1; nudge <= 1; nudge++) {
			uint64_t end = (uint64_t)(region->base + region->bytes - 1);

			tables_find(tables, 0xffffffff, (uint64_t)region->base + (uint64_t)nudge, 1,
				    RLV_PERM_READ);
			tables_find(tables, h, end + (uint64_t)nudge, 1, RLV_PERM_WRITE);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tables tables;
	struct choices choices = {.data = data, .left = size, .random = 1};
	bool iova = pick(&choices, 4) != 0;

	tables_open(&tables, iova, capacity_of(&choices));
	while (choices.left) {
		uint32_t what = pick(&choices, 16);

		if (what < 6)
			insert(&choices, &tables);
		else if (what < 8)
			tables_remove(&tables, handle_of(&choices, &tables),
				      pick(&choices, 4) == 1);
		else
			find(&choices, &tables);
	}
	look_at_all(&tables);
	tables_close(&tables);
	return 0;
}
