/* SPDX-License-Identifier: BSD-2-Clause */
/* A port as an app keeps it: what was last seen of it, its table row, its JSON, its end. */
#ifndef APP_PORT_H
#define APP_PORT_H

#include <ringlib/ringlib.h>

#include "json.h"

struct app_port {
	const char *uri;
	struct rlb_port *port; /* NULL once closed */
	struct rlb_port_info info;
	struct rlb_link link;	     /* as last read */
	struct rlb_link told;	     /* as the user knows it */
	struct rlb_port_stats stats; /* last read */
	uint64_t refusals[RLB_RULES_MAX];
	struct rlb_queue_error rx_error[RLB_QUEUES_MAX]; /* name NULL: has not stopped */
	struct rlb_queue_error tx_error[RLB_QUEUES_MAX];
	uint64_t tx_full; /* frames the app gave up on because the port took no more */
	bool ended;	  /* its source has no more frames */
	bool failed;	  /* the port, or a queue of it that the verifier stopped */
	bool removed;
	/* Sums at the last table row. */
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
};

/* Packets, bytes and drops of one direction's queues, added up. */
struct rlb_queue_stats app_queue_sum(const struct rlb_queue_stats *queues, unsigned int n);

/*
 * Open @port->uri. Return: APP_OK; else the exit code (the library said why). Numbers and names
 * that can not be right are APP_USAGE, everything else APP_FAILED.
 */
int app_port_open(struct app_port *port, const struct rlb_port_opts *opts);

/* Read counters, errors of queues and link. A device that is gone leaves what was last read. */
void app_port_refresh(struct app_port *port);

/*
 * Wait for the link, a few seconds: what is sent before may be lost. False, with a line on stderr:
 * there is none.
 */
bool app_port_wait_link(struct app_port *port);

/* Wait until the device has sent what it was given; at most @seconds, and not with link down. */
void app_port_flush(struct app_port *port, double seconds);

/* Stop and close, last counters read in between. Safe on a port that never opened. */
void app_port_close(struct app_port *port);

/**
 * app_ports_wait() - sleep until a port has news, a signal comes or @seconds have passed.
 * @events: RLB_EVENT_* of each port. Link changes are told on standard output unless @quiet;
 *	ended, failed and removed are noted in @ports, the last with a line on stderr.
 */
void app_ports_wait(struct app_port *ports, unsigned int n, double seconds, bool quiet,
		    unsigned int *events);

/* The table: rates since the last row, what was lost since the port was opened. */
void app_table_head(void);
void app_table_row(struct app_port *port, unsigned int index, double at, double seconds);

/* A line for each queue that the verifier has stopped. */
void app_port_tell_stopped(const struct app_port *port, unsigned int index);

/* Totals in a sentence or two for people, and that. */
void app_port_total(const struct app_port *port, unsigned int index);

void app_port_json(struct json *json, const struct app_port *port);

#endif
