/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the verifier must answer, said a second time: from the text of the rules and the datasheet,
 * with nothing of the verifier's code. Slow on purpose: every region is looked at, every byte of a
 * range is followed on its own, and sums are 128 bits wide so that none can wrap.
 *
 * Where more than one rule is broken the verifier may name any of them: an answer here is a set of
 * rules, one bit each, and 0 is acceptance.
 */
#ifndef FUZZ_ORACLE_H
#define FUZZ_ORACLE_H

#include "verifier/rlv_e1000.h"

typedef unsigned __int128 wide_t;

#define RULE(rule) (1u << (rule))

struct oracle_region {
	bool live;
	wide_t base, bytes, dev;
	const uint64_t *page; /* NULL: contiguous at @dev */
	uint32_t perm, shift;
};

struct oracle_table {
	bool iova;
	uint32_t capacity;
	struct oracle_region region[RLV_REGIONS_MAX];
};

/* Where a range lies, if it may be used. */
struct oracle_place {
	uint32_t region;
	uint64_t dev;
};

/* Why this region may not be inserted. */
uint32_t oracle_insert_rules(const struct oracle_table *table, uint32_t handle,
			     const struct rlv_region *region);
void oracle_insert(struct oracle_table *table, uint32_t handle, const struct rlv_region *region);

/* Why the range may not be used. @place is filled in unless no region holds its first byte. */
uint32_t oracle_find_rules(const struct oracle_table *table, uint64_t address, uint32_t bytes,
			   uint32_t perm, struct oracle_place *place);

/* Why the descriptor's own words are refused. */
uint32_t oracle_tx_rules(struct rlv_words words);
uint32_t oracle_rx_rules(struct rlv_words words);

struct oracle_ring {
	bool tx;
	uint32_t slots, bytes_max, head, tail;
	uint64_t done_mask;
	uint16_t region[RLV_SLOTS_MAX]; /* of slots in flight */
	bool last[RLV_SLOTS_MAX];
};

struct oracle_answer {
	uint32_t rules; /* 0, or those of which the verdict may name any */
	uint32_t slot;	/* refused: where */
	uint32_t tail;	/* the new tail */
	struct rlv_words words;
	struct rlv_words posted[RLV_SLOTS_MAX]; /* by slot, from the old tail to the new */
};

/* @done: the ring's memory as the device wrote it, two words a slot. Return: slots let go. */
uint32_t oracle_reclaim(struct oracle_ring *ring, const uint64_t *done, uint32_t seen);
bool oracle_holds(const struct oracle_ring *ring, uint32_t region);
uint32_t oracle_in_flight(const struct oracle_ring *ring);

/* @asked, @done: what the memory said when the call began. */
void oracle_post(const struct oracle_table *table, struct oracle_ring *ring, const uint64_t *asked,
		 const uint64_t *done, uint32_t tail, uint32_t seen, struct oracle_answer *answer);

#endif
