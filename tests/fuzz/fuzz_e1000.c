/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The e1000 window beside the oracle: a process that fills slots, mostly with good descriptors and
 * now and then with one that is bad in one way; a device that finishes slots in and out of order;
 * memory that is pinned and unpinned meanwhile.
 */
#include "fuzz.h"
#include "watch.h"

uint64_t fuzz_checked;

struct rig {
	struct choices *choices;
	struct tables tables;
	struct rlv_ring ring;
	struct oracle_ring model;
	uint64_t *asked;  /* [2 * slots], to the byte as all of these */
	uint64_t *posted; /* the same memory in a ring of the process's own */
	uint16_t *holds;
	uint64_t *asked_then; /* what the memory said when a call began */
	uint64_t *posted_then;
	uint32_t capacity;
	uint32_t left_over; /* slots of a packet whose end was still missing */
	bool identity;	    /* device addresses are the keys, as without translation */
	bool in_place;
};

/* The oracle follows a receive buffer byte by byte: large ones are rare. */
static uint32_t bytes_max_of(struct choices *choices, bool tx)
{
	static const uint32_t small[] = {1, 17, 48, 64, 64, 100, 128, 256};
	static const uint32_t large[] = {256, 2048, 4096, 4097, 9018, 16288, 16289, 65535};
	uint32_t n = pick(choices, 256);

	return tx || n < 8 ? large[n % ARRAY_SIZE(large)] : small[n % ARRAY_SIZE(small)];
}

static void rig_open(struct rig *rig)
{
	static const uint32_t slots[] = {2,  3,	 4,  5,	 8,  8,	  16,  16,
					 32, 64, 65, 80, 96, 128, 128, RLV_SLOTS_MAX};
	struct choices *choices = rig->choices;
	uint32_t kind = pick(choices, 4);
	uint64_t done = kind < 2    ? RLV_E1000_DONE_TX
			: kind == 2 ? RLV_E1000_DONE_RX_LEGACY
				    : RLV_E1000_DONE_RX_EXTENDED;
	struct rlv_ring *ring = &rig->ring;

	rig->capacity = 1 + pick(choices, 8);
	rig->identity = pick(choices, 2) != 0;
	rig->in_place = pick(choices, 2) != 0;
	rig->left_over = 0;
	tables_open(&rig->tables, pick(choices, 2) || rig->identity, rig->capacity);
	ring->slots = slots[pick(choices, ARRAY_SIZE(slots))];
	ring->bytes_max = bytes_max_of(choices, kind < 2);
	ring->done_mask = done;
	rig->asked = calloc(ring->slots, 16);
	rig->posted = rig->in_place ? rig->asked : calloc(ring->slots, 16);
	rig->asked_then = calloc(ring->slots, 16);
	rig->posted_then = calloc(ring->slots, 16);
	rig->holds = malloc(ring->slots * sizeof(*rig->holds));
	memset(rig->holds, 0xa5, ring->slots * sizeof(*rig->holds));
	ring->asked = rig->asked;
	ring->posted = rig->posted;
	ring->done = rig->posted;
	ring->holds = rig->holds;
	rlv_ring_init(ring);
	rig->model.tx = kind < 2;
	rig->model.slots = ring->slots;
	rig->model.bytes_max = ring->bytes_max;
	rig->model.done_mask = done;
	rig->model.head = 0;
	rig->model.tail = 0;
}

static void rig_close(struct rig *rig)
{
	tables_close(&rig->tables);
	if (!rig->in_place)
		free(rig->posted);
	free(rig->asked);
	free(rig->asked_then);
	free(rig->posted_then);
	free(rig->holds);
}

static void pin_one(struct rig *rig)
{
	struct rlv_region region = region_of(rig->choices, &rig->tables, rig->identity);

	if (!tables_insert(&rig->tables, pick(rig->choices, rig->capacity), &region))
		free((uint64_t *)region.page);
}

/* A region stays exactly as long as a slot in flight names it. */
static void unpin_one(struct rig *rig)
{
	uint32_t handle = pick(rig->choices, rig->capacity);

	tables_remove(&rig->tables, handle, rlv_ring_holds(&rig->ring, handle));
}

static void check_state(struct rig *rig)
{
	const struct oracle_ring *model = &rig->model;

	if (rig->ring.head != model->head || rig->ring.tail != model->tail)
		FINDING("ring stands at %u..%u, oracle at %u..%u", rig->ring.head, rig->ring.tail,
			model->head, model->tail);
	for (uint32_t h = 0; h < rig->capacity; h++) {
		bool held = oracle_holds(model, h);

		if (held != rlv_ring_holds(&rig->ring, h))
			FINDING("region %u: oracle says %s", h, held ? "held" : "not held");
		if (held && !rig->tables.oracle.region[h].live)
			FINDING("region %u is in flight and gone", h);
	}
}

/* Any of the regions that allow the direction; NULL: none does. */
static const struct oracle_region *usable(struct rig *rig)
{
	uint32_t perm = rig->model.tx ? RLV_PERM_READ : RLV_PERM_WRITE;
	uint32_t first = (uint32_t)random_of(rig->choices, rig->capacity);

	for (uint32_t i = 0; i < rig->capacity; i++) {
		const struct oracle_region *region =
			&rig->tables.oracle.region[(first + i) % rig->capacity];

		if (region->live && region->perm & perm)
			return region;
	}
	return NULL;
}

/* A good range of at most @max bytes, at an edge every other time. Return: its length. */
static uint32_t good_range(struct rig *rig, uint32_t max, uint64_t *address)
{
	struct choices *choices = rig->choices;
	const struct oracle_region *region = usable(rig);
	uint32_t length = max;
	uint64_t span, offset = 0;

	*address = random_of(choices, 1ull << 44);
	if (!region)
		return length;
	span = (uint64_t)region->bytes;
	if (region->page && span > 1ull << region->shift) {
		uint64_t pages = (span - 1) / (1ull << region->shift) + 1;
		uint64_t page = random_of(choices, pages);

		offset = page << region->shift;
		span = page + 1 < pages ? 1ull << region->shift : span - offset;
	}
	if (length > span && rig->model.tx)
		length = (uint32_t)span;
	if (length <= span)
		switch (random_of(choices, 4)) {
		case 0:
			break;
		case 1:
			offset += span - length;
			break;
		default:
			offset += random_of(choices, span - length + 1);
		}
	*address = (uint64_t)region->base + offset;
	return length;
}

/* How long a segment may be: mostly short, so that the oracle has few bytes to follow. */
static uint32_t segment_max(struct rig *rig, uint32_t room)
{
	uint32_t limit = room < 16288 ? room : 16288;
	uint64_t what = random_of(rig->choices, 256);

	if (what == 0 || limit < 2)
		return limit;
	if (what < 8 && limit > 1518)
		return 1518;
	return 1 + (uint32_t)random_of(rig->choices, limit < 96 ? limit : 96);
}

static struct rlv_words good_words(struct rig *rig, uint32_t room, bool last)
{
	struct rlv_words words = {0, 0};
	uint64_t bits = random_of(rig->choices, 4);

	if (!rig->model.tx) {
		good_range(rig, rig->model.bytes_max, &words.lo);
		return words;
	}
	words.hi = good_range(rig, segment_max(rig, room), &words.lo);
	words.hi |= last ? RLV_E1000_TXD_EOP : 0;
	words.hi |= bits & 1 ? RLV_E1000_TXD_IFCS : 0;
	words.hi |= bits & 2 || last ? RLV_E1000_TXD_RS : 0;
	return words;
}

static uint64_t with_length(uint64_t hi, uint64_t length)
{
	return (hi & ~0xffffull) | (length & 0xffff);
}

/* Wrong in one way, or right on a boundary. */
static void spoil(struct rig *rig, uint64_t *slot)
{
	struct choices *choices = rig->choices;
	const struct oracle_region *any = &rig->tables.oracle.region[pick(choices, rig->capacity)];
	uint32_t length = rig->model.tx ? (uint32_t)(slot[1] & 0xffff) : rig->model.bytes_max;
	uint64_t end = (uint64_t)(any->base + any->bytes);

	switch (pick(choices, 16)) {
	case 0:
		slot[1] = with_length(slot[1], 0);
		break;
	case 1:
		slot[1] = with_length(slot[1], 16287 + pick(choices, 3));
		break;
	case 2:
		slot[1] = with_length(slot[1], rig->model.bytes_max + pick(choices, 3) - 1);
		break;
	case 3:
		slot[1] ^= 1ull << (16 + pick(choices, 48)); /* command, reserved, special */
		break;
	case 4:
		slot[1] ^= RLV_E1000_TXD_DEXT | (uint64_t)pick(choices, 16) << 20;
		break;
	case 5:
		slot[1] ^= RLV_E1000_TXD_EOP;
		break;
	case 6:
		slot[0] ^= 1ull << pick(choices, 64);
		break;
	case 7:
		slot[0] = end - length + pick(choices, 3) - 1;
		break;
	case 8:
		slot[0] = (uint64_t)any->base + pick(choices, 3) - 1;
		break;
	case 9:
		slot[0] = end + pick(choices, 3) - 1;
		break;
	case 10: /* about a page's end */
		slot[0] = (uint64_t)any->base + (1 + take(choices, 1)) * (1ull << any->shift) -
			  length + pick(choices, 3) - 1;
		break;
	case 11:
		slot[0] = take(choices, 8);
		break;
	case 12:
		slot[1] = take(choices, 8);
		break;
	case 13:
		slot[1] ^= take(choices, 4);
		break;
	case 14: /* up to the last byte that there is */
		slot[0] = 0 - (uint64_t)length + pick(choices, 3) - 1;
		break;
	default: /* another region, whatever it allows */
		slot[0] = (uint64_t)any->base + take(choices, 2);
	}
}

/* Fill @n slots from the tail on, but for what is left of an unfinished packet. */
static void fill(struct rig *rig, uint32_t n, uint32_t keep)
{
	struct choices *choices = rig->choices;
	uint32_t slots = rig->model.slots;
	uint32_t room = rig->model.bytes_max;
	uint32_t segs = 0;
	uint64_t per_packet = 1 + random_of(choices, pick(choices, 8) ? 4 : 80);

	for (uint32_t i = keep; i < n; i++) {
		uint64_t *slot = rig->asked + 2 * ((rig->model.tail + i) % slots);
		bool last = room < 2 || segs == 62 || random_of(choices, per_packet) == 0;
		struct rlv_words words = good_words(rig, last ? room : room / 4 + 1, last);

		slot[0] = words.lo;
		slot[1] = words.hi;
		segs = last ? 0 : segs + 1;
		room = last ? rig->model.bytes_max : room - (uint32_t)(words.hi & 0xffff);
	}
	if (n && pick(choices, 4) == 0)
		spoil(rig, rig->asked + 2 * ((rig->model.tail + take(choices, 2) % n) % slots));
}

/* What the process says it has seen done: mostly the truth or nothing. */
static uint32_t claim(struct rig *rig)
{
	uint32_t n = oracle_in_flight(&rig->model);

	switch (pick(rig->choices, 4)) {
	case 0:
		return (rig->model.head + (uint32_t)take(rig->choices, 2) % (n + 1)) %
		       rig->model.slots;
	case 1:
		return (uint32_t)take(rig->choices, 2) % (rig->model.slots + 2);
	case 2:
		return ~(uint32_t)take(rig->choices, 1);
	default:
		for (uint32_t slot = rig->model.head; slot != rig->model.tail;
		     slot = (slot + 1) % rig->model.slots)
			if (!(rig->posted[2 * slot + 1] & rig->model.done_mask))
				return slot;
		return rig->model.tail;
	}
}

static void compare(struct rig *rig, const struct oracle_answer *answer, uint32_t from,
		    uint32_t window, struct rlv_verdict verdict)
{
	uint32_t slots = rig->model.slots;
	uint32_t taken = (answer->tail + slots - from) % slots;

	if (answer->rules ? !(answer->rules & RULE(verdict.rule)) : verdict.rule != RLV_OK)
		FINDING("slot %u: %s, oracle has the set %#x", verdict.slot,
			rlv_rule_name(verdict.rule), answer->rules);
	if (verdict.tail != answer->tail || (answer->rules && verdict.slot != answer->slot))
		FINDING("%s at slot %u, tail %u; oracle says slot %u, tail %u",
			rlv_rule_name(verdict.rule), verdict.slot, verdict.tail, answer->slot,
			answer->tail);
	if (verdict.words.lo != answer->words.lo || verdict.words.hi != answer->words.hi)
		FINDING("%s: the verdict's words are not those that were read",
			rlv_rule_name(verdict.rule));
	for (uint32_t i = 0; i < slots; i++) {
		uint32_t slot = (from + i) % slots;
		const uint64_t *posted = rig->posted + 2 * slot;

		if (i < taken &&
		    (posted[0] != answer->posted[slot].lo || posted[1] != answer->posted[slot].hi))
			FINDING("slot %u posted as %#llx %#llx, oracle says %#llx %#llx", slot,
				(unsigned long long)posted[0], (unsigned long long)posted[1],
				(unsigned long long)answer->posted[slot].lo,
				(unsigned long long)answer->posted[slot].hi);
		if (i < taken && !watch_was_read(slot))
			FINDING("slot %u was taken without being read", slot);
		if (i >= window && memcmp(posted, rig->posted_then + 2 * slot, 16))
			FINDING("slot %u is outside the window and was written", slot);
	}
}

static void post(struct rig *rig)
{
	static struct oracle_answer answer;
	struct choices *choices = rig->choices;
	uint32_t slots = rig->model.slots;
	size_t bytes = slots * 16ull;
	uint32_t from = rig->model.tail;
	uint32_t n = (uint32_t)take(choices, 2);
	uint32_t keep = pick(choices, 2) ? rig->left_over : 0;
	uint32_t room = slots - 1 - oracle_in_flight(&rig->model);
	uint32_t seen = claim(rig);
	uint32_t tail, window;
	struct rlv_verdict verdict;

	/* Mostly what fits; now and then more. */
	n %= n & 0x8000 ? slots : room + 1;
	n = n < keep ? keep : n;
	reseed(choices);
	fill(rig, n, keep);
	tail = (from + n) % slots;
	if (pick(choices, 32) == 0) /* a tail that no ring of this size has, or one that it has */
		tail = pick(choices, 2) ? slots + pick(choices, 3) - 1 : (uint32_t)take(choices, 4);
	if (pick(choices, 32) == 1) /* where a look-up begins may not matter */
		rig->ring.region = (uint32_t)take(choices, 4) % 16;
	memcpy(rig->asked_then, rig->asked, bytes);
	memcpy(rig->posted_then, rig->posted, bytes);
	oracle_post(&rig->tables.oracle, &rig->model, rig->asked_then, rig->posted_then, tail, seen,
		    &answer);
	window = answer.rules & (RULE(RLV_TAIL) | RULE(RLV_WINDOW)) ? 0
								    : (tail + slots - from) % slots;
	watch_begin(&(struct watch){.asked = rig->asked,
				    .slots = slots,
				    .from = from,
				    .window = window,
				    .in_place = rig->in_place,
				    .change = 1 + random_of(choices, ~0ull)});
	verdict = rig->model.tx
			  ? rlv_e1000_tx_post(tables_now(&rig->tables), &rig->ring, tail, seen)
			  : rlv_e1000_rx_post(tables_now(&rig->tables), &rig->ring, tail, seen);
	watch_end();
	compare(rig, &answer, from, window, verdict);
	/* The words that changed under the call are as they were. */
	if (!rig->in_place)
		memcpy(rig->asked, rig->asked_then, bytes);
	rig->left_over = answer.rules ? 0 : (tail + slots - answer.tail) % slots;
	fuzz_checked += answer.rules ? (answer.slot + slots - from) % slots + 1 : window;
}

/* The device writes a slot back: done, a length, and for extended receive over the address too. */
static void write_back(struct rig *rig, uint32_t slot)
{
	rig->posted[2 * slot + 1] |= rig->model.done_mask;
	if (rig->model.tx)
		return;
	rig->posted[2 * slot + 1] |= random_of(rig->choices, 1ull << 48);
	if (rig->model.done_mask == RLV_E1000_DONE_RX_EXTENDED)
		rig->posted[2 * slot] = random_of(rig->choices, 1ull << 48);
}

static void device_works(struct rig *rig)
{
	uint32_t in_flight = oracle_in_flight(&rig->model);
	uint32_t n = (uint32_t)take(rig->choices, 2) % (in_flight + 1);
	bool in_order = pick(rig->choices, 4) != 0;

	reseed(rig->choices);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t slot = (rig->model.head + i) % rig->model.slots;

		/* Out of order, and fragments as well. */
		if (in_order || random_of(rig->choices, 2))
			write_back(rig, slot);
	}
}

static void reclaim(struct rig *rig)
{
	uint32_t seen = claim(rig);
	uint32_t want;
	uint32_t got;

	memcpy(rig->posted_then, rig->posted, rig->model.slots * 16ull);
	want = oracle_reclaim(&rig->model, rig->posted_then, seen);
	got = rlv_ring_reclaim(&rig->ring, seen);
	if (got != want || rlv_ring_in_flight(&rig->ring) != oracle_in_flight(&rig->model))
		FINDING("reclaimed %u slots, oracle says %u", got, want);
	if (memcmp(rig->posted_then, rig->posted, rig->model.slots * 16ull))
		FINDING("reclaim wrote to the ring");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rig rig;
	struct choices choices = {.data = data, .left = size, .random = 1};

	rig.choices = &choices;
	rig_open(&rig);
	for (uint32_t pinned = 1 + pick(&choices, rig.capacity); pinned > 0; pinned--)
		pin_one(&rig);
	while (choices.left) {
		switch (pick(&choices, 16)) {
		case 0:
			pin_one(&rig);
			break;
		case 1:
			unpin_one(&rig);
			break;
		case 2:
		case 3:
			reclaim(&rig);
			break;
		case 4:
		case 5:
		case 6:
		case 7:
			device_works(&rig);
			break;
		default:
			post(&rig);
		}
		check_state(&rig);
	}
	rig_close(&rig);
	return 0;
}
