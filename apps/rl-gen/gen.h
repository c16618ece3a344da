/* SPDX-License-Identifier: BSD-2-Clause */
/* rl-gen: its options, the sending half, the checking half. */
#ifndef RL_GEN_H
#define RL_GEN_H

#include <stdatomic.h>

#include "../options.h"
#include "../port.h"
#include "frame.h"
#include "track.h"

struct gen_opts {
	struct app_opts app;
	const char *tx, *rx; /* URIs, NULL: not this side */
	unsigned int size_min, size_max;
	bool imix;
	const char *capture;
	uint64_t rate;	/* packets a second; 0: as fast as possible */
	uint64_t count; /* 0: no limit */
	double seconds; /* 0: no limit */
	uint8_t dst_mac[6], src_mac[6];
	bool has_src_mac;
	unsigned int flows;
	unsigned int stream;
	unsigned int drain_ms;
	bool allow_loss;
};

/* The sending half. Worked by one thread. */
struct gen_tx {
	/* Constant while it runs. */
	const struct gen_opts *opts;
	struct rlb_port *port;
	struct rlb_pool *pool;
	const struct capture *capture; /* what to send; NULL: made frames */
	uint64_t count;		       /* to send; UINT64_MAX: no limit */

	atomic_bool stop; /* asked to end by the control thread */

	/* The worker's; read by the control thread. */
	RLB_CACHE_ALIGNED atomic_bool done;
	uint64_t made; /* frames, some perhaps not yet sent */
	uint64_t sent, bytes;
	double ended_at; /* by app_now() */
	uint64_t queue_made[RLB_QUEUES_MAX];
	double paced_from; /* when the rate's clock began, and how much was made then */
	uint64_t paced_made;
	unsigned int queue;	  /* of the frames held */
	unsigned int first, last; /* frames held: bufs[first..last - 1] */
	struct rlb_buf *bufs[APP_BURST_MAX];
	uint8_t frame[FRAME_BYTES_MAX]; /* one that takes more than a buffer */
};

/* The checking half. Worked by one thread. */
struct gen_rx {
	const struct gen_opts *opts;
	struct rlb_port *port;
	const struct capture *capture;
	uint64_t *capture_got;	 /* for each distinct frame of it, how often it came */
	const struct gen_tx *tx; /* NULL: someone else sends */

	atomic_bool stop;  /* asked to end by the control thread */
	atomic_bool ended; /* the source has no more frames */

	RLB_CACHE_ALIGNED atomic_bool done;
	uint64_t packets, bytes;   /* whole ones of our stream, first copies and others */
	uint64_t foreign, corrupt; /* not ours; ours, but changed */
	uint64_t in_place;	   /* capture: frame that is expected next */
	uint64_t reordered;	   /* capture */
	uint64_t delay_sum_us;
	uint32_t delay_min_us, delay_max_us;
	double first_at, last_packet_at; /* by app_now(); 0: none yet */
	double quiet_from;		 /* nothing has come since, and all was sent */
	struct track track;
	uint8_t frame[UINT16_MAX]; /* a chain's segments in a row */
};

/* What is known at the end. */
struct gen_result {
	uint64_t expected; /* frames that should have come */
	uint64_t lost, duplicated, reordered;
	bool good;
};

struct gen {
	struct gen_opts opts;
	struct app_port ports[2];
	unsigned int port_count;
	struct app_port *tx_port, *rx_port; /* into the above; the same one perhaps */
	struct capture *capture;
	struct rlb_pool *pool;
	struct rlb_workers *workers;
	unsigned int worker_count;
	struct gen_tx tx;
	struct gen_rx rx;
	struct gen_result result;
	double begin, end;
	const char *reason;
	unsigned int leaked;
	bool timed_out; /* by --duration */
	bool stalled;
};

/* Fills @opts; ends the program where the arguments can not be right, and after --help. */
void gen_args(struct gen_opts *opts, int argc, char **argv);

/* A turn of each half. */
void gen_tx_turn(struct gen_tx *tx);
void gen_rx_turn(struct gen_rx *rx);

/* Frames for queue @q before its @made-th, and which flow and number that one has. */
uint64_t gen_flow_of(const struct gen_opts *opts, unsigned int q, uint64_t made, uint64_t *seq);

void gen_judge(struct gen *gen);
void gen_totals(const struct gen *gen);
void gen_json(struct json *json, const void *gen);

#endif
