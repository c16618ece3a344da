/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verified doorbells, for every transport whose device reads rings in the process's own memory: the
 * pinned table of an address space, and rings whose descriptors are checked against it, in place,
 * before the tail register is written. The rules are those of verifier/.
 *
 * Who may touch what: a ring's lock is held by its queue's thread while descriptors are checked,
 * some hundred nanoseconds, and by whoever changes the table, who takes the locks of all rings. So
 * a change waits for checks that are under way, and a doorbell for a change.
 */
#ifndef RLD_VERIFY_H
#define RLD_VERIFY_H

#include <pthread.h>

#include "driver/driver.h"
#include "verifier/rlv_ring.h"

/* What a driver supplies for each format of its descriptors. Of 16 bytes. */
struct rld_verify_ops {
	/* Check and post: rlv_<family>_tx_post() or _rx_post(). */
	struct rlv_verdict (*post)(const struct rlv_table *table, struct rlv_ring *ring,
				   uint32_t tail, uint32_t seen);
	uint64_t done_mask; /* of struct rlv_ring */
	/* Fill in @error's address, length and fields, from its words. */
	void (*describe)(struct rlb_queue_error *error);
	/*
	 * A descriptor was refused, and the queue has stopped: its slots from @tail on are not the
	 * device's and never will be, and no doorbell does anything any more. Called in a doorbell,
	 * in the queue's thread.
	 */
	void (*refused)(struct rld_ring *ring, uint32_t tail);
};

/* The memory that the devices of an address space may be told of. */
struct rld_pinned {
	pthread_mutex_t lock;	 /* guards the list of rings, and who changes the table */
	struct rlv_table *table; /* in force: read and written under the lock of a ring, of all */
	struct rlv_table *spare; /* where the next one is made */
	struct rlv_table tables[2];
	void *memory;		   /* of both */
	struct rld_checked *rings; /* that are open */
};

/* What became of a queue. */
struct rld_queue_checks {
	bool stopped; /* stored last, with release */
	struct rlb_queue_error error;
	uint64_t refusals[RLB_RULES_MAX]; /* since the port was opened */
};

/* A device's part: nic->verify points to it. */
struct rld_verify {
	struct rld_pinned *pinned;
	int error_fd; /* a non-blocking eventfd: a queue has stopped */
	struct rld_queue_checks rx[RLB_QUEUES_MAX];
	struct rld_queue_checks tx[RLB_QUEUES_MAX];
};

/* An empty table. 0, or -ENOMEM. Silent. */
int rld_pinned_init(struct rld_pinned *pinned);
/* No ring is open. */
void rld_pinned_fini(struct rld_pinned *pinned);

/**
 * rld_pinned_insert() - allow the devices @bytes from @base on, to read and to write.
 * Return: 0; -ENOSPC, -EINVAL (what the table says against it), -ETIMEDOUT (a thread did not leave
 *	its doorbell for a second). Logs one line on failure.
 * Context: any thread but in a doorbell. Waits for the doorbells under way.
 */
int rld_pinned_insert(struct rld_pinned *pinned, rlb_iova_t base, size_t bytes);

/**
 * rld_pinned_remove() - forbid what begins at @base.
 * Return: 0; -EBUSY (a descriptor in flight names it), -ETIMEDOUT; then nothing has changed, and
 *	one line was logged. What is not in the table is removed already.
 * Context: as above.
 */
int rld_pinned_remove(struct rld_pinned *pinned, rlb_iova_t base);

/* From now on @nic's rings are verified against @pinned. 0, -ENOMEM or -errno. Logs. */
int rld_verify_open(struct rld_nic *nic, struct rld_pinned *pinned);
/* @nic is not verified: nothing to do. */
void rld_verify_close(struct rld_nic *nic);

/**
 * rld_verify_ring_open() - verify the doorbells of @ring.
 * @ring: complete but for doorbell, which is filled in; its memory is zeroed, @desc is @done.
 * Return: 0; -ENOMEM, -ENOTSUP (the driver supplied no rules). Logs one line on failure.
 */
int rld_verify_ring_open(struct rld_ring *ring);
/* The device has stopped using it. @ring is not verified: nothing to do. */
void rld_verify_ring_close(struct rld_ring *ring);

/* Their contracts are those of struct rlb_port_type. */
int rld_verify_error(const struct rld_nic *nic, bool tx, unsigned int queue,
		     struct rlb_queue_error *error);
int rld_verify_refusals(const struct rld_nic *nic, uint64_t *counts);

#endif
