/* SPDX-License-Identifier: BSD-2-Clause */
/* rl-fwd: forward packets between ports in pairs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fwd.h"

#define TICK_SECONDS	0.05 /* how late a limit may be noticed */
#define FLUSH_SECONDS	1.0  /* for a NIC to send what it holds */
#define WIND_UP_SECONDS 1.0  /* for frames between two ports when a lane ends */
#define STUCK_SECONDS	5.0  /* no turn of a worker takes as long */

/* Where port @index sends: 0 to 1, 1 to 0, 2 to 3, …; a lone last one to itself. */
static unsigned int peer_of(const struct fwd *fwd, unsigned int index)
{
	unsigned int peer = index ^ 1;

	return peer < fwd->opts.ports ? peer : index;
}

static int open_ports(struct fwd *fwd)
{
	struct rlb_port_opts opts = app_port_opts(&fwd->opts.app, fwd->pool);
	int code = APP_OK;

	opts.promiscuous = fwd->opts.promiscuous;
	for (unsigned int p = 0; p < fwd->opts.ports && !code; p++) {
		fwd->ports[p].uri = fwd->opts.uris[p];
		code = app_port_open(&fwd->ports[p], &opts);
	}
	return code;
}

/* A source without a ring has nothing that could overflow: it waits as long as it takes. */
static bool can_wait(const struct app_port *port)
{
	return port->info.rx_slots == 0;
}

static int start_ports(struct fwd *fwd)
{
	for (unsigned int p = 0; p < fwd->opts.ports; p++) {
		if (rlb_port_start(fwd->ports[p].port))
			return APP_FAILED;
	}
	for (unsigned int p = 0; p < fwd->opts.ports; p++) {
		if (can_wait(&fwd->ports[p]) && !app_port_wait_link(&fwd->ports[peer_of(fwd, p)]))
			return APP_FAILED;
	}
	return APP_OK;
}

static int make_lanes(struct fwd *fwd)
{
	const struct fwd_opts *o = &fwd->opts;

	fwd->lane_count = o->ports * o->app.queues;
	fwd->lanes = aligned_alloc(RLB_CACHE_LINE, fwd->lane_count * sizeof(struct lane));
	if (!fwd->lanes) {
		app_error("no memory for %u lanes", fwd->lane_count);
		return APP_FAILED;
	}
	memset(fwd->lanes, 0, fwd->lane_count * sizeof(struct lane));
	if (!fwd->opts.app.cpu_count)
		fwd->opts.app.cpu_count = app_pick_cpus(
			fwd->opts.app.cpus,
			fwd->lane_count < APP_CPUS_MAX ? fwd->lane_count : APP_CPUS_MAX);
	atomic_store(&fwd->budget, (int_fast64_t)o->count);
	for (unsigned int l = 0; l < fwd->lane_count; l++) {
		struct lane *lane = &fwd->lanes[l];

		lane->from_index = l / o->app.queues;
		lane->to_index = peer_of(fwd, lane->from_index);
		lane->queue = l % o->app.queues;
		lane->worker = l % fwd->opts.app.cpu_count;
		lane->from = fwd->ports[lane->from_index].port;
		lane->to = fwd->ports[lane->to_index].port;
		lane->burst = o->app.burst;
		lane->swap_mac = o->swap_mac;
		lane->hold = can_wait(&fwd->ports[lane->from_index]);
		lane->budget = o->count ? &fwd->budget : NULL;
	}
	return APP_OK;
}

static int start_workers(struct fwd *fwd)
{
	struct rlb_workers_opts opts = {.size = sizeof(opts)};
	int err;

	opts.count = fwd->opts.app.cpu_count < fwd->lane_count ? fwd->opts.app.cpu_count
							       : fwd->lane_count;
	opts.cpus = fwd->opts.app.cpus;
	err = rlb_workers_start(&fwd->workers, &opts, fwd_worker, fwd);
	return !err ? APP_OK : err == -EINVAL ? APP_USAGE : APP_FAILED;
}

static bool touches(const struct lane *lane, unsigned int port)
{
	return lane->from_index == port || lane->to_index == port;
}

static void give_order(struct fwd *fwd, unsigned int port, enum lane_order order)
{
	for (unsigned int l = 0; l < fwd->lane_count; l++) {
		if (touches(&fwd->lanes[l], port))
			atomic_store(&fwd->lanes[l].order, order);
	}
}

/* The lanes of @port, or all of them (@port -1): are they done? */
static bool lanes_done(const struct fwd *fwd, int port)
{
	for (unsigned int l = 0; l < fwd->lane_count; l++) {
		if ((port < 0 || touches(&fwd->lanes[l], (unsigned int)port)) &&
		    !atomic_load_explicit(&fwd->lanes[l].done, memory_order_acquire))
			return false;
	}
	return true;
}

/* On return no worker uses @port. One that is stuck in a burst function ends the program. */
static void stop_lanes(struct fwd *fwd, unsigned int port)
{
	double end = app_now() + STUCK_SECONDS;

	give_order(fwd, port, LANE_STOP);
	while (!lanes_done(fwd, (int)port)) {
		if (app_now() > end) {
			app_error("port %u %s: a worker is stuck in it; give up", port,
				  fwd->ports[port].uri);
			_exit(APP_FAILED);
		}
		usleep(1000);
	}
}

/* Port @index is gone: the system waits for us to let go. Its partner has nothing left to do. */
static void on_removed(struct fwd *fwd, unsigned int index)
{
	stop_lanes(fwd, index);
	app_port_close(&fwd->ports[index]);
	app_port_flush(&fwd->ports[peer_of(fwd, index)], FLUSH_SECONDS);
	app_port_close(&fwd->ports[peer_of(fwd, index)]);
}

/* Nothing more comes from port @index; what came is still to be sent. */
static void on_end(struct fwd *fwd, unsigned int index)
{
	for (unsigned int l = 0; l < fwd->lane_count; l++) {
		if (fwd->lanes[l].from_index == index)
			atomic_store(&fwd->lanes[l].order, LANE_DRAIN);
	}
}

/* Port @index's lanes come to an end by @order if that is soon done, and else at once. */
static void wind_up(struct fwd *fwd, unsigned int index, enum lane_order order)
{
	double end = app_now() + WIND_UP_SECONDS;

	give_order(fwd, index, order);
	while (!lanes_done(fwd, (int)index) && app_now() < end)
		usleep(1000);
	stop_lanes(fwd, index);
}

static void handle(struct fwd *fwd, const unsigned int *events)
{
	for (unsigned int p = 0; p < fwd->opts.ports; p++) {
		if (events[p] & RLB_EVENT_REMOVED)
			on_removed(fwd, p);
		else if (events[p] & (RLB_EVENT_ERROR | RLB_EVENT_QUEUE_ERROR))
			wind_up(fwd, p, LANE_DRAIN);
		else if (events[p] & RLB_EVENT_END)
			on_end(fwd, p);
	}
}

static const char *why_done(const struct fwd *fwd)
{
	const char *why = "end";

	for (unsigned int p = 0; p < fwd->opts.ports; p++) {
		if (fwd->ports[p].removed)
			return "removed";
		if (fwd->ports[p].failed)
			why = "error";
	}
	return why;
}

/* The reason to end, or NULL. */
static const char *ended(struct fwd *fwd, double now)
{
	if (!rlb_running())
		return "signal";
	if (lanes_done(fwd, -1))
		return why_done(fwd);
	if (fwd->opts.seconds && now - fwd->begin >= fwd->opts.seconds)
		return "duration";
	if (fwd->opts.count && fwd_lane_sums(fwd) >= fwd->opts.count)
		return "count";
	return NULL;
}

/* Frames that come from now on are forwarded. */
static void tell_ready(const struct fwd *fwd)
{
	for (unsigned int p = 0; p < fwd->opts.ports; p++) {
		unsigned int peer = peer_of(fwd, p);

		if (peer == p)
			printf("ready: port %u %s <-> itself\n", p, fwd->ports[p].uri);
		else if (peer > p)
			printf("ready: port %u %s <-> port %u %s\n", p, fwd->ports[p].uri, peer,
			       fwd->ports[peer].uri);
	}
}

/* The control thread while workers forward: news of ports, limits, the table. */
static void watch(struct fwd *fwd)
{
	unsigned int events[FWD_PORTS_MAX];
	double table = fwd->begin, now;

	for (;;) {
		app_ports_wait(fwd->ports, fwd->opts.ports, TICK_SECONDS, fwd->opts.app.quiet,
			       events);
		handle(fwd, events);
		now = app_now();
		fwd->reason = ended(fwd, now);
		if (fwd->reason)
			return;
		if (!fwd->opts.app.quiet && now - table >= 1) {
			fwd_table(fwd, now, now - table);
			table = now;
		}
	}
}

static int run(struct fwd *fwd)
{
	int code = start_ports(fwd);

	if (!code && fwd->opts.dump_regs)
		return fwd_dump(fwd);
	if (!code)
		code = make_lanes(fwd);
	fwd->begin = app_now();
	if (!code)
		code = start_workers(fwd);
	if (code)
		return code;
	if (!fwd->opts.app.quiet)
		tell_ready(fwd);
	watch(fwd);
	fwd->end = app_now();
	for (unsigned int p = 0; p < fwd->opts.ports; p++)
		wind_up(fwd, p, LANE_FINISH);
	rlb_workers_join(fwd->workers);
	fwd_lane_sums(fwd);
	for (unsigned int p = 0; p < fwd->opts.ports; p++)
		app_port_flush(&fwd->ports[p], FLUSH_SECONDS);
	return APP_OK;
}

static void close_all(struct fwd *fwd)
{
	for (unsigned int p = 0; p < fwd->opts.ports; p++)
		app_port_close(&fwd->ports[p]);
	fwd->leaked = rlb_pool_destroy(fwd->pool);
	fwd->pool = NULL;
}

static int report(struct fwd *fwd)
{
	int code = fwd->leaked ? APP_FAILED : APP_OK;

	for (unsigned int p = 0; p < fwd->opts.ports; p++) {
		if (fwd->ports[p].failed || fwd->ports[p].removed)
			code = APP_FAILED;
	}
	if (!fwd->opts.app.quiet)
		fwd_totals(fwd);
	return json_to(fwd->opts.app.json, fwd_json, fwd) ? APP_FAILED : code;
}

int main(int argc, char **argv)
{
	static struct fwd fwd;
	int code;

	app_start("rl-fwd");
	fwd_args(&fwd.opts, argc, argv);
	rlb_stop_on_signals();
	code = app_pool_open(&fwd.pool, &fwd.opts.app, fwd.opts.ports, fwd.opts.uris[0]);
	if (!code)
		code = open_ports(&fwd);
	if (!code)
		code = run(&fwd);
	close_all(&fwd);
	if (!code && !fwd.opts.dump_regs)
		code = report(&fwd);
	free(fwd.lanes);
	return code;
}
