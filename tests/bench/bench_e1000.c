/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cost of the e1000 driver without a device: against tests/unit/fake_nic.c, which writes
 * descriptors back and touches no packet memory.
 *
 *	bench_e1000 [METRIC...]		cycles of receive plus transmit, a frame
 *	bench_e1000 --insns rx|tx N [verify]
 *					N bursts for callgrind, which is to count counted_rx() or
 *					counted_tx() only; verify: with verified doorbells
 *
 * Receive includes the refill and so the allocation, transmit includes the reclaim and so the
 * free. Empty polls are not in the cycles. DPDK's driver cannot be put on the fake NIC, so the
 * cycles have no peer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ringlib/buf.h>
#include <ringlib/pool.h>
#include <ringlib/thread.h>

#include "bench.h"
#include "driver/e1000/e1000.h"
#include "fake_nic.h"

#define BURST	    32u
#define FRAME_BYTES 60u
#define SLOTS	    256u
#define BUFS	    2048u
#define WARM_UP	    64u /* bursts: more than once around the rings */
#define FRAMES	    8192u
#define SLICES	    401u

static struct fake_nic *fake;
static struct rlb_pool *pool;
static struct rld_dev *dev;
static bool stop_device, verify;

static void start(void)
{
	struct rlb_pool_opts opts = RLB_POOL_OPTS_INIT;

	rlb_thread_register();
	opts.count = BUFS;
	fake = fake_nic_open(FAKE_NIC_82574);
	if (!fake || rlb_pool_create(&pool, &opts) || e1000e_driver.open(&dev, &fake->nic))
		bench_fail("the fake NIC could not be opened");
	if (verify)
		fake_nic_verify(fake);
	dev->driver = &e1000e_driver;
	dev->conf = (struct rld_conf){
		.pool = pool,
		.rx_queues = 1,
		.tx_queues = 1,
		.rx_slots = SLOTS,
		.tx_slots = SLOTS,
		.mtu = 1500,
	};
	if (e1000e_driver.start(dev))
		bench_fail("the driver did not start");
}

static inline unsigned int rx(struct rlb_buf **bufs)
{
	return dev->rxq[0].burst(dev->rxq[0].queue, bufs, BURST);
}

static inline unsigned int tx(struct rlb_buf *const *bufs, unsigned int n)
{
	return dev->txq[0].burst(dev->txq[0].queue, bufs, n);
}

/* callgrind counts from entry to return of these. */
unsigned int counted_rx(struct rlb_buf **bufs);
__attribute__((noinline)) unsigned int counted_rx(struct rlb_buf **bufs)
{
	return rx(bufs);
}

unsigned int counted_tx(struct rlb_buf *const *bufs);
__attribute__((noinline)) unsigned int counted_tx(struct rlb_buf *const *bufs)
{
	return tx(bufs, BURST);
}

static void count_rx(unsigned int bursts)
{
	struct rlb_buf *bufs[BURST];

	for (unsigned int i = 0; i < WARM_UP + bursts; i++) {
		unsigned int n;

		fake_nic_rx_fast(fake, 0, BURST, FRAME_BYTES);
		n = i < WARM_UP ? rx(bufs) : counted_rx(bufs);
		if (n != BURST)
			bench_fail("a receive burst was not full");
		rlb_buf_free_bulk(bufs, n);
	}
}

static void count_tx(unsigned int bursts)
{
	struct rlb_buf *bufs[BURST];

	for (unsigned int i = 0; i < WARM_UP + bursts; i++) {
		unsigned int n;

		if (rlb_buf_alloc_bulk(pool, bufs, BURST))
			bench_fail("no buffers");
		for (unsigned int k = 0; k < BURST; k++)
			rlb_buf_append(bufs[k], FRAME_BYTES);
		n = i < WARM_UP ? tx(bufs, BURST) : counted_tx(bufs);
		if (n != BURST)
			bench_fail("a transmit burst was not accepted");
		fake_nic_tx_fast(fake, 0, BURST);
	}
}

/* Forward what is there. Return: frames; *@cycles grows by what they cost, an empty poll is free.
 */
static unsigned int forward(uint64_t *cycles)
{
	struct rlb_buf *bufs[BURST];
	uint64_t begin = __rdtsc();
	unsigned int n = rx(bufs), sent;

	if (n == 0)
		return 0;
	sent = tx(bufs, n);
	*cycles += __rdtsc() - begin;
	if (sent != n)
		rlb_buf_free_bulk(bufs + sent, n - sent);
	return n;
}

static double hot_slice(const void *arg)
{
	unsigned int frames = 0;
	uint64_t cycles = 0;

	(void)arg;
	while (frames < FRAMES) {
		unsigned int n;

		fake_nic_rx_fast(fake, 0, BURST, FRAME_BYTES);
		n = forward(&cycles);
		if (n != BURST)
			bench_fail("a receive burst was not full");
		frames += n;
		fake_nic_tx_fast(fake, 0, BURST);
	}
	return (double)cycles / frames;
}

static void device_main(const void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop_device, __ATOMIC_ACQUIRE)) {
		fake_nic_tx_fast(fake, 0, BURST);
		fake_nic_rx_fast(fake, 0, BURST, FRAME_BYTES);
	}
}

static double cross_slice(const void *arg)
{
	unsigned int frames = 0;
	uint64_t cycles = 0;

	(void)arg;
	stop_device = false;
	bench_partner_start(device_main, NULL);
	bench_partner_go();
	while (frames < FRAMES)
		frames += forward(&cycles);
	__atomic_store_n(&stop_device, true, __ATOMIC_RELEASE);
	bench_partner_wait();
	return (double)cycles / frames;
}

int main(int argc, char **argv)
{
	if (argc >= 4 && strcmp(argv[1], "--insns") == 0) {
		verify = argc == 5 && strcmp(argv[4], "verify") == 0;
		start();
		if (strcmp(argv[2], "rx") == 0)
			count_rx((unsigned int)atoi(argv[3]));
		else
			count_tx((unsigned int)atoi(argv[3]));
		return 0;
	}
	bench_init(argc, argv);
	if (bench_wanted("e1000.fwd.burst32.hot.cycles")) {
		start();
		bench_alone("e1000.fwd.burst32.hot.cycles", "cycles", SLICES, hot_slice);
	}
	if (bench_wanted("e1000.fwd.burst32.cross.cycles")) {
		if (bench_other_cpu() < 0)
			bench_fail("this process has one CPU only");
		if (!dev)
			start();
		bench_alone("e1000.fwd.burst32.cross.cycles", "cycles", SLICES, cross_slice);
	}
	return 0;
}
