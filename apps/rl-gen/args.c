/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gen.h"

/* clang-format off */
static const char help[] =
	"Usage: rl-gen [OPTION...] --tx PORT [--rx PORT]\n"
	"       rl-gen [OPTION...] --rx PORT\n"
	"Send numbered packets out of one port, receive them on another (or the same), and say\n"
	"what was lost, changed, doubled or put out of order on the way.\n"
	"\n"
	"  --tx PORT         the port that sends\n"
	"  --rx PORT         the port that receives and checks\n"
	"PORT is one of\n"
	APP_HELP_PORTS
	"\n"
	"What is sent: UDP over IPv4, from 198.18.0.0/16 to 198.19.0.0/16\n"
	"  --size N[-M]      bytes of a frame without FCS, 60..9018; N-M goes through all sizes\n"
	"                    from N to M, and again (60)\n"
	"  --imix            a mix of sizes instead: 7 of 60 bytes, 4 of 590, 1 of 1514\n"
	"  --capture FILE    the frames of a capture file instead, once unless --count or\n"
	"                    --duration says otherwise; received ones are compared byte for byte\n"
	"  --flows N         flows, which differ in addresses and source port, 1..65536 (1)\n"
	"  --stream N        UDP destination port: tells several rl-gen apart, 1..65535 (9)\n"
	"  --dst-mac MAC     destination (02:00:00:00:00:02)\n"
	"  --src-mac MAC     source (the port's own, or 02:00:00:00:00:01)\n"
	"\n"
	"How much\n"
	"  --rate PPS        packets a second, 0..1000000000; 0: as fast as the port takes (0)\n"
	"  --count N         end after so many packets (never)\n"
	"  --duration S      end after so many seconds, 0.001 or more (never)\n"
	"  --drain-ms N      end of receiving: when nothing came for so many milliseconds, after\n"
	"                    the last packet was sent or, with --rx alone, after the first one\n"
	"                    came, 1..60000 (500)\n"
	"  --allow-loss      losing packets is no failure\n"
	"\n"
	APP_HELP_QUEUES
	"                    --mtu is raised by itself to what --size or --capture needs;\n"
	"                    a flow stays on one queue\n"
	"\n"
	"Running\n"
	"  --cpus LIST       CPUs to use, for receiving and sending: 1 or 0,1 (two, if there are\n"
	"                    two besides the first; else one for both)\n"
	APP_HELP_OUTPUT
	"\n"
	"It ends as told above or on SIGINT (Ctrl-C) or SIGTERM, and then writes a summary as\n"
	"JSON. With --rx alone, packets lost behind the last one received can only be known if\n"
	"--count says how many there are. A packet more than 1,024 behind the newest of its\n"
	"flow counts as lost and, when it comes, as doubled.\n"
	"\n"
	"Exit code: 0 nothing lost, changed or doubled; 1 some were, or a port failed; 2 a wrong\n"
	"argument.\n"
	"\n"
	"Examples\n"
	"  rl-gen --tx vfio:0000:01:00.0 --rx vfio:0000:02:00.0 --count 100000 --rate 10000\n"
	"  rl-gen --tx vfio:0000:01:00.0 --imix --flows 64 --queues 2 --duration 10\n"
	"  rl-gen --tx pcap:,sent.pcap --size 60-1514 --count 1455\n"
	"  rl-gen --rx pcap:received.pcap --count 1455\n";
/* clang-format on */

enum {
	OPT_TX = APP_OPT_OWN,
	OPT_RX,
	OPT_SIZE,
	OPT_IMIX,
	OPT_CAPTURE,
	OPT_FLOWS,
	OPT_STREAM,
	OPT_DST_MAC,
	OPT_SRC_MAC,
	OPT_RATE,
	OPT_COUNT,
	OPT_DURATION,
	OPT_DRAIN_MS,
	OPT_ALLOW_LOSS,
};

static const struct option options[] = {
	APP_OPTIONS,
	{"tx", required_argument, NULL, OPT_TX},
	{"rx", required_argument, NULL, OPT_RX},
	{"size", required_argument, NULL, OPT_SIZE},
	{"imix", no_argument, NULL, OPT_IMIX},
	{"capture", required_argument, NULL, OPT_CAPTURE},
	{"flows", required_argument, NULL, OPT_FLOWS},
	{"stream", required_argument, NULL, OPT_STREAM},
	{"dst-mac", required_argument, NULL, OPT_DST_MAC},
	{"src-mac", required_argument, NULL, OPT_SRC_MAC},
	{"rate", required_argument, NULL, OPT_RATE},
	{"count", required_argument, NULL, OPT_COUNT},
	{"duration", required_argument, NULL, OPT_DURATION},
	{"drain-ms", required_argument, NULL, OPT_DRAIN_MS},
	{"allow-loss", no_argument, NULL, OPT_ALLOW_LOSS},
	{NULL, 0, NULL, 0},
};

static unsigned int number(const char *option, unsigned int min, unsigned int max)
{
	return (unsigned int)app_arg_number(option, optarg, min, max);
}

static void take_size(struct gen_opts *opts)
{
	unsigned int min, max;
	int used = 0;

	if (sscanf(optarg, "%5u%n-%5u%n", &min, &used, &max, &used) == 1)
		max = min;
	if (!used || optarg[used] || min < FRAME_BYTES_MIN || max > FRAME_BYTES_MAX || min > max)
		app_usage("--size %s: give bytes from %u to %u, such as 60 or 60-1514", optarg,
			  FRAME_BYTES_MIN, FRAME_BYTES_MAX);
	opts->size_min = min;
	opts->size_max = max;
}

static void take(struct gen_opts *opts, int opt)
{
	if (app_opts_take(&opts->app, opt, help))
		return;
	switch (opt) {
	case OPT_TX:
		opts->tx = optarg;
		break;
	case OPT_RX:
		opts->rx = optarg;
		break;
	case OPT_SIZE:
		take_size(opts);
		break;
	case OPT_IMIX:
		opts->imix = true;
		break;
	case OPT_CAPTURE:
		/* To the library a comma begins the name of a file to write. */
		if (strchr(optarg, ','))
			app_usage("--capture %s: give a name without a comma", optarg);
		opts->capture = optarg;
		break;
	case OPT_FLOWS:
		opts->flows = number("--flows", 1, FRAME_FLOWS_MAX);
		break;
	case OPT_STREAM:
		opts->stream = number("--stream", 1, UINT16_MAX);
		break;
	case OPT_DST_MAC:
		app_arg_mac("--dst-mac", optarg, opts->dst_mac);
		break;
	case OPT_SRC_MAC:
		app_arg_mac("--src-mac", optarg, opts->src_mac);
		opts->has_src_mac = true;
		break;
	case OPT_RATE:
		opts->rate = number("--rate", 0, 1000000000);
		break;
	case OPT_COUNT:
		opts->count = app_arg_number("--count", optarg, 1, INT64_MAX);
		break;
	case OPT_DURATION:
		opts->seconds = app_arg_seconds("--duration", optarg);
		break;
	case OPT_DRAIN_MS:
		opts->drain_ms = number("--drain-ms", 1, 60000);
		break;
	case OPT_ALLOW_LOSS:
		opts->allow_loss = true;
		break;
	}
}

/* Is @file what port @uri writes to? */
static bool writes(const char *uri, const char *file)
{
	const char *comma = uri && strncmp(uri, "pcap:", 5) == 0 ? strchr(uri, ',') : NULL;
	struct stat out, in;

	return comma && stat(comma + 1, &out) == 0 && stat(file, &in) == 0 &&
	       out.st_dev == in.st_dev && out.st_ino == in.st_ino;
}

static void check(const struct gen_opts *opts)
{
	if (!opts->tx && !opts->rx)
		app_usage("no port given: --tx, --rx or both are needed");
	if (opts->imix && opts->capture)
		app_usage("--imix and --capture can not both be");
	if (opts->capture && (writes(opts->tx, opts->capture) || writes(opts->rx, opts->capture)))
		app_usage("--capture %s: a port would write over it; name another output",
			  opts->capture);
	if (opts->flows < opts->app.queues)
		app_usage("%u queues need as many --flows or more", opts->app.queues);
}

void gen_args(struct gen_opts *opts, int argc, char **argv)
{
	int opt;

	*opts = (struct gen_opts){
		.app = APP_OPTS_INIT,
		.size_min = FRAME_BYTES_MIN,
		.size_max = FRAME_BYTES_MIN,
		.dst_mac = {0x02, 0, 0, 0, 0, 0x02},
		.src_mac = {0x02, 0, 0, 0, 0, 0x01},
		.flows = 1,
		.stream = 9, /* RFC 863: hosts that get it throw it away */
		.drain_ms = 500,
	};
	while ((opt = app_getopt(argc, argv, options)) != -1)
		take(opts, opt);
	if (optind < argc)
		app_usage("%s: what is this? ports are given by --tx and --rx", argv[optind]);
	check(opts);
}
