/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For LD_PRELOAD, by test_verify.py: transmit queue 0 of each port that a program starts gets one
 * bad descriptor at its third doorbell, so that it is seen how the program ends.
 */
#include <dlfcn.h>

#include "driver/e1000/e1000_priv.h"

#define GOOD_DOORBELLS 2u

static void (*doorbell)(struct rld_ring *ring, uint32_t tail);
static uint32_t rung; /* tail of the doorbell before */
static unsigned int doorbells;

/* One port alone is used: its ring is the only one that is rung. */
static void harmful_doorbell(struct rld_ring *ring, uint32_t tail)
{
	struct e1000_desc *desc = ring->desc;

	if (doorbells++ == GOOD_DOORBELLS)
		desc[rung].hi |= 1ull << 26; /* 82574 7.2.10.1: insert a checksum */
	rung = tail;
	doorbell(ring, tail);
}

RLB_API int rlb_port_start(struct rlb_port *port)
{
	int (*start)(struct rlb_port *) =
		(int (*)(struct rlb_port *))dlsym(RTLD_NEXT, "rlb_port_start");
	struct e1000_txq *txq;
	int err;

	err = start(port);
	if (err)
		return err;
	txq = port->txq[0].queue;
	doorbell = txq->ring.doorbell;
	txq->ring.doorbell = harmful_doorbell;
	return 0;
}
