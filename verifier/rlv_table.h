/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The pinned table: which memory a device may reach, and at which device addresses.
 *
 * A region has a handle, its index in the table. It is named in descriptors by key addresses, @base
 * for its first byte. There are two kinds of keys: guard addresses, base being handle << 40, found
 * without a search; and IOVA, any base, found by the region that the ring hit last or else by
 * halving a sorted list.
 *
 * Nobody changes a table that look-ups may be using: insert and remove write a new one.
 */
#ifndef RLV_TABLE_H
#define RLV_TABLE_H

#include "verifier/rlv_port.h"
#include "verifier/rlv_rule.h"

#define RLV_REGION_MAX	0x10000000000ull /* bytes a region may have: 40 bits of offset */
#define RLV_REGIONS_MAX 4096u

#define RLV_PERM_READ  1u /* the device may read: transmit */
#define RLV_PERM_WRITE 2u /* the device may write: receive */
#define RLV_PERM_BOTH  3u

#define RLV_CONTIGUOUS 0u /* as @shift: one device address for the whole region */

enum rlv_key {
	RLV_KEY_GUARD,
	RLV_KEY_IOVA,
};

struct rlv_region {
	uint64_t base;	      /* key address of byte 0; handle << 40 in a guard table */
	uint64_t bytes;	      /* 1..RLV_REGION_MAX; 0: no region */
	uint64_t dev;	      /* contiguous: device address of byte 0 */
	const uint64_t *page; /* else: device address of each page, aligned; they do not change */
	uint32_t pages;	      /* how many that are: as many as @bytes take */
	uint16_t rank;	      /* its place in @order; the table's own */
	uint8_t perm;	      /* RLV_PERM_ */
	uint8_t shift;	      /* RLV_CONTIGUOUS, 12, 21 or 30 */
};

/* Read-only outside rlv_table_edit.c. */
struct rlv_table {
	enum rlv_key key;
	uint32_t capacity;	   /* handles 0..@capacity - 1 */
	uint32_t count;		   /* regions */
	struct rlv_region *region; /* by handle */
	uint16_t *order;	   /* the @count handles, by ascending base */
};

/* Where a range lies. */
struct rlv_span {
	enum rlv_rule rule;
	uint32_t region; /* handle; meaningless for RLV_UNMAPPED */
	uint64_t dev;	 /* RLV_OK: device address of the first byte; the others follow it */
};

/*@
  logic integer rlv_page_bytes(integer shift) =
	shift == 12 ? 4096 : shift == 21 ? 0x200000 : 0x40000000;

  predicate rlv_live{L}(struct rlv_table *t, integer h) =
	0 <= h < t->capacity && t->region[h].bytes != 0;

  predicate rlv_paged{L}(struct rlv_region *r) =
	r->shift == 12 || r->shift == 21 || r->shift == 30;

  predicate rlv_pages_ok{L}(struct rlv_region *r) =
	r->pages == (r->bytes - 1) / rlv_page_bytes(r->shift) + 1 &&
	\valid_read(r->page + (0 .. r->pages - 1)) &&
	\forall integer i; 0 <= i < r->pages ==>
		r->page[i] + rlv_page_bytes(r->shift) - 1 <= RLV_U64_MAX;

  predicate rlv_shape{L}(struct rlv_region *r) =
	0 < r->bytes <= RLV_REGION_MAX && r->base + r->bytes - 1 <= RLV_U64_MAX &&
	1 <= r->perm <= 3 && (r->shift == RLV_CONTIGUOUS || rlv_paged(r)) &&
	(r->shift == RLV_CONTIGUOUS ==> r->dev + r->bytes - 1 <= RLV_U64_MAX) &&
	(r->shift != RLV_CONTIGUOUS ==> rlv_pages_ok(r));

  predicate rlv_memory{L}(struct rlv_table *t) =
	0 < t->capacity <= RLV_REGIONS_MAX && t->count <= t->capacity &&
	\valid_read(t->region + (0 .. t->capacity - 1)) &&
	(t->key == RLV_KEY_GUARD || t->key == RLV_KEY_IOVA) &&
	\valid_read(t->order + (0 .. t->capacity - 1));

  predicate rlv_guard{L}(struct rlv_table *t) =
	\forall integer h; rlv_live(t, h) ==> t->region[h].base == h * RLV_REGION_MAX;

  predicate rlv_listed{L}(struct rlv_table *t) =
	\forall integer i; 0 <= i < t->count ==> rlv_live(t, t->order[i]);

  predicate rlv_ranked{L}(struct rlv_table *t) =
	\forall integer h; rlv_live(t, h) ==>
		t->region[h].rank < t->count && t->order[t->region[h].rank] == h;

  predicate rlv_ascending{L}(struct rlv_table *t) =
	\forall integer i, j; 0 <= i < j < t->count ==>
		t->region[t->order[i]].base + t->region[t->order[i]].bytes <=
		t->region[t->order[j]].base;

  predicate rlv_sorted{L}(struct rlv_table *t) =
	rlv_listed(t) && rlv_ranked(t) && rlv_ascending(t);

  // What insert and remove establish, and look-ups rest on.
  predicate rlv_wf{L}(struct rlv_table *t) =
	rlv_memory(t) &&
	(\forall integer h; rlv_live(t, h) ==> rlv_shape(t->region + h)) &&
	(t->key == RLV_KEY_GUARD ==> rlv_guard(t)) &&
	rlv_sorted(t);

  predicate rlv_inside{L}(struct rlv_table *t, integer h, integer a) =
	t->region[h].base <= a < t->region[h].base + t->region[h].bytes;

  predicate rlv_may{L}(struct rlv_table *t, integer h, integer perm) =
	t->region[h].perm == perm || t->region[h].perm == RLV_PERM_BOTH;

  predicate rlv_whole{L}(struct rlv_region *r, integer a, integer n) =
	r->shift != RLV_CONTIGUOUS ==>
	(a - r->base) % rlv_page_bytes(r->shift) + n <= rlv_page_bytes(r->shift);

  // Device address d is where key address a of region h is.
  predicate rlv_dev{L}(struct rlv_table *t, integer h, integer a, integer d) =
	(t->region[h].shift == RLV_CONTIGUOUS ==>
		d == t->region[h].dev + (a - t->region[h].base)) &&
	(t->region[h].shift != RLV_CONTIGUOUS ==>
		d == t->region[h].page[(a - t->region[h].base) /
				       rlv_page_bytes(t->region[h].shift)] +
		     (a - t->region[h].base) % rlv_page_bytes(t->region[h].shift));

  // The n bytes at key address a lie in region h, and device address d is where they are.
  predicate rlv_maps{L}(struct rlv_table *t, integer h, integer a, integer n, integer d) =
	rlv_inside(t, h, a) && rlv_inside(t, h, a + n - 1) && rlv_whole(t->region + h, a, n) &&
	d + n - 1 <= RLV_U64_MAX && rlv_dev(t, h, a, d);

  lemma rlv_ranks_apart{L}: \forall struct rlv_table *t, integer h, k;
	rlv_sorted(t) && rlv_live(t, h) && rlv_live(t, k) &&
	t->region[h].rank < t->region[k].rank ==>
	t->region[h].base + t->region[h].bytes <= t->region[k].base;

  lemma rlv_one_region{L}: \forall struct rlv_table *t, integer h, k, a;
	rlv_sorted(t) && rlv_live(t, h) && rlv_live(t, k) && rlv_inside(t, h, a) &&
	rlv_inside(t, k, a) ==> h == k;

  // The n bytes at key address a may be given to a device in direction perm.
  predicate rlv_good{L}(struct rlv_table *t, integer h, integer a, integer n, integer perm) =
	rlv_live(t, h) && rlv_may(t, h, perm) && rlv_inside(t, h, a) &&
	rlv_inside(t, h, a + n - 1) && rlv_whole(t->region + h, a, n);

  // As many pages as the length takes, each aligned.
  predicate rlv_paged_well{L}(struct rlv_region *r) =
	r->pages == (r->bytes - 1) / rlv_page_bytes(r->shift) + 1 &&
	\forall integer i; 0 <= i < r->pages ==> r->page[i] % rlv_page_bytes(r->shift) == 0;

  // A region that may be inserted at this base, if it meets no other.
  predicate rlv_asks_well{L}(struct rlv_region *r, integer base) =
	0 < r->bytes <= RLV_REGION_MAX && base + r->bytes - 1 <= RLV_U64_MAX &&
	1 <= r->perm <= 3 && (r->shift == RLV_CONTIGUOUS || rlv_paged(r)) &&
	(r->shift == RLV_CONTIGUOUS ==> r->dev + r->bytes - 1 <= RLV_U64_MAX) &&
	(r->shift != RLV_CONTIGUOUS ==> rlv_paged_well(r));

  // Where a region of this handle begins.
  logic integer rlv_base{L}(struct rlv_table *t, integer h, struct rlv_region *r) =
	t->key == RLV_KEY_GUARD ? h * RLV_REGION_MAX : r->base;

  predicate rlv_meets{L}(struct rlv_table *t, integer h, integer base, integer bytes) =
	t->region[h].base < base + bytes && base < t->region[h].base + t->region[h].bytes;

  predicate rlv_fits{L}(struct rlv_table *t, integer base, integer bytes, integer rank) =
	(\forall integer i; 0 <= i < rank ==>
		t->region[t->order[i]].base + t->region[t->order[i]].bytes <= base) &&
	(\forall integer i; rank <= i < t->count ==>
		base + bytes <= t->region[t->order[i]].base);

  // Equal, but for the base and the table's own rank.
  predicate rlv_same{L}(struct rlv_region *a, struct rlv_region *b) =
	a->bytes == b->bytes && a->dev == b->dev && a->page == b->page &&
	a->pages == b->pages && a->perm == b->perm && a->shift == b->shift;

  predicate rlv_kept{L}(struct rlv_table *to, struct rlv_table *from, integer h) =
	rlv_same(to->region + h, from->region + h) &&
	to->region[h].base == from->region[h].base;

  // The table's memory is none of the region's page array.
  predicate rlv_off_pages{L}(struct rlv_table *to, struct rlv_region *r) =
	\separated(to, r->page + (0 .. r->pages - 1)) &&
	\separated(to->region + (0 .. to->capacity - 1), r->page + (0 .. r->pages - 1)) &&
	\separated(to->order + (0 .. to->capacity - 1), r->page + (0 .. r->pages - 1));

  // Room for a changed copy, of which no part is a part of what is copied.
  predicate rlv_copyable{L}(struct rlv_table *to, struct rlv_table *from) =
	\valid(to) && to->key == from->key && to->capacity == from->capacity &&
	\valid(to->region + (0 .. to->capacity - 1)) &&
	\valid(to->order + (0 .. to->capacity - 1)) &&
	\separated(to, to->region + (0 .. to->capacity - 1),
		   to->order + (0 .. to->capacity - 1),
		   from, from->region + (0 .. from->capacity - 1),
		   from->order + (0 .. from->capacity - 1)) &&
	\forall integer h; rlv_live(from, h) && from->region[h].shift != RLV_CONTIGUOUS ==>
		rlv_off_pages(to, from->region + h);
*/

/**
 * rlv_table_bytes() - memory that a table of this capacity takes.
 * @capacity: 1..RLV_REGIONS_MAX.
 */
/*@ assigns \nothing;
    ensures \result == capacity * (sizeof(struct rlv_region) + sizeof(uint16_t));
*/
size_t rlv_table_bytes(uint32_t capacity);

/**
 * rlv_table_init() - an empty table.
 * @capacity: 1..RLV_REGIONS_MAX; fixed from now on.
 * @memory: rlv_table_bytes(@capacity) bytes, 8-byte aligned; the caller's, for the table's life.
 */
/*@ requires \valid(table) && 0 < capacity <= RLV_REGIONS_MAX;
    requires key == RLV_KEY_GUARD || key == RLV_KEY_IOVA;
    requires \valid((struct rlv_region *)memory + (0 .. capacity - 1));
    requires \valid((uint16_t *)((struct rlv_region *)memory + capacity) + (0 .. capacity - 1));
    requires \separated(table, (struct rlv_region *)memory + (0 .. capacity - 1));
    assigns *table, ((struct rlv_region *)memory)[0 .. capacity - 1];
    ensures wf: rlv_wf(table);
    ensures asked: table->key == key && table->capacity == capacity;
    ensures empty: table->count == 0 && \forall integer h; !rlv_live(table, h);
*/
void rlv_table_init(struct rlv_table *table, enum rlv_key key, uint32_t capacity, void *memory);

/**
 * rlv_table_insert() - make @to what @from is, with @region added.
 * @to: initialised with @from's key and capacity; shares no memory with it.
 * @handle: where it goes: any that is free.
 * @region: @base is ignored in a guard table, @rank always.
 * Return: RLV_OK; or RLV_TABLE_FULL, RLV_HANDLE (taken, or out of range), RLV_REGION_SHAPE (length,
 * permission, page size, addresses that wrap or are not aligned) or RLV_OVERLAP, and then @to is
 * not to be used. Cost: grows with the capacity and with the region's pages.
 */
/*@ requires \valid_read(from) && rlv_wf(from) && rlv_copyable(to, from);
    requires \valid_read(region);
    requires \separated(region, to, to->region + (0 .. to->capacity - 1),
	to->order + (0 .. to->capacity - 1));
    requires rlv_paged(region) ==> rlv_off_pages(to, region) &&
	\valid_read(region->page + (0 .. region->pages - 1));
    assigns to->count, to->region[0 .. to->capacity - 1], to->order[0 .. to->capacity - 1];
    ensures rules: \result == RLV_OK || \result == RLV_TABLE_FULL || \result == RLV_HANDLE ||
	\result == RLV_REGION_SHAPE || \result == RLV_OVERLAP;
    ensures wf: \result == RLV_OK ==> rlv_wf(to);
    ensures count: \result == RLV_OK ==> to->count == from->count + 1;
    ensures new: \result == RLV_OK ==> rlv_live(to, handle) &&
	rlv_same(to->region + handle, region) &&
	to->region[handle].base == rlv_base(from, handle, region);
    ensures kept: \result == RLV_OK ==>
	\forall integer h; 0 <= h < to->capacity && h != handle ==> rlv_kept(to, from, h);
    ensures full: \result == RLV_TABLE_FULL ==> from->count == from->capacity;
    ensures handle: \result == RLV_HANDLE ==>
	handle >= from->capacity || rlv_live(from, handle);
    ensures shape: \result == RLV_REGION_SHAPE ==>
	!rlv_asks_well(region, rlv_base(from, handle, region));
    ensures overlap: \result == RLV_OVERLAP ==> from->key == RLV_KEY_IOVA &&
	\exists integer h; rlv_live(from, h) && rlv_meets(from, h, region->base, region->bytes);
    ensures complete: from->count < from->capacity && handle < from->capacity &&
	!rlv_live(from, handle) && rlv_asks_well(region, rlv_base(from, handle, region)) &&
	(\forall integer h; rlv_live(from, h) ==>
		!rlv_meets(from, h, rlv_base(from, handle, region), region->bytes)) ==>
	\result == RLV_OK;
*/
enum rlv_rule rlv_table_insert(struct rlv_table *to, const struct rlv_table *from, uint32_t handle,
			       const struct rlv_region *region);

/**
 * rlv_table_remove() - make @to what @from is, without the region of @handle.
 * @to: as for rlv_table_insert().
 * @held: whether a descriptor that a device owns names the region: rlv_ring_holds() of every ring.
 * Return: RLV_OK; or RLV_HANDLE or RLV_BUSY, and then @to is not to be used.
 */
/*@ requires \valid_read(from) && rlv_wf(from) && rlv_copyable(to, from);
    assigns to->count, to->region[0 .. to->capacity - 1], to->order[0 .. to->capacity - 1];
    ensures rules: \result == RLV_OK || \result == RLV_HANDLE || \result == RLV_BUSY;
    ensures wf: \result == RLV_OK ==> rlv_wf(to);
    ensures count: \result == RLV_OK ==> to->count == from->count - 1;
    ensures gone: \result == RLV_OK ==> !rlv_live(to, handle);
    ensures kept: \result == RLV_OK ==>
	\forall integer h; 0 <= h < to->capacity && h != handle ==> rlv_kept(to, from, h);
    ensures handle: \result == RLV_HANDLE ==>
	handle >= from->capacity || !rlv_live(from, handle);
    ensures busy: \result == RLV_BUSY ==> rlv_live(from, handle) && held;
    ensures complete: rlv_live(from, handle) && !held ==> \result == RLV_OK;
*/
enum rlv_rule rlv_table_remove(struct rlv_table *to, const struct rlv_table *from, uint32_t handle,
			       bool held);

/**
 * rlv_table_search() - the region of an IOVA table that holds @address.
 * Return: its handle, or the table's capacity: there is none.
 * Cost: grows with the logarithm of the number of regions; no branch that depends on the data.
 */
/*@ requires \valid_read(table) && rlv_wf(table) && table->key == RLV_KEY_IOVA;
    assigns \nothing;
    ensures bound: \result <= table->capacity;
    ensures found: \result < table->capacity ==>
	rlv_live(table, \result) && rlv_inside(table, \result, address);
    ensures none: \result == table->capacity ==>
	\forall integer h; rlv_live(table, h) ==> !rlv_inside(table, h, address);
*/
uint32_t rlv_table_search(const struct rlv_table *table, uint64_t address);

#endif
