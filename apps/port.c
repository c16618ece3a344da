/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "port.h"

#define PORTS_MAX    64
#define LINK_SECONDS 5.0 /* gigabit copper takes up to 3 to negotiate */

struct rlb_queue_stats app_queue_sum(const struct rlb_queue_stats *queues, unsigned int n)
{
	struct rlb_queue_stats sum = {0};

	for (unsigned int q = 0; q < n; q++) {
		sum.packets += queues[q].packets;
		sum.bytes += queues[q].bytes;
		for (unsigned int i = 0; i < RLB_DROP_CAUSES; i++)
			sum.drops[i] += queues[q].drops[i];
	}
	return sum;
}

int app_port_open(struct app_port *port, const struct rlb_port_opts *opts)
{
	int err = rlb_port_open(&port->port, port->uri, opts);

	if (err)
		return err == -EINVAL || err == -E2BIG ? APP_USAGE : APP_FAILED;
	rlb_port_info(port->port, &port->info);
	app_port_refresh(port);
	port->told = port->link;
	return APP_OK;
}

static void refresh_errors(struct app_port *port)
{
	struct rlb_queue_error error;

	rlb_port_refusals(port->port, port->refusals);
	for (unsigned int q = 0; q < port->info.rx_queues; q++) {
		if (rlb_rxq_error(port->port, q, &error) == 0)
			port->rx_error[q] = error;
	}
	for (unsigned int q = 0; q < port->info.tx_queues; q++) {
		if (rlb_txq_error(port->port, q, &error) == 0)
			port->tx_error[q] = error;
	}
}

void app_port_refresh(struct app_port *port)
{
	struct rlb_link link;

	if (!port->port)
		return;
	rlb_port_stats(port->port, &port->stats);
	refresh_errors(port);
	if (rlb_port_link(port->port, &link) == 0)
		port->link = link;
	else
		port->link = (struct rlb_link){0};
}

bool app_port_wait_link(struct app_port *port)
{
	double end = app_now() + LINK_SECONDS;

	for (;;) {
		app_port_refresh(port);
		port->told = port->link;
		if (port->link.up || !rlb_running())
			return true;
		if (app_now() > end)
			break;
		usleep(10000);
	}
	app_error("%s: no link after %.0f s; check the cable and the other end", port->uri,
		  LINK_SECONDS);
	return false;
}

void app_port_flush(struct app_port *port, double seconds)
{
	double end = app_now() + seconds;

	if (!port->port || !port->info.has_device_stats)
		return;
	for (;;) {
		app_port_refresh(port);
		if (!port->link.up || app_now() > end ||
		    port->stats.device.tx_packets >=
			    app_queue_sum(port->stats.tx, port->info.tx_queues).packets)
			return;
		usleep(1000);
	}
}

void app_port_close(struct app_port *port)
{
	if (!port->port)
		return;
	app_port_refresh(port);
	/* What is lost by stopping is counted by then; the link is down then, and not worth
	 * telling. */
	if (rlb_port_stop(port->port) == 0)
		rlb_port_stats(port->port, &port->stats);
	if (rlb_port_events(port->port) & (RLB_EVENT_ERROR | RLB_EVENT_QUEUE_ERROR))
		port->failed = true;
	rlb_port_close(port->port);
	port->port = NULL;
	if (port->removed)
		port->link = (struct rlb_link){0};
}

static bool same_link(const struct rlb_link *a, const struct rlb_link *b)
{
	return a->up == b->up && a->full_duplex == b->full_duplex && a->speed_mbps == b->speed_mbps;
}

/* Not what changed since the last look: the table looks as well, and may be the first to see it. */
static void tell_link(struct app_port *port, unsigned int index)
{
	app_port_refresh(port);
	if (same_link(&port->told, &port->link))
		return;
	port->told = port->link;
	if (port->link.up)
		printf("port %u %s: link up, %u Mbit/s %s duplex\n", index, port->uri,
		       port->link.speed_mbps, port->link.full_duplex ? "full" : "half");
	else
		printf("port %u %s: link down\n", index, port->uri);
}

static void note(struct app_port *port, unsigned int index, unsigned int events, bool quiet)
{
	if (events & RLB_EVENT_LINK && !quiet)
		tell_link(port, index);
	if (events & RLB_EVENT_END)
		port->ended = true;
	if (events & (RLB_EVENT_ERROR | RLB_EVENT_QUEUE_ERROR))
		port->failed = true;
	if (events & RLB_EVENT_REMOVED && !port->removed) {
		port->removed = true;
		app_error("port %u %s: the device was taken away; put it back and start again",
			  index, port->uri);
	}
}

void app_ports_wait(struct app_port *ports, unsigned int n, double seconds, bool quiet,
		    unsigned int *events)
{
	struct pollfd fds[PORTS_MAX];

	for (unsigned int i = 0; i < n; i++) {
		int fd = ports[i].port ? rlb_port_event_fd(ports[i].port) : -1;

		fds[i] = (struct pollfd){.fd = fd, .events = POLLIN}; /* negative: ignored */
		events[i] = 0;
	}
	if (poll(fds, n, seconds > 0 ? (int)(seconds * 1e3) + 1 : 0) <= 0)
		return;
	for (unsigned int i = 0; i < n; i++) {
		if (!fds[i].revents)
			continue;
		events[i] = rlb_port_events(ports[i].port);
		note(&ports[i], i, events[i], quiet);
	}
}

static void __attribute__((format(printf, 4, 5)))
add(char *text, size_t size, const char *between, const char *fmt, ...)
{
	size_t used = strlen(text);
	va_list ap;

	if (used)
		used += (size_t)snprintf(text + used, size - used, "%s", between);
	if (used >= size)
		return;
	va_start(ap, fmt);
	vsnprintf(text + used, size - used, fmt, ap);
	va_end(ap);
}

/* "0", or what was lost by cause: "no_buffer 3, missed 12". */
static void lost_text(const struct app_port *port, char *text, size_t size)
{
	struct rlb_queue_stats rx = app_queue_sum(port->stats.rx, RLB_QUEUES_MAX);
	struct rlb_queue_stats tx = app_queue_sum(port->stats.tx, RLB_QUEUES_MAX);
	const struct {
		const char *name;
		uint64_t count;
	} device[] = {
		{"missed", port->stats.device.rx_missed},
		{"overruns", port->stats.device.rx_overruns},
		{"crc_errors", port->stats.device.rx_crc_errors},
		{"length_errors", port->stats.device.rx_length_errors},
		{"other_errors", port->stats.device.rx_other_errors},
		{"tx_errors", port->stats.device.tx_errors},
		{"tx_full", port->tx_full},
	};

	text[0] = '\0';
	for (unsigned int i = 0; i < RLB_DROP_CAUSES; i++) {
		if (rx.drops[i] + tx.drops[i])
			add(text, size, ", ", "%s %s", rlb_drop_name(i),
			    app_group(rx.drops[i] + tx.drops[i]));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(device); i++) {
		if (device[i].count)
			add(text, size, ", ", "%s %s", device[i].name, app_group(device[i].count));
	}
	if (!text[0])
		add(text, size, "", "0");
}

static const char *link_text(const struct app_port *port, char *text, size_t size)
{
	if (port->removed)
		return "removed";
	if (!port->port)
		return "closed";
	if (!port->link.up)
		return "down";
	if (!port->link.speed_mbps)
		return "up";
	snprintf(text, size, "%u %s", port->link.speed_mbps,
		 port->link.full_duplex ? "full" : "half");
	return text;
}

void app_table_head(void)
{
	printf("%8s  %-22s %-10s %11s %11s %10s %10s  %s\n", "second", "port", "link", "rx pkt/s",
	       "tx pkt/s", "rx Mbit/s", "tx Mbit/s", "lost so far");
}

void app_table_row(struct app_port *port, unsigned int index, double at, double seconds)
{
	struct rlb_queue_stats rx, tx;
	char lost[160], link[24], name[64];

	app_port_refresh(port);
	rx = app_queue_sum(port->stats.rx, RLB_QUEUES_MAX);
	tx = app_queue_sum(port->stats.tx, RLB_QUEUES_MAX);
	lost_text(port, lost, sizeof(lost));
	snprintf(name, sizeof(name), "%u %s", index, port->uri);
	printf("%8.1f  %-22s %-10s %11s %11s %10.2f %10.2f  %s\n", at, name,
	       link_text(port, link, sizeof(link)),
	       app_group((uint64_t)((double)(rx.packets - port->rx_packets) / seconds)),
	       app_group((uint64_t)((double)(tx.packets - port->tx_packets) / seconds)),
	       (double)(rx.bytes - port->rx_bytes) * 8e-6 / seconds,
	       (double)(tx.bytes - port->tx_bytes) * 8e-6 / seconds, lost);
	port->rx_packets = rx.packets;
	port->rx_bytes = rx.bytes;
	port->tx_packets = tx.packets;
	port->tx_bytes = tx.bytes;
}

static void tell_stopped(const struct app_port *port, unsigned int index, const char *dir,
			 const struct rlb_queue_error *errors)
{
	for (unsigned int q = 0; q < RLB_QUEUES_MAX; q++) {
		if (errors[q].name)
			printf("port %u %s: %s queue %u stopped at slot %u: %s: %s\n", index,
			       port->uri, dir, q, errors[q].slot, errors[q].name, errors[q].text);
	}
}

void app_port_tell_stopped(const struct app_port *port, unsigned int index)
{
	tell_stopped(port, index, "receive", port->rx_error);
	tell_stopped(port, index, "transmit", port->tx_error);
}

void app_port_total(const struct app_port *port, unsigned int index)
{
	struct rlb_queue_stats rx = app_queue_sum(port->stats.rx, RLB_QUEUES_MAX);
	struct rlb_queue_stats tx = app_queue_sum(port->stats.tx, RLB_QUEUES_MAX);
	char lost[160];

	lost_text(port, lost, sizeof(lost));
	printf("port %u %s: received %s packets, sent %s, lost %s\n", index, port->uri,
	       app_group(rx.packets), app_group(tx.packets), lost);
	app_port_tell_stopped(port, index);
}

static void json_queues(struct json *json, const char *name, const struct rlb_queue_stats *queues,
			unsigned int n)
{
	json_open(json, name, '[');
	for (unsigned int q = 0; q < n; q++) {
		json_open(json, NULL, '{');
		json_u64(json, "queue", q);
		json_u64(json, "packets", queues[q].packets);
		json_u64(json, "bytes", queues[q].bytes);
		json_open(json, "drops", '{');
		for (unsigned int i = 0; i < RLB_DROP_CAUSES; i++)
			json_u64(json, rlb_drop_name(i), queues[q].drops[i]);
		json_close(json, '}');
		json_close(json, '}');
	}
	json_close(json, ']');
}

/* By rule, those that came; null where nothing is verified. */
static void json_refusals(struct json *json, const struct app_port *port)
{
	if (!port->info.verified) {
		json_string(json, "refusals", NULL);
		return;
	}
	json_open(json, "refusals", '{');
	for (unsigned int rule = 0; rule < RLB_RULES_MAX; rule++) {
		if (port->refusals[rule])
			json_u64(json, rlb_rule_name(rule), port->refusals[rule]);
	}
	json_close(json, '}');
}

static void json_stopped(struct json *json, const char *dir, const struct rlb_queue_error *errors)
{
	for (unsigned int q = 0; q < RLB_QUEUES_MAX; q++) {
		if (!errors[q].name)
			continue;
		json_open(json, NULL, '{');
		json_string(json, "direction", dir);
		json_u64(json, "queue", q);
		json_u64(json, "slot", errors[q].slot);
		json_string(json, "rule", errors[q].name);
		json_string(json, "text", errors[q].text);
		json_u64(json, "address", errors[q].address);
		json_u64(json, "length", errors[q].length);
		json_close(json, '}');
	}
}

static void json_device(struct json *json, const struct rlb_port_stats *stats)
{
	const struct {
		const char *name;
		uint64_t value;
	} fields[] = {
		{"rx_packets", stats->device.rx_packets},
		{"rx_bytes", stats->device.rx_bytes},
		{"tx_packets", stats->device.tx_packets},
		{"tx_bytes", stats->device.tx_bytes},
		{"rx_missed", stats->device.rx_missed},
		{"rx_no_buffer", stats->device.rx_no_buffer},
		{"rx_overruns", stats->device.rx_overruns},
		{"rx_crc_errors", stats->device.rx_crc_errors},
		{"rx_length_errors", stats->device.rx_length_errors},
		{"rx_other_errors", stats->device.rx_other_errors},
		{"tx_errors", stats->device.tx_errors},
	};

	json_open(json, "device", '{');
	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++)
		json_u64(json, fields[i].name, fields[i].value);
	json_close(json, '}');
}

void app_port_json(struct json *json, const struct app_port *port)
{
	const struct rlb_port_info *info = &port->info;
	char mac[18];

	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", info->mac[0], info->mac[1],
		 info->mac[2], info->mac[3], info->mac[4], info->mac[5]);
	json_open(json, NULL, '{');
	json_string(json, "uri", port->uri);
	json_string(json, "driver", info->driver);
	json_string(json, "mac", mac);
	json_u64(json, "mtu", info->mtu);
	json_u64(json, "rx_slots", info->rx_slots);
	json_u64(json, "tx_slots", info->tx_slots);
	json_bool(json, "removed", port->removed);
	json_bool(json, "failed", port->failed);
	json_open(json, "link", '{');
	json_bool(json, "up", port->link.up);
	json_u64(json, "speed_mbps", port->link.speed_mbps);
	json_bool(json, "full_duplex", port->link.full_duplex);
	json_close(json, '}');
	json_queues(json, "rx", port->stats.rx, info->rx_queues);
	json_queues(json, "tx", port->stats.tx, info->tx_queues);
	json_u64(json, "tx_full", port->tx_full);
	json_refusals(json, port);
	json_open(json, "stopped_queues", '[');
	json_stopped(json, "rx", port->rx_error);
	json_stopped(json, "tx", port->tx_error);
	json_close(json, ']');
	if (info->has_device_stats)
		json_device(json, &port->stats);
	else
		json_string(json, "device", NULL);
	json_close(json, '}');
}
