/* SPDX-License-Identifier: BSD-2-Clause */
/* What became of the packets, and whether that is well. */
#include <stdio.h>
#include <stdlib.h>

#include "capture.h"
#include "gen.h"

static uint64_t tx_drops(const struct gen *gen)
{
	struct rlb_queue_stats sum = app_queue_sum(gen->tx_port->stats.tx, RLB_QUEUES_MAX);
	uint64_t drops = 0;

	for (unsigned int i = 0; i < RLB_DROP_CAUSES; i++)
		drops += sum.drops[i];
	return drops;
}

/* How often distinct frame @index was sent in @sent frames of the capture, over and over. */
static uint64_t copies_sent(const struct capture *capture, uint32_t index, uint64_t sent)
{
	uint64_t copies = 0;

	for (uint32_t i = index; i < capture->count; i++) {
		if (capture->frames[i].same_as == index)
			copies += sent / capture->count + (i < sent % capture->count);
	}
	return copies;
}

static void judge_capture(struct gen *gen)
{
	const struct capture *capture = gen->capture;
	struct gen_result *result = &gen->result;

	for (uint32_t i = 0; i < capture->count; i++) {
		uint64_t want, got = gen->rx.capture_got[i];

		if (capture->frames[i].same_as != i)
			continue;
		want = copies_sent(capture, i, result->expected);
		if (got < want)
			result->lost += want - got;
		else
			result->duplicated += got - want;
	}
	result->reordered = gen->rx.reordered;
}

static void judge_made(struct gen *gen)
{
	const struct track *track = &gen->rx.track;
	struct gen_result *result = &gen->result;

	if (result->expected > track->unique)
		result->lost = result->expected - track->unique;
	result->duplicated = track->duplicated;
	result->reordered = track->reordered;
}

void gen_judge(struct gen *gen)
{
	struct gen_result *result = &gen->result;

	if (gen->tx_port)
		result->expected = gen->tx.sent;
	else if (gen->opts.count)
		result->expected = gen->opts.count;
	else
		result->expected = gen->capture ? gen->capture->count
						: gen->rx.track.unique + gen->rx.track.missing;
	if (!gen->rx_port)
		result->lost = tx_drops(gen);
	else if (gen->capture)
		judge_capture(gen);
	else
		judge_made(gen);
	result->good = (gen->opts.allow_loss || !result->lost) && !result->duplicated &&
		       !gen->rx.corrupt && !gen->stalled && !gen->leaked && result->expected;
	for (unsigned int p = 0; p < gen->port_count; p++) {
		if (gen->ports[p].failed || gen->ports[p].removed)
			result->good = false;
	}
}

void gen_totals(const struct gen *gen)
{
	const struct gen_result *result = &gen->result;

	for (unsigned int p = 0; p < gen->port_count; p++)
		app_port_tell_stopped(&gen->ports[p], p);
	if (!gen->rx_port) {
		printf("sent %s packets, %s of them dropped by the port\n", app_group(gen->tx.sent),
		       app_group(result->lost));
		return;
	}
	printf("sent %s packets, received %s: %s lost, %s changed, %s doubled, %s out of order\n",
	       app_group(result->expected), app_group(gen->rx.packets), app_group(result->lost),
	       app_group(gen->rx.corrupt), app_group(result->duplicated),
	       app_group(result->reordered));
}

static void json_tx(struct json *json, const struct gen *gen)
{
	double seconds = gen->tx.ended_at - gen->begin;

	json_open(json, "tx", '{');
	json_string(json, "uri", gen->opts.tx);
	json_u64(json, "packets", gen->tx.sent);
	json_u64(json, "bytes", gen->tx.bytes);
	json_u64(json, "dropped_by_port", tx_drops(gen));
	json_double(json, "packets_per_second", seconds > 0 ? (double)gen->tx.sent / seconds : 0);
	json_close(json, '}');
}

static void json_rx(struct json *json, const struct gen *gen)
{
	const struct gen_rx *rx = &gen->rx;
	double seconds = rx->last_packet_at - rx->first_at;

	json_open(json, "rx", '{');
	json_string(json, "uri", gen->opts.rx);
	json_u64(json, "packets", rx->packets);
	json_u64(json, "bytes", rx->bytes);
	json_u64(json, "expected", gen->result.expected);
	json_u64(json, "lost", gen->result.lost);
	json_u64(json, "corrupt", rx->corrupt);
	json_u64(json, "duplicated", gen->result.duplicated);
	json_u64(json, "reordered", gen->result.reordered);
	json_u64(json, "foreign", rx->foreign);
	json_double(json, "packets_per_second", seconds > 0 ? (double)rx->packets / seconds : 0);
	/* The clock of another machine, or of an earlier day, says nothing. */
	if (gen->tx_port && !gen->capture && rx->packets) {
		json_open(json, "delay_us", '{');
		json_u64(json, "min", rx->delay_min_us);
		json_u64(json, "mean", rx->delay_sum_us / rx->packets);
		json_u64(json, "max", rx->delay_max_us);
		json_close(json, '}');
	}
	json_close(json, '}');
}

void gen_json(struct json *json, const void *arg)
{
	const struct gen *gen = arg;

	json_open(json, NULL, '{');
	json_string(json, "program", "rl-gen");
	json_bool(json, "good", gen->result.good);
	json_string(json, "ended_by", gen->reason);
	json_double(json, "seconds", gen->end - gen->begin);
	json_u64(json, "leaked_buffers", gen->leaked);
	if (gen->tx_port)
		json_tx(json, gen);
	else
		json_string(json, "tx", NULL);
	if (gen->rx_port)
		json_rx(json, gen);
	else
		json_string(json, "rx", NULL);
	json_open(json, "ports", '[');
	for (unsigned int p = 0; p < gen->port_count; p++)
		app_port_json(json, &gen->ports[p]);
	json_close(json, ']');
	json_close(json, '}');
}
