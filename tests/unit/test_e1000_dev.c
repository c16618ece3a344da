/* SPDX-License-Identifier: BSD-2-Clause */
/* The e1000 driver as the core sees it: open, start, stop, events, counters, failures. */
#include <ringlib/buf.h>
#include <ringlib/log.h>
#include <ringlib/pool.h>

#include "e1000_rig.h"
#include "inject.h"
#include "unit.h"

static const enum fake_nic_model models[] = {FAKE_NIC_82574, FAKE_NIC_82540EM};

/* Lines that were logged. */
static unsigned int lines;

static void count_line(void *ctx, enum rlb_log_level level, const char *line)
{
	(void)ctx;
	(void)line;
	lines += level == RLB_LOG_ERR;
}

static void probe_knows_its_devices(void **state)
{
	static const struct {
		uint16_t vendor, device;
		int e1000e, e1000;
	} table[] = {
		{0x8086, 0x10d3, 0, -ENODEV},
		{0x8086, 0x100e, -ENODEV, 0},
		{0x8086, 0x1533, -ENODEV, -ENODEV},
		{0x1af4, 0x10d3, -ENODEV, -ENODEV},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct rld_nic nic = {.vendor_id = table[i].vendor, .device_id = table[i].device};

		assert_int_equal(e1000e_driver.probe(&nic), table[i].e1000e);
		assert_int_equal(e1000_driver.probe(&nic), table[i].e1000);
	}
}

static void open_fills_caps_and_mac(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		struct rig rig = RIG_INIT(models[i]);

		rig_open(&rig);
		assert_memory_equal(rig.dev->mac, "\x02\x22\x33\x44\x55\x66", 6);
		assert_int_equal(rig.dev->caps.rx_queues_max, models[i] == FAKE_NIC_82574 ? 2 : 1);
		assert_int_equal(rig.dev->caps.tx_queues_max, models[i] == FAKE_NIC_82574 ? 2 : 1);
		assert_int_equal(rig.dev->caps.mtu_max, 9000);
		assert_int_equal(rig.fake->resets, 1);
		rig_close(&rig);
	}
}

static void open_that_fails_logs_once_and_leaves_nothing(void **state)
{
	enum { GONE, NO_MAC, STUCK, SHORT_BAR, CASES };
	static const int want[] = {-ENODEV, -EIO, -EIO, -EIO};

	(void)state;
	for (int i = 0; i < CASES; i++) {
		struct fake_nic *fake = fake_nic_open(FAKE_NIC_82574);
		struct rld_dev *dev = (struct rld_dev *)fake;

		fake->gone = i == GONE;
		fake->ignore_reset = i == NO_MAC;
		if (i == NO_MAC)
			*fake_nic_reg(fake, E1000_RAH(0)) = 0;
		if (i == STUCK)
			fake_nic_force(fake, E1000_RDLEN(1), 0, 128);
		if (i == SHORT_BAR)
			fake->nic.regs_bytes = 4096;
		lines = 0;
		assert_int_equal(e1000e_driver.open(&dev, &fake->nic), want[i]);
		assert_null(dev);
		assert_int_equal(lines, 1);
		fake_nic_close(fake);
	}
}

static void open_forgets_the_last_owners_counts(void **state)
{
	struct fake_nic *fake = fake_nic_open(FAKE_NIC_82540EM);
	struct rlb_port_stats stats = {0};
	struct rld_dev *dev;

	(void)state;
	fake->ignore_reset = true;
	*fake_nic_reg(fake, E1000_GPRC) = 7;
	*fake_nic_reg(fake, E1000_GOTCH) = 7;
	*fake_nic_reg(fake, E1000_MPC) = 7;
	assert_int_equal(e1000_driver.open(&dev, &fake->nic), 0);
	assert_int_equal(e1000_driver.stats(dev, &stats), 0);
	assert_int_equal(stats.device.rx_packets, 0);
	assert_int_equal(stats.device.tx_bytes, 0);
	assert_int_equal(stats.device.rx_missed, 0);
	e1000_driver.close(dev);
	fake_nic_close(fake);
}

/* Frames on their way in both directions when the port stops. */
static void traffic(struct rig *rig)
{
	struct rlb_buf *bufs[20];
	uint8_t data[60] = {0};

	for (unsigned int q = 0; q < rig->queues; q++) {
		for (unsigned int i = 0; i < 20; i++)
			bufs[i] = rig_frame(rig, i, 60 + 100 * i);
		assert_int_equal(rig_tx(rig, q, bufs, 20), 20);
		fake_nic_tx_work(rig->fake, q, 10);
		for (unsigned int i = 0; i < 40; i++)
			fake_nic_rx_push(rig->fake, q, data, 60, NULL);
		assert_int_equal(rig_rx(rig, q, bufs, 20), 20);
		rlb_buf_free_bulk(bufs, 20);
	}
}

static void stop_returns_every_buffer_a_hundred_times(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(models); i++) {
		struct rig rig = RIG_INIT(models[i / 2]);
		struct rlb_port_stats stats = {0};

		rig.queues = models[i / 2] == FAKE_NIC_82574 ? 2 : 1;
		rig.mtu = 9000;
		rig_open(&rig);
		rig.fake->ignore_reset = i % 2;
		for (unsigned int k = 0; k < 100; k++) {
			assert_int_equal(rig.driver->start(rig.dev), 0);
			traffic(&rig);
			rig.driver->stop(rig.dev);
			assert_int_equal(rlb_pool_available(rig.pool), rig.bufs);
			assert_int_equal(rig.fake->rings_open, 0);
			/* No ring is left for the device to work. */
			assert_int_equal(fake_nic_tx_work(rig.fake, 0, 1), 0);
			assert_false(fake_nic_rx_push(rig.fake, 0, &stats, 60, NULL));
		}
		assert_int_equal(rig.driver->stats(rig.dev, &stats), 0);
		for (unsigned int q = 0; q < rig.queues; q++) {
			assert_int_equal(stats.tx[q].packets, 2000);
			assert_int_equal(stats.rx[q].packets, 2000);
			assert_int_equal(stats.rx[q].bytes, 2000 * 60);
		}
		assert_int_equal(stats.device.rx_packets, 4000 * rig.queues);
		rig_close(&rig);
	}
}

static void start_pool_too_small_gives_enobufs(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);

	(void)state;
	rig.bufs = 62; /* one under what the ring takes */
	rig_open(&rig);
	lines = 0;
	assert_int_equal(rig.driver->start(rig.dev), -ENOBUFS);
	assert_int_equal(lines, 1);
	assert_int_equal(rlb_pool_available(rig.pool), 62);
	rig_close(&rig);
}

static void start_each_allocation_failing_leaves_nothing(void **state)
{
	unsigned int k = 1;

	(void)state;
	for (;; k++) {
		struct rig rig = RIG_INIT(FAKE_NIC_82574);
		int err;

		rig.queues = 2;
		rig_open(&rig);
		lines = 0;
		inject_fail_at(k);
		err = rig.driver->start(rig.dev);
		if (!inject_failed()) {
			assert_int_equal(err, 0);
			rig_close(&rig);
			break;
		}
		assert_int_equal(err, -ENOMEM);
		assert_int_equal(lines, 1);
		assert_int_equal(rig.fake->rings_open, 0);
		assert_int_equal(rlb_pool_available(rig.pool), rig.bufs);
		rig_close(&rig);
	}
	assert_true(k > 8); /* two for each of four queues */
}

static void open_allocation_failing_gives_enomem(void **state)
{
	struct fake_nic *fake = fake_nic_open(FAKE_NIC_82574);
	struct rld_dev *dev;

	(void)state;
	lines = 0;
	inject_fail_at(1);
	assert_int_equal(e1000e_driver.open(&dev, &fake->nic), -ENOMEM);
	assert_true(inject_failed());
	assert_int_equal(lines, 1);
	fake_nic_close(fake);
}

static void start_ring_refused_leaves_nothing(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);

	(void)state;
	rig_open(&rig);
	rig.fake->fail_ring_open = -ENOSPC;
	assert_int_equal(rig.driver->start(rig.dev), -ENOSPC);
	assert_int_equal(rig.fake->rings_open, 0);
	assert_int_equal(rig.driver->start(rig.dev), 0);
	rig_close(&rig);
}

static void start_device_gone_gives_enodev(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);

	(void)state;
	rig_open(&rig);
	rig.fake->gone = true;
	lines = 0;
	assert_int_equal(rig.driver->start(rig.dev), -ENODEV);
	assert_int_equal(lines, 1);
	rig_close(&rig);
}

static void stop_that_fails_takes_the_bus_and_refuses_a_new_start(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);

	(void)state;
	rig_start(&rig);
	fake_nic_force(rig.fake, E1000_RCTL, 0, E1000_RCTL_EN);
	lines = 0;
	rig.driver->stop(rig.dev);
	assert_int_equal(lines, 1);
	assert_false(rig.fake->bus_master);
	rig.fake->forced[0].set = 0;
	assert_int_equal(rig.driver->start(rig.dev), -EIO);
	rig_close(&rig);
}

static void unplugged_device_stops_with_all_buffers(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);
	struct rlb_port_stats stats = {0};
	struct rlb_link link;

	(void)state;
	rig_start(&rig);
	traffic(&rig);
	rig.fake->gone = true;
	assert_int_equal(rig.driver->link(rig.dev, &link), -ENODEV);
	assert_int_equal(rig.driver->set_rx_mode(rig.dev), -ENODEV);
	assert_int_equal(rig.driver->irq(rig.dev), RLB_EVENT_REMOVED);
	assert_int_equal(rig.driver->stats(rig.dev, &stats), -ENODEV);
	assert_int_equal(stats.rx[0].packets, 20); /* what the driver itself knows */
	rig.driver->stop(rig.dev);
	assert_int_equal(rlb_pool_available(rig.pool), rig.bufs);
	rig_close(&rig);
}

static void irq_reports_a_link_change_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		struct rig rig = RIG_INIT(models[i]);
		struct rlb_port_stats stats = {0};
		uint32_t *icr, *status;

		rig_start(&rig);
		icr = fake_nic_reg(rig.fake, E1000_ICR);
		status = fake_nic_reg(rig.fake, E1000_STATUS);
		assert_int_equal(rig.driver->irq(rig.dev), 0);
		*icr = E1000_ICR_LSC;
		assert_int_equal(rig.driver->irq(rig.dev), RLB_EVENT_LINK);
		assert_int_equal(rig.driver->irq(rig.dev), 0);

		/* stats() reads the same register: the event must not get lost. */
		*icr = E1000_ICR_LSC | E1000_ICR_RXO;
		rig.driver->stats(rig.dev, &stats);
		/* With INTx, reading it would take back an interrupt that is on its way. */
		assert_int_equal(*icr,
				 models[i] == FAKE_NIC_82574 ? 0 : E1000_ICR_LSC | E1000_ICR_RXO);
		assert_int_equal(rig.driver->irq(rig.dev), RLB_EVENT_LINK);
		rig.driver->stats(rig.dev, &stats);
		assert_int_equal(stats.device.rx_overruns, 1);

		/* A change whose cause was cleared with another one's shows by its effect. */
		*status &= ~E1000_STATUS_LU;
		assert_int_equal(rig.driver->irq(rig.dev), RLB_EVENT_LINK);
		assert_int_equal(rig.driver->irq(rig.dev), 0);

		/* Overruns seen by irq() are counted too. */
		*icr = E1000_ICR_RXO;
		assert_int_equal(rig.driver->irq(rig.dev), 0);
		memset(&stats, 0, sizeof(stats));
		rig.driver->stats(rig.dev, &stats);
		assert_int_equal(stats.device.rx_overruns, 2);
		rig_close(&rig);
	}
}

static void rx_mode_of_a_stopped_port_is_set_by_start(void **state)
{
	struct rig rig = RIG_INIT(FAKE_NIC_82574);

	(void)state;
	rig_open(&rig);
	rig.dev->conf.promiscuous = true;
	assert_int_equal(rig.driver->set_rx_mode(rig.dev), 0);
	assert_int_equal(*fake_nic_reg(rig.fake, E1000_RCTL) & E1000_RCTL_UPE, 0);
	rig.driver->start(rig.dev);
	assert_true(*fake_nic_reg(rig.fake, E1000_RCTL) & E1000_RCTL_UPE);
	rig.dev->conf.promiscuous = false;
	assert_int_equal(rig.driver->set_rx_mode(rig.dev), 0);
	assert_int_equal(*fake_nic_reg(rig.fake, E1000_RCTL) & E1000_RCTL_UPE, 0);
	rig_close(&rig);
}

static void port_without_receive_or_transmit_queues_starts(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct rig rig = RIG_INIT(FAKE_NIC_82574);

		rig_open(&rig);
		if (i) {
			rig.dev->conf.rx_queues = 0;
			rig.dev->conf.pool = NULL;
		} else {
			rig.dev->conf.tx_queues = 0;
		}
		assert_int_equal(rig.driver->start(rig.dev), 0);
		assert_int_equal(!(*fake_nic_reg(rig.fake, E1000_RCTL) & E1000_RCTL_EN), i);
		assert_int_equal(!(*fake_nic_reg(rig.fake, E1000_TCTL) & E1000_TCTL_EN), !i);
		rig_close(&rig);
	}
}

#define TEST(f) cmocka_unit_test(f)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(probe_knows_its_devices),
		TEST(open_fills_caps_and_mac),
		TEST(open_that_fails_logs_once_and_leaves_nothing),
		TEST(open_forgets_the_last_owners_counts),
		TEST(stop_returns_every_buffer_a_hundred_times),
		TEST(start_pool_too_small_gives_enobufs),
		TEST(start_each_allocation_failing_leaves_nothing),
		TEST(open_allocation_failing_gives_enomem),
		TEST(start_ring_refused_leaves_nothing),
		TEST(start_device_gone_gives_enodev),
		TEST(stop_that_fails_takes_the_bus_and_refuses_a_new_start),
		TEST(unplugged_device_stops_with_all_buffers),
		TEST(irq_reports_a_link_change_once),
		TEST(rx_mode_of_a_stopped_port_is_set_by_start),
		TEST(port_without_receive_or_transmit_queues_starts),
	};

	rlb_log_set(RLB_LOG_ERR, count_line, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
