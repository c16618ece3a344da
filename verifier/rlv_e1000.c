/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Descriptors of the e1000 family. */
#include "verifier/rlv_e1000.h"

#define TXD_CMD_MAX_PLAIN 12u /* EOP, IFCS, RS in any mix are below it, IC apart */

static inline uint8_t tx_rule(uint64_t hi)
{
	uint32_t length = (uint32_t)(hi % 0x10000u);
	uint32_t cso = (uint32_t)(hi / 0x10000u % 0x100u);
	uint32_t command = (uint32_t)(hi / 0x1000000u % 0x100u);

	if (command / 32u % 2u)
		return cso / 16u > 1u ? RLV_TYPE : RLV_OFFLOAD;
	if (command / 4u % 2u || command / 64u % 2u)
		return RLV_OFFLOAD;
	if (command >= TXD_CMD_MAX_PLAIN || (command >= 4u && command < 8u) || cso != 0 ||
	    hi / 0x100000000u != 0)
		return RLV_RESERVED;
	if (length == 0)
		return RLV_LENGTH_ZERO;
	return length > RLV_E1000_TX_LENGTH_MAX ? RLV_LENGTH_MAX : RLV_OK;
}

struct rlv_desc rlv_e1000_tx_decode(struct rlv_words words)
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
 * one contiguous region, which allows the direction. @reach 0: there are none.
 */
struct near {
	uint64_t base;
	uint64_t reach;
	uint64_t dev;
	uint16_t region;
};

static inline struct near near_of(const struct rlv_table *table, uint32_t handle,
				  uint32_t bytes_max, uint32_t perm)
{
	struct near none = {0, 0, 0, 0};
	const struct rlv_region *region;

	if (handle >= table->capacity)
		return none;
	handle = rlv_index_nospec(handle, table->capacity);
	region = &table->region[handle];
	if (region->bytes < bytes_max || region->shift != RLV_CONTIGUOUS ||
	    (region->perm != perm && region->perm != RLV_PERM_BOTH))
		return none;
	return (struct near){
		.base = region->base,
		.reach = region->bytes - bytes_max + 1u,
		.dev = region->dev,
		.region = (uint16_t)handle,
	};
}

/* Where slots that were taken the quick way ended. */
struct quick {
	struct rlv_words words; /* of @slot, if that is not the end: read, not taken */
	uint32_t slot;
};

/* Take packets of one plain descriptor each, of 1..@bytes_max bytes, from slot @from up to @to. */
static inline struct quick tx_quick(struct rlv_ring *ring, struct near near, uint32_t bytes_max,
				    uint32_t from, uint32_t to)
{
	const volatile uint64_t *asked = ring->asked;
	uint64_t *posted = ring->posted;
	uint16_t *holds = ring->holds;
	uint16_t mark = near.region | RLV_HOLDS_LAST;
	uint64_t slot;

	for (slot = from; slot < to; slot++) {
		uint64_t lo = asked[2u * slot];
		uint64_t hi = asked[2u * slot + 1u];
		uint64_t offset = rlv_past(lo, near.base);

		if (unlikely(rlv_past(hi, RLV_E1000_TXD_LAST + 1u) >= bytes_max ||
			     offset >= near.reach))
			return (struct quick){.words = {lo, hi}, .slot = (uint32_t)slot};
		posted[2u * slot] = near.dev + offset;
		posted[2u * slot + 1u] = hi;
		holds[slot] = mark;
	}
	return (struct quick){.words = {0, 0}, .slot = (uint32_t)slot};
}

static inline struct quick rx_quick(struct rlv_ring *ring, struct near near, uint32_t from,
				    uint32_t to)
{
	const volatile uint64_t *asked = ring->asked;
	uint64_t *posted = ring->posted;
	uint16_t *holds = ring->holds;
	uint16_t mark = near.region | RLV_HOLDS_LAST;
	uint64_t slot;

	for (slot = from; slot < to; slot++) {
		uint64_t lo = asked[2u * slot];
		uint64_t hi = asked[2u * slot + 1u];
		uint64_t offset = rlv_past(lo, near.base);

		if (unlikely(hi != 0 || offset >= near.reach))
			return (struct quick){.words = {lo, hi}, .slot = (uint32_t)slot};
		posted[2u * slot] = near.dev + offset;
		posted[2u * slot + 1u] = 0;
		holds[slot] = mark;
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

static struct checked tx_check(const struct rlv_table *table, uint32_t hint, struct rlv_words words)
{
	struct rlv_desc desc = rlv_e1000_tx_decode(words);
	struct checked checked = {.words = words, .region = hint, .length = desc.length};
	struct rlv_span span;

	checked.rule = desc.rule;
	if (desc.rule != RLV_OK)
		return checked;
	span = rlv_table_find(table, hint, desc.address, desc.length, RLV_PERM_READ);
	checked.rule = span.rule;
	if (span.rule != RLV_OK)
		return checked;
	checked.region = span.region;
	checked.last = desc.class == RLV_CLASS_LAST;
	checked.words.lo = span.dev;
	checked.words.hi = desc.length + (checked.last ? RLV_E1000_TXD_LAST : RLV_E1000_TXD_MORE);
	return checked;
}

/* Take slot run.slot, whose words are given. */
static inline struct run tx_one(const struct rlv_table *table, struct rlv_ring *ring,
				struct run run, struct rlv_words words)
{
	struct checked checked = tx_check(table, run.region, words);

	if (checked.rule == RLV_OK && checked.length > ring->bytes_max - run.total)
		checked.rule = RLV_PACKET_MAX;
	if (checked.rule == RLV_OK && !checked.last && run.open == RLV_TX_SEGS_MAX - 1u)
		checked.rule = RLV_SEGS;
	if (checked.rule != RLV_OK) {
		run.rule = checked.rule;
		run.words = words;
		return run;
	}
	ring->posted[2u * run.slot] = checked.words.lo;
	ring->posted[2u * run.slot + 1u] = checked.words.hi;
	ring->holds[run.slot] = (uint16_t)(checked.region + (checked.last ? RLV_HOLDS_LAST : 0u));
	run.region = checked.region;
	run.open = checked.last ? 0 : run.open + 1u;
	run.total = checked.last ? 0 : run.total + checked.length;
	run.slot++;
	return run;
}

/* Go on to slot @to, which is not before run.slot. */
static struct run tx_run(const struct rlv_table *table, struct rlv_ring *ring, struct run run,
			 uint32_t to)
{
	uint32_t bytes_max = ring->bytes_max < RLV_E1000_TX_LENGTH_MAX ? ring->bytes_max
								       : RLV_E1000_TX_LENGTH_MAX;

	while (run.slot < to && run.rule == RLV_OK) {
		struct rlv_words words;

		if (run.open == 0) {
			struct near near = near_of(table, run.region, bytes_max, RLV_PERM_READ);
			struct quick quick = tx_quick(ring, near, bytes_max, run.slot, to);

			run.slot = quick.slot;
			if (run.slot == to)
				break;
			words = quick.words;
		} else {
			words.lo = ring->asked[2u * run.slot];
			words.hi = ring->asked[2u * run.slot + 1u];
		}
		run = tx_one(table, ring, run, words);
	}
	return run;
}

/* Is there room for the window up to @tail? */
static enum rlv_rule window_check(struct rlv_ring *ring, uint32_t tail, uint32_t seen)
{
	uint32_t window;

	if (tail >= ring->slots)
		return RLV_TAIL;
	window = rlv_ring_distance(ring->slots, ring->tail, tail);
	if (window >= ring->slots - rlv_ring_in_flight(ring))
		rlv_ring_reclaim(ring, seen);
	return window < ring->slots - rlv_ring_in_flight(ring) ? RLV_OK : RLV_WINDOW;
}

/* The slot @n before @slot, going round. */
static inline uint32_t slot_back(uint32_t slots, uint32_t slot, uint32_t n)
{
	return n <= slot ? slot - n : slots - n + slot;
}

/* The ring stands at the end of what was posted. */
static inline struct rlv_verdict finish(struct rlv_ring *ring, struct run run)
{
	uint32_t slot = run.slot < ring->slots ? run.slot : 0;

	ring->tail = slot_back(ring->slots, slot, run.open);
	ring->region = run.region;
	return (struct rlv_verdict){
		.rule = run.rule,
		.slot = run.rule == RLV_OK ? 0 : slot,
		.tail = ring->tail,
		.words = run.words,
	};
}

struct rlv_verdict rlv_e1000_tx_post(const struct rlv_table *table, struct rlv_ring *ring,
				     uint32_t tail, uint32_t seen)
{
	struct run run = {.slot = ring->tail, .region = ring->region, .rule = RLV_OK};
	enum rlv_rule rule = window_check(ring, tail, seen);

	if (rule != RLV_OK)
		return (struct rlv_verdict){.rule = rule, .slot = tail, .tail = ring->tail};
	tail = rlv_index_nospec(tail, ring->slots);
	if (tail < run.slot) {
		run = tx_run(table, ring, run, ring->slots);
		if (run.rule == RLV_OK)
			run.slot = 0;
	}
	if (run.rule == RLV_OK)
		run = tx_run(table, ring, run, tail);
	return finish(ring, run);
}

static struct run rx_run(const struct rlv_table *table, struct rlv_ring *ring, struct run run,
			 uint32_t to)
{
	while (run.slot < to && run.rule == RLV_OK) {
		struct near near = near_of(table, run.region, ring->bytes_max, RLV_PERM_WRITE);
		struct quick quick = rx_quick(ring, near, run.slot, to);
		struct rlv_desc desc;
		struct rlv_span span;

		run.slot = quick.slot;
		if (run.slot == to)
			break;
		desc = rlv_e1000_rx_decode(quick.words, ring->bytes_max);
		run.rule = desc.rule;
		if (run.rule == RLV_OK) {
			span = rlv_table_find(table, run.region, desc.address, desc.length,
					      RLV_PERM_WRITE);
			run.rule = span.rule;
		}
		if (run.rule != RLV_OK) {
			run.words = quick.words;
			break;
		}
		ring->posted[2u * run.slot] = span.dev;
		ring->posted[2u * run.slot + 1u] = 0;
		ring->holds[run.slot] = (uint16_t)(span.region + RLV_HOLDS_LAST);
		run.region = span.region;
		run.slot++;
	}
	return run;
}

struct rlv_verdict rlv_e1000_rx_post(const struct rlv_table *table, struct rlv_ring *ring,
				     uint32_t tail, uint32_t seen)
{
	struct run run = {.slot = ring->tail, .region = ring->region, .rule = RLV_OK};
	enum rlv_rule rule = window_check(ring, tail, seen);

	if (rule != RLV_OK)
		return (struct rlv_verdict){.rule = rule, .slot = tail, .tail = ring->tail};
	tail = rlv_index_nospec(tail, ring->slots);
	if (tail < run.slot) {
		run = rx_run(table, ring, run, ring->slots);
		if (run.rule == RLV_OK)
			run.slot = 0;
	}
	if (run.rule == RLV_OK)
		run = rx_run(table, ring, run, tail);
	return finish(ring, run);
}
