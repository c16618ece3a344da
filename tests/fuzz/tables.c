/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"
#include "verifier/rlv_find.h"

/* libFuzzer has the main function: this is how the count gets told in either build. */
__attribute__((destructor)) static void tell(void)
{
	fprintf(stderr, "%llu checked\n", (unsigned long long)fuzz_checked);
}

void tables_open(struct tables *tables, bool iova, uint32_t capacity)
{
	for (int i = 0; i < 2; i++) {
		/* To the byte, so that AddressSanitizer sees a step past the end. */
		tables->memory[i] = malloc(rlv_table_bytes(capacity));
		memset(tables->memory[i], 0xa5, rlv_table_bytes(capacity));
		rlv_table_init(&tables->table[i], iova ? RLV_KEY_IOVA : RLV_KEY_GUARD, capacity,
			       tables->memory[i]);
	}
	tables->now = 0;
	tables->page = calloc(capacity, sizeof(*tables->page));
	tables->oracle.iova = iova;
	tables->oracle.capacity = capacity;
	memset(tables->oracle.region, 0, capacity * sizeof(tables->oracle.region[0]));
}

void tables_close(struct tables *tables)
{
	for (uint32_t h = 0; h < tables->oracle.capacity; h++)
		free(tables->page[h]);
	free(tables->page);
	free(tables->memory[0]);
	free(tables->memory[1]);
}

/* A change has made the other table, and must have left this one alone. */
static void changed(struct tables *tables, const void *before, bool accepted)
{
	size_t bytes = rlv_table_bytes(tables->oracle.capacity);

	if (before && memcmp(before, tables->memory[tables->now], bytes))
		FINDING("a change of the table wrote to the old one");
	if (accepted)
		tables->now = !tables->now;
}

static void *copy_now(const struct tables *tables)
{
	size_t bytes = rlv_table_bytes(tables->oracle.capacity);
	void *copy = malloc(bytes);

	return memcpy(copy, tables->memory[tables->now], bytes);
}

bool tables_insert(struct tables *tables, uint32_t handle, const struct rlv_region *region)
{
	uint32_t rules = oracle_insert_rules(&tables->oracle, handle, region);
	void *before = copy_now(tables);
	enum rlv_rule rule = rlv_table_insert(&tables->table[!tables->now],
					      &tables->table[tables->now], handle, region);

	if (rules ? !(rules & RULE(rule)) : rule != RLV_OK)
		FINDING("insert of handle %u: %s, oracle has the set %#x", handle,
			rlv_rule_name(rule), rules);
	changed(tables, before, !rules);
	free(before);
	if (rules)
		return false;
	oracle_insert(&tables->oracle, handle, region);
	tables->page[handle] = region->shift == RLV_CONTIGUOUS ? NULL : (uint64_t *)region->page;
	return true;
}

bool tables_remove(struct tables *tables, uint32_t handle, bool held)
{
	bool live = handle < tables->oracle.capacity && tables->oracle.region[handle].live;
	enum rlv_rule want = !live ? RLV_HANDLE : held ? RLV_BUSY : RLV_OK;
	void *before = copy_now(tables);
	enum rlv_rule rule = rlv_table_remove(&tables->table[!tables->now],
					      &tables->table[tables->now], handle, held);

	if (rule != want)
		FINDING("remove of handle %u: %s, oracle says %s", handle, rlv_rule_name(rule),
			rlv_rule_name(want));
	changed(tables, before, want == RLV_OK);
	free(before);
	if (want != RLV_OK)
		return false;
	tables->oracle.region[handle].live = false;
	free(tables->page[handle]);
	tables->page[handle] = NULL;
	return true;
}

/* A length for a region, or a distance: often at a boundary. */
static uint64_t size_of(struct choices *choices)
{
	static const uint64_t edge[] = {1,	    2,	    0x1000,	    0x200000,
					0x40000000, 0x8000, RLV_REGION_MAX, 0x100000};

	switch (pick(choices, 4)) {
	case 0:
		return 1 + take(choices, 2);
	case 1:
		return edge[pick(choices, ARRAY_SIZE(edge))];
	case 2:
		return edge[pick(choices, ARRAY_SIZE(edge))] + take(choices, 1) - 128;
	default:
		return 0x1000 * (1 + take(choices, 1));
	}
}

/* Where a region may go: anywhere, or close to one that is there. */
static uint64_t base_of(struct choices *choices, const struct tables *tables, uint64_t bytes)
{
	uint32_t h = (uint32_t)take(choices, 2) % tables->oracle.capacity;
	const struct oracle_region *near = &tables->oracle.region[h];
	uint64_t nudge = pick(choices, 3) - 1;

	switch (near->live ? pick(choices, 4) : 3) {
	case 0:
		return (uint64_t)(near->base + near->bytes) + nudge;
	case 1:
		return (uint64_t)near->base - bytes + nudge;
	case 2:
		return (uint64_t)near->base + nudge;
	default:
		break;
	}
	switch (pick(choices, 4)) {
	case 0:
		return take(choices, 8);
	case 1:
		return 0 - bytes + nudge; /* up to the end of the address space */
	default:
		return take(choices, 2) << 20;
	}
}

static uint64_t *pages_of(struct choices *choices, struct rlv_region *region, bool identity)
{
	uint64_t *page = malloc(sizeof(*page) * (region->pages ? region->pages : 1));
	uint64_t page_bytes = 1ull << region->shift;
	uint64_t break_one = pick(choices, 32);

	for (uint32_t i = 0; i < region->pages; i++) {
		page[i] = random_of(choices, 1ull << 34) * page_bytes;
		if (identity)
			page[i] = region->base + i * page_bytes;
	}
	if (break_one == 1 && region->pages) /* one bit that its alignment forbids */
		page[pick(choices, region->pages)] |= 1ull << random_of(choices, region->shift);
	if (break_one == 2 && region->pages) /* the highest page there is */
		page[pick(choices, region->pages)] = 0 - page_bytes;
	return page;
}

struct rlv_region region_of(struct choices *choices, const struct tables *tables, bool identity)
{
	static const uint8_t shifts[] = {RLV_CONTIGUOUS, RLV_CONTIGUOUS, 12, 21, 30, 12};
	struct rlv_region region = {.perm = RLV_PERM_BOTH, .rank = 0xffff, .pages = 77};
	uint32_t odd = pick(choices, 64);
	uint64_t pages;

	reseed(choices);
	region.bytes = size_of(choices);
	region.base = base_of(choices, tables, region.bytes);
	region.shift = shifts[pick(choices, ARRAY_SIZE(shifts))];
	region.perm = 1 + (uint8_t)pick(choices, 3);
	region.dev = pick(choices, 8) ? take(choices, 5) : 0 - region.bytes + pick(choices, 3) - 1;
	if (identity) {
		region.dev = region.base;
		if (region.shift && !pick(choices, 4))
			region.base &= ~((1ull << region.shift) - 1);
	}
	if (odd == 1)
		region.perm = (uint8_t)take(choices, 1);
	if (odd == 2)
		region.bytes = pick(choices, 2) ? 0 : RLV_REGION_MAX + 1;
	if (region.shift == RLV_CONTIGUOUS)
		return region;
	/* Few pages, or the harness would do nothing else. */
	if (region.bytes >> region.shift > 64)
		region.bytes = (64ull << region.shift) - pick(choices, 3);
	pages = region.bytes >> region.shift;
	pages += (pages << region.shift) < region.bytes;
	if (odd == 3 && pages) /* one too few, or too many */
		pages += pick(choices, 3) - 1;
	region.pages = (uint32_t)pages;
	region.page = pages_of(choices, &region, identity);
	if (odd == 4)
		region.shift = (uint8_t)pick(choices, 64);
	if (odd == 4 && region.shift == RLV_CONTIGUOUS) {
		free((uint64_t *)region.page);
		region.page = NULL;
	}
	return region;
}

void tables_find(const struct tables *tables, uint32_t hint, uint64_t address, uint32_t bytes,
		 uint32_t perm)
{
	struct oracle_place place = {0, 0};
	uint32_t rules = oracle_find_rules(&tables->oracle, address, bytes, perm, &place);
	struct rlv_span span = rlv_table_find(tables_now(tables), hint, address, bytes, perm);

	fuzz_checked++;
	if (rules ? !(rules & RULE(span.rule)) : span.rule != RLV_OK)
		FINDING("find of %u bytes at %#llx: %s, oracle has the set %#x", bytes,
			(unsigned long long)address, rlv_rule_name(span.rule), rules);
	if (span.rule != RLV_UNMAPPED && span.region != place.region)
		FINDING("found in region %u, oracle says %u", span.region, place.region);
	if (span.rule == RLV_OK && span.dev != place.dev)
		FINDING("found at %#llx, oracle says %#llx", (unsigned long long)span.dev,
			(unsigned long long)place.dev);
}
