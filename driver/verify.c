/* SPDX-License-Identifier: BSD-2-Clause */
/* Verified doorbells: the pinned table, rings, and what happens when a descriptor is refused. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <ringlib/log.h>

#include "driver/verify.h"
#include "ringlib/util.h"

/*
 * How long a change of the table waits for a doorbell, and a doorbell for a change. Either takes
 * microseconds; a thread that lost its CPU meanwhile may take as long as the scheduler likes.
 */
#define CHANGE_MAX_S   1.0
#define DOORBELL_MAX_S 2.0
#define SPINS	       1000u

_Static_assert((int)RLV_RULES <= RLB_RULES_MAX, "a counter for each rule");

/* The verifier's half of a ring. */
struct rld_checked {
	struct rlv_ring ring;
	uint32_t locked; /* by a doorbell, or by a change of the table */
	struct rld_queue_checks *checks;
	struct rld_pinned *pinned;
	struct rld_ring *owner;
	struct rld_checked *next; /* open in the same space */
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Acquire: what the one that had the lock did comes before. Partner: unlock(). */
static inline bool try_lock(struct rld_checked *own)
{
	return __atomic_exchange_n(&own->locked, 1, __ATOMIC_ACQUIRE) == 0;
}

static inline void unlock(struct rld_checked *own)
{
	__atomic_store_n(&own->locked, 0, __ATOMIC_RELEASE);
}

static __attribute__((noinline)) bool lock_slow(struct rld_checked *own, double max_s)
{
	double end = seconds() + max_s;

	do {
		for (unsigned int i = 0; i < SPINS; i++) {
			if (!__atomic_load_n(&own->locked, __ATOMIC_RELAXED) && try_lock(own))
				return true;
			rlb_cpu_pause();
		}
		/* Whoever has it may wait for this CPU. */
		sched_yield();
	} while (seconds() < end);
	return false;
}

static const char *dir_name(const struct rld_ring *ring)
{
	return ring->conf.dir == RLD_TX ? "tx" : "rx";
}

int rld_pinned_init(struct rld_pinned *pinned)
{
	size_t bytes = rlv_table_bytes(RLB_MEM_MAX);

	*pinned = (struct rld_pinned){.table = &pinned->tables[0], .spare = &pinned->tables[1]};
	pinned->memory = calloc(2, bytes);
	if (!pinned->memory)
		return -ENOMEM;
	rlv_table_init(pinned->table, RLV_KEY_IOVA, RLB_MEM_MAX, pinned->memory);
	rlv_table_init(pinned->spare, RLV_KEY_IOVA, RLB_MEM_MAX, (char *)pinned->memory + bytes);
	pthread_mutex_init(&pinned->lock, NULL);
	return 0;
}

void rld_pinned_fini(struct rld_pinned *pinned)
{
	pthread_mutex_destroy(&pinned->lock);
	free(pinned->memory);
}

static void unlock_until(struct rld_pinned *pinned, const struct rld_checked *end)
{
	for (struct rld_checked *own = pinned->rings; own != end; own = own->next)
		unlock(own);
}

/* Take the locks of all rings, or none. */
static int lock_rings(struct rld_pinned *pinned)
{
	for (struct rld_checked *own = pinned->rings; own; own = own->next) {
		if (try_lock(own) || lock_slow(own, CHANGE_MAX_S))
			continue;
		unlock_until(pinned, own);
		rlb_log(ERR,
			"%s: the thread of queue %s%u does not leave its doorbell; does it still "
			"run?",
			own->owner->nic->name, dir_name(own->owner), own->owner->conf.queue);
		return -ETIMEDOUT;
	}
	return 0;
}

/* Nobody looks at a table: the spare one, which has been made, comes into force. */
static void swap_tables(struct rld_pinned *pinned)
{
	struct rlv_table *old = pinned->table;

	pinned->table = pinned->spare;
	pinned->spare = old;
}

static uint32_t find_region(const struct rlv_table *table, uint64_t base)
{
	uint32_t handle = 0;

	while (handle < table->capacity &&
	       (!table->region[handle].bytes || table->region[handle].base != base))
		handle++;
	return handle;
}

static uint32_t find_free(const struct rlv_table *table)
{
	uint32_t handle = 0;

	while (handle < table->capacity && table->region[handle].bytes)
		handle++;
	return handle;
}

int rld_pinned_insert(struct rld_pinned *pinned, rlb_iova_t base, size_t bytes)
{
	const struct rlv_region region = {
		.base = base,
		.bytes = bytes,
		.dev = base,
		.perm = RLV_PERM_BOTH,
		.shift = RLV_CONTIGUOUS,
	};
	enum rlv_rule rule;
	int err = 0;

	pthread_mutex_lock(&pinned->lock);
	rule = rlv_table_insert(pinned->spare, pinned->table, find_free(pinned->table), &region);
	if (rule != RLV_OK) {
		rlb_log(ERR, "cannot allow devices %zu KiB at IOVA 0x%llx: %s: %s", bytes >> 10,
			(unsigned long long)base, rlv_rule_name(rule), rlv_rule_text(rule));
		err = rule == RLV_TABLE_FULL ? -ENOSPC : -EINVAL;
	} else {
		err = lock_rings(pinned);
		if (!err) {
			swap_tables(pinned);
			unlock_until(pinned, NULL);
		}
	}
	pthread_mutex_unlock(&pinned->lock);
	return err;
}

/* A ring with a descriptor in flight that names the region, or NULL. All rings are locked. */
static const struct rld_ring *find_holder(struct rld_pinned *pinned, uint32_t handle)
{
	for (struct rld_checked *own = pinned->rings; own; own = own->next) {
		/* Each slot is looked at: what the driver takes for done does not count here. */
		rlv_ring_reclaim(&own->ring, own->ring.slots);
		if (rlv_ring_holds(&own->ring, handle))
			return own->owner;
	}
	return NULL;
}

static int remove_region(struct rld_pinned *pinned, uint32_t handle)
{
	const struct rlv_region *region = &pinned->table->region[handle];
	const struct rld_ring *holder;
	enum rlv_rule rule;
	int err;

	err = lock_rings(pinned);
	if (err)
		return err;
	holder = find_holder(pinned, handle);
	rule = rlv_table_remove(pinned->spare, pinned->table, handle, holder != NULL);
	if (rule == RLV_OK)
		swap_tables(pinned);
	unlock_until(pinned, NULL);
	if (rule == RLV_OK)
		return 0;
	rlb_log(ERR,
		"cannot take %llu KiB of memory at IOVA 0x%llx away: %s: descriptors in flight on "
		"%s queue %s%u name it; stop that port first",
		(unsigned long long)region->bytes >> 10, (unsigned long long)region->base,
		rlv_rule_name(rule), holder->nic->name, dir_name(holder), holder->conf.queue);
	return -EBUSY;
}

int rld_pinned_remove(struct rld_pinned *pinned, rlb_iova_t base)
{
	uint32_t handle;
	int err = 0;

	pthread_mutex_lock(&pinned->lock);
	handle = find_region(pinned->table, base);
	if (handle < pinned->table->capacity)
		err = remove_region(pinned, handle);
	pthread_mutex_unlock(&pinned->lock);
	return err;
}

int rld_verify_open(struct rld_nic *nic, struct rld_pinned *pinned)
{
	struct rld_verify *verify;
	int err = -ENOMEM;

	verify = calloc(1, sizeof(*verify));
	if (!verify)
		goto err_log;
	verify->pinned = pinned;
	verify->error_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (verify->error_fd < 0) {
		err = -errno;
		goto err_free;
	}
	nic->verify = verify;
	return 0;

err_free:
	free(verify);
err_log:
	rlb_log(ERR, "%s: cannot verify its descriptors: %s", nic->name, strerror(-err));
	return err;
}

void rld_verify_close(struct rld_nic *nic)
{
	if (!nic->verify)
		return;
	close(nic->verify->error_fd);
	free(nic->verify);
	nic->verify = NULL;
}

static struct rld_queue_checks *checks_of(struct rld_verify *verify, bool tx, unsigned int queue)
{
	return tx ? &verify->tx[queue] : &verify->rx[queue];
}

/* One line, in the thread of a queue that has ended: it slows nobody down. */
static void log_refusal(const struct rld_ring *ring, const struct rlb_queue_error *error)
{
	char descriptor[128] = "";

	if (error->rule != RLV_TAIL && error->rule != RLV_WINDOW)
		snprintf(descriptor, sizeof(descriptor), "; descriptor address 0x%llx length %u %s",
			 (unsigned long long)error->address, error->length, error->fields);
	rlb_log(ERR, "%s: %s%u slot %u: %s: %s; likely %s%s; stop and start the port to go on",
		ring->nic->name, dir_name(ring), ring->conf.queue, error->slot, error->name,
		error->text, error->cause, descriptor);
}

/* @verdict is a refusal: the queue stops. What came before it is posted. */
static __attribute__((noinline)) void refuse(struct rld_ring *ring,
					     const struct rlv_verdict *verdict)
{
	struct rld_queue_checks *checks = ring->checked->checks;
	const uint64_t one = 1;

	checks->error = (struct rlb_queue_error){
		.rule = verdict->rule,
		.slot = verdict->slot,
		.words = {verdict->words.lo, verdict->words.hi},
		.name = rlv_rule_name(verdict->rule),
		.text = rlv_rule_text(verdict->rule),
		.cause = rlv_rule_cause(verdict->rule),
		.length = ring->conf.bytes_max,
	};
	ring->conf.verify->describe(&checks->error);
	WRITE_ONCE(checks->refusals[verdict->rule], checks->refusals[verdict->rule] + 1);
	/* Release. Partner: rld_verify_error() reads @error after it has seen this. */
	__atomic_store_n(&checks->stopped, true, __ATOMIC_RELEASE);
	log_refusal(ring, &checks->error);
	ring->conf.verify->refused(ring, verdict->tail);
	/* An eventfd takes it unless its count is at its end, and then it is readable anyway. */
	if (write(ring->nic->verify->error_fd, &one, sizeof(one)) != sizeof(one))
		return;
}

static void verified_doorbell(struct rld_ring *ring, uint32_t tail)
{
	struct rld_checked *own = ring->checked;
	struct rlv_verdict verdict;
	uint32_t before;

	if (unlikely(own->checks->stopped))
		return;
	/* Not posted now, it is with the next doorbell: a doorbell goes on from the tail before. */
	if (unlikely(!try_lock(own)) && !lock_slow(own, DOORBELL_MAX_S)) {
		rlb_log(WARN,
			"%s: a change of packet memory held up %s%u for %.0f s, its descriptors "
			"wait for the next doorbell; give the control thread a CPU",
			ring->nic->name, dir_name(ring), ring->conf.queue, DOORBELL_MAX_S);
		return;
	}
	before = own->ring.tail;
	verdict = ring->conf.verify->post(own->pinned->table, &own->ring, tail, *ring->head);
	unlock(own);
	/*
	 * Behind the lock, for a write to a register may take long. What was posted is in flight
	 * from now on, so its memory stays.
	 */
	if (likely(verdict.tail != before)) {
		/* Release. Partner: the device, as with any doorbell of memory that it reads. */
		__atomic_thread_fence(__ATOMIC_RELEASE);
		*ring->tail_addr = verdict.tail;
	}
	if (unlikely(verdict.rule != RLV_OK))
		refuse(ring, &verdict);
}

int rld_verify_ring_open(struct rld_ring *ring)
{
	const struct rld_verify_ops *ops = ring->conf.verify;
	struct rld_verify *verify = ring->nic->verify;
	struct rld_checked *own;

	if (!ops) {
		rlb_log(ERR, "%s: its driver has no rules for the verifier; add ,verify=off",
			ring->nic->name);
		return -ENOTSUP;
	}
	if (ring->conf.slots < RLV_SLOTS_MIN || ring->conf.slots > RLV_SLOTS_MAX ||
	    ring->conf.desc_bytes != sizeof(struct rlv_words) || ring->conf.bytes_max == 0 ||
	    ring->conf.bytes_max > UINT16_MAX || ops->done_mask == 0) {
		rlb_log(ERR,
			"%s: the verifier has no rules for %u slots of %u bytes that hold up to "
			"%u; "
			"add ,verify=off",
			ring->nic->name, ring->conf.slots, ring->conf.desc_bytes,
			ring->conf.bytes_max);
		return -ENOTSUP;
	}
	own = calloc(1, sizeof(*own));
	if (!own)
		goto err_log;
	own->ring = (struct rlv_ring){
		.asked = ring->desc,
		.posted = ring->desc,
		.done = ring->done,
		.holds = calloc(ring->conf.slots, sizeof(uint16_t)),
		.done_mask = ops->done_mask,
		.slots = ring->conf.slots,
		.bytes_max = ring->conf.bytes_max,
	};
	if (!own->ring.holds)
		goto err_free;
	rlv_ring_init(&own->ring);
	own->checks = checks_of(verify, ring->conf.dir == RLD_TX, ring->conf.queue);
	__atomic_store_n(&own->checks->stopped, false, __ATOMIC_RELEASE);
	own->pinned = verify->pinned;
	own->owner = ring;
	ring->checked = own;
	ring->doorbell = verified_doorbell;

	pthread_mutex_lock(&own->pinned->lock);
	own->next = own->pinned->rings;
	own->pinned->rings = own;
	pthread_mutex_unlock(&own->pinned->lock);
	return 0;

err_free:
	free(own);
err_log:
	rlb_log(ERR, "%s: no memory to verify a ring", ring->nic->name);
	return -ENOMEM;
}

void rld_verify_ring_close(struct rld_ring *ring)
{
	struct rld_checked *own = ring->checked;
	struct rld_checked **at;

	if (!own)
		return;
	pthread_mutex_lock(&own->pinned->lock);
	for (at = &own->pinned->rings; *at != own; at = &(*at)->next)
		;
	*at = own->next;
	pthread_mutex_unlock(&own->pinned->lock);
	free(own->ring.holds);
	free(own);
	ring->checked = NULL;
}

int rld_verify_error(const struct rld_nic *nic, bool tx, unsigned int queue,
		     struct rlb_queue_error *error)
{
	const struct rld_queue_checks *checks;

	if (!nic->verify)
		return -ENOTSUP;
	checks = checks_of(nic->verify, tx, queue);
	/* Acquire. Partner: refuse(). */
	if (!__atomic_load_n(&checks->stopped, __ATOMIC_ACQUIRE))
		return -ENOENT;
	*error = checks->error;
	return 0;
}

int rld_verify_refusals(const struct rld_nic *nic, uint64_t *counts)
{
	if (!nic->verify)
		return -ENOTSUP;
	for (unsigned int q = 0; q < RLB_QUEUES_MAX; q++) {
		for (unsigned int rule = 0; rule < RLB_RULES_MAX; rule++)
			counts[rule] += READ_ONCE(nic->verify->rx[q].refusals[rule]) +
					READ_ONCE(nic->verify->tx[q].refusals[rule]);
	}
	return 0;
}
