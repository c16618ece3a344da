/* SPDX-License-Identifier: BSD-2-Clause */
/* rl-fwd: its options, its lanes, its run. */
#ifndef RL_FWD_H
#define RL_FWD_H

#include <stdatomic.h>

#include "../options.h"
#include "../port.h"

#define FWD_PORTS_MAX 16

struct fwd_opts {
	struct app_opts app;
	const char *uris[FWD_PORTS_MAX];
	unsigned int ports;
	bool swap_mac;
	bool promiscuous;
	double seconds; /* 0: no limit */
	uint64_t count; /* 0: no limit */
	bool dump_regs; /* instead of forwarding */
};

/* What a lane is to do; told by the control thread. */
enum lane_order {
	LANE_RUN,
	LANE_DRAIN,  /* go on until nothing more comes */
	LANE_FINISH, /* receive no more, send what is held */
	LANE_STOP,
};

/* One queue of one port into the same queue of its peer, worked by one thread. */
struct lane {
	/* Control thread to worker. */
	atomic_uint order;

	/* Constant while it runs. */
	struct rlb_port *from, *to;
	unsigned int from_index, to_index, queue, worker;
	unsigned int burst;
	bool swap_mac;
	bool hold; /* the source can wait: rather hold frames than give up on them */
	atomic_int_fast64_t *budget; /* frames all lanes together may still take; NULL: no limit */

	/* The worker's; read by the control thread. */
	RLB_CACHE_ALIGNED atomic_bool done; /* touches neither port any more */
	uint64_t received, sent, gave_up;
	uint64_t empty;		  /* bursts without a frame */
	uint64_t bursts;	  /* the others */
	uint64_t cycles;	  /* spent on the latter */
	unsigned int idle;	  /* empty ones in a row */
	unsigned int first, last; /* frames held: bufs[first..last - 1] */
	struct rlb_buf *bufs[APP_BURST_MAX];
};

struct fwd {
	struct fwd_opts opts;
	struct app_port ports[FWD_PORTS_MAX];
	struct lane *lanes; /* ports * queues of them */
	unsigned int lane_count;
	struct rlb_pool *pool;
	struct rlb_workers *workers;
	atomic_int_fast64_t budget;
	double begin, end;   /* by app_now() */
	const char *reason;  /* why it ended */
	unsigned int leaked; /* buffers */
};

/* Fills @opts; ends the program where the arguments can not be right, and after --help. */
void fwd_args(struct fwd_opts *opts, int argc, char **argv);

/* rlb_worker_fn; @arg: struct fwd. Works its lanes until each is done, or rlb_stop(). */
int fwd_worker(unsigned int worker, void *arg);

/* What the lanes have received and given up, into @ports' tx_full and the return value. */
uint64_t fwd_lane_sums(struct fwd *fwd);

/* The live table, and what is printed at the end. */
void fwd_table(struct fwd *fwd, double now, double seconds);
void fwd_totals(struct fwd *fwd);
void fwd_json(struct json *json, const void *fwd);

/* The registers of its started ports, for people and as JSON. Return: an exit code. */
int fwd_dump(const struct fwd *fwd);

#endif
