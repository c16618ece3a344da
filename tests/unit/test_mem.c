/* SPDX-License-Identifier: BSD-2-Clause */
/* Regions and address spaces. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ringlib/mem.h>

#include "inject.h"
#include "ringlib/space.h"
#include "unit.h"

/* A device address space in memory: remembers what is mapped, can refuse the k-th map. */
struct fake_space {
	struct rlb_space base;
	unsigned int mapped;
	unsigned int calls;
	unsigned int refuse_at; /* 0: never */
	rlb_iova_t next;
};

static int fake_map(struct rlb_space *space, void *addr, size_t bytes, size_t page_bytes,
		    rlb_iova_t *dev)
{
	struct fake_space *fake = container_of(space, struct fake_space, base);

	assert_int_equal((uintptr_t)addr % 4096, 0);
	assert_int_equal(bytes % page_bytes, 0);
	if (++fake->calls == fake->refuse_at)
		return -EDQUOT;
	fake->mapped++;
	*dev = fake->next;
	fake->next += bytes;
	return 0;
}

static void fake_unmap(struct rlb_space *space, void *addr, size_t bytes, rlb_iova_t dev)
{
	struct fake_space *fake = container_of(space, struct fake_space, base);

	(void)addr;
	(void)bytes;
	assert_true(dev >= 0x1000000 && dev < fake->next);
	fake->mapped--;
}

static struct fake_space fake_space(void)
{
	return (struct fake_space){
		.base = {.map = fake_map, .unmap = fake_unmap},
		.next = 0x1000000,
	};
}

static void mem_alloc_rounds_to_pages_and_is_zeroed(void **state)
{
	static const struct {
		size_t bytes, pages;
	} cases[] = {
		{1, 1},		  /* least */
		{4096, 1},	  /* exact */
		{4097, 2},	  /* one over */
		{10000000, 2442}, /* many */
	};
	struct rlb_mem_opts opts = RLB_MEM_OPTS_INIT;

	(void)state;
	opts.page_bytes = 4096;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rlb_mem *mem;
		uint8_t *bytes;

		assert_int_equal(rlb_mem_alloc(&mem, cases[i].bytes, &opts), 0);
		assert_int_equal(rlb_mem_bytes(mem), cases[i].pages * 4096);
		assert_int_equal(rlb_mem_page_bytes(mem), 4096);
		bytes = rlb_mem_addr(mem);
		assert_int_equal(bytes[0], 0);
		assert_int_equal(bytes[rlb_mem_bytes(mem) - 1], 0);
		rlb_mem_free(mem);
	}
}

static void mem_default_pages_are_huge_or_fall_back(void **state)
{
	struct rlb_mem *mem;

	(void)state;
	assert_int_equal(rlb_mem_alloc(&mem, 100000, NULL), 0);
	assert_true(rlb_mem_page_bytes(mem) == 4096 || rlb_mem_page_bytes(mem) == 2 << 20);
	memset(rlb_mem_addr(mem), 1, rlb_mem_bytes(mem));
	rlb_mem_free(mem);
}

static void mem_bad_arguments_are_refused(void **state)
{
	struct rlb_mem_opts ok = RLB_MEM_OPTS_INIT, opts;
	struct rlb_mem *mem = (void *)1;
	struct {
		struct rlb_mem_opts opts;
		uint64_t newer;
	} future = {.opts = RLB_MEM_OPTS_INIT, .newer = 1};

	(void)state;
	assert_int_equal(rlb_mem_alloc(&mem, 0, &ok), -EINVAL);
	assert_null(mem);
	assert_int_equal(rlb_mem_alloc(&mem, SIZE_MAX, &ok), -EINVAL);
	opts = ok;
	opts.page_bytes = 8192;
	assert_int_equal(rlb_mem_alloc(&mem, 1, &opts), -EINVAL);
	opts = ok;
	opts.numa_node = 900;
	assert_int_equal(rlb_mem_alloc(&mem, 1, &opts), -EINVAL);
	opts.numa_node = -2;
	assert_int_equal(rlb_mem_alloc(&mem, 1, &opts), -EINVAL);
	opts = ok;
	opts.size = 4;
	assert_int_equal(rlb_mem_alloc(&mem, 1, &opts), -EINVAL);
	future.opts.size = sizeof(future);
	assert_int_equal(rlb_mem_alloc(&mem, 1, &future.opts), -E2BIG);
	future.newer = 0;
	assert_int_equal(rlb_mem_alloc(&mem, 1, &future.opts), 0);
	rlb_mem_free(mem);
}

static void mem_huge_pages_not_there_is_an_error(void **state)
{
	struct rlb_mem_opts opts = RLB_MEM_OPTS_INIT;
	struct rlb_mem *mem;

	(void)state;
	opts.page_bytes = (size_t)1 << 30;
	/* More than any test machine sets aside: 4 TiB in 1 GiB pages. */
	assert_true(rlb_mem_alloc(&mem, (size_t)4 << 40, &opts) < 0);
	assert_null(mem);
}

static void mem_all_ids_taken_is_refused(void **state)
{
	struct rlb_mem *mem[RLB_MEM_MAX + 1];

	(void)state;
	for (unsigned int i = 0; i < RLB_MEM_MAX; i++) {
		assert_int_equal(rlb_mem_alloc(&mem[i], 1, NULL), 0);
		assert_int_equal(rlb_mem_id(mem[i]), i);
	}
	assert_int_equal(rlb_mem_alloc(&mem[RLB_MEM_MAX], 1, NULL), -ENOSPC);
	rlb_mem_free(mem[7]);
	assert_int_equal(rlb_mem_alloc(&mem[7], 1, NULL), 0);
	assert_int_equal(rlb_mem_id(mem[7]), 7);
	for (unsigned int i = 0; i < RLB_MEM_MAX; i++)
		rlb_mem_free(mem[i]);
}

static void mem_each_failure_leaks_nothing(void **state)
{
	unsigned int fds = inject_fds(), k;
	struct rlb_mem_opts opts = RLB_MEM_OPTS_INIT;

	(void)state;
	opts.page_bytes = 4096;
	for (k = 1;; k++) {
		struct rlb_mem *mem;
		int err;

		inject_fail_at(k);
		err = rlb_mem_alloc(&mem, 5000, &opts);
		if (!inject_failed()) {
			assert_int_equal(err, 0);
			rlb_mem_free(mem);
			break;
		}
		assert_true(err < 0);
		assert_null(mem);
		assert_int_equal(inject_fds(), fds);
	}
	/* calloc, memfd_create, ftruncate, fcntl, mmap, madvise twice */
	assert_int_equal(k - 1, 7);
	assert_int_equal(inject_fds(), fds);
}

static void space_gets_earlier_and_later_regions(void **state)
{
	struct fake_space a = fake_space(), b = fake_space();
	struct rlb_mem *one, *two;
	uint8_t *at;

	(void)state;
	assert_int_equal(rlb_mem_alloc(&one, 5000, NULL), 0);
	assert_int_equal(rlb_space_attach(&a.base), 0);
	assert_int_equal(a.mapped, 1);
	at = rlb_mem_addr(one);
	assert_int_equal(rlb_space_addr(a.base.delta, rlb_mem_id(one), at + 77), 0x1000000 + 77);
	assert_int_equal(rlb_space_attach(&b.base), 0);
	assert_int_equal(rlb_mem_alloc(&two, 5000, NULL), 0);
	assert_int_equal(a.mapped, 2);
	assert_int_equal(b.mapped, 2);
	rlb_mem_free(one);
	assert_int_equal(a.mapped, 1);
	rlb_space_detach(&a.base);
	assert_int_equal(a.mapped, 0);
	rlb_mem_free(two);
	assert_int_equal(b.mapped, 0);
	rlb_space_detach(&b.base);
}

static void space_refusal_is_undone_everywhere(void **state)
{
	struct fake_space a = fake_space(), b = fake_space();
	struct rlb_mem *mem[3], *late;

	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(rlb_mem_alloc(&mem[i], 1, NULL), 0);
	a.refuse_at = 3; /* the third region of an attach */
	assert_int_equal(rlb_space_attach(&a.base), -EDQUOT);
	assert_int_equal(a.mapped, 0);
	a.refuse_at = 0;
	assert_int_equal(rlb_space_attach(&a.base), 0);
	assert_int_equal(rlb_space_attach(&b.base), 0);
	/* A new region that one of two spaces refuses: whichever comes first, none keeps it. */
	a.refuse_at = a.calls + 1;
	assert_int_equal(rlb_mem_alloc(&late, 1, NULL), -EDQUOT);
	assert_null(late);
	a.refuse_at = 0;
	b.refuse_at = b.calls + 1;
	assert_int_equal(rlb_mem_alloc(&late, 1, NULL), -EDQUOT);
	assert_int_equal(a.mapped, 3);
	assert_int_equal(b.mapped, 3);
	rlb_space_detach(&b.base);
	rlb_space_detach(&a.base);
	for (unsigned int i = 0; i < 3; i++)
		rlb_mem_free(mem[i]);
}

static void mem_file_is_sealed(void **state)
{
	struct rlb_mem *mem;
	int fd, sealed = 0;

	(void)state;
	assert_int_equal(rlb_mem_alloc(&mem, 1, NULL), 0);
	/* The region's memfd is the only one of this process that carries seals. */
	for (fd = 3; fd < 64; fd++) {
		int seals = fcntl(fd, F_GET_SEALS, 0L);

		if (seals != (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
			continue;
		sealed++;
		assert_int_equal(ftruncate(fd, 0), -1);
		assert_int_equal(errno, EPERM);
	}
	assert_int_equal(sealed, 1);
	rlb_mem_free(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mem_alloc_rounds_to_pages_and_is_zeroed),
		cmocka_unit_test(mem_default_pages_are_huge_or_fall_back),
		cmocka_unit_test(mem_bad_arguments_are_refused),
		cmocka_unit_test(mem_huge_pages_not_there_is_an_error),
		cmocka_unit_test(mem_all_ids_taken_is_refused),
		cmocka_unit_test(mem_each_failure_leaks_nothing),
		cmocka_unit_test(mem_file_is_sealed),
		cmocka_unit_test(space_gets_earlier_and_later_regions),
		cmocka_unit_test(space_refusal_is_undone_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
