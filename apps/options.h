/* SPDX-License-Identifier: BSD-2-Clause */
/* Options that every app which opens ports has: queues, buffers, CPUs, output. */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include <ringlib/ringlib.h>

#include "common.h"

#define APP_BURST_MAX 512
#define APP_CPUS_MAX  62

struct app_opts {
	unsigned int queues;
	unsigned int burst;
	unsigned int rx_slots, tx_slots; /* 0: the port's default */
	unsigned int mtu;
	unsigned int pool; /* buffers; 0: as many as the rings may hold, and some */
	unsigned int room_bytes;
	size_t page_bytes;
	int cpus[APP_CPUS_MAX];
	unsigned int cpu_count; /* 0: not given */
	bool quiet;
	const char *json;
};

#define APP_OPTS_INIT                                                                              \
	{                                                                                          \
		.queues = 1, .burst = 32, .mtu = 1500, .room_bytes = 2048, .json = "-"             \
	}

/* The vals of an app's own options begin with APP_OPT_OWN. */
enum {
	APP_OPT_HELP = 'h',
	APP_OPT_QUEUES = 256,
	APP_OPT_BURST,
	APP_OPT_RX_SLOTS,
	APP_OPT_TX_SLOTS,
	APP_OPT_MTU,
	APP_OPT_POOL,
	APP_OPT_ROOM,
	APP_OPT_HUGE,
	APP_OPT_CPUS,
	APP_OPT_QUIET,
	APP_OPT_VERBOSE,
	APP_OPT_JSON,
	APP_OPT_OWN,
};

/* clang-format off */
#define APP_OPTIONS                                                                                \
	{"help", no_argument, NULL, APP_OPT_HELP},                                                 \
	{"queues", required_argument, NULL, APP_OPT_QUEUES},                                       \
	{"burst", required_argument, NULL, APP_OPT_BURST},                                         \
	{"rx-slots", required_argument, NULL, APP_OPT_RX_SLOTS},                                   \
	{"tx-slots", required_argument, NULL, APP_OPT_TX_SLOTS},                                   \
	{"mtu", required_argument, NULL, APP_OPT_MTU},                                             \
	{"pool", required_argument, NULL, APP_OPT_POOL},                                           \
	{"room", required_argument, NULL, APP_OPT_ROOM},                                           \
	{"huge", required_argument, NULL, APP_OPT_HUGE},                                           \
	{"cpus", required_argument, NULL, APP_OPT_CPUS},                                           \
	{"quiet", no_argument, NULL, APP_OPT_QUIET},                                               \
	{"verbose", no_argument, NULL, APP_OPT_VERBOSE},                                           \
	{"json", required_argument, NULL, APP_OPT_JSON}
/* clang-format on */

#define APP_HELP_PORTS                                                                             \
	"  vfio:BDF          a NIC by its PCI address, bound to vfio-pci: vfio:0000:01:00.0\n"     \
	"                    verify=off behind a comma: descriptors are not checked first\n"       \
	"  pcap:IN[,OUT]     capture files; either may be left empty: pcap:a.pcap, pcap:,b.pcap\n"

#define APP_HELP_QUEUES                                                                            \
	"Queues and buffers\n"                                                                     \
	"  --queues N        queues each way on every port, 1..16 (1)\n"                           \
	"  --burst N         packets handled at a time, 1..512 (32)\n"                             \
	"  --rx-slots N      descriptors of a receive ring, up to 65535 (the port's default)\n"    \
	"  --tx-slots N      descriptors of a transmit ring, up to 65535 (the port's default)\n"   \
	"  --mtu BYTES       largest payload of a frame, 68..9000 (1500)\n"                        \
	"  --pool N          packet buffers, 1..4194304 (what the rings hold, and 4096)\n"         \
	"  --room BYTES      data in one buffer, 256..16256, a multiple of 64 (2048)\n"            \
	"  --huge SIZE       page size of packet memory: 4K, 2M or 1G, and nothing else will do\n" \
	"                    (2M if there are such pages, else 4K)\n"

#define APP_HELP_OUTPUT                                                                            \
	"  --quiet           no table, no news of links: only the summary\n"                       \
	"  --verbose         the library's informative log lines too, on standard error\n"         \
	"  --json FILE       where the summary goes, \"-\" is standard output (-)\n"               \
	"  -h, --help        this text\n"

/* Take one of the options above, its value in optarg. False: @opt is none of them. */
bool app_opts_take(struct app_opts *opts, int opt, const char *help);

/*
 * A pool that is enough for @ports such ports, near the device of @uri. Return: exit code; a
 * failure has been logged.
 */
int app_pool_open(struct rlb_pool **pool, const struct app_opts *opts, unsigned int ports,
		  const char *uri);

struct rlb_port_opts app_port_opts(const struct app_opts *opts, struct rlb_pool *pool);

#endif
