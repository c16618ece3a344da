/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports from the URI down to a driver: states, arguments and undo, with a transport and a driver
 * that live in memory and can fail at every step.
 */
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <ringlib/log.h>
#include <ringlib/pool.h>
#include <ringlib/port.h>

#include "driver/driver.h"
#include "driver/verify.h"
#include "inject.h"
#include "unit.h"

/* What the fakes were asked to do, and where they shall fail. */
static struct {
	bool transport_open, driver_open, started, irq_open;
	unsigned int unmasks, irqs, rx_mode_calls;
	int fail_transport, fail_driver, fail_start, fail_irq, fail_rx_mode;
	uint16_t device_id;
	bool promiscuous;
	int irq_fd;
	struct rld_nic nic;
	struct rld_pinned *pinned; /* not NULL: ports are verified */
	struct rld_dev dev;
} fake;

static int fake_nic_open(struct rld_nic **nic, const char *addr)
{
	if (fake.fail_transport)
		return fake.fail_transport;
	fake.nic = (struct rld_nic){
		.transport = fake.nic.transport,
		.vendor_id = 0x1234,
		.device_id = fake.device_id,
		.numa_node = RLB_NUMA_ANY,
		.release_fd = eventfd(0, EFD_NONBLOCK),
	};
	snprintf(fake.nic.name, sizeof(fake.nic.name), "%s", addr);
	fake.transport_open = true;
	*nic = &fake.nic;
	if (fake.pinned)
		assert_int_equal(rld_verify_open(&fake.nic, fake.pinned), 0);
	return 0;
}

static void fake_nic_close(struct rld_nic *nic)
{
	rld_verify_close(nic);
	close(nic->release_fd);
	fake.transport_open = false;
}

static int fake_numa_node(const char *addr)
{
	return strcmp(addr, "far") == 0 ? 3 : RLB_NUMA_ANY;
}

static int fake_irq_open(struct rld_nic *nic, unsigned int count, int *fds)
{
	(void)nic;
	assert_int_equal(count, 2);
	if (fake.fail_irq)
		return fake.fail_irq;
	fake.irq_fd = fds[0] = fds[1] = eventfd(0, EFD_NONBLOCK);
	fake.irq_open = true;
	return 0;
}

static void fake_irq_close(struct rld_nic *nic)
{
	(void)nic;
	close(fake.irq_fd);
	fake.irq_open = false;
}

static void fake_irq_unmask(struct rld_nic *nic)
{
	(void)nic;
	fake.unmasks++;
}

static const struct rld_transport fake_transport = {
	.scheme = "fake",
	.open = fake_nic_open,
	.numa_node = fake_numa_node,
	.close = fake_nic_close,
	.irq_open = fake_irq_open,
	.irq_close = fake_irq_close,
	.irq_unmask = fake_irq_unmask,
};

static int drv_probe(const struct rld_nic *nic)
{
	return nic->device_id == 1 ? 0 : -ENODEV;
}

static int drv_open(struct rld_dev **dev, struct rld_nic *nic)
{
	if (fake.fail_driver)
		return fake.fail_driver;
	fake.driver_open = true;
	fake.dev = (struct rld_dev){
		.nic = nic,
		.mac = {2, 0, 0, 0, 0, 9},
		.caps = {.rx_queues_max = 2,
			 .tx_queues_max = 3,
			 .slots_min = 16,
			 .slots_max = 64,
			 .slots_multiple = 8,
			 .slots_default = 32,
			 .mtu_max = 4000,
			 .rx_room_min = 2048},
	};
	*dev = &fake.dev;
	return 0;
}

static void drv_close(struct rld_dev *dev)
{
	(void)dev;
	assert_false(fake.started);
	fake.driver_open = false;
}

static unsigned int drv_rx(void *queue, struct rlb_buf **bufs, unsigned int n)
{
	(void)queue;
	(void)bufs;
	return n / 2;
}

static unsigned int drv_tx(void *queue, struct rlb_buf *const *bufs, unsigned int n)
{
	(void)queue;
	(void)bufs;
	return n;
}

static int drv_start(struct rld_dev *dev)
{
	if (fake.fail_start)
		return fake.fail_start;
	assert_false(fake.started);
	fake.started = true;
	fake.promiscuous = dev->conf.promiscuous;
	for (unsigned int q = 0; q < dev->conf.rx_queues; q++)
		dev->rxq[q].burst = drv_rx;
	for (unsigned int q = 0; q < dev->conf.tx_queues; q++)
		dev->txq[q].burst = drv_tx;
	return 0;
}

static void drv_stop(struct rld_dev *dev)
{
	(void)dev;
	assert_true(fake.started);
	fake.started = false;
}

static int drv_set_rx_mode(struct rld_dev *dev)
{
	fake.rx_mode_calls++;
	if (fake.fail_rx_mode)
		return fake.fail_rx_mode;
	fake.promiscuous = dev->conf.promiscuous;
	return 0;
}

static int drv_link(struct rld_dev *dev, struct rlb_link *link)
{
	(void)dev;
	*link = (struct rlb_link){.up = true, .speed_mbps = 1000};
	return 0;
}

static int drv_stats(struct rld_dev *dev, struct rlb_port_stats *stats)
{
	(void)dev;
	stats->rx[1].packets = 5;
	return 0;
}

static unsigned int drv_irq(struct rld_dev *dev)
{
	(void)dev;
	fake.irqs++;
	return RLB_EVENT_LINK;
}

static const struct rld_driver fake_driver = {
	.name = "fakenic",
	.probe = drv_probe,
	.open = drv_open,
	.close = drv_close,
	.start = drv_start,
	.stop = drv_stop,
	.set_rx_mode = drv_set_rx_mode,
	.link = drv_link,
	.stats = drv_stats,
	.irqs = 2,
	.irq = drv_irq,
};

const struct rld_driver *const rld_drivers[] = {&fake_driver, NULL};

static const struct rlb_port_type fake_type = RLD_NIC_PORT_TYPE("fake", &fake_transport);
const struct rlb_port_type *const rlb_port_types[] = {&fake_type, NULL};

static unsigned int error_lines;
static char last_line[512];

static void keep_line(void *ctx, enum rlb_log_level level, const char *line)
{
	(void)ctx;
	if (level == RLB_LOG_ERR)
		error_lines++;
	snprintf(last_line, sizeof(last_line), "%s", line);
}

static int setup(void **state)
{
	struct rlb_pool_opts opts = RLB_POOL_OPTS_INIT;
	struct rlb_pool *pool;

	memset(&fake, 0, sizeof(fake));
	fake.nic.transport = &fake_transport;
	fake.device_id = 1;
	opts.count = 8;
	if (rlb_pool_create(&pool, &opts))
		return -1;
	*state = pool;
	error_lines = 0;
	rlb_log_set(RLB_LOG_INFO, keep_line, NULL);
	return 0;
}

static int teardown(void **state)
{
	rlb_log_set(RLB_LOG_INFO, NULL, NULL);
	return (int)rlb_pool_destroy(*state);
}

static void port_bad_arguments_are_refused_with_one_line(void **state)
{
	static char long_uri[1025] = "fake:";
	static const struct {
		const char *uri;
		unsigned int rxq, txq, rxs, txs, mtu;
		bool no_pool;
		int err;
		const char *says;
	} cases[] = {
		{"nope:x", 1, 1, 0, 0, 0, false, -EINVAL, "no such kind of port"}, /* scheme */
		{"fake", 1, 1, 0, 0, 0, false, -EINVAL, "fake:"},		   /* no colon */
		{"", 1, 1, 0, 0, 0, false, -EINVAL, "fake:"},			   /* nothing */
		{long_uri, 1, 1, 0, 0, 0, false, -EINVAL, "at most 1023"},	   /* too long */
		{"fake:a", 0, 0, 0, 0, 0, false, -EINVAL, "zero queues"},	   /* none */
		{"fake:a", 17, 1, 0, 0, 0, false, -EINVAL, "at most 16"},	   /* library's */
		{"fake:a", 3, 1, 0, 0, 0, false, -EINVAL, "at most 2"},		   /* device's */
		{"fake:a", 2, 4, 0, 0, 0, false, -EINVAL, "at most 3"},		   /* device's */
		{"fake:a", 1, 1, 8, 0, 0, false, -EINVAL, "multiple of 8"},	   /* too small */
		{"fake:a", 1, 1, 72, 0, 0, false, -EINVAL, "from 16 to 64"},	   /* too large */
		{"fake:a", 1, 1, 0, 20, 0, false, -EINVAL, "transmit ring of 20"}, /* odd */
		{"fake:a", 1, 1, 0, 0, 67, false, -EINVAL, "use 68..9000"},	   /* library's */
		{"fake:a", 1, 1, 0, 0, 9001, false, -EINVAL, "use 68..9000"},	   /* library's */
		{"fake:a", 1, 1, 0, 0, 4001, false, -EINVAL, "at most 4000"},	   /* device's */
		{"fake:a", 1, 1, 0, 0, 0, true, -EINVAL, "need a pool"},	   /* no pool */
		{"fake:a", 0, 1, 0, 0, 0, true, 0, ""},				   /* sends only */
		{"fake:a", 2, 3, 16, 64, 4000, false, 0, ""},			   /* all limits */
	};

	memset(long_uri + 5, 'a', sizeof(long_uri) - 6);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rlb_port_opts opts = RLB_PORT_OPTS_INIT;
		struct rlb_port *port;

		opts.pool = cases[i].no_pool ? NULL : *state;
		opts.rx_queues = (uint16_t)cases[i].rxq;
		opts.tx_queues = (uint16_t)cases[i].txq;
		opts.rx_slots = (uint16_t)cases[i].rxs;
		opts.tx_slots = (uint16_t)cases[i].txs;
		opts.mtu = (uint16_t)cases[i].mtu;
		error_lines = 0;
		assert_int_equal(rlb_port_open(&port, cases[i].uri, &opts), cases[i].err);
		assert_int_equal(error_lines, cases[i].err ? 1 : 0);
		if (cases[i].err) {
			assert_null(port);
			assert_non_null(strstr(last_line, cases[i].says));
		}
		rlb_port_close(port);
		assert_false(fake.transport_open || fake.driver_open || fake.irq_open);
	}
}

/* What a program of any age may hand over. */
static void port_opts_of_other_sizes_are_checked(void **state)
{
	struct {
		struct rlb_port_opts opts;
		uint64_t newer;
	} future = {.opts = RLB_PORT_OPTS_INIT};
	struct rlb_port *port;

	future.opts.pool = *state;
	future.opts.size = offsetof(struct rlb_port_opts, reserved);
	assert_int_equal(rlb_port_open(&port, "fake:a", &future.opts), -EINVAL);
	assert_int_equal(error_lines, 1);
	future.opts.size = sizeof(future);
	future.newer = 1;
	assert_int_equal(rlb_port_open(&port, "fake:a", &future.opts), -E2BIG);
	assert_int_equal(error_lines, 2);
	future.newer = 0;
	future.opts.reserved = 7;
	assert_int_equal(rlb_port_open(&port, "fake:a", &future.opts), -EINVAL);
	assert_int_equal(error_lines, 3);
	future.opts.reserved = 0;
	assert_int_equal(rlb_port_open(&port, "fake:a", &future.opts), 0);
	rlb_port_close(port);
}

static void port_small_buffers_are_refused(void **state)
{
	struct rlb_pool_opts popts = RLB_POOL_OPTS_INIT;
	struct rlb_port_opts opts = RLB_PORT_OPTS_INIT;
	struct rlb_port *port;

	(void)state;
	popts.count = 8;
	popts.room_bytes = 2048; /* less the headroom: 1,920 */
	assert_int_equal(rlb_pool_create(&opts.pool, &popts), 0);
	assert_int_equal(rlb_port_open(&port, "fake:a", &opts), -EINVAL);
	assert_non_null(strstr(last_line, "1920"));
	assert_int_equal(rlb_pool_destroy(opts.pool), 0);
}

static void port_each_failed_step_is_undone(void **state)
{
	struct rlb_port_opts opts = RLB_PORT_OPTS_INIT;
	unsigned int fds = inject_fds();
	struct rlb_port *port;

	opts.pool = *state;
	fake.fail_transport = -EACCES;
	assert_int_equal(rlb_port_open(&port, "fake:a", &opts), -EACCES);
	fake.fail_transport = 0;
	fake.device_id = 2;
	assert_int_equal(rlb_port_open(&port, "fake:a", &opts), -ENOTSUP);
	assert_non_null(strstr(last_line, "1234:0002"));
	assert_non_null(strstr(last_line, "fakenic"));
	assert_false(fake.transport_open);
	fake.device_id = 1;
	fake.fail_driver = -ETIMEDOUT;
	assert_int_equal(rlb_port_open(&port, "fake:a", &opts), -ETIMEDOUT);
	assert_false(fake.transport_open);
	fake.fail_driver = 0;
	fake.fail_irq = -EMFILE;
	assert_int_equal(rlb_port_open(&port, "fake:a", &opts), -EMFILE);
	assert_false(fake.transport_open || fake.driver_open);
	fake.fail_irq = 0;
	inject_fail_at(1);
	assert_int_equal(rlb_port_open(&port, "fake:a", &opts), -ENOMEM);
	assert_true(inject_failed());
	assert_int_equal(inject_fds(), fds);
}

static void port_states_are_enforced(void **state)
{
	struct rlb_port_opts opts = RLB_PORT_OPTS_INIT;
	struct rlb_buf *bufs[8];
	struct rlb_port *port;

	opts.pool = *state;
	opts.rx_queues = 2;
	opts.promiscuous = true;
	assert_int_equal(rlb_port_open(&port, "fake:a", &opts), 0);
	assert_int_equal(rlb_port_stop(port), -EINVAL);
	assert_int_equal(rlb_rx_burst(port, 0, bufs, 8), 0);
	assert_int_equal(rlb_tx_burst(port, 0, bufs, 8), 0);
	fake.fail_start = -ENOBUFS;
	assert_int_equal(rlb_port_start(port), -ENOBUFS);
	assert_int_equal(rlb_rx_burst(port, 0, bufs, 8), 0);
	fake.fail_start = 0;
	assert_int_equal(rlb_port_set_mtu(port, 4001), -EINVAL);
	assert_int_equal(rlb_port_set_mtu(port, 4000), 0);
	assert_int_equal(rlb_port_start(port), 0);
	assert_true(fake.promiscuous);
	assert_int_equal(fake.dev.conf.mtu, 4000);
	assert_int_equal(rlb_port_start(port), -EBUSY);
	assert_int_equal(rlb_port_set_mtu(port, 1500), -EBUSY);
	assert_int_equal(rlb_rx_burst(port, 1, bufs, 8), 4);
	assert_int_equal(rlb_tx_burst(port, 0, bufs, 8), 8);
	/* A queue that was not asked for does nothing rather than crash. */
	assert_int_equal(rlb_rx_burst(port, 2, bufs, 8), 0);
	assert_int_equal(rlb_port_stop(port), 0);
	assert_int_equal(rlb_rx_burst(port, 1, bufs, 8), 0);
	assert_int_equal(rlb_port_start(port), 0);
	rlb_port_close(port);
	assert_false(fake.started || fake.driver_open || fake.transport_open);
	rlb_port_close(NULL);
}

static void port_answers_questions(void **state)
{
	struct rlb_port_opts opts = RLB_PORT_OPTS_INIT;
	struct rlb_port_stats stats;
	struct rlb_port_info info;
	struct rlb_link link;
	struct rlb_port *port;

	opts.pool = *state;
	assert_int_equal(rlb_port_open(&port, "fake:a", &opts), 0);
	rlb_port_info(port, &info);
	assert_string_equal(info.uri, "fake:a");
	assert_string_equal(info.driver, "fakenic");
	assert_int_equal(info.mac[5], 9);
	assert_int_equal(info.rx_slots, 32);
	assert_int_equal(info.mtu, 1500);
	assert_int_equal(rlb_port_stats(port, &stats), 0);
	assert_int_equal(stats.rx[1].packets, 5);
	assert_int_equal(stats.tx[0].packets, 0);
	assert_int_equal(rlb_port_link(port, &link), 0);
	assert_int_equal(link.speed_mbps, 1000);
	assert_int_equal(rlb_port_set_promiscuous(port, true), 0);
	assert_true(fake.promiscuous);
	/* A refused mode is not remembered for the next start. */
	fake.fail_rx_mode = -ENODEV;
	assert_int_equal(rlb_port_set_promiscuous(port, false), -ENODEV);
	assert_int_equal(rlb_port_set_all_multicast(port, true), -ENODEV);
	fake.fail_rx_mode = 0;
	assert_int_equal(rlb_port_start(port), 0);
	assert_true(fake.promiscuous);
	assert_false(fake.dev.conf.all_multicast);
	rlb_port_close(port);
}

static bool readable(int fd)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};

	return poll(&pfd, 1, 0) == 1;
}

static void port_events_come_through_one_descriptor(void **state)
{
	struct rlb_port_opts opts = RLB_PORT_OPTS_INIT;
	struct rlb_port *port;
	uint64_t one = 1;
	int fd;

	opts.pool = *state;
	assert_int_equal(rlb_port_open(&port, "fake:a", &opts), 0);
	fd = rlb_port_event_fd(port);
	assert_true(fd >= 0);
	assert_false(readable(fd));
	assert_int_equal(rlb_port_events(port), 0);
	/* Not started: the driver is not asked, but the interrupt is let go on. */
	assert_int_equal(write(fake.irq_fd, &one, 8), 8);
	assert_true(readable(fd));
	assert_int_equal(rlb_port_events(port), 0);
	assert_int_equal(fake.irqs, 0);
	assert_int_equal(fake.unmasks, 1);
	assert_false(readable(fd));
	assert_int_equal(rlb_port_start(port), 0);
	assert_int_equal(write(fake.irq_fd, &one, 8), 8);
	assert_int_equal(rlb_port_events(port), RLB_EVENT_LINK);
	assert_int_equal(fake.irqs, 1);
	assert_int_equal(write(fake.nic.release_fd, &one, 8), 8);
	assert_int_equal(write(fake.irq_fd, &one, 8), 8);
	assert_true(readable(fd));
	assert_int_equal(rlb_port_events(port), RLB_EVENT_LINK | RLB_EVENT_REMOVED);
	assert_false(readable(fd));
	rlb_port_close(port);
}

static void port_numa_node_is_known_before_open(void **state)
{
	(void)state;
	error_lines = 0;
	assert_int_equal(rlb_port_numa_node("fake:far"), 3);
	assert_int_equal(rlb_port_numa_node("fake:near"), RLB_NUMA_ANY);
	assert_int_equal(rlb_port_numa_node("nope:far"), RLB_NUMA_ANY);
	assert_int_equal(rlb_port_numa_node("far"), RLB_NUMA_ANY);
	assert_int_equal(error_lines, 0);
	assert_false(fake.transport_open);
}

static void port_drop_causes_have_names(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < RLB_DROP_CAUSES; i++)
		assert_non_null(rlb_drop_name(i));
	assert_null(rlb_drop_name(RLB_DROP_CAUSES));
}

static void port_not_verified_has_no_queue_errors(void **state)
{
	struct rlb_port_opts opts = RLB_PORT_OPTS_INIT;
	uint64_t counts[RLB_RULES_MAX] = {1};
	struct rlb_queue_error error;
	struct rlb_port_info info;
	struct rlb_port *port;

	opts.pool = *state;
	assert_int_equal(rlb_port_open(&port, "fake:a", &opts), 0);
	rlb_port_info(port, &info);
	assert_false(info.verified);
	assert_int_equal(rlb_txq_error(port, 0, &error), -ENOTSUP);
	assert_int_equal(rlb_rxq_error(port, 0, &error), -ENOTSUP);
	assert_int_equal(rlb_port_refusals(port, counts), -ENOTSUP);
	assert_int_equal(counts[0], 0);
	rlb_port_close(port);
}

static void port_stopped_queue_is_an_event_with_a_cause(void **state)
{
	struct rlb_port_opts opts = RLB_PORT_OPTS_INIT;
	struct rlb_queue_error error;
	uint64_t counts[RLB_RULES_MAX];
	struct rld_pinned pinned;
	struct rlb_port_info info;
	struct rlb_port *port;
	struct pollfd poll_fd = {.events = POLLIN};
	uint64_t one = 1;

	assert_int_equal(rld_pinned_init(&pinned), 0);
	fake.pinned = &pinned;
	opts.pool = *state;
	opts.tx_queues = 3;
	assert_int_equal(rlb_port_open(&port, "fake:a", &opts), 0);
	rlb_port_info(port, &info);
	assert_true(info.verified);
	poll_fd.fd = rlb_port_event_fd(port);
	assert_int_equal(poll(&poll_fd, 1, 0), 0);
	for (unsigned int q = 0; q < 3; q++)
		assert_int_equal(rlb_txq_error(port, q, &error), -ENOENT);
	assert_int_equal(rlb_txq_error(port, 3, &error), -EINVAL); /* not in use */
	assert_int_equal(rlb_txq_error(port, RLB_QUEUES_MAX, &error), -EINVAL);
	assert_int_equal(rlb_rxq_error(port, 1, &error), -EINVAL);

	/* As a doorbell leaves it. */
	fake.nic.verify->tx[2].error.slot = 17;
	fake.nic.verify->tx[2].refusals[RLV_UNMAPPED] = 1;
	fake.nic.verify->rx[0].refusals[RLV_UNMAPPED] = 2;
	fake.nic.verify->tx[2].stopped = true;
	assert_int_equal(write(fake.nic.verify->error_fd, &one, sizeof(one)), sizeof(one));
	assert_int_equal(poll(&poll_fd, 1, 0), 1);
	assert_int_equal(rlb_port_events(port), RLB_EVENT_QUEUE_ERROR);
	assert_int_equal(rlb_port_events(port), 0);
	assert_int_equal(rlb_txq_error(port, 2, &error), 0);
	assert_int_equal(error.slot, 17);
	assert_int_equal(rlb_txq_error(port, 1, &error), -ENOENT);
	assert_int_equal(rlb_port_refusals(port, counts), 0);
	for (unsigned int rule = 0; rule < RLB_RULES_MAX; rule++)
		assert_int_equal(counts[rule], rule == RLV_UNMAPPED ? 3 : 0);
	rlb_port_close(port);
	rld_pinned_fini(&pinned);
}

static void port_rules_have_names(void **state)
{
	(void)state;
	assert_string_equal(rlb_rule_name(0), "ok");
	for (unsigned int rule = 0; rule < RLV_RULES; rule++)
		assert_string_equal(rlb_rule_name(rule), rlv_rule_name((enum rlv_rule)rule));
	assert_null(rlb_rule_name(RLV_RULES));
	assert_null(rlb_rule_name(UINT32_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(port_bad_arguments_are_refused_with_one_line, setup,
						teardown),
		cmocka_unit_test_setup_teardown(port_opts_of_other_sizes_are_checked, setup,
						teardown),
		cmocka_unit_test_setup_teardown(port_small_buffers_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(port_each_failed_step_is_undone, setup, teardown),
		cmocka_unit_test_setup_teardown(port_states_are_enforced, setup, teardown),
		cmocka_unit_test_setup_teardown(port_answers_questions, setup, teardown),
		cmocka_unit_test_setup_teardown(port_events_come_through_one_descriptor, setup,
						teardown),
		cmocka_unit_test_setup_teardown(port_numa_node_is_known_before_open, setup,
						teardown),
		cmocka_unit_test(port_drop_causes_have_names),
		cmocka_unit_test_setup_teardown(port_not_verified_has_no_queue_errors, setup,
						teardown),
		cmocka_unit_test_setup_teardown(port_stopped_queue_is_an_event_with_a_cause, setup,
						teardown),
		cmocka_unit_test(port_rules_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
