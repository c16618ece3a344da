/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "fwd.h"

/* Rows between two headings of the table. */
#define HEADING_EVERY 20

uint64_t fwd_lane_sums(struct fwd *fwd)
{
	uint64_t received = 0;

	for (unsigned int p = 0; p < fwd->opts.ports; p++)
		fwd->ports[p].tx_full = 0;
	for (unsigned int l = 0; l < fwd->lane_count; l++) {
		received += fwd->lanes[l].received;
		fwd->ports[fwd->lanes[l].to_index].tx_full += fwd->lanes[l].gave_up;
	}
	return received;
}

void fwd_table(struct fwd *fwd, double now, double seconds)
{
	static unsigned int rows;

	fwd_lane_sums(fwd);
	for (unsigned int p = 0; p < fwd->opts.ports; p++) {
		if (rows++ % HEADING_EVERY == 0)
			app_table_head();
		app_table_row(&fwd->ports[p], p, now - fwd->begin, seconds);
	}
}

void fwd_totals(struct fwd *fwd)
{
	for (unsigned int p = 0; p < fwd->opts.ports; p++)
		app_port_total(&fwd->ports[p], p);
}

static void lane_json(struct json *json, const struct fwd *fwd, const struct lane *lane)
{
	json_open(json, NULL, '{');
	json_u64(json, "from", lane->from_index);
	json_u64(json, "to", lane->to_index);
	json_u64(json, "queue", lane->queue);
	json_u64(json, "cpu", (uint64_t)fwd->opts.app.cpus[lane->worker]);
	json_u64(json, "received", lane->received);
	json_u64(json, "sent", lane->sent);
	json_u64(json, "tx_full", lane->gave_up);
	json_u64(json, "empty_bursts", lane->empty);
	json_u64(json, "bursts", lane->bursts);
	json_double(json, "packets_per_burst",
		    lane->bursts ? (double)lane->received / (double)lane->bursts : 0);
	json_double(json, "cycles_per_packet",
		    lane->received ? (double)lane->cycles / (double)lane->received : 0);
	json_close(json, '}');
}

void fwd_json(struct json *json, const void *arg)
{
	const struct fwd *fwd = arg;
	uint64_t received = 0, sent = 0, gave_up = 0;

	for (unsigned int l = 0; l < fwd->lane_count; l++) {
		received += fwd->lanes[l].received;
		sent += fwd->lanes[l].sent;
		gave_up += fwd->lanes[l].gave_up;
	}
	json_open(json, NULL, '{');
	json_string(json, "program", "rl-fwd");
	json_string(json, "ended_by", fwd->reason);
	json_double(json, "seconds", fwd->end - fwd->begin);
	json_u64(json, "received", received);
	json_u64(json, "sent", sent);
	json_u64(json, "tx_full", gave_up);
	json_u64(json, "leaked_buffers", fwd->leaked);
	json_open(json, "ports", '[');
	for (unsigned int p = 0; p < fwd->opts.ports; p++)
		app_port_json(json, &fwd->ports[p]);
	json_close(json, ']');
	json_open(json, "lanes", '[');
	for (unsigned int l = 0; l < fwd->lane_count; l++)
		lane_json(json, fwd, &fwd->lanes[l]);
	json_close(json, ']');
	json_close(json, '}');
}
