/* SPDX-License-Identifier: BSD-2-Clause */
/* rl-gen: send numbered packets, check what comes back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "gen.h"

#define TICK_SECONDS  0.05
#define STALL_SECONDS 5.0 /* a port that takes nothing for so long will not take any more */
#define FLUSH_SECONDS 1.0
#define HEADING_EVERY 20

/* The MTU that the longest frame needs, unless --mtu asks for more. */
static void raise_mtu(struct gen *gen)
{
	unsigned int bytes = gen->opts.imix ? 1514 : gen->opts.size_max;

	if (gen->capture)
		bytes = gen->capture->bytes_max;
	if (bytes > gen->opts.app.mtu + RLB_FRAME_OVERHEAD)
		gen->opts.app.mtu = bytes - RLB_FRAME_OVERHEAD;
	if (gen->opts.app.mtu > RLB_MTU_MAX)
		gen->opts.app.mtu = RLB_MTU_MAX;
}

static int open_ports(struct gen *gen)
{
	struct rlb_port_opts opts = app_port_opts(&gen->opts.app, gen->pool);
	static const uint8_t no_mac[6];
	int code = APP_OK;

	opts.promiscuous = true;
	for (unsigned int p = 0; p < gen->port_count && !code; p++)
		code = app_port_open(&gen->ports[p], &opts);
	if (!code && gen->tx_port && !gen->opts.has_src_mac &&
	    memcmp(gen->tx_port->info.mac, no_mac, 6) != 0)
		memcpy(gen->opts.src_mac, gen->tx_port->info.mac, 6);
	return code;
}

static void pick_ports(struct gen *gen)
{
	if (gen->opts.rx) {
		gen->rx_port = &gen->ports[gen->port_count++];
		gen->rx_port->uri = gen->opts.rx;
	}
	if (gen->opts.rx && gen->opts.tx && strcmp(gen->opts.rx, gen->opts.tx) == 0) {
		gen->tx_port = gen->rx_port;
	} else if (gen->opts.tx) {
		gen->tx_port = &gen->ports[gen->port_count++];
		gen->tx_port->uri = gen->opts.tx;
	}
}

static int start_ports(struct gen *gen)
{
	for (unsigned int p = 0; p < gen->port_count; p++) {
		if (rlb_port_start(gen->ports[p].port))
			return APP_FAILED;
	}
	for (unsigned int p = 0; p < gen->port_count; p++) {
		if (!app_port_wait_link(&gen->ports[p]))
			return APP_FAILED;
	}
	return APP_OK;
}

static int make_halves(struct gen *gen)
{
	struct gen_opts *opts = &gen->opts;

	atomic_store(&gen->tx.done, !gen->tx_port);
	atomic_store(&gen->rx.done, !gen->rx_port);
	if (gen->tx_port) {
		gen->tx.opts = opts;
		gen->tx.port = gen->tx_port->port;
		gen->tx.pool = gen->pool;
		gen->tx.capture = gen->capture;
		gen->tx.count = opts->count ? opts->count : UINT64_MAX;
		if (gen->capture && !opts->count && !opts->seconds)
			gen->tx.count = gen->capture->count;
	}
	if (gen->rx_port) {
		gen->rx.opts = opts;
		gen->rx.port = gen->rx_port->port;
		gen->rx.capture = gen->capture;
		gen->rx.tx = gen->tx_port ? &gen->tx : NULL;
		if (gen->capture)
			gen->rx.capture_got = calloc(gen->capture->count, sizeof(uint64_t));
		if (track_init(&gen->rx.track, FRAME_FLOWS_MAX) ||
		    (gen->capture && !gen->rx.capture_got)) {
			app_error("no memory to keep account of what is received");
			return APP_FAILED;
		}
	}
	return APP_OK;
}

/* No more is sent; what is under way may still come. Nobody else tells a lone receiver to end. */
static void stop(struct gen *gen)
{
	atomic_store(&gen->tx.stop, true);
	if (!gen->tx_port)
		atomic_store(&gen->rx.stop, true);
}

/* Two workers do a half each, a lone one does both. */
static int worker_main(unsigned int worker, void *arg)
{
	struct gen *gen = arg;
	bool both = gen->worker_count == 1;
	bool alive = true;

	while (alive) {
		alive = false;
		if (!rlb_running())
			stop(gen);
		if ((both || worker == 0) && !atomic_load(&gen->rx.done)) {
			gen_rx_turn(&gen->rx);
			alive = true;
		}
		if ((both || worker == 1) && !atomic_load(&gen->tx.done)) {
			gen_tx_turn(&gen->tx);
			alive = true;
		}
	}
	return 0;
}

static int start_workers(struct gen *gen)
{
	struct rlb_workers_opts opts = {.size = sizeof(opts)};
	struct app_opts *app = &gen->opts.app;
	unsigned int halves = (gen->tx_port != NULL) + (gen->rx_port != NULL);
	int err;

	if (!app->cpu_count)
		app->cpu_count = app_pick_cpus(app->cpus, halves);
	gen->worker_count = app->cpu_count < halves ? app->cpu_count : halves;
	opts.count = gen->worker_count;
	opts.cpus = app->cpus;
	err = rlb_workers_start(&gen->workers, &opts, worker_main, gen);
	return !err ? APP_OK : err == -EINVAL ? APP_USAGE : APP_FAILED;
}

static void table(struct gen *gen, double now, double seconds)
{
	static unsigned int rows;

	for (unsigned int p = 0; p < gen->port_count; p++) {
		if (rows++ % HEADING_EVERY == 0)
			app_table_head();
		app_table_row(&gen->ports[p], p, now - gen->begin, seconds);
	}
}

static void handle(struct gen *gen, const unsigned int *events)
{
	for (unsigned int p = 0; p < gen->port_count; p++) {
		if (events[p] & (RLB_EVENT_REMOVED | RLB_EVENT_ERROR | RLB_EVENT_QUEUE_ERROR)) {
			stop(gen);
			atomic_store(&gen->rx.stop, true);
		} else if (events[p] & RLB_EVENT_END && &gen->ports[p] == gen->rx_port) {
			atomic_store_explicit(&gen->rx.ended, true, memory_order_release);
		}
	}
}

/* True when the sender has held frames for too long. */
static bool stalls(struct gen *gen, double now)
{
	static double since;
	static uint64_t sent;

	if (gen->tx.sent != sent || gen->tx.made == gen->tx.sent || !since) {
		since = now;
		sent = gen->tx.sent;
	}
	return now - since > STALL_SECONDS;
}

static void watch(struct gen *gen)
{
	unsigned int events[2];
	double last = gen->begin, now = gen->begin;

	while (rlb_workers_alive(gen->workers)) {
		app_ports_wait(gen->ports, gen->port_count, TICK_SECONDS, gen->opts.app.quiet,
			       events);
		handle(gen, events);
		now = app_now();
		if (gen->opts.seconds && now - gen->begin >= gen->opts.seconds) {
			gen->timed_out = true;
			stop(gen);
		}
		if (!gen->stalled && !atomic_load(&gen->tx.done) && stalls(gen, now)) {
			gen->stalled = true;
			app_error("%s: takes no frames for %.0f s; check the link", gen->opts.tx,
				  STALL_SECONDS);
			stop(gen);
		}
		if (!gen->opts.app.quiet && now - last >= 1) {
			table(gen, now, now - last);
			last = now;
		}
	}
}

static const char *why(const struct gen *gen)
{
	for (unsigned int p = 0; p < gen->port_count; p++) {
		if (gen->ports[p].removed)
			return "removed";
		if (gen->ports[p].failed)
			return "error";
	}
	if (gen->stalled)
		return "stall";
	if (!rlb_running())
		return "signal";
	if (gen->timed_out)
		return "duration";
	return gen->tx_port ? "count" : "end";
}

static int run(struct gen *gen)
{
	int code = start_ports(gen);

	if (!code)
		code = make_halves(gen);
	gen->begin = gen->tx.paced_from = app_now();
	if (!code)
		code = start_workers(gen);
	if (code)
		return code;
	watch(gen);
	rlb_workers_join(gen->workers);
	gen->end = app_now();
	gen->reason = why(gen);
	if (gen->tx_port)
		app_port_flush(gen->tx_port, FLUSH_SECONDS);
	return APP_OK;
}

static int report(struct gen *gen)
{
	gen_judge(gen);
	if (!gen->opts.app.quiet)
		gen_totals(gen);
	if (json_to(gen->opts.app.json, gen_json, gen))
		return APP_FAILED;
	return gen->result.good ? APP_OK : APP_FAILED;
}

int main(int argc, char **argv)
{
	static struct gen gen;
	int code = APP_OK;

	app_start("rl-gen");
	gen_args(&gen.opts, argc, argv);
	rlb_stop_on_signals();
	pick_ports(&gen);
	if (gen.opts.capture)
		code = capture_open(&gen.capture, gen.opts.capture);
	if (!code) {
		raise_mtu(&gen);
		code = app_pool_open(&gen.pool, &gen.opts.app, gen.port_count, gen.ports[0].uri);
	}
	if (!code)
		code = open_ports(&gen);
	if (!code)
		code = run(&gen);
	for (unsigned int p = 0; p < gen.port_count; p++)
		app_port_close(&gen.ports[p]);
	gen.leaked = rlb_pool_destroy(gen.pool);
	if (!code)
		code = report(&gen);
	track_fini(&gen.rx.track);
	free(gen.rx.capture_got);
	capture_close(gen.capture);
	return code;
}
