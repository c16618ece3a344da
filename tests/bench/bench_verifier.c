/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cost of a doorbell's checks: TSC cycles a descriptor for decode, check, translate, rewrite, the
 * doorbell itself left out. No memory lies behind the regions: a table is addresses only.
 *
 *	verifier.<dir>.batch<n>.cycles		two rings as in guard mode, 2 MB pages, hot
 *	verifier.<dir>.inplace.batch<n>.cycles	one ring as over VFIO, IOVA, contiguous, hot
 *	verifier.tx.<packet>.batch32.cycles	other packets than one plain descriptor
 *	verifier.table.<key>.<regions>.<pages>.<bytes>.<order>.cycles	tables; transmit, batch 32
 *	verifier.hot.<bytes>.cycles		a page array of that size, the same few pages
 *	verifier.cold.<bytes>[.batch256].cycles	the same, a random page each time; the peer only
 *		reads as many random words of that array, prefetching
 *
 * The process's descriptors and the device's done bits are written between the timed parts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench.h"
#include "ringlib/util.h"
#include "verifier/rlv_e1000.h"

#define KB UINT64_C(1024)
#define MB (1024 * KB)
#define GB (1024 * MB)

#define SLOTS	     512u
#define ROUND	     480u /* descriptors that are timed in one go, of batches up to 32 */
#define ROUNDS	     16u  /* in a slice */
#define SLICES	     51u
#define SLICES_COLD  101u
#define LENGTH	     60u
#define BUFFER_BYTES 2048u
#define HOT_BUFFERS  2048u
#define AHEAD	     32u
#define IOVA_BASE    (4 * GB)
#define DEV_BASE     (16 * GB)

struct table_case {
	enum rlv_key key;
	uint32_t regions;
	uint8_t shift;
	uint64_t bytes; /* of all regions; a power of 2 */
};

enum order {
	IN_ORDER,  /* the same HOT_BUFFERS buffers over and over, one behind the other */
	SCATTERED, /* the same HOT_BUFFERS buffers over and over, of all the memory */
	COLD,	   /* any buffer of all the memory, another one each time */
};

enum packet {
	PACKET_PLAIN,	   /* one descriptor that asks for a report */
	PACKET_UNREPORTED, /* one descriptor that does not */
	PACKET_SEGS4,	   /* four descriptors */
	PACKET_BUFFER,	   /* receive */
};

struct ring_case {
	enum packet packet;
	enum order order;
	uint32_t batch; /* 256 at most */
	bool in_place;
};

static struct {
	struct rlv_table tables[2], *table;
	struct table_case of;
	uint64_t *page; /* entries of all regions, one region's behind the other's */
	size_t page_bytes;
	void *memory[2];
} pinned;

static struct {
	struct rlv_ring ring;
	struct ring_case of;
	uint64_t hot[HOT_BUFFERS]; /* key addresses */
	uint32_t next_hot;
	uint64_t asked[2 * SLOTS] __attribute__((aligned(4096)));
	uint64_t posted[2 * SLOTS] __attribute__((aligned(4096)));
	uint16_t holds[SLOTS] __attribute__((aligned(64)));
} state;

static uint64_t look_up_sum;

/* xorshift64 */
static inline uint64_t random64(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static uint64_t region_bytes(void)
{
	return pinned.of.bytes / pinned.of.regions;
}

static uint64_t region_base(uint32_t handle)
{
	if (pinned.of.key == RLV_KEY_GUARD)
		return handle * RLV_REGION_MAX;
	return IOVA_BASE + handle * 2 * region_bytes();
}

/* Key address of buffer number @n of all the memory. */
static uint64_t buffer_at(uint64_t n)
{
	uint64_t of_region = region_bytes() / BUFFER_BYTES;

	return region_base((uint32_t)(n / of_region)) + n % of_region * BUFFER_BYTES;
}

static void table_close(void)
{
	if (!pinned.table)
		return;
	for (int i = 0; i < 2; i++)
		free(pinned.memory[i]);
	if (pinned.page)
		munmap(pinned.page, pinned.page_bytes);
	memset(&pinned, 0, sizeof(pinned));
}

static void pages_fill(uint64_t count, uint8_t shift)
{
	pinned.page_bytes = count * sizeof(uint64_t);
	/* Ordinary pages, as a kernel's own page arrays have. */
	pinned.page = mmap(NULL, pinned.page_bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pinned.page == MAP_FAILED)
		bench_fail("no memory for page arrays");
	for (uint64_t i = 0; i < count; i++)
		pinned.page[i] = DEV_BASE + ((i * 0x9e3779b1u & 0xffffffffu) << shift);
}

static void insert(uint32_t handle)
{
	struct rlv_table *to =
		pinned.table == &pinned.tables[0] ? &pinned.tables[1] : &pinned.tables[0];
	struct rlv_region region = {
		.base = region_base(handle),
		.bytes = region_bytes(),
		.dev = DEV_BASE + handle * region_bytes(),
		.perm = RLV_PERM_BOTH,
		.shift = pinned.of.shift,
	};

	if (region.shift != RLV_CONTIGUOUS) {
		region.pages = (uint32_t)((region.bytes - 1) >> region.shift) + 1;
		region.page = pinned.page + (size_t)handle * region.pages;
	}
	if (rlv_table_insert(to, pinned.table, handle, &region) != RLV_OK)
		bench_fail("a region was refused");
	pinned.table = to;
}

static bool table_is(const struct table_case *want)
{
	return pinned.table && pinned.of.key == want->key && pinned.of.regions == want->regions &&
	       pinned.of.shift == want->shift && pinned.of.bytes == want->bytes;
}

/* Make this the table, unless it is already. */
static void table_open(const struct table_case *want)
{
	uint64_t pages;

	if (table_is(want))
		return;
	table_close();
	pinned.of = *want;
	for (int i = 0; i < 2; i++) {
		pinned.memory[i] = malloc(rlv_table_bytes(want->regions));
		if (!pinned.memory[i])
			bench_fail("no memory for a table");
		rlv_table_init(&pinned.tables[i], want->key, want->regions, pinned.memory[i]);
	}
	pinned.table = &pinned.tables[0];
	if (want->shift != RLV_CONTIGUOUS) {
		pages = ((region_bytes() - 1) >> want->shift) + 1;
		pages_fill(pages * want->regions, want->shift);
	}
	for (uint32_t i = 0; i < want->regions; i++)
		insert(i);
}

static void ring_open(const struct ring_case *want)
{
	bool rx = want->packet == PACKET_BUFFER;
	uint64_t *posted = want->in_place ? state.asked : state.posted;

	state.of = *want;
	state.next_hot = 0;
	state.ring = (struct rlv_ring){
		.asked = state.asked,
		.posted = posted,
		.done = posted,
		.holds = state.holds,
		.done_mask = rx ? RLV_E1000_DONE_RX_EXTENDED : RLV_E1000_DONE_TX,
		.slots = SLOTS,
		.bytes_max = rx ? BUFFER_BYTES : 1514,
	};
	rlv_ring_init(&state.ring);
	for (uint32_t i = 0; i < HOT_BUFFERS; i++)
		state.hot[i] = buffer_at(want->order == IN_ORDER
						 ? i
						 : random64() % (pinned.of.bytes / BUFFER_BYTES));
}

/* The second word of the @i-th descriptor of a batch. */
static inline uint64_t ask(uint32_t i)
{
	switch (state.of.packet) {
	case PACKET_PLAIN:
		return RLV_E1000_TXD_LAST | LENGTH;
	case PACKET_UNREPORTED:
		return RLV_E1000_TXD_EOP | RLV_E1000_TXD_IFCS | LENGTH;
	case PACKET_SEGS4:
		return LENGTH | (i % 4 == 3 ? RLV_E1000_TXD_LAST : RLV_E1000_TXD_MORE);
	case PACKET_BUFFER:
		break;
	}
	return 0;
}

/* The device is done with all it has, and the process writes @n descriptors. */
static void turn(uint32_t n)
{
	struct rlv_ring *ring = &state.ring;
	uint32_t slot = ring->tail;

	for (uint32_t i = 0; i < SLOTS; i++)
		ring->posted[2 * i + 1] |= ring->done_mask;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t address;

		if (state.of.order == COLD)
			address = buffer_at(random64() % (pinned.of.bytes / BUFFER_BYTES));
		else
			address = state.hot[state.next_hot++ % HOT_BUFFERS];
		state.asked[2 * slot] = address;
		state.asked[2 * slot + 1] = ask(i);
		slot = (slot + 1) % SLOTS;
	}
}

static double slice(const void *arg)
{
	uint32_t batch = bench_opaque(state.of.batch);
	uint32_t n = batch > 32 ? batch : ROUND;
	bool rx = state.of.packet == PACKET_BUFFER;
	uint64_t cycles = 0;

	(void)arg;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct rlv_verdict verdict = {.rule = RLV_OK};
		uint32_t seen = state.ring.tail;
		uint32_t tail = seen;
		uint64_t begin;

		turn(n);
		begin = bench_tsc();
		for (uint32_t i = 0; i < n && verdict.rule == RLV_OK; i += batch) {
			tail = (tail + batch) % SLOTS;
			verdict = rx ? rlv_e1000_rx_post(pinned.table, &state.ring, tail, seen)
				     : rlv_e1000_tx_post(pinned.table, &state.ring, tail, seen);
			bench_clobber();
		}
		cycles += bench_tsc() - begin;
		if (verdict.rule != RLV_OK || verdict.tail != tail)
			bench_fail(rlv_rule_text(verdict.rule));
	}
	return (double)cycles / (ROUNDS * n);
}

/* What the checks of cold pages cannot do without: a read of each page's entry. */
static double look_up_slice(const void *arg)
{
	static uint32_t at[ROUND];
	uint64_t pages = pinned.page_bytes / sizeof(uint64_t);
	const uint64_t *page = pinned.page;
	uint64_t cycles = 0;

	(void)arg;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint64_t begin, sum = 0;

		for (uint32_t i = 0; i < ROUND; i++)
			at[i] = (uint32_t)(random64() % pages);
		begin = bench_tsc();
		for (uint32_t i = 0; i < AHEAD; i++)
			__builtin_prefetch(&page[at[i]]);
		for (uint32_t i = 0; i < ROUND - AHEAD; i++) {
			__builtin_prefetch(&page[at[i + AHEAD]]);
			sum += page[at[i]];
		}
		for (uint32_t i = ROUND - AHEAD; i < ROUND; i++)
			sum += page[at[i]];
		cycles += bench_tsc() - begin;
		look_up_sum += sum;
	}
	return (double)cycles / (ROUNDS * ROUND);
}

static void measure(const char *metric, const struct table_case *table,
		    const struct ring_case *ring)
{
	if (!bench_wanted(metric))
		return;
	table_open(table);
	ring_open(ring);
	bench_alone(metric, "cycles", SLICES, slice);
}

static void measure_batches(bool in_place)
{
	static const struct table_case guard = {RLV_KEY_GUARD, 1, 21, 256 * MB};
	static const struct table_case iova = {RLV_KEY_IOVA, 1, RLV_CONTIGUOUS, 256 * MB};
	static const uint32_t batches[] = {1, 8, 32, 256};
	char metric[64];

	for (int rx = 0; rx < 2; rx++) {
		for (size_t i = 0; i < ARRAY_SIZE(batches); i++) {
			const struct ring_case ring = {
				.packet = rx ? PACKET_BUFFER : PACKET_PLAIN,
				.order = IN_ORDER,
				.batch = batches[i],
				.in_place = in_place,
			};

			snprintf(metric, sizeof(metric), "verifier.%s.%sbatch%u.cycles",
				 rx ? "rx" : "tx", in_place ? "inplace." : "", batches[i]);
			measure(metric, in_place ? &iova : &guard, &ring);
		}
	}
}

static void measure_packets(void)
{
	static const struct table_case table = {RLV_KEY_GUARD, 1, 21, 256 * MB};
	static const struct ring_case unreported = {.packet = PACKET_UNREPORTED, .batch = 32};
	static const struct ring_case segs4 = {.packet = PACKET_SEGS4, .batch = 32};

	measure("verifier.tx.unreported.batch32.cycles", &table, &unreported);
	measure("verifier.tx.segs4.batch32.cycles", &table, &segs4);
}

static void measure_table(const struct table_case *table)
{
	static const char *const orders[] = {"inorder", "scattered", "cold"};
	char metric[64];

	for (int order = IN_ORDER; order <= COLD; order++) {
		const struct ring_case ring = {
			.packet = PACKET_PLAIN,
			.order = (enum order)order,
			.batch = 32,
		};

		snprintf(metric, sizeof(metric), "verifier.table.%s.%u.%s.%s.%s.cycles",
			 table->key == RLV_KEY_GUARD ? "guard" : "iova", table->regions,
			 table->shift == 12   ? "4k"
			 : table->shift == 21 ? "2m"
					      : "contiguous",
			 table->bytes < GB ? "256MB" : "64GB", orders[order]);
		measure(metric, table, &ring);
	}
}

static void measure_tables(void)
{
	static const uint32_t regions[] = {1, 64, 4096};
	static const uint8_t shifts[] = {RLV_CONTIGUOUS, 12, 21};
	static const uint64_t bytes[] = {256 * MB, 64 * GB};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(regions) * ARRAY_SIZE(shifts) * ARRAY_SIZE(bytes);
	     i++) {
		const struct table_case table = {
			.key = i % 2 ? RLV_KEY_IOVA : RLV_KEY_GUARD,
			.regions = regions[i / 2 % ARRAY_SIZE(regions)],
			.shift = shifts[i / 6 % ARRAY_SIZE(shifts)],
			.bytes = bytes[i / 18],
		};

		/* Regions of 64 KB hold no page of 2 MB. */
		if (table.bytes / table.regions >> table.shift)
			measure_table(&table);
	}
}

/* One region of 4 KB pages: a page array of these bytes. */
static void measure_footprint(uint64_t array_bytes)
{
	const struct table_case table = {RLV_KEY_GUARD, 1, 12, array_bytes / 8 * 4096};
	static const struct ring_case hot = {.order = IN_ORDER, .batch = 32};
	static const uint32_t batches[] = {32, 256};
	const struct bench_side ours = {slice, NULL}, peer = {look_up_slice, NULL};
	char metric[64], size[32];

	snprintf(size, sizeof(size), "%llu%s",
		 (unsigned long long)(array_bytes < MB ? array_bytes / KB : array_bytes / MB),
		 array_bytes < MB ? "KB" : "MB");
	snprintf(metric, sizeof(metric), "verifier.hot.%s.cycles", size);
	measure(metric, &table, &hot);
	for (size_t i = 0; i < ARRAY_SIZE(batches); i++) {
		const struct ring_case ring = {.order = COLD, .batch = batches[i]};

		snprintf(metric, sizeof(metric), "verifier.cold.%s.%scycles", size,
			 batches[i] == 32 ? "" : "batch256.");
		if (!bench_wanted(metric))
			continue;
		table_open(&table);
		ring_open(&ring);
		bench_compare(metric, "prefetched look-up", "cycles", SLICES_COLD, &ours, &peer);
	}
}

int main(int argc, char **argv)
{
	static const uint64_t footprints[] = {32 * KB, 256 * KB, 2 * MB,
					      16 * MB, 128 * MB, 512 * MB};

	bench_init(argc, argv);
	measure_batches(false);
	measure_batches(true);
	measure_packets();
	measure_tables();
	for (size_t i = 0; i < ARRAY_SIZE(footprints); i++)
		measure_footprint(footprints[i]);
	return 0;
}
