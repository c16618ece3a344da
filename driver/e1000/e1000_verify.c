/* SPDX-License-Identifier: BSD-2-Clause */
/* What the verifier is to know of the family's rings, and its descriptors in words. */
#include <stdio.h>

#include "driver/e1000/e1000_priv.h"
#include "verifier/rlv_e1000.h"

static void add_word(struct rlb_queue_error *error, size_t *used, const char *word)
{
	*used +=
		(size_t)snprintf(error->fields + *used, sizeof(error->fields) - *used, " %s", word);
}

/* Bits 31:24 of the second word, by the kind that bits 23:20 say where DEXT is set. */
enum { CONTEXT, DATA, LEGACY };
static const char *const commands[][8] = {
	/* 82574 7.2.10.2, 8254x 3.3.6: TUCMD */
	[CONTEXT] = {"TCP", "IP", "TSE", "RS", "bit28", "DEXT", "bit30", "IDE"},
	/* 82574 7.2.10.3, 8254x 3.3.7: DCMD */
	[DATA] = {"EOP", "IFCS", "TSE", "RS", "bit28", "DEXT", "VLE", "IDE"},
	/* 82574 7.2.10.1, 8254x 3.3.3.1: CMD */
	[LEGACY] = {"EOP", "IFCS", "IC", "RS", "RPS", "DEXT", "VLE", "IDE"},
};

static void describe_tx(struct rlb_queue_error *error)
{
	uint64_t hi = error->words[1];
	unsigned int kind = hi >> 20 & 0xf;
	uint64_t others;
	size_t used;

	if (!(hi & RLV_E1000_TXD_DEXT) || kind > DATA)
		kind = LEGACY;
	error->address = error->words[0];
	error->length = (uint32_t)(hi & (kind == LEGACY ? 0xffff : 0xfffff));
	others = hi & ~(uint64_t)(kind == LEGACY ? 0xff00ffff : 0xffffffff);
	used = (size_t)snprintf(error->fields, sizeof(error->fields), "%s",
				kind == CONTEXT ? "context"
				: kind == DATA	? "data"
						: "command");
	for (unsigned int bit = 0; bit < 8; bit++) {
		if (hi >> (24 + bit) & 1)
			add_word(error, &used, commands[kind][bit]);
	}
	if (others)
		snprintf(error->fields + used, sizeof(error->fields) - used, " others 0x%llx",
			 (unsigned long long)others);
}

/* Of the address alone. The device takes as many bytes as it is set to. */
static void describe_rx(struct rlb_queue_error *error)
{
	error->address = error->words[0];
	if (error->words[1])
		snprintf(error->fields, sizeof(error->fields), "second word 0x%llx",
			 (unsigned long long)error->words[1]);
}

const struct rld_verify_ops e1000_tx_verify = {
	.post = rlv_e1000_tx_post,
	.done_mask = RLV_E1000_DONE_TX,
	.describe = describe_tx,
	.refused = e1000_txq_refused,
};

const struct rld_verify_ops e1000_rx_legacy_verify = {
	.post = rlv_e1000_rx_post,
	.done_mask = RLV_E1000_DONE_RX_LEGACY,
	.describe = describe_rx,
	.refused = e1000_rxq_refused,
};

const struct rld_verify_ops e1000_rx_extended_verify = {
	.post = rlv_e1000_rx_post,
	.done_mask = RLV_E1000_DONE_RX_EXTENDED,
	.describe = describe_rx,
	.refused = e1000_rxq_refused,
};
