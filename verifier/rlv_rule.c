/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names and sentences of the rules. */
#include "verifier/rlv_port.h"
#include "verifier/rlv_rule.h"

struct words {
	const char *name;
	const char *text;
	const char *cause;
};

static const struct words rules[RLV_RULES] = {
	[RLV_OK] = {"ok", "accepted", ""},
	[RLV_LENGTH_ZERO] = {"length_zero", "the descriptor's length is zero",
			     "a segment without data was sent"},
	[RLV_LENGTH_MAX] = {"length_max", "the descriptor is longer than the device allows",
			    "the length was set from something else than the buffer's data"},
	[RLV_RESERVED] = {"reserved", "a reserved bit or field is set",
			  "the descriptor was written over, or never written"},
	[RLV_OFFLOAD] =
		{"offload",
		 "the descriptor is of a kind for offloads or asks for one, and none is supported",
		 "checksum, segmentation or VLAN insertion was asked for"},
	[RLV_TYPE] = {"type", "the descriptor is of an unknown type",
		      "the descriptor was written over, or never written"},
	[RLV_SEGS] = {"segs", "the packet has too many segments",
		      "an end-of-packet bit is missing"},
	[RLV_PACKET_MAX] = {"packet_max", "the packet is longer than the queue allows",
			    "an end-of-packet bit is missing, or the frame is over the MTU"},
	[RLV_UNMAPPED] = {"unmapped", "no pinned region holds the address",
			  "the buffer's pool was destroyed, or the memory is not from a pool"},
	[RLV_REGION_END] = {"region_end", "the range runs past the end of its pinned region",
			    "the length is over the buffer"},
	[RLV_PERM] = {"perm", "the region does not allow the device this direction",
		      "the buffer is from the wrong pool"},
	[RLV_PAGE_SPLIT] = {"page_split", "the range crosses from one page into another",
			    "the buffer was not laid out by a pool, or its length is over it"},
	[RLV_TAIL] = {"tail", "the new tail lies outside the ring",
		      "the tail was counted without wrapping"},
	[RLV_WINDOW] = {"window", "the window runs over slots that the device still owns",
			"slots were filled before the device was done with them"},
	[RLV_HANDLE] = {"handle", "the handle is out of range, or free, or already taken", ""},
	[RLV_REGION_SHAPE] = {"region_shape",
			      "the region's length, permission, page size or addresses are wrong",
			      ""},
	[RLV_OVERLAP] = {"overlap", "the region overlaps another", ""},
	[RLV_TABLE_FULL] = {"table_full", "the pinned table is full", ""},
	[RLV_BUSY] = {"busy", "descriptors that name the region are still in flight",
		      "memory was freed while a port uses it"},
	[RLV_REG_UNKNOWN] = {"reg_unknown", "the policy names no such register", ""},
	[RLV_REG_READ] = {"reg_read", "the register may not be read", ""},
	[RLV_REG_WRITE] = {"reg_write", "the register, or a bit that was set, may not be written",
			   ""},
};

const char *rlv_rule_name(enum rlv_rule rule)
{
	return (uint32_t)rule < RLV_RULES ? rules[rule].name : "?";
}

const char *rlv_rule_text(enum rlv_rule rule)
{
	return (uint32_t)rule < RLV_RULES ? rules[rule].text : "?";
}

const char *rlv_rule_cause(enum rlv_rule rule)
{
	return (uint32_t)rule < RLV_RULES ? rules[rule].cause : "";
}
