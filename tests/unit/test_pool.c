/* SPDX-License-Identifier: BSD-2-Clause */
/* Pools and frames. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ringlib/buf.h>
#include <ringlib/log.h>
#include <ringlib/mem.h>
#include <ringlib/pool.h>

#include "inject.h"
#include "unit.h"

#define COUNT 1000u

static struct rlb_pool *make_pool(unsigned int count, unsigned int room, unsigned int cache)
{
	struct rlb_pool_opts opts = RLB_POOL_OPTS_INIT;
	struct rlb_pool *pool;

	opts.count = count;
	opts.room_bytes = room;
	opts.cache_slots = cache;
	assert_int_equal(rlb_pool_create(&pool, &opts), 0);
	return pool;
}

static void pool_opts_out_of_range_are_refused(void **state)
{
	static const struct {
		unsigned int count, room, headroom, cache;
		int err;
	} cases[] = {
		{0, 0, 0, 0, -EINVAL},		      /* no buffers */
		{RLB_POOL_MAX + 1, 0, 0, 0, -EINVAL}, /* too many */
		{8, 100, 0, 0, -EINVAL},	      /* room no multiple of 64 */
		{8, 16448, 0, 0, -EINVAL},	      /* room too large */
		{8, 128, 0, 0, -EINVAL},	      /* the default headroom fills the room */
		{8, 256, 256, 0, -EINVAL},	      /* headroom fills the room */
		{8, 0, 0, 513, -EINVAL},	      /* cache too large */
		{1, 64, 63, 0, 0},		      /* least of all */
		{8, 16384, 128, 512, 0},	      /* largest room and cache */
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rlb_pool_opts opts = RLB_POOL_OPTS_INIT;
		struct rlb_pool *pool;

		opts.count = cases[i].count;
		opts.room_bytes = cases[i].room;
		opts.headroom_bytes = cases[i].headroom;
		opts.cache_slots = cases[i].cache;
		assert_int_equal(rlb_pool_create(&pool, &opts), cases[i].err);
		assert_int_equal(rlb_pool_destroy(pool), 0);
	}
}

static int by_address(const void *a, const void *b)
{
	const struct rlb_buf *const *x = a, *const *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Every buffer once, none overlapping another or straddling a page that could hold it. */
static void pool_hands_out_every_buffer_once(void **state)
{
	static const struct {
		unsigned int room, cache;
	} cases[] = {
		{0, 0},	     /* defaults: one a 4 KiB page, or many a huge page */
		{448, 7},    /* eight a 4 KiB page */
		{9216, 512}, /* larger than a 4 KiB page */
		{2048, 1},   /* least cache */
	};

	(void)state;
	for (unsigned int c = 0; c < ARRAY_SIZE(cases); c++) {
		struct rlb_pool *pool = make_pool(COUNT, cases[c].room, cases[c].cache);
		size_t page = rlb_mem_page_bytes(rlb_pool_mem(pool));
		struct rlb_buf *bufs[COUNT], *one;

		for (unsigned int i = 0; i < COUNT; i++)
			assert_int_equal(rlb_pool_get(pool, &bufs[i], 1), 0);
		assert_int_equal(rlb_pool_available(pool), 0);
		assert_int_equal(rlb_pool_get(pool, &one, 1), -ENOBUFS);
		qsort(bufs, COUNT, sizeof(bufs[0]), by_address);
		for (unsigned int i = 0; i < COUNT; i++) {
			size_t bytes = sizeof(*bufs[0]) + bufs[i]->room_bytes;
			uintptr_t first = (uintptr_t)bufs[i], last = first + bytes - 1;

			assert_int_equal(first % RLB_CACHE_LINE, 0);
			assert_ptr_equal(bufs[i]->pool, pool);
			assert_true(i == 0 || first > (uintptr_t)bufs[i - 1] + bytes - 1);
			if (bytes <= page)
				assert_int_equal(first / page, last / page);
		}
		rlb_pool_put(pool, bufs, COUNT);
		assert_int_equal(rlb_pool_available(pool), COUNT);
		assert_int_equal(rlb_pool_destroy(pool), 0);
	}
}

static void pool_bulk_is_all_or_nothing(void **state)
{
	struct rlb_pool *pool = make_pool(100, 0, 10);
	struct rlb_buf *bufs[101];

	(void)state;
	assert_int_equal(rlb_pool_get(pool, bufs, 101), -ENOBUFS);
	assert_int_equal(rlb_pool_available(pool), 100);
	assert_int_equal(rlb_pool_get(pool, bufs, 0), 0);
	assert_int_equal(rlb_pool_get(pool, bufs, 97), 0);
	assert_int_equal(rlb_pool_get(pool, bufs + 97, 4), -ENOBUFS);
	assert_int_equal(rlb_pool_get(pool, bufs + 97, 3), 0);
	rlb_pool_put(pool, bufs, 100);
	assert_int_equal(rlb_pool_get(pool, bufs, 100), 0);
	rlb_pool_put(pool, bufs, 100);
	assert_int_equal(rlb_pool_destroy(pool), 0);
}

/* Random gets and puts of every size against a count kept beside. */
static void pool_random_use_keeps_count(void **state)
{
	struct rlb_pool *pool = make_pool(COUNT, 448, 32);
	struct rlb_buf *held[COUNT];
	unsigned int n = 0;
	uint32_t rnd = 1;

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		unsigned int want;

		rnd = rnd * 1664525u + 1013904223u;
		want = (rnd >> 8) % 80;
		if (rnd >> 31) {
			int err = rlb_pool_get(pool, held + n, want <= COUNT - n ? want : 0);

			assert_int_equal(err, 0);
			n += want <= COUNT - n ? want : 0;
		} else {
			want = want < n ? want : n;
			n -= want;
			rlb_pool_put(pool, held + n, want);
		}
		assert_int_equal(rlb_pool_available(pool), COUNT - n);
	}
	rlb_pool_put(pool, held, n);
	assert_int_equal(rlb_pool_destroy(pool), 0);
}

static unsigned int log_lines;

static void count_line(void *ctx, enum rlb_log_level level, const char *line)
{
	(void)ctx;
	(void)level;
	(void)line;
	log_lines++;
}

static void pool_leak_is_counted_and_logged(void **state)
{
	struct rlb_pool *pool = make_pool(50, 0, 8);
	struct rlb_buf *bufs[3];

	(void)state;
	assert_int_equal(rlb_pool_get(pool, bufs, 3), 0);
	rlb_pool_put(pool, bufs, 1);
	log_lines = 0;
	rlb_log_set(RLB_LOG_INFO, count_line, NULL);
	assert_int_equal(rlb_pool_destroy(pool), 2);
	rlb_log_set(RLB_LOG_INFO, NULL, NULL);
	assert_int_equal(log_lines, 1);
}

static void pool_each_failure_leaks_nothing(void **state)
{
	unsigned int fds = inject_fds(), k;

	(void)state;
	for (k = 1;; k++) {
		struct rlb_pool_opts opts = RLB_POOL_OPTS_INIT;
		struct rlb_pool *pool;
		int err;

		opts.count = 100;
		opts.page_bytes = 4096;
		inject_fail_at(k);
		err = rlb_pool_create(&pool, &opts);
		if (!inject_failed()) {
			assert_int_equal(err, 0);
			rlb_pool_destroy(pool);
			break;
		}
		assert_true(err < 0);
		assert_null(pool);
		assert_int_equal(inject_fds(), fds);
	}
	/* At least: pool, caches, ring, and the seven of a region. */
	assert_true(k - 1 >= 10);
}

#define THREADS 4

static void *churn(void *arg)
{
	struct rlb_pool *pool = arg;
	struct rlb_buf *bufs[40];

	for (unsigned int i = 0; i < 20000; i++) {
		unsigned int n = i % 40;

		if (rlb_pool_get(pool, bufs, n))
			continue;
		for (unsigned int b = 0; b < n; b++) {
			/* Nobody else may hold it. */
			if (bufs[b]->user[0])
				return arg;
			bufs[b]->user[0] = 1;
		}
		for (unsigned int b = 0; b < n; b++)
			bufs[b]->user[0] = 0;
		rlb_pool_put(pool, bufs, n);
	}
	return NULL;
}

static void pool_threads_never_share_a_buffer(void **state)
{
	struct rlb_pool *pool = make_pool(500, 448, 64);
	pthread_t threads[THREADS];

	(void)state;
	for (unsigned int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, churn, pool), 0);
	for (unsigned int i = 0; i < THREADS; i++) {
		void *bad;

		pthread_join(threads[i], &bad);
		assert_null(bad);
	}
	assert_int_equal(rlb_pool_destroy(pool), 0);
}

static void *register_once(void *arg)
{
	*(unsigned int *)arg = rlb_thread_register();
	assert_int_equal(rlb_thread_register(), *(unsigned int *)arg);
	return NULL;
}

static void thread_numbers_are_given_back(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 3 * RLB_THREADS_MAX; i++) {
		unsigned int index = 0;
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, register_once, &index), 0);
		pthread_join(thread, NULL);
		assert_in_range(index, 1, RLB_THREADS_MAX - 1);
	}
}

static void buf_write_and_read_over_segments(void **state)
{
	static const struct {
		size_t bytes;
		unsigned int segs;
	} cases[] = {
		{1, 1},	     /* least */
		{320, 1},    /* fills one */
		{321, 2},    /* one over */
		{9000, 29},  /* jumbo */
		{12800, 40}, /* all that may be */
		{12801, 0},  /* one segment too many */
		{65536, 0},  /* too long for a frame */
		{0, 0},	     /* nothing */
	};
	struct rlb_pool *pool = make_pool(64, 448, 0);
	static uint8_t in[65536], out[65536];

	(void)state;
	for (unsigned int i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 7 + i / 256);
	for (unsigned int c = 0; c < ARRAY_SIZE(cases); c++) {
		struct rlb_buf *buf;
		int err = rlb_buf_write(&buf, pool, in, cases[c].bytes);

		if (!cases[c].segs) {
			assert_int_equal(err, -EINVAL);
			assert_null(buf);
			continue;
		}
		assert_int_equal(err, 0);
		assert_int_equal(buf->segs, cases[c].segs);
		assert_int_equal(buf->frame_bytes, cases[c].bytes);
		assert_int_equal(rlb_pool_available(pool), 64 - cases[c].segs);
		memset(out, 0, sizeof(out));
		assert_int_equal(rlb_buf_read(buf, out, sizeof(out)), cases[c].bytes);
		assert_memory_equal(in, out, cases[c].bytes);
		/* A short buffer gets no byte too many. */
		memset(out, 0xee, sizeof(out));
		assert_int_equal(rlb_buf_read(buf, out, 5), cases[c].bytes);
		assert_int_equal(out[5], 0xee);
		rlb_buf_free(buf);
		assert_int_equal(rlb_pool_available(pool), 64);
	}
	assert_int_equal(rlb_pool_destroy(pool), 0);
}

static void buf_write_exhausted_takes_nothing(void **state)
{
	struct rlb_pool *pool = make_pool(3, 448, 0);
	static uint8_t in[1281];
	struct rlb_buf *buf;

	(void)state;
	assert_int_equal(rlb_buf_write(&buf, pool, in, 1281), -ENOBUFS);
	assert_int_equal(rlb_pool_available(pool), 3);
	assert_int_equal(rlb_pool_destroy(pool), 0);
}

static void buf_append_and_prepend_stay_in_room(void **state)
{
	struct rlb_pool *pool = make_pool(4, 448, 0);
	struct rlb_buf *buf = rlb_buf_alloc(pool);

	(void)state;
	assert_non_null(buf);
	assert_int_equal(rlb_buf_headroom(buf), RLB_HEADROOM);
	assert_int_equal(rlb_buf_tailroom(buf), 320);
	assert_null(rlb_buf_append(buf, 321));
	assert_non_null(rlb_buf_append(buf, 320));
	assert_null(rlb_buf_append(buf, 1));
	assert_null(rlb_buf_prepend(buf, RLB_HEADROOM + 1));
	assert_ptr_equal(rlb_buf_prepend(buf, RLB_HEADROOM), buf + 1);
	assert_int_equal(buf->frame_bytes, 448);
	assert_int_equal(buf->data_bytes, 448);
	rlb_buf_free(buf);
	assert_int_equal(rlb_pool_destroy(pool), 0);
}

static void buf_free_bulk_finds_each_pool(void **state)
{
	struct rlb_pool *a = make_pool(8, 448, 0), *b = make_pool(8, 448, 0);
	static uint8_t in[1000];
	struct rlb_buf *bufs[5];

	(void)state;
	bufs[0] = rlb_buf_alloc(a);
	bufs[1] = rlb_buf_alloc(b);
	bufs[2] = rlb_buf_alloc(b);
	assert_int_equal(rlb_buf_write(&bufs[3], a, in, sizeof(in)), 0);
	bufs[4] = rlb_buf_alloc(b);
	rlb_buf_free_bulk(bufs, 5);
	rlb_buf_free_bulk(bufs, 0);
	assert_int_equal(rlb_pool_available(a), 8);
	assert_int_equal(rlb_pool_available(b), 8);
	assert_int_equal(rlb_pool_destroy(a), 0);
	assert_int_equal(rlb_pool_destroy(b), 0);
}

#ifdef RLB_DEBUG_POOL
static struct rlb_pool *victim_pool;

static void double_free(void)
{
	struct rlb_buf *buf = rlb_buf_alloc(victim_pool);

	rlb_buf_free(buf);
	rlb_buf_free(buf);
}

static void write_after_free(void)
{
	struct rlb_buf *buf = rlb_buf_alloc(victim_pool), *again;

	rlb_buf_free(buf);
	rlb_buf_data(buf)[3] = 1;
	again = rlb_buf_alloc(victim_pool);
	rlb_buf_free(again);
}

static void header_after_free(void)
{
	struct rlb_buf *buf = rlb_buf_alloc(victim_pool), *again;

	rlb_buf_free(buf);
	buf->data_bytes = 60;
	again = rlb_buf_alloc(victim_pool);
	rlb_buf_free(again);
}

static void chain_put_bare(void)
{
	static uint8_t in[1000];
	struct rlb_buf *buf;

	if (rlb_buf_write(&buf, victim_pool, in, sizeof(in)))
		_exit(1);
	rlb_pool_put(victim_pool, &buf, 1);
}

static void foreign_free(void)
{
	struct rlb_pool *other = make_pool(4, 448, 0);
	struct rlb_buf *buf = rlb_buf_alloc(other);

	rlb_pool_put(victim_pool, &buf, 1);
}

static void pool_debug_build_finds_misuse(void **state)
{
	static void (*const misuses[])(void) = {double_free, write_after_free, header_after_free,
						chain_put_bare, foreign_free};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(misuses); i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			/* Packet memory is not inherited: the child makes its own. */
			signal(SIGABRT, SIG_DFL);
			rlb_log_set(RLB_LOG_ERR, count_line, NULL);
			victim_pool = make_pool(8, 448, 0);
			misuses[i]();
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pool_opts_out_of_range_are_refused),
		cmocka_unit_test(pool_hands_out_every_buffer_once),
		cmocka_unit_test(pool_bulk_is_all_or_nothing),
		cmocka_unit_test(pool_random_use_keeps_count),
		cmocka_unit_test(pool_leak_is_counted_and_logged),
		cmocka_unit_test(pool_each_failure_leaks_nothing),
		cmocka_unit_test(pool_threads_never_share_a_buffer),
		cmocka_unit_test(thread_numbers_are_given_back),
		cmocka_unit_test(buf_write_and_read_over_segments),
		cmocka_unit_test(buf_write_exhausted_takes_nothing),
		cmocka_unit_test(buf_append_and_prepend_stay_in_room),
		cmocka_unit_test(buf_free_bulk_finds_each_pool),
#ifdef RLB_DEBUG_POOL
		cmocka_unit_test(pool_debug_build_finds_misuse),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
