/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rules: what the verifier answers. Each has a name, a sentence, and a likely cause. */
#ifndef RLV_RULE_H
#define RLV_RULE_H

/* 0 is acceptance. Counters are kept per rule: RLV_RULES is how many there are. */
enum rlv_rule {
	RLV_OK,

	/* Of a descriptor alone */
	RLV_LENGTH_ZERO,
	RLV_LENGTH_MAX,
	RLV_RESERVED,
	RLV_OFFLOAD,
	RLV_TYPE,

	/* Of a packet */
	RLV_SEGS,
	RLV_PACKET_MAX,

	/* Of the memory that a descriptor names */
	RLV_UNMAPPED,
	RLV_REGION_END,
	RLV_PERM,
	RLV_PAGE_SPLIT,

	/* Of the window from old tail to new */
	RLV_TAIL,
	RLV_WINDOW,

	/* Of a change to the pinned table */
	RLV_HANDLE,
	RLV_REGION_SHAPE,
	RLV_OVERLAP,
	RLV_TABLE_FULL,
	RLV_BUSY,

	/* Of an access to a register */
	RLV_REG_UNKNOWN,
	RLV_REG_READ,
	RLV_REG_WRITE,

	RLV_RULES
};

/**
 * rlv_rule_name() - the rule's name without its prefix, as counters and log lines spell it.
 * Return: "?" for a value that is no rule.
 */
const char *rlv_rule_name(enum rlv_rule rule);

/**
 * rlv_rule_text() - one sentence: what was wrong.
 * Return: "?" for a value that is no rule.
 */
const char *rlv_rule_text(enum rlv_rule rule);

/**
 * rlv_rule_cause() - one sentence: what the program likely did wrong.
 * Return: "" where the rule itself says it, and for a value that is no rule.
 */
const char *rlv_rule_cause(enum rlv_rule rule);

#endif
