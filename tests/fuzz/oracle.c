/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "oracle.h"

#define WORDS_END ((wide_t)1 << 64)

static bool in_region(const struct oracle_region *region, wide_t byte)
{
	return region->live && byte >= region->base && byte < region->base + region->bytes;
}

/* Byte @offset of a region: its page, and its device address. */
static uint64_t page_of(const struct oracle_region *region, wide_t offset)
{
	return region->page ? (uint64_t)offset >> region->shift : 0;
}

static wide_t dev_of(const struct oracle_region *region, wide_t offset)
{
	uint64_t in_page = (uint64_t)offset & ((1ull << region->shift) - 1);

	if (!region->page)
		return region->dev + offset;
	return (wide_t)region->page[page_of(region, offset)] + in_page;
}

static bool shape_good(const struct rlv_region *region, wide_t base)
{
	wide_t page_bytes = (wide_t)1 << region->shift;

	if (region->bytes < 1 || region->bytes > RLV_REGION_MAX)
		return false;
	if (region->perm != RLV_PERM_READ && region->perm != RLV_PERM_WRITE &&
	    region->perm != (RLV_PERM_READ | RLV_PERM_WRITE))
		return false;
	if (base + region->bytes > WORDS_END)
		return false;
	if (region->shift == RLV_CONTIGUOUS)
		return (wide_t)region->dev + region->bytes <= WORDS_END;
	if (region->shift != 12 && region->shift != 21 && region->shift != 30)
		return false;
	/* As many pages as the bytes take: they reach the end, and one fewer would not. */
	if (page_bytes * region->pages < region->bytes ||
	    page_bytes * (region->pages - (wide_t)1) >= region->bytes)
		return false;
	for (uint32_t i = 0; i < region->pages; i++)
		if (region->page[i] & (uint64_t)(page_bytes - 1))
			return false;
	return true;
}

uint32_t oracle_insert_rules(const struct oracle_table *table, uint32_t handle,
			     const struct rlv_region *region)
{
	wide_t base = table->iova ? region->base : (wide_t)handle << 40;
	uint32_t live = 0;
	uint32_t rules = 0;

	for (uint32_t h = 0; h < table->capacity; h++) {
		const struct oracle_region *other = &table->region[h];

		live += other->live;
		if (other->live && base < other->base + other->bytes &&
		    other->base < base + region->bytes && table->iova)
			rules |= RULE(RLV_OVERLAP);
	}
	if (live == table->capacity)
		rules |= RULE(RLV_TABLE_FULL);
	if (handle >= table->capacity || table->region[handle].live)
		rules |= RULE(RLV_HANDLE);
	if (!shape_good(region, base))
		rules |= RULE(RLV_REGION_SHAPE);
	return rules;
}

void oracle_insert(struct oracle_table *table, uint32_t handle, const struct rlv_region *region)
{
	table->region[handle] = (struct oracle_region){
		.live = true,
		.base = table->iova ? region->base : (wide_t)handle << 40,
		.bytes = region->bytes,
		.dev = region->dev,
		.page = region->shift == RLV_CONTIGUOUS ? NULL : region->page,
		.perm = region->perm,
		.shift = region->shift,
	};
}

/* Follow every byte of the range on its own. */
static uint32_t bytes_rules(const struct oracle_region *region, uint64_t address, uint32_t bytes)
{
	wide_t offset = address - region->base;
	uint32_t rules = 0;

	for (uint32_t k = 0; k < bytes; k++) {
		if (!in_region(region, (wide_t)address + k))
			rules |= RULE(RLV_REGION_END);
		if (page_of(region, offset + k) != page_of(region, offset))
			rules |= RULE(RLV_PAGE_SPLIT);
		if (!rules && dev_of(region, offset + k) != dev_of(region, offset) + k)
			__builtin_trap(); /* the oracle contradicts itself */
	}
	return rules;
}

/* The same by the range's two ends, for ranges too long to walk. */
static uint32_t ends_rules(const struct oracle_region *region, uint64_t address, uint32_t bytes)
{
	wide_t last = (wide_t)address + bytes - 1;
	uint32_t rules = 0;

	if (!in_region(region, last))
		rules |= RULE(RLV_REGION_END);
	if (page_of(region, last - region->base) != page_of(region, address - region->base))
		rules |= RULE(RLV_PAGE_SPLIT);
	return rules;
}

uint32_t oracle_find_rules(const struct oracle_table *table, uint64_t address, uint32_t bytes,
			   uint32_t perm, struct oracle_place *place)
{
	for (uint32_t h = 0; h < table->capacity; h++) {
		const struct oracle_region *region = &table->region[h];
		uint32_t rules;

		if (!in_region(region, address))
			continue;
		*place = (struct oracle_place){
			.region = h, .dev = (uint64_t)dev_of(region, address - region->base)};
		rules = ends_rules(region, address, bytes);
		if (bytes <= 65536 && rules != bytes_rules(region, address, bytes))
			__builtin_trap(); /* the oracle contradicts itself */
		return region->perm & perm ? rules : rules | RULE(RLV_PERM);
	}
	return RULE(RLV_UNMAPPED);
}

static bool bit(uint64_t word, int n)
{
	return word >> n & 1;
}

/*
 * 82574 7.2.10.1: LENGTH 15:0, CSO 23:16, CMD 31:24 (24 EOP, 25 IFCS, 26 IC, 27 RS, 29 DEXT, 30
 * VLE, 31 IDE), STA 35:32, reserved 39:36, CSS 47:40, VLAN 63:48. 7.2.10.2, 7.2.10.3: with DEXT
 * bits 23:20 are the type, 0 context and 1 data. CSS and CSO mean something with IC alone, VLAN
 * with VLE.
 */
uint32_t oracle_tx_rules(struct rlv_words words)
{
	uint32_t length = words.hi & 0xffff;
	uint32_t type = words.hi >> 20 & 0xf;
	bool dext = bit(words.hi, 29);
	bool offload = bit(words.hi, 26) || bit(words.hi, 30);
	bool other = false;
	uint32_t rules = 0;

	if (dext && type > 1)
		rules |= RULE(RLV_TYPE);
	if ((dext && type <= 1) || offload)
		rules |= RULE(RLV_OFFLOAD);
	for (int n = 16; n < 64; n++)
		other |= bit(words.hi, n) && n != 24 && n != 25 && n != 27;
	if (other && !dext && !offload)
		rules |= RULE(RLV_RESERVED);
	if (length == 0)
		rules |= RULE(RLV_LENGTH_ZERO);
	if (length > 16288)
		rules |= RULE(RLV_LENGTH_MAX);
	return rules;
}

/* 82574 7.1.3, 7.1.4.1: software writes the address, and zero where the device reports. */
uint32_t oracle_rx_rules(struct rlv_words words)
{
	return words.hi == 0 ? 0 : RULE(RLV_RESERVED);
}

static uint32_t after(const struct oracle_ring *ring, uint32_t slot)
{
	return (slot + 1) % ring->slots;
}

uint32_t oracle_in_flight(const struct oracle_ring *ring)
{
	uint32_t n = 0;

	for (uint32_t slot = ring->head; slot != ring->tail; slot = after(ring, slot))
		n++;
	return n;
}

static bool packet_done(const struct oracle_ring *ring, const uint64_t *done, uint32_t slot)
{
	return ring->last[slot] && (done[2 * slot + 1] & ring->done_mask);
}

/* A claim is true when the slot before it is in flight, ends a packet and is done. */
static bool claim_true(const struct oracle_ring *ring, const uint64_t *done, uint32_t seen)
{
	for (uint32_t slot = ring->head; slot != ring->tail; slot = after(ring, slot))
		if (after(ring, slot) == seen)
			return packet_done(ring, done, slot);
	return false;
}

uint32_t oracle_reclaim(struct oracle_ring *ring, const uint64_t *done, uint32_t seen)
{
	uint32_t before = oracle_in_flight(ring);

	if (claim_true(ring, done, seen)) {
		ring->head = seen;
		return before - oracle_in_flight(ring);
	}
	for (uint32_t slot = ring->head; slot != ring->tail; slot = after(ring, slot)) {
		if (ring->last[slot] && !packet_done(ring, done, slot))
			break;
		if (ring->last[slot])
			ring->head = after(ring, slot);
	}
	return before - oracle_in_flight(ring);
}

bool oracle_holds(const struct oracle_ring *ring, uint32_t region)
{
	for (uint32_t slot = ring->head; slot != ring->tail; slot = after(ring, slot))
		if (ring->region[slot] == region)
			return true;
	return false;
}

/* @segs, @total: of the packet so far, without this descriptor. */
static uint32_t slot_rules(const struct oracle_table *table, const struct oracle_ring *ring,
			   struct rlv_words words, uint32_t segs, uint32_t total,
			   struct oracle_place *place)
{
	uint32_t length = ring->tx ? (uint32_t)(words.hi & 0xffff) : ring->bytes_max;
	uint32_t rules = ring->tx ? oracle_tx_rules(words) : oracle_rx_rules(words);

	if (length != 0)
		rules |= oracle_find_rules(table, words.lo, length,
					   ring->tx ? RLV_PERM_READ : RLV_PERM_WRITE, place);
	if (!ring->tx)
		return rules;
	if (total + length > ring->bytes_max)
		rules |= RULE(RLV_PACKET_MAX);
	/* A packet has at most 63 descriptors: the 63rd is its last. */
	if (segs + 1 >= 63 && !bit(words.hi, 24))
		rules |= RULE(RLV_SEGS);
	return rules;
}

static struct rlv_words built(const struct oracle_ring *ring, struct rlv_words words, uint64_t dev)
{
	uint64_t hi = 0;

	if (ring->tx) /* IFCS on each; with EOP, RS */
		hi = (words.hi & 0xffff) | 1ull << 25 |
		     (bit(words.hi, 24) ? 1ull << 24 | 1ull << 27 : 0);
	return (struct rlv_words){.lo = dev, .hi = hi};
}

void oracle_post(const struct oracle_table *table, struct oracle_ring *ring, const uint64_t *asked,
		 const uint64_t *done, uint32_t tail, uint32_t seen, struct oracle_answer *answer)
{
	uint32_t window = 0;
	uint32_t segs = 0;
	uint32_t total = 0;

	answer->rules = 0;
	answer->slot = tail;
	answer->tail = ring->tail;
	answer->words = (struct rlv_words){0, 0};
	if (tail >= ring->slots) {
		answer->rules = RULE(RLV_TAIL);
		return;
	}
	for (uint32_t slot = ring->tail; slot != tail; slot = after(ring, slot))
		window++;
	/* One slot stays free: in flight and window together are fewer than the slots. */
	if (oracle_in_flight(ring) + window >= ring->slots)
		oracle_reclaim(ring, done, seen);
	if (oracle_in_flight(ring) + window >= ring->slots) {
		answer->rules = RULE(RLV_WINDOW);
		return;
	}
	for (uint32_t slot = ring->tail; slot != tail; slot = after(ring, slot)) {
		struct rlv_words words = {asked[2 * slot], asked[2 * slot + 1]};
		struct oracle_place place = {0, 0};

		answer->rules = slot_rules(table, ring, words, segs, total, &place);
		if (answer->rules) {
			answer->slot = slot;
			answer->words = words;
			break;
		}
		answer->posted[slot] = built(ring, words, place.dev);
		ring->region[slot] = (uint16_t)place.region;
		ring->last[slot] = !ring->tx || bit(words.hi, 24);
		segs = ring->last[slot] ? 0 : segs + 1;
		total = ring->last[slot] ? 0 : total + (uint32_t)(words.hi & 0xffff);
		if (ring->last[slot])
			answer->tail = after(ring, slot);
	}
	ring->tail = answer->tail;
}
