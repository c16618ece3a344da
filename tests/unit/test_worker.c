/* SPDX-License-Identifier: BSD-2-Clause */
/* Workers: pinned, stopped by call and by signal, joined with their result. */
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ringlib/log.h>
#include <ringlib/thread.h>
#include <ringlib/worker.h>

#include "unit.h"

static int cpu_of[8];
static unsigned int index_of[8];

static int note_place(unsigned int worker, void *arg)
{
	(void)arg;
	cpu_of[worker] = sched_getcpu();
	index_of[worker] = rlb_thread_index;
	return 0;
}

static int spin_until_stopped(unsigned int worker, void *arg)
{
	(void)arg;
	while (rlb_running())
		rlb_cpu_pause();
	return worker == 0 ? -EIO : 0;
}

static void quiet(void *ctx, enum rlb_log_level level, const char *line)
{
	(void)level;
	(void)line;
	++*(unsigned int *)ctx;
}

static void workers_run_where_they_were_put(void **state)
{
	struct rlb_workers_opts opts = {.size = sizeof(opts), .count = 1};
	struct rlb_workers *workers;
	cpu_set_t allowed;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		opts.cpus = &cpu;
		assert_int_equal(rlb_workers_start(&workers, &opts, note_place, NULL), 0);
		assert_int_equal(rlb_workers_join(workers), 0);
		assert_int_equal(cpu_of[0], cpu);
		assert_int_not_equal(index_of[0], 0);
	}
}

static void workers_stop_when_told_and_give_result(void **state)
{
	struct rlb_workers_opts opts = {.size = sizeof(opts), .count = 1};
	struct rlb_workers *workers;

	(void)state;
	rlb_stop_clear();
	assert_int_equal(rlb_workers_start(&workers, &opts, spin_until_stopped, NULL), 0);
	assert_true(rlb_workers_alive(workers));
	rlb_stop();
	assert_int_equal(rlb_workers_join(workers), -EIO);
	rlb_stop_clear();
}

static void workers_bad_arguments_are_refused(void **state)
{
	static const int bad_cpu = CPU_SETSIZE, absent = CPU_SETSIZE - 1, negative = -1;
	static const struct {
		unsigned int count;
		const int *cpus;
	} cases[] = {
		{0, NULL},		 /* none */
		{RLB_THREADS_MAX, NULL}, /* more than have numbers */
		{1, &bad_cpu},		 /* more than a mask holds */
		{1, &absent},		 /* not there */
		{1, &negative},		 /* no CPU at all */
	};
	unsigned int lines = 0;

	(void)state;
	rlb_log_set(RLB_LOG_INFO, quiet, &lines);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rlb_workers_opts opts = {
			.size = sizeof(opts), .count = cases[i].count, .cpus = cases[i].cpus};
		struct rlb_workers *workers = (void *)1;

		assert_int_equal(rlb_workers_start(&workers, &opts, note_place, NULL), -EINVAL);
		assert_null(workers);
		assert_int_equal(lines, i + 1);
		assert_true(rlb_running());
	}
	rlb_log_set(RLB_LOG_INFO, NULL, NULL);
}

/* One good CPU and one bad: the first worker must not be left running. */
static void workers_partial_start_is_undone(void **state)
{
	int cpus[2] = {sched_getcpu(), CPU_SETSIZE};
	struct rlb_workers_opts opts = {.size = sizeof(opts), .count = 2, .cpus = cpus};
	struct rlb_workers *workers;
	unsigned int lines = 0;

	(void)state;
	rlb_log_set(RLB_LOG_INFO, quiet, &lines);
	index_of[0] = 0;
	assert_int_equal(rlb_workers_start(&workers, &opts, note_place, NULL), -EINVAL);
	assert_null(workers);
	assert_int_equal(lines, 1);
	rlb_log_set(RLB_LOG_INFO, NULL, NULL);
	/* It did not run, and nobody else's workers were told to stop. */
	assert_int_equal(index_of[0], 0);
	assert_true(rlb_running());
}

static void workers_stop_on_each_signal_and_die_on_the_second(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(signals); i++) {
		for (int kills = 1; kills <= 2; kills++) {
			int status;
			pid_t pid = fork();

			if (pid == 0) {
				struct rlb_workers_opts opts = {.size = sizeof(opts), .count = 1};
				struct rlb_workers *workers;

				alarm(20);
				/* A program's own stop is not a first signal. */
				if (rlb_stop_on_signals())
					_exit(4);
				rlb_stop();
				kill(getpid(), signals[i]);
				rlb_stop_clear();
				if (rlb_stop_on_signals() ||
				    rlb_workers_start(&workers, &opts, spin_until_stopped, NULL))
					_exit(2);
				kill(getpid(), signals[i]);
				if (rlb_workers_join(workers) != -EIO)
					_exit(3);
				/* A second one at once is that of timeout(1). */
				kill(getpid(), signals[i]);
				if (kills == 2) {
					usleep(600000);
					kill(getpid(), signals[i]);
				}
				_exit(0);
			}
			assert_int_equal(waitpid(pid, &status, 0), pid);
			if (kills == 1)
				assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
			else
				assert_true(WIFSIGNALED(status) && WTERMSIG(status) == signals[i]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(workers_run_where_they_were_put),
		cmocka_unit_test(workers_stop_when_told_and_give_result),
		cmocka_unit_test(workers_bad_arguments_are_refused),
		cmocka_unit_test(workers_partial_start_is_undone),
		cmocka_unit_test(workers_stop_on_each_signal_and_die_on_the_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
