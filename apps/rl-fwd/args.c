/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>

#include "fwd.h"

/* clang-format off */
static const char help[] =
	"Usage: rl-fwd [OPTION...] PORT...\n"
	"Forward packets between ports in pairs: what comes in on the first goes out on the\n"
	"second and the other way round, the same for the third and fourth, and so on. A last\n"
	"port without a partner sends back what it receives.\n"
	"\n"
	"PORT is one of (up to 16 of them)\n"
	APP_HELP_PORTS
	"\n"
	APP_HELP_QUEUES
	"\n"
	"Running\n"
	"  --cpus LIST       CPUs that forward, one thread on each: 1 or 0,2-3\n"
	"                    (one for each port and queue, while CPUs last but the first)\n"
	"  --swap-mac        exchange source and destination MAC address of each packet\n"
	"  --no-promiscuous  receive only what is addressed to the port\n"
	"  --duration S      end after so many seconds, 0.001 or more (never)\n"
	"  --count N         end after so many received packets, of all ports together (never)\n"
	"  --dump-regs       print the registers of the ports (NICs) once started, and end\n"
	APP_HELP_OUTPUT
	"\n"
	"A table on standard output shows each port once a second. It ends on SIGINT (Ctrl-C),\n"
	"SIGTERM, a limit above, or when all sources are capture files that have ended; then a\n"
	"summary is written as JSON. Where a NIC's transmit ring stays full, packets that came\n"
	"from a NIC are dropped and counted as tx_full; those from a file wait.\n"
	"\n"
	"Exit code: 0 all well; 1 a port failed or was removed, or memory was short; 2 a wrong\n"
	"argument.\n"
	"\n"
	"Examples\n"
	"  rl-fwd vfio:0000:01:00.0 vfio:0000:02:00.0\n"
	"  rl-fwd --queues 2 --mtu 9000 --cpus 2-3 vfio:0000:01:00.0 vfio:0000:02:00.0\n"
	"  rl-fwd --dump-regs vfio:0000:01:00.0\n"
	"  rl-fwd --quiet --swap-mac pcap:in.pcap pcap:,out.pcap\n";
/* clang-format on */

enum {
	OPT_SWAP_MAC = APP_OPT_OWN,
	OPT_NO_PROMISCUOUS,
	OPT_DURATION,
	OPT_COUNT,
	OPT_DUMP_REGS,
};

static const struct option options[] = {
	APP_OPTIONS,
	{"swap-mac", no_argument, NULL, OPT_SWAP_MAC},
	{"no-promiscuous", no_argument, NULL, OPT_NO_PROMISCUOUS},
	{"duration", required_argument, NULL, OPT_DURATION},
	{"count", required_argument, NULL, OPT_COUNT},
	{"dump-regs", no_argument, NULL, OPT_DUMP_REGS},
	{NULL, 0, NULL, 0},
};

static void take(struct fwd_opts *opts, int opt)
{
	if (app_opts_take(&opts->app, opt, help))
		return;
	switch (opt) {
	case OPT_SWAP_MAC:
		opts->swap_mac = true;
		break;
	case OPT_NO_PROMISCUOUS:
		opts->promiscuous = false;
		break;
	case OPT_DURATION:
		opts->seconds = app_arg_seconds("--duration", optarg);
		break;
	case OPT_COUNT:
		opts->count = app_arg_number("--count", optarg, 1, INT64_MAX / 2);
		break;
	case OPT_DUMP_REGS:
		opts->dump_regs = true;
		break;
	}
}

void fwd_args(struct fwd_opts *opts, int argc, char **argv)
{
	int opt;

	*opts = (struct fwd_opts){.app = APP_OPTS_INIT, .promiscuous = true};
	while ((opt = app_getopt(argc, argv, options)) != -1)
		take(opts, opt);
	if (optind == argc)
		app_usage("no port given");
	if (argc - optind > FWD_PORTS_MAX)
		app_usage("%d ports given; give at most %d", argc - optind, FWD_PORTS_MAX);
	while (optind < argc)
		opts->uris[opts->ports++] = argv[optind++];
}
