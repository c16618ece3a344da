/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a descriptor of any family becomes once it is decoded. */
#ifndef RLV_DESC_H
#define RLV_DESC_H

#include "verifier/rlv_port.h"
#include "verifier/rlv_rule.h"

enum rlv_class {
	RLV_CLASS_BUFFER,   /* receive: a buffer to fill */
	RLV_CLASS_FRAGMENT, /* transmit: more of the packet follows */
	RLV_CLASS_LAST,	    /* transmit: ends a packet */
};

/* By value. The other members mean something when @rule is RLV_OK. */
struct rlv_desc {
	uint64_t address; /* as the process wrote it */
	uint32_t length;  /* bytes, at least 1 */
	uint8_t perm;	  /* the direction, as the RLV_PERM_ it needs */
	uint8_t class;	  /* enum rlv_class */
	uint8_t rule;	  /* enum rlv_rule */
};

/* The two words of a 16-byte descriptor, little-endian as the device reads them. */
struct rlv_words {
	uint64_t lo;
	uint64_t hi;
};

#endif
